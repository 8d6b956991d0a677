"""What the pages of clean-up show, and what their forms hold."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from storekeeper.cleanup.model import (
    Choice,
    CleanupRun,
    NewPolicy,
    Outcome,
    Plan,
    PlanState,
    Policy,
    PolicyChange,
    RunState,
)
from storekeeper.infra.web import checked
from storekeeper.kernel.errors import BadInputError
from storekeeper.kernel.units import exact_bytes, format_bytes, format_count, parse_bytes

View = Mapping[str, Any]
PLAN_TONES = {
    PlanState.PLANNING: "info",
    PlanState.READY: "warn",
    PlanState.CONFIRMED: "good",
    PlanState.FAILED: "bad",
}
RUN_TONES = {
    RunState.QUEUED: "info", RunState.RUNNING: "info", RunState.RETRYING: "warn", RunState.SUCCEEDED: "good",
    RunState.STOPPED: "neutral", RunState.FAILED: "bad",
}  # fmt: skip
OUTCOME_TONES = {
    Outcome.DELETED: "neutral", Outcome.SPARED: "warn", Outcome.GONE: "neutral", Outcome.FAILED: "bad",
    Outcome.RESTORED: "good",
}  # fmt: skip
OUTCOME_FILTER = [
    {"value": "", "label": "All outcomes"},
    *({"value": outcome.value, "label": outcome.value.capitalize()} for outcome in Outcome),
]


class PolicyForm(msgspec.Struct, frozen=True):
    """As it was typed; lists have a line for each."""

    name: str = ""
    bucket: str = ""
    prefixes: str = ""
    whole_bucket: bool = False
    excluded: str = ""
    pattern: str = ""
    tags: str = ""
    min_age_days: str = "30"
    min_size: str = ""
    max_size: str = ""
    most_objects: str = "100000"
    most_bytes: str = "1 TB"
    per_second: str = "50"
    cron: str = ""
    enabled: bool = False
    revision: int = 0
    reason: str = ""


class ConfirmForm(msgspec.Struct, frozen=True):
    """What a person types before objects are deleted."""

    bucket_name: str = ""
    objects: int = -1
    bytes: int = -1


class RemoveForm(msgspec.Struct, frozen=True):
    remove_reason: str = ""


def policy_row(policy: Policy, run: CleanupRun | None) -> View:
    """One line of the table."""
    return {"policy": policy, "what": in_words(policy), "when": when(policy), "run": run}


def run_row(run: CleanupRun) -> View:
    return {"run": run, "tone": RUN_TONES[run.state]}


def plan_row(plan: Plan) -> View:
    return {"plan": plan, "tone": PLAN_TONES.get(plan.state, "neutral")}


def in_words(choice: Choice) -> str:
    """What a policy chooses, in a sentence."""
    where = "the whole bucket" if choice.whole_bucket else ", ".join(choice.prefixes)
    parts = [
        f"{where}, not written for {choice.min_age_days} {'day' if choice.min_age_days == 1 else 'days'}"
    ]
    if choice.pattern:
        parts.append(f"keys like {choice.pattern}")
    if choice.tags:
        parts.append("tagged " + ", ".join(f"{name}={value}" for name, value in choice.tags.items()))
    if choice.min_size is not None:
        parts.append(f"of at least {format_bytes(choice.min_size)}")
    if choice.max_size is not None:
        parts.append(f"of at most {format_bytes(choice.max_size)}")
    if choice.excluded:
        parts.append("but not " + ", ".join(choice.excluded))
    return "; ".join(parts)


def when(policy: Policy) -> str:
    """When it runs, in words."""
    if not policy.enabled:
        return "switched off"
    if not policy.cron:
        return "when a plan is confirmed"
    return f"{policy.cron} (UTC)" if policy.confirmed else f"{policy.cron} (UTC), once a plan was confirmed"


def plan_cards(plan: Plan) -> list[View]:
    """Of the page of one plan."""
    left = f"{format_count(plan.left_objects)} more ({format_bytes(plan.left_bytes)}) are beyond the cap"
    at = {"provenance": "measured", "at": plan.ready_at}
    cards: list[View] = [
        {"label": "Would be deleted", "value": plan.objects, "unit": "count", "note": left if plan.left_objects else "objects", **at},
        {"label": "Size", "value": plan.bytes, "unit": "bytes", "note": "as the listing tells", **at},
        {"label": "Looked at", "value": plan.listed, "unit": "count", "note": "objects of the bucket", **at},
    ]  # fmt: skip
    if plan.saving:
        saved = f"{plan.saving.amount} {plan.saving.currency}"
        cards.append(
            {"label": "Saves a month", "value": saved, "unit": "", "note": "of storage, at today's prices"}
        )
    return cards


def run_cards(run: CleanupRun) -> list[View]:
    """Of the page of one clean-up."""
    planned = f"of {format_count(run.planned)} planned"
    others = f"{format_count(run.spared)} spared, {format_count(run.gone)} gone before"
    return [
        {"label": "Deleted", "value": run.deleted, "unit": "count", "note": planned},
        {"label": "Freed", "value": run.deleted_bytes, "unit": "bytes", "note": f"of {format_bytes(run.planned_bytes)} planned"},
        {"label": "Left alone", "value": run.spared + run.gone, "unit": "count", "note": others},
        {"label": "Failed", "value": run.failed, "unit": "count", "note": "still there"},
    ]  # fmt: skip


def fraction(run: CleanupRun) -> float:
    """How much of the plan is done."""
    done = run.deleted + run.spared + run.gone + run.failed
    return min(1.0, done / run.planned) if run.planned else 1.0


def form_of(policy: Policy) -> PolicyForm:
    """What is stored, to be edited."""
    return PolicyForm(
        name=policy.name, bucket=policy.bucket, prefixes="\n".join(policy.prefixes), whole_bucket=policy.whole_bucket,
        excluded="\n".join(policy.excluded), pattern=policy.pattern,
        tags="\n".join(f"{name}={value}" for name, value in policy.tags.items()), min_age_days=str(policy.min_age_days),
        min_size=_typed(policy.min_size), max_size=_typed(policy.max_size), most_objects=str(policy.most_objects),
        most_bytes=_typed(policy.most_bytes), per_second=str(policy.per_second), cron=policy.cron,
        enabled=policy.enabled, revision=policy.revision,
    )  # fmt: skip


def new_policy(form: PolicyForm) -> NewPolicy:
    """Raises BadInputError that names the field."""
    return checked(NewPolicy, name=form.name.strip(), bucket=form.bucket, **_given(form))


def change(form: PolicyForm) -> PolicyChange:
    """Raises BadInputError that names the field."""
    return checked(PolicyChange, revision=form.revision, **_given(form))


def _given(form: PolicyForm) -> dict[str, Any]:
    return {
        "prefixes": _lines(form.prefixes), "wholeBucket": form.whole_bucket, "excluded": _lines(form.excluded),
        "pattern": form.pattern.strip(), "tags": _tags(form.tags), "minAgeDays": _whole("age", form.min_age_days),
        "minSize": _size("smallest", form.min_size), "maxSize": _size("largest", form.max_size),
        "mostObjects": _whole("objects at once", form.most_objects), "mostBytes": _size("bytes at once", form.most_bytes) or 0,
        "perSecond": _whole("objects a second", form.per_second), "cron": form.cron.strip(), "enabled": form.enabled,
        "reason": form.reason.strip(),
    }  # fmt: skip


def _lines(text: str) -> Sequence[str]:
    return [line.strip("\r") for line in text.split("\n") if line.strip()]


def _tags(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for line in _lines(text):
        name, equals, value = line.partition("=")
        if not equals or not name.strip():
            raise BadInputError(f"tags: {line[:50]!r} is not NAME=VALUE.")
        found[name.strip()] = value.strip()
    return found


def _whole(field: str, text: str) -> int:
    try:
        return int(text.replace(",", "").strip())
    except ValueError:
        raise BadInputError(f"{field}: {text[:50]!r} is not a whole number.") from None


def _size(field: str, text: str) -> int | None:
    if not text.strip():
        return None
    try:
        return parse_bytes(text.replace(",", ""))
    except (ValueError, OverflowError):
        raise BadInputError(f"{field}: {text[:50]!r} is not a size, such as 10 MB.") from None


def _typed(size: int | None) -> str:
    return "" if size is None else exact_bytes(size)
