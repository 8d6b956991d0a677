"""Which of the things that Storekeeper does with a bucket its credentials allow, tried out one by one."""

import secrets
from collections.abc import Callable
from enum import StrEnum

import msgspec

from .errors import MissingPermissionError, NoSuchKeyError, ObjectStoreError, UnsupportedError
from .port import ObjectStore
from .s3 import DELETE, GET, LIST, LIST_UPLOADS, LIST_VERSIONS, PUT

PROBE_PREFIX = ".storekeeper/probe/"
_REQUIRED = {"list", "write", "delete"}


class Outcome(StrEnum):
    OK = "ok"
    MISSING = "missing"  # the permission is not granted
    UNSUPPORTED = "unsupported"  # by the provider
    UNKNOWN = "unknown"  # the endpoint's answer fits both
    FAILED = "failed"  # for a reason that is no permission


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one check. `problem` is the slug of the error behind it, "" when it is well."""

    check: str
    outcome: Outcome
    permission: str
    required: bool  # without it, the bucket cannot be watched as asked
    detail: str
    hint: str = ""
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing need be done; what the provider does not offer is not missed."""
        return self.outcome in {Outcome.OK, Outcome.UNSUPPORTED}

    @property
    def missing_permission(self) -> str:
        """The permission to grant, "" when none is known to be missing."""
        return self.permission if self.outcome is Outcome.MISSING else ""


def examine(store: ObjectStore, *, write: bool = False) -> list[Finding]:
    """A finding for each of list, read, uploads and versions; with `write` also write and delete.

    Only a small object under `.storekeeper/probe/` is written, and removed again. A bucket that cannot be
    spoken to at all yields the one finding that says why.
    """
    keys: list[str] = []
    listing = _attempt("list", LIST.permission, lambda: keys.extend(_first_key(store)))
    if listing.outcome is Outcome.FAILED:
        return [listing]
    probe = PROBE_PREFIX + secrets.token_hex(8)
    findings = [listing, _read(store, keys[0] if keys else probe, listed=listing.outcome is Outcome.OK)]
    if write:
        findings += _write(store, probe)
    findings.append(_attempt("uploads", LIST_UPLOADS.permission, store.list_uploads))
    findings.append(_attempt("versions", LIST_VERSIONS.permission, lambda: _versions(store)))
    return findings


def _first_key(store: ObjectStore) -> list[str]:
    return [str(key) for key in store.list_page(limit=1).objects["key"].to_pylist()]


def _versions(store: ObjectStore) -> None:
    if store.is_versioned():
        store.list_versions()


def _read(store: ObjectStore, key: str, *, listed: bool) -> Finding:
    """HEAD needs the same permission as GET and moves no bytes; that a key is missing is only told to who may read."""
    finding = _attempt("read", GET.permission, lambda: _head_or_missing(store, key))
    if finding.outcome is Outcome.MISSING and not listed:
        detail = f"without {LIST.permission}, S3 answers alike for a missing key and a missing permission"
        return msgspec.structs.replace(finding, outcome=Outcome.UNKNOWN, detail=detail)
    return finding


def _head_or_missing(store: ObjectStore, key: str) -> None:
    try:
        store.head(key)
    except NoSuchKeyError:
        return


def _write(store: ObjectStore, probe: str) -> list[Finding]:
    body = b"Storekeeper checks its permissions. This object may be deleted.\n"
    written = _attempt("write", PUT.permission, lambda: store.put(probe, body))
    # Deleting is tried even so: what is not there may be deleted, if it is allowed at all.
    deleted = _attempt("delete", DELETE.permission, lambda: store.delete(probe))
    if written.outcome is Outcome.OK and deleted.outcome is not Outcome.OK:
        left = f"{deleted.detail}; the probe {probe} was left behind"
        deleted = msgspec.structs.replace(deleted, detail=left)
    return [written, deleted]


def _attempt(check: str, permission: str, request: Callable[[], object]) -> Finding:
    required = check in _REQUIRED
    try:
        request()
    except ObjectStoreError as error:
        return Finding(
            check=check,
            outcome=_outcome(error),
            permission=str(error.extra.get("permission", permission)),
            required=required,
            detail=error.detail,
            hint=error.hint,
            problem=error.slug,
        )
    return Finding(
        check=check, outcome=Outcome.OK, permission=permission, required=required, detail="allowed"
    )


def _outcome(error: ObjectStoreError) -> Outcome:
    if isinstance(error, MissingPermissionError):
        return Outcome.MISSING
    return Outcome.UNSUPPORTED if isinstance(error, UnsupportedError) else Outcome.FAILED
