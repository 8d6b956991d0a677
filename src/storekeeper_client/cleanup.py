"""What may go from buckets by itself: policies, plans, runs, as the API speaks of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import IO, Any
from urllib.parse import quote

from .model import Noun, Page, Started
from .session import Session

_PATH = "/api/cleanup"


class CleanupChoice(Noun, frozen=True, kw_only=True):
    """Which objects may go; sizes in bytes."""

    prefixes: Sequence[str] = ()
    whole_bucket: bool = False
    excluded: Sequence[str] = ()
    pattern: str = ""
    tags: Mapping[str, str] = {}
    min_age_days: int = 0
    min_size: int | None = None
    max_size: int | None = None


class CleanupPolicy(CleanupChoice, frozen=True, kw_only=True):
    """What may go from one bucket, how much at once, how fast, and when."""

    id: str
    name: str
    bucket: str
    most_objects: int = 0
    most_bytes: int = 0
    per_second: int = 0
    cron: str = ""
    enabled: bool = True
    confirmed: bool = False
    revision: int = 0
    reason: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    updated_by: str = ""


class CleanupGroup(Noun, frozen=True, kw_only=True):
    name: str
    objects: int
    bytes: int


class CleanupSaving(Noun, frozen=True, kw_only=True):
    amount: str
    currency: str


class CleanupPlan(Noun, frozen=True, kw_only=True):
    """What one run would delete."""

    id: str
    policy: str
    bucket: str
    state: str
    origin: str = ""
    actor: str = ""
    choice: CleanupChoice = CleanupChoice()
    listed: int = 0
    objects: int = 0
    bytes: int = 0
    left_objects: int = 0
    left_bytes: int = 0
    by_prefix: Sequence[CleanupGroup] = ()
    by_age: Sequence[CleanupGroup] = ()
    saving: CleanupSaving | None = None
    asks: str = ""
    started_at: datetime | None = None
    ready_at: datetime | None = None
    expires_at: datetime | None = None
    confirmed_by: str = ""
    confirmed_at: datetime | None = None
    run_id: str = ""
    error: str = ""


class CleanupObject(Noun, frozen=True, kw_only=True):
    """One object of a plan, or of a log: then `outcome` says what became of it."""

    key: str
    size: int
    modified: datetime
    etag: str = ""
    owner: str = ""
    outcome: str = ""
    reason: str = ""
    marker: str = ""
    time: datetime | None = None


class CleanupRun(Noun, frozen=True, kw_only=True):
    """One execution of a plan."""

    id: str
    plan_id: str
    policy: str
    bucket: str
    state: str
    origin: str = ""
    actor: str = ""
    planned: int = 0
    planned_bytes: int = 0
    deleted: int = 0
    deleted_bytes: int = 0
    spared: int = 0
    gone: int = 0
    failed: int = 0
    restored: int = 0
    restorable: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: str = ""
    restoring: bool = False

    @property
    def is_over(self) -> bool:
        return self.state in ("succeeded", "stopped", "failed")


class CleanupCalls:
    """One method for each thing that can be asked about clean-up."""

    _session: Session

    def cleanup_policies(self, bucket: str = "") -> list[CleanupPolicy]:
        query = {"bucket": bucket}
        return self._session.call(
            "GET", f"{_PATH}/policies", Page[CleanupPolicy], body=None, query=query
        ).items

    def cleanup_policy(self, name: str) -> CleanupPolicy:
        return self._session.call("GET", _at("policies", name), CleanupPolicy, body=None, query={})

    def add_cleanup_policy(self, **fields: Any) -> CleanupPolicy:
        """Fields as in the API's JSON: `name`, `bucket`, `prefixes`, `minAgeDays`, `reason` …"""
        return self._session.call("POST", f"{_PATH}/policies", CleanupPolicy, body=fields, query={})

    def edit_cleanup_policy(self, name: str, **fields: Any) -> CleanupPolicy:
        """Always with `reason`, and the `revision` that was seen. Only what is given changes."""
        return self._session.call("PATCH", _at("policies", name), CleanupPolicy, body=fields, query={})

    def remove_cleanup_policy(self, name: str, *, reason: str) -> None:
        query = {"reason": reason}
        self._session.call("DELETE", _at("policies", name), type(None), body=None, query=query)

    def plan_cleanup(self, name: str) -> str:
        """The id of the plan that is being made."""
        return self._session.call("POST", _at("policies", name, "plan"), Started, body=None, query={}).run_id

    def cleanup_plan(self, plan_id: str) -> CleanupPlan:
        return self._session.call("GET", _at("plans", plan_id), CleanupPlan, body=None, query={})

    def cleanup_plans(self, policy: str = "", *, limit: int = 20) -> list[CleanupPlan]:
        """Newest first."""
        query = {"policy": policy, "limit": limit}
        return self._session.call("GET", f"{_PATH}/plans", Page[CleanupPlan], body=None, query=query).items

    def planned_objects(self, plan_id: str, *, limit: int = 100) -> list[CleanupObject]:
        """The first ones."""
        path, query = _at("plans", plan_id, "objects"), {"limit": limit}
        return self._session.call("GET", path, Page[CleanupObject], body=None, query=query).items

    def export_planned_objects(self, plan_id: str, sink: IO[bytes], *, form: str) -> int:
        """All of them as `csv`, `ndjson`, `parquet` or `arrow`. Returns bytes."""
        return self._session.download(_at("plans", plan_id, "objects"), sink, query={"format": form})

    def confirm_cleanup(self, plan_id: str, *, objects: int, size: int) -> str:
        """Delete what the plan lists, which has so many objects of so many bytes; the id of the run."""
        body = {"objects": objects, "bytes": size}
        return self._session.call(
            "POST", _at("plans", plan_id, "confirm"), Started, body=body, query={}
        ).run_id

    def cleanup_runs(self, policy: str = "", *, limit: int = 20) -> list[CleanupRun]:
        """Newest first."""
        query = {"policy": policy, "limit": limit}
        return self._session.call("GET", f"{_PATH}/runs", Page[CleanupRun], body=None, query=query).items

    def cleanup_run(self, run_id: str) -> CleanupRun:
        return self._session.call("GET", _at("runs", run_id), CleanupRun, body=None, query={})

    def cleanup_log(self, run_id: str, *, outcome: str = "", limit: int = 100) -> list[CleanupObject]:
        """The first ones."""
        path, query = _at("runs", run_id, "log"), {"outcome": outcome, "limit": limit}
        return self._session.call("GET", path, Page[CleanupObject], body=None, query=query).items

    def export_cleanup_log(self, run_id: str, sink: IO[bytes], *, form: str, outcome: str = "") -> int:
        """All of it as `csv`, `ndjson`, `parquet` or `arrow`. Returns bytes."""
        query = {"format": form, "outcome": outcome}
        return self._session.download(_at("runs", run_id, "log"), sink, query=query)

    def stop_cleanup(self, run_id: str) -> CleanupRun:
        return self._session.call("POST", _at("runs", run_id, "stop"), CleanupRun, body=None, query={})

    def restore_cleanup(self, run_id: str) -> str:
        """Bring back what it deleted, where the bucket keeps versions; the id of the job's run."""
        return self._session.call("POST", _at("runs", run_id, "restore"), Started, body=None, query={}).run_id


def _at(*parts: str) -> str:
    return "/".join((_PATH, *(quote(part, safe="") for part in parts)))
