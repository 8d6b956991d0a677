"""The settings of checks as a form: each with its unit, and for one bucket with what it would inherit."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, get_args

from storekeeper.health.model import Brief, Count, HealthChange, HealthConfig, Milliseconds, ProbeCost, Quorum
from storekeeper.health.rules.settings import given
from storekeeper.health.views.shared import View, bucket_href
from storekeeper.objectstore.probing import ProbeOperation

OPERATIONS = "test_operations"


class Setting(NamedTuple):
    """A number of the form. `scale` is how many of the model's units one of the form's has."""

    name: str
    label: str
    unit: str
    scale: int
    kind: Any
    about: str

    @property
    def low(self) -> float:
        return float(get_args(self.kind)[1].ge) / self.scale

    @property
    def high(self) -> float:
        return float(get_args(self.kind)[1].le) / self.scale

    def written(self, value: int) -> str:
        return f"{value / self.scale:.10g}"


NUMBERS = (
    Setting("check_interval", "Check every", "seconds", 1000, Milliseconds, "Each check is billed by the provider."),
    Setting("timeout", "Time-out", "milliseconds", 1, Brief, "Of each operation, however slowly its answer trickles in."),
    Setting("slow_response_threshold", "Slow from", "milliseconds", 1, Brief, "An operation that takes so long is slow."),
    Setting("failure_threshold", "Failures in a row", "checks", 1, Count, "Until a bucket is unhealthy and its breaker opens."),
    Setting("recovery_timeout", "Breaker is open for", "seconds", 1000, Milliseconds, "Then a check tries whether it may close."),
    Setting("monitoring_window", "Breaker looks back", "seconds", 1000, Milliseconds, "Over which it takes rates."),
    Setting("quorum", "Quorum", "places", 1, Quorum, "That must see a failure, this server among them. 0 is the majority of those that look."),
)  # fmt: skip
SWITCHES = (
    ("enabled", "Check on schedule", "Off, nothing is known after three intervals."),
    ("alert_on_failure", "Alert when a bucket fails", ""),
    ("alert_on_recovery", "Tell when it works again", ""),
)
_CAMEL = {"checkInterval": "check_interval", "slowResponseThreshold": "slow_response_threshold",
          "testOperations": OPERATIONS, "timeout": "timeout"}  # fmt: skip
_LABELS = {one.name: one.label for one in NUMBERS} | {OPERATIONS: "Operations"}


def stored_values(config: HealthConfig) -> View:
    """What the form shows before anything is typed."""
    numbers = {one.name: one.written(getattr(config, one.name)) for one in NUMBERS}
    switches = {name: "true" if getattr(config, name) else "" for name, _, _ in SWITCHES}
    return numbers | switches | {f"op-{one}": "true" for one in config.test_operations}


def own_values(own: HealthChange, config: HealthConfig) -> View:
    """The same of one bucket: empty where it inherits. Boxes of operations show what holds."""
    said = given(own)
    numbers = {one.name: one.written(said[one.name]) if one.name in said else "" for one in NUMBERS}
    switches = {name: str(said[name]).lower() if name in said else "" for name, _, _ in SWITCHES}
    return numbers | switches | {f"op-{one}": "true" for one in config.test_operations}


def number_fields(
    values: Mapping[str, str], errors: Mapping[str, str], above: HealthConfig | None
) -> list[View]:
    """`above` is what a bucket inherits; none for the general settings."""
    return [
        {
            "name": one.name,
            "label": f"{one.label} ({one.unit})",
            "value": values.get(one.name, ""),
            "error": errors.get(one.name, ""),
            "hint": _hint(one, above),
            "placeholder": one.written(getattr(above, one.name)) if above else "",
            "low": f"{one.low:.10g}",
            "high": f"{one.high:.10g}",
        }
        for one in NUMBERS
    ]


def switch_fields(values: Mapping[str, str], above: HealthConfig | None) -> list[View]:
    return [
        {
            "name": name,
            "label": label,
            "value": values.get(name, ""),
            "hint": about,
            "options": _switch_options(above is None or bool(getattr(above, name))),
        }
        for name, label, about in SWITCHES
    ]


def operation_fields(values: Mapping[str, str]) -> list[View]:
    return [
        {"name": f"op-{one}", "label": one.upper(), "value": values.get(f"op-{one}", "")}
        for one in ProbeOperation
    ]


def override_rows(overrides: Mapping[str, HealthChange], names: Sequence[str]) -> list[View]:
    """Every bucket with what is set for it alone, in words; those with settings of their own first."""
    rows = [
        {
            "name": name,
            "href": f"{bucket_href(name)}/settings",
            "own": own_words(overrides[name]) if name in overrides else [],
        }
        for name in names
    ]
    return sorted(rows, key=lambda row: (not row["own"], row["name"]))


def own_words(own: HealthChange) -> list[str]:
    said = given(own)
    words = [
        f"{one.label.lower()} {one.written(said[one.name])} {one.unit}" for one in NUMBERS if one.name in said
    ]
    if OPERATIONS in said:
        words.append(f"operations {written_operations(said[OPERATIONS])}")
    return words + [
        f"{label.lower()}: {'on' if said[name] else 'off'}" for name, label, _ in SWITCHES if name in said
    ]


def cost_words(cost: ProbeCost) -> str:
    return (
        f"{cost.class_a:,} class A and {cost.class_b:,} class B requests a month, and {cost.free:,} free ones"
    )


def written_operations(operations: Sequence[ProbeOperation]) -> str:
    return ", ".join(one.upper() for one in ProbeOperation if one in operations)


def placed(detail: str) -> tuple[str, str]:
    """(field, words) of what the rules say against settings; they begin with the name of the one at fault."""
    field = _CAMEL.get(detail.split(" ", maxsplit=1)[0].rstrip(":,"), "")
    words = detail
    for camel, name in _CAMEL.items():
        words = words.replace(camel, f"“{_LABELS[name]}”")
    return field, words


def _hint(one: Setting, above: HealthConfig | None) -> str:
    if above is None:
        return one.about
    return f"Empty: inherited, {one.written(getattr(above, one.name))} {one.unit}."


def _switch_options(inherited: bool) -> list[View]:
    word = "on" if inherited else "off"
    return [
        {"value": "", "label": f"Inherited: {word}"},
        {"value": "true", "label": "On"},
        {"value": "false", "label": "Off"},
    ]
