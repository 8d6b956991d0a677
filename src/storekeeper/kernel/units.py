"""Bytes, durations and percentages: read what people write, write what people read."""

import re

_DECIMAL = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "pb": 10**15, "eb": 10**18}
_BINARY = {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40, "pib": 2**50, "eib": 2**60}
_BYTE_UNITS = _DECIMAL | _BINARY
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_NUMBER_AND_UNIT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")


def parse_bytes(text: str) -> int:
    """`"1.5 GB"` is 1500000000, `"1GiB"` is 1073741824. Raises ValueError for anything else."""
    match = _NUMBER_AND_UNIT.fullmatch(text)
    factor = _BYTE_UNITS.get(match[2].lower()) if match else None
    if match is None or factor is None:
        raise ValueError(f"not a size: {text!r} (write a number and B, kB, MB, GB, TB, KiB, MiB, GiB or TiB)")
    return round(float(match[1]) * factor)


def format_bytes(count: float) -> str:
    """Three significant digits in decimal units, as storage is billed: 1234567 is `"1.23 MB"`."""
    value = float(abs(count))
    sign = "-" if count < 0 else ""
    for unit in ("B", "kB", "MB", "GB", "TB", "PB", "EB"):
        if value < 999.5 or unit == "EB":
            return f"{sign}{_three_digits(value)} {unit}"
        value /= 1000
    raise AssertionError  # the last unit always returns


def exact_bytes(count: int) -> str:
    """As one would type it, without loss: 2500000 is `"2500 kB"`."""
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count and count % size == 0:
            return f"{count // size} {unit}"
    return f"{count} B"


def _three_digits(value: float) -> str:
    if value == int(value) or value >= 99.95:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def format_count(count: int) -> str:
    """Thousands apart by commas: 1234567 is `"1,234,567"`."""
    return f"{count:,}"


def parse_duration(text: str) -> float:
    """Seconds in `"90"`, `"1h30m"`, `"250ms"`, `"7d"`. Raises ValueError for anything else."""
    bare = text.strip().lower()
    if re.fullmatch(r"\d+(\.\d+)?", bare):
        return float(bare)
    parts = _DURATION_PART.findall(bare)
    if not parts or "".join(number + unit for number, unit in parts) != bare:
        raise ValueError(f"not a duration: {text!r} (write for example 30s, 5m, 1h30m or 7d)")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def format_duration(seconds: float) -> str:
    """The two largest units that matter: 5430 is `"1h 30m"`, 0.25 is `"250 ms"`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    whole = round(seconds)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, whole = divmod(whole, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2])


def format_percent(ratio: float) -> str:
    """A ratio 0..1 for reading: 0.1234 is `"12.3 %"`."""
    return f"{ratio * 100:.1f} %"
