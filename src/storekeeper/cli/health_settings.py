"""Settings of health checks as people write and read them; the API has milliseconds and lists."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import typer

from storekeeper.kernel.units import format_duration, parse_duration
from storekeeper_client.health import HealthConfig

INHERIT = "inherit"
MAJORITY = "majority"


def given(words: Sequence[str], *, may_inherit: bool) -> dict[str, Any]:
    """What `SETTING=VALUE` says, by names and in units of the API; null for what is inherited.

    Raises typer.BadParameter.
    """
    changes: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name not in _READERS:
            raise _wrong(f"{word!r} is not SETTING=VALUE; settings are {', '.join(_READERS)}")
        if value == INHERIT and may_inherit:
            changes[name] = None
            continue
        try:
            changes[name] = _READERS[name](value)
        except ValueError as error:
            raise _wrong(f"{name}: {error}") from None
    return changes


def shown(config: HealthConfig, own: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Settings by name with their values; `own` are marked."""
    values = msgspec.to_builtins(config)
    return [
        (name, _written(name, value) + (" (of this bucket)" if name in own else ""))
        for name, value in values.items()
    ]


def _duration(text: str) -> int:
    if text.strip().isdecimal():
        raise ValueError(f"{text} of what? Write a unit, such as {text}s or {text}ms")
    return round(parse_duration(text) * 1000)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(f"{text!r} is no number")
    return int(text)


def _quorum(text: str) -> int:
    return 0 if text == MAJORITY else _count(text)


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text == "true"


def _operations(text: str) -> list[str]:
    return [one.strip().lower() for one in text.split(",") if one.strip()]


def _written(name: str, value: Any) -> str:
    if _READERS[name] is _duration:
        return format_duration(value / 1000)
    if _READERS[name] is _quorum and not value:
        return MAJORITY
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower()


def _wrong(what: str) -> typer.BadParameter:
    return typer.BadParameter(what, param_hint="--set")


_READERS: Mapping[str, Callable[[str], Any]] = {
    "checkInterval": _duration,
    "timeout": _duration,
    "failureThreshold": _count,
    "recoveryTimeout": _duration,
    "monitoringWindow": _duration,
    "slowResponseThreshold": _duration,
    "testOperations": _operations,
    "alertOnFailure": _flag,
    "alertOnRecovery": _flag,
    "enabled": _flag,
    "quorum": _quorum,
}
