"""What the forms of health say: settings with errors by field, and orders to a breaker."""

from collections.abc import Mapping

import msgspec

from storekeeper.health.model import BreakerAction, BreakerOrder, HealthChange, HealthConfig
from storekeeper.health.views import ASKED
from storekeeper.health.views.settings import NUMBERS, OPERATIONS, SWITCHES, Setting
from storekeeper.kernel.errors import BadInputError
from storekeeper.objectstore.probing import ProbeOperation

Typed = Mapping[str, str]
Said = dict[str, object]
_MOST_REASON = 500
_MOST_MINUTES = 1440


def general_change(data: Typed) -> tuple[HealthChange, dict[str, str]]:
    """All settings at once, and what is wrong by field."""
    said, errors = _numbers(data, required=True)
    said |= {name: data.get(name) == "true" for name, _, _ in SWITCHES}
    said |= _operations(data, errors)
    return _made(said, errors), errors


def own_change(data: Typed, above: HealthConfig) -> tuple[HealthChange, dict[str, str]]:
    """Those of one bucket: what is left empty, and operations that are those `above`, are inherited."""
    said, errors = _numbers(data, required=False)
    said |= {name: {"true": True, "false": False}.get(data.get(name, "")) for name, _, _ in SWITCHES}
    chosen = _operations(data, errors)
    same = set(chosen[OPERATIONS]) == set(above.test_operations)
    said |= {OPERATIONS: None} if same else chosen
    return _made(said, errors), errors


def order(data: Typed) -> BreakerOrder:
    """Raises BadInputError with what to say in words."""
    try:
        action = BreakerAction(data.get("action", ""))
    except ValueError:
        raise BadInputError("There is no such action.") from None
    reason = data.get(f"reason-{action}", "").strip()
    if action in ASKED and not reason:
        raise BadInputError("Nothing was done: say why, so that others understand it later.")
    return BreakerOrder(
        action=action, reason=reason[:_MOST_REASON], seconds=_seconds(data.get(f"minutes-{action}", ""))
    )


def _seconds(minutes: str) -> float | None:
    if not minutes.strip():
        return None
    try:
        value = float(minutes)
    except ValueError:
        value = 0.0
    if not 0 < value <= _MOST_MINUTES:
        raise BadInputError(
            "Nothing was done: the time is a number of minutes, more than 0 and at most 1,440."
        )
    return value * 60


def _numbers(data: Typed, *, required: bool) -> tuple[Said, dict[str, str]]:
    said: Said = {}
    errors: dict[str, str] = {}
    for setting in NUMBERS:
        text = data.get(setting.name, "").strip()
        if not text and not required:
            said[setting.name] = None
            continue
        value, wrong = _number(setting, text)
        said[setting.name] = value
        errors |= {setting.name: wrong} if wrong else {}
    return said, errors


def _number(setting: Setting, text: str) -> tuple[int | None, str]:
    """In the model's units, or what is wrong with it."""
    try:
        value = float(text)
        whole = round(value * setting.scale)
    except (ValueError, OverflowError):
        return None, "Write a number."
    if not setting.low <= value <= setting.high:
        return None, f"From {setting.low:,.10g} to {setting.high:,.10g} {setting.unit}."
    if abs(whole - value * setting.scale) > 1e-6:
        return None, "Not so fine: the smallest step is a " + (
            "millisecond." if "second" in setting.unit else "whole one."
        )
    return whole, ""


def _operations(data: Typed, errors: dict[str, str]) -> dict[str, list[ProbeOperation]]:
    chosen = [one for one in ProbeOperation if data.get(f"op-{one}") == "true"]
    if not chosen:
        errors[OPERATIONS] = "Choose at least one; GET is the cheapest."
    return {OPERATIONS: chosen}


def _made(said: Said, errors: Mapping[str, str]) -> HealthChange:
    """Of the fields that are right."""
    return msgspec.structs.replace(
        HealthChange(), **{name: value for name, value in said.items() if name not in errors}
    )
