"""The bars of the age and size histograms."""

from collections.abc import Mapping, Sequence

from storekeeper.inventory.model import Bin
from storekeeper.kernel.units import format_bytes

AGE_EDGES = (7, 30, 90, 180, 365, 730)  # days since the last change
SIZE_EDGES = (1, 10**4, 10**5, 10**6, 10**7, 10**8, 10**9, 10**10)  # bytes


def age_bins(totals: Mapping[int, tuple[int, int]]) -> list[Bin]:
    """Youngest first. `totals` are (objects, bytes) by how many edges were reached."""
    return _bins(AGE_EDGES, [_age_name(start, end) for start, end in _spans(AGE_EDGES)], totals)


def size_bins(totals: Mapping[int, tuple[int, int]]) -> list[Bin]:
    """Smallest first. `totals` are (objects, bytes) by how many edges were reached."""
    return _bins(SIZE_EDGES, [_size_name(start, end) for start, end in _spans(SIZE_EDGES)], totals)


def _spans(edges: Sequence[int]) -> list[tuple[int, int | None]]:
    return list(zip((0, *edges), (*edges, None), strict=True))


def _bins(edges: Sequence[int], names: Sequence[str], totals: Mapping[int, tuple[int, int]]) -> list[Bin]:
    return [
        Bin(name=names[index], start=start, end=end, objects=objects, bytes=size)
        for index, (start, end) in enumerate(_spans(edges))
        for objects, size in [totals.get(index, (0, 0))]
    ]


def _age_name(start: int, end: int | None) -> str:
    if end is None:
        return f"over {start // 365} years"
    if start == 0:
        return f"under {end} days"
    if start >= 365:
        return f"{start // 365}–{end // 365} years"  # noqa: RUF001 - a range is written with an en dash
    return f"{start}–{end} days"  # noqa: RUF001 - a range is written with an en dash


def _size_name(start: int, end: int | None) -> str:
    if end is None:
        return f"over {format_bytes(start)}"
    if start == 0:
        return "empty"
    if start == 1:
        return f"under {format_bytes(end)}"
    return f"{format_bytes(start)}–{format_bytes(end)}"  # noqa: RUF001 - a range is written with an en dash
