"""Answers of Cloudflare's GraphQL API about R2: operations and storage, summed by the provider.

An error arrives as HTTP 200 with `errors`. Buckets of a jurisdiction are named `eu_name`; quiet buckets are absent.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from storekeeper.metering.importing import r2_names, reports
from storekeeper.metering.importing.model import OTHER_BUCKET, Asked, Reported, ReportFormat
from storekeeper.metering.importing.values import text
from storekeeper.metering.model import BodyError

_WINDOWS = {
    "datetimeMinute": 60, "datetimeFiveMinutes": 300, "datetimeFifteenMinutes": 900, "datetimeHour": 3600,
    "date": 86_400, "datetime": 60,
}  # fmt: skip
Dimensions = dict[str, Any]


class _Operations(msgspec.Struct):
    dimensions: Dimensions
    sum: Dimensions


class _Storage(msgspec.Struct):
    dimensions: Dimensions
    max: Dimensions


class _Account(msgspec.Struct):
    operations: list[_Operations] = msgspec.field(name="r2OperationsAdaptiveGroups", default_factory=list)
    storage: list[_Storage] = msgspec.field(name="r2StorageAdaptiveGroups", default_factory=list)


class _Viewer(msgspec.Struct):
    accounts: list[_Account] = msgspec.field(default_factory=list)


class _Data(msgspec.Struct):
    viewer: _Viewer | None = None


class _Answer(msgspec.Struct):
    data: _Data | None = None
    errors: list[Dimensions] | None = None


def _parse(document: bytes, asked: Asked) -> tuple[Sequence[Reported], Mapping[str, int]]:
    answer = reports.decoded(document, _Answer, "an answer of Cloudflare's GraphQL API")
    if answer.errors:
        raise BodyError(f"Cloudflare refused: {text(answer.errors[0].get('message'))[:300]}")
    if answer.data is None or answer.data.viewer is None:
        raise BodyError("The document has no data.viewer: it is not an answer about R2.")
    skipped: Counter[str] = Counter()
    rows: list[Reported] = []
    for row in _rows(answer.data.viewer.accounts, asked):
        if row.bucket:
            rows.append(row)
        else:
            skipped[str(OTHER_BUCKET)] += 1
    return reports.merged(rows), dict(skipped)


def _rows(accounts: Sequence[_Account], asked: Asked) -> Iterator[Reported]:
    for account in accounts:
        for group in account.operations:
            yield _operations(group, asked)
        for stored in account.storage:
            yield _storage(stored, asked)


def _operations(group: _Operations, asked: Asked) -> Reported:
    time, resolution = _window(group.dimensions)
    status = text(group.dimensions.get("actionStatus"))
    requests = reports.figure(group.sum.get("requests"))
    return Reported(
        bucket=_bucket(group.dimensions, asked),
        time=reports.window(time),
        resolution=resolution,
        operation=text(group.dimensions.get("actionType")),
        status=status,
        detail=text(group.dimensions.get("storageClass")),
        requests=requests,
        errors=(0.0 if status == "success" else requests) if status else None,
        bytes_out=reports.figure(group.sum.get("responseBytes")),
    )


def _storage(group: _Storage, asked: Asked) -> Reported:
    time, resolution = _window(group.dimensions)
    kept = [reports.figure(group.max.get(name)) for name in ("payloadSize", "metadataSize")]
    sizes = [size for size in kept if size is not None]
    return Reported(
        bucket=_bucket(group.dimensions, asked),
        time=reports.window(time),
        resolution=resolution,
        operation="storage",
        detail=text(group.dimensions.get("storageClass")),
        objects=reports.figure(group.max.get("objectCount")),
        bytes=sum(sizes) if sizes else None,
    )


def _window(dimensions: Dimensions) -> tuple[Any, int]:
    for name, seconds in _WINDOWS.items():
        if dimensions.get(name):
            return dimensions[name], seconds
    raise BodyError("A group has no date or datetime among its dimensions.", hint="Select datetimeHour.")


def _bucket(dimensions: Dimensions, asked: Asked) -> str:
    return r2_names.registered(text(dimensions.get("bucketName")), asked)


FORMAT = ReportFormat(
    name="r2-analytics",
    about="Answers of Cloudflare's GraphQL API about R2.",
    parse=_parse,
)
