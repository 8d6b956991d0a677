"""What the pages of sources show, and what their form says. Each setting is a field of its own, `set-NAME`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from storekeeper.kernel.errors import BadInputError
from storekeeper.metering.importing.pulling import PULLERS
from storekeeper.metering.importing.pulling.model import (
    ImportSource,
    ImportSourceChange,
    NewImportSource,
    Puller,
)

T = TypeVar("T")
View = dict[str, Any]
Typed = Mapping[str, str]
EMPTY: View = {"name": "", "format": "", "bucket": "", "cron": "10 * * * *", "settings": {}}
_PREFIX = "set-"
_LABELS = {
    "s3-access-log": "S3 access logs",
    "r2-analytics": "R2 analytics",
    "ceph-usage": "Ceph usage",
    "cloudwatch": "CloudWatch",
}
_SETTINGS = {
    "logBucket": "Log bucket",
    "prefix": "Prefix",
    "account": "Account",
    "bucketName": "Bucket name",
    "endpoint": "Endpoint",
    "accessKeyId": "Access key id",
    "uid": "User",
    "region": "Region",
    "filterId": "Filter",
    "storageTypes": "Storage types",
}
_SCHEDULES = [
    {"value": "10 * * * *", "label": "Every hour, at ten past"},
    {"value": "10 */6 * * *", "label": "Every 6 hours"},
    {"value": "10 3 * * *", "label": "Every day at 03:10 UTC"},
    {"value": "", "label": "On demand only"},
]


def row(source: ImportSource, now: datetime, *, pulled: bool) -> View:
    """A source in the list, with its state in words: running, paused, failed, due, ready, new or on demand."""
    state, tone = _state(source, now, pulled=pulled)
    return {
        "source": source,
        "label": _LABELS[source.format],
        "state": state,
        "tone": tone,
        "is_due": source.next_run_at is not None and source.next_run_at <= now,
        "imported": source.last_result.get("accepted"),
    }


def formats() -> Sequence[View]:
    return [{"value": name, "label": _LABELS[name]} for name in PULLERS]


def schedules(cron: str) -> Sequence[View]:
    """Those to choose from, with this one."""
    known = cron in {one["value"] for one in _SCHEDULES}
    return _SCHEDULES if known else [*_SCHEDULES, {"value": cron, "label": f"Cron {cron} (UTC)"}]


def fields(puller: Puller, settings: Typed, buckets: Sequence[str]) -> Sequence[View]:
    """A field for each setting; a bucket is chosen from those that are registered."""
    choices = [{"value": name, "label": name} for name in buckets]
    return [
        {
            "name": _PREFIX + name,
            "label": _SETTINGS[name],
            "value": settings.get(name, ""),
            "hint": about,
            "required": name in puller.required,
            "options": choices if name == "logBucket" else [],
        }
        for name, about in puller.settings.items()
    ]


def new_source(data: Typed) -> NewImportSource:
    """Raises BadInputError that names the field."""
    given = {name: data.get(name, "").strip() for name in ("name", "format", "bucket", "cron", "secret")}
    return _read(given | {"settings": _settings(data)}, NewImportSource)


def change(data: Typed) -> ImportSourceChange:
    """An empty secret is the one that is stored. Raises BadInputError."""
    given: View = {"cron": data.get("cron", "").strip(), "settings": _settings(data)}
    if secret := data.get("secret", "").strip():
        given["secret"] = secret
    return _read(given, ImportSourceChange)


def typed(data: Typed) -> View:
    """What was typed, to be shown again; never the secret."""
    shown = EMPTY | {name: value for name, value in data.items() if name in EMPTY}
    if shown["format"] not in PULLERS:
        shown["format"] = next(iter(PULLERS))
    return shown | {"settings": _settings(data)}


def stored(source: ImportSource) -> View:
    return {name: getattr(source, name) for name in EMPTY}


def _state(source: ImportSource, now: datetime, *, pulled: bool) -> tuple[str, str]:
    states = [
        (pulled, "running", "info"),
        (source.paused, "paused", "neutral"),
        (bool(source.last_error), "failed", "bad"),
        (source.last_run_at is not None, "ready", "good"),
        (source.next_run_at is not None and source.next_run_at <= now, "due", "info"),
    ]
    return next(((word, tone) for holds, word, tone in states if holds), ("not run yet", "neutral"))


def _settings(data: Typed) -> dict[str, str]:
    given = {
        name.removeprefix(_PREFIX): text.strip() for name, text in data.items() if name.startswith(_PREFIX)
    }
    return {name: text for name, text in given.items() if text}


def _read(given: View, kind: type[T]) -> T:
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise BadInputError(str(error)) from None
