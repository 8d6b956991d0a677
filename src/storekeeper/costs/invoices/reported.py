"""What providers report of themselves, as facts that the same engine prices as measured use. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from storekeeper.costs.model import Provenance, RequestFact, StorageFact

_HOURS = 24
_ALL_DAY = "the most of the day, taken for all of it"
_ERRORS = "what failed is taken to be billed as other errors of the caller"
_SENT = "all bytes sent are taken to leave the provider"
# Metrics of CloudWatch that count the operations of one verb.
_VERBS = {
    "GetRequests": "GetObject", "PutRequests": "PutObject", "DeleteRequests": "DeleteObject", "HeadRequests": "HeadObject",
    "PostRequests": "PostObject", "ListRequests": "ListObjectsV2", "SelectRequests": "SelectObjectContent",
    "BytesDownloaded": "GetObject", "AllRequests": "",
}  # fmt: skip
_CLASSES = {
    "standard": "STANDARD", "standardstorage": "STANDARD", "infrequentaccess": "STANDARD_IA",
    "standardiastorage": "STANDARD_IA", "onezoneiastorage": "ONEZONE_IA", "glacierinstantretrievalstorage": "GLACIER_IR",
}  # fmt: skip
_OF_USERS = "ceph-usage"  # its detail is a user
Row = Mapping[str, Any]
Facts = tuple[list[StorageFact], list[RequestFact]]


def facts(rows: Iterable[Row]) -> Facts:
    """Of rows as metering's `daily` tells them. Of windows of several lengths about the same, the longest count."""
    chosen: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key = (row["day"], row["bucket_id"], row["operation"], row["detail"], row["is_total"])
        if key not in chosen or row["resolution"] > chosen[key]["resolution"]:
            chosen[key] = row
    stored, asked = list[StorageFact](), list[RequestFact]()
    for row in chosen.values():
        if row["bytes"] is not None:
            stored.append(_stored(row))
        elif not row["is_total"] and (row["requests"] or row["bytes_out"]):
            asked.append(_asked(row))
    return stored, asked


def _stored(row: Row) -> StorageFact:
    size = round(row["bytes"])
    return StorageFact(
        day=row["day"],
        bucket=row["bucket_id"],
        storage_class=_class(row),
        provenance=Provenance.PROVIDER_REPORTED,
        estimated=_ALL_DAY,
        byte_hours=size * _HOURS,
        peak_bytes=size,
        objects=round(row["objects"] or 0),
    )


def _asked(row: Row) -> RequestFact:
    requests, failed = row["requests"] or 0, row["errors"] or 0
    name, sent = str(row["operation"]), round(row["bytes_out"] or 0)
    operation = _VERBS.get(name, name)
    return RequestFact(
        day=row["day"],
        bucket=row["bucket_id"],
        storage_class=_class(row),
        provenance=Provenance.PROVIDER_REPORTED,
        estimated=_SENT if sent else _ERRORS if failed else "",
        operation=operation,
        succeeded=round(max(requests - failed, 0)),
        client_errors=round(min(failed, requests)),
        bytes_out=sent,
        bytes_retrieved=sent if operation == "GetObject" else 0,
    )


def _class(row: Row) -> str:
    return "" if row["source"] == _OF_USERS else _CLASSES.get(str(row["detail"]).lower(), "")
