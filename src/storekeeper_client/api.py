"""The API as Python: one method for each thing a caller can ask of a server."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar
from urllib.parse import quote

import msgspec

from . import imported, model, scanned, uploading, used
from .alerts import AlertCalls
from .cleanup import CleanupCalls
from .cost_options import CostOptionCalls
from .costs import CostCalls
from .errors import UnreachableError
from .health import HealthCalls
from .invoices import InvoiceCalls
from .model import Page, Tokens
from .session import Session
from .transport import Transport

T = TypeVar("T")

TIMEOUT = 30.0  # seconds for one answer
QUIET = 60.0  # seconds without any event before a stream counts as dead
_DEAF_TRIES = 3


class Client(HealthCalls, AlertCalls, CostCalls, CostOptionCalls, InvoiceCalls, CleanupCalls):
    """A conversation with one server. Make one for each thread; close it, or use it as a context manager.

    Speaks as the owner of `token` (an API key or access token), or of `tokens`, which are renewed when they have
    expired; `on_refresh` is then given the new ones to keep, as the old ones are spent. Every method raises
    ApiError when the server refuses and UnreachableError when it does not answer.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str = "",
        tokens: Tokens | None = None,
        on_refresh: Callable[[Tokens], None] | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._transport = Transport(url, timeout=timeout)
        self._session = Session(self._transport, token=token, tokens=tokens, on_refresh=on_refresh)

    @property
    def url(self) -> str:
        return self._transport.url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._transport.close()

    def call(self, method: str, path: str, returns: type[T], *, body: Any = None, **query: Any) -> T:
        """Any route: its JSON answer as `returns`. Values None and "" in the query are left out."""
        return self._session.call(method, path, returns, body=body, query=query)

    # Signing in

    def sign_in(self, email: str, password: str) -> Tokens:
        """Speak as this user from now on."""
        body = {"email": email, "password": password}
        self._session.tokens = self.call("POST", "/api/auth/token", Tokens, body=body)
        return self._session.tokens

    def sign_out(self) -> None:
        """Make the refresh token worthless."""
        tokens, self._session.tokens = self._session.tokens, None
        if tokens is not None:
            self.call("POST", "/api/auth/logout", type(None), body={"refreshToken": tokens.refresh_token})

    def me(self) -> model.Me:
        return self.call("GET", "/api/me", model.Me)

    def health(self) -> str:
        """`ok` when the server is alive; anybody may ask."""
        return self.call("GET", "/health", model.Health).status

    def version(self) -> model.ServerVersion:
        return self.call("GET", "/api/version", model.ServerVersion)

    # Buckets

    def buckets(self) -> list[model.Bucket]:
        return self._all("/api/buckets", Page[model.Bucket])

    def bucket(self, name: str) -> model.Bucket:
        return self.call("GET", _at("/api/buckets", name), model.Bucket)

    def add_bucket(self, **fields: Any) -> model.Bucket:
        """Fields as in the API's JSON: `name`, `url`, `endpoint`, `accessKeyId` …"""
        return self.call("POST", "/api/buckets", model.Bucket, body=fields)

    def edit_bucket(self, name: str, **fields: Any) -> model.Bucket:
        return self.call("PATCH", _at("/api/buckets", name), model.Bucket, body=fields)

    def remove_bucket(self, name: str) -> None:
        self.call("DELETE", _at("/api/buckets", name), type(None))

    def test_bucket(self, name: str) -> model.BucketTest:
        return self.call("POST", _at("/api/buckets", name, "test"), model.BucketTest)

    def try_owner_pattern(self, name: str, pattern: str) -> model.OwnerTrial:
        body = {"pattern": pattern}
        return self.call("POST", _at("/api/buckets", name, "owner-pattern"), model.OwnerTrial, body=body)

    # Scans and what they found

    def quote(self, name: str) -> scanned.Quote:
        return self.call("GET", _at("/api/buckets", name, "scan", "quote"), scanned.Quote)

    def start_scan(self, name: str) -> str:
        """The id of the scan. Raises ApiError with `problem.run_id` when one is under way."""
        return self.call("POST", _at("/api/buckets", name, "scan"), model.Started).run_id

    def scans(self, name: str, *, limit: int = 20) -> list[scanned.Scan]:
        """The latest, newest first."""
        return self.call("GET", _at("/api/buckets", name, "scans"), Page[scanned.Scan], limit=limit).items[
            :limit
        ]

    def scan(self, run_id: str) -> scanned.Scan:
        return self.call("GET", _at("/api/scans", run_id), scanned.Scan)

    def cancel_scan(self, run_id: str) -> scanned.Scan:
        return self.call("POST", _at("/api/scans", run_id, "cancel"), scanned.Scan)

    def follow_scan(self, run_id: str) -> Iterator[scanned.Scan]:
        """The scan as it goes on, last as it ended. A stream that breaks is taken up again."""
        deaf = 0
        while deaf < _DEAF_TRIES:
            deaf += 1
            for scan in self._heard(run_id):
                deaf = 0
                yield scan
                if scan.is_over:
                    return
            scan = self.scan(run_id)
            yield scan
            if scan.is_over:
                return
        raise UnreachableError(self.url, "its stream of events stays silent; the scan itself goes on")

    def inventory(self, name: str, *, limit: int | None = None) -> scanned.Inventory:
        """The last complete scan's result."""
        return self.call("GET", _at("/api/buckets", name, "inventory"), scanned.Inventory, limit=limit)

    def prefixes(self, name: str, prefix: str = "") -> scanned.Prefixes:
        return self.call(
            "GET", _at("/api/buckets", name, "inventory", "prefixes"), scanned.Prefixes, prefix=prefix
        )

    def files(self, name: str, *, limit: int = 50, **query: str) -> list[scanned.File]:
        """Of the largest objects: `sort`, `order`, `prefix`, `extension`, `owner`, `q`."""
        path = _at("/api/buckets", name, "inventory", "files")
        return self.call("GET", path, Page[scanned.File], limit=limit, **query).items

    # What is done with the buckets

    def usage(self, *, span: str = "24h", bucket: str = "", owner: str | None = None) -> used.Usage:
        """What operations add up to."""
        return self.call("GET", "/api/user/storage/usage", used.Usage, range=span, bucket=bucket, owner=owner)

    def export_operations(self, sink: IO[bytes], **query: str | None) -> int:
        """Write single operations to `sink`: `range`, `bucket`, `owner`, `operation`, `format`. Returns bytes."""
        return self._session.download("/api/operations/export", sink, query=query)

    def make_embed_link(self, owner: str, *, expires_in: int = 3600) -> used.EmbedLink:
        """An address of a page that shows this owner's storage for that many seconds."""
        body = {"owner": owner, "expiresIn": expires_in}
        return self.call("POST", "/api/user/storage/embed-link", used.EmbedLink, body=body)

    def revoke_embed_links(self, owner: str) -> None:
        """Make every such address of this owner worthless that was made so far."""
        self.call("DELETE", "/api/user/storage/embed-links", type(None), owner=owner)

    # Imports

    def import_file(
        self,
        form: str,
        path: Path,
        *,
        bucket: str,
        mapping: Sequence[str] = (),
        resolution: int = 0,
        on_sent: Callable[[int], None] = uploading.nobody,
    ) -> imported.Import:
        """Send a file of operations; `mapping` is of `FIELD=COLUMN`, `on_sent` hears of each part's bytes."""
        query = {"bucket": bucket, "map": list(mapping), "resolution": resolution or None}
        return self._session.upload(
            _at("/api/imports", form), lambda: uploading.pieces(path, on_sent), imported.Import,
            size=path.stat().st_size, query=query, timeout=uploading.TIMEOUT,
        )  # fmt: skip

    def compare_imports(self, *, bucket: str = "", span: str = "30d") -> imported.Comparisons:
        """What providers report beside what was measured, by day."""
        query = {"range": span, "bucket": bucket}
        return self.call("GET", "/api/user/storage/reported", imported.Comparisons, **query)

    def import_sources(self) -> list[imported.ImportSource]:
        return self._all("/api/import-sources", Page[imported.ImportSource])

    def import_source(self, name: str) -> imported.ImportSource:
        return self.call("GET", _at("/api/import-sources", name), imported.ImportSource)

    def add_import_source(self, **fields: Any) -> imported.ImportSource:
        """Fields as in the API's JSON: `name`, `format`, `bucket`, `cron`, `settings`, `secret`."""
        return self.call("POST", "/api/import-sources", imported.ImportSource, body=fields)

    def edit_import_source(self, name: str, **fields: Any) -> imported.ImportSource:
        """`cron`, `paused`, `settings` (all of them), `secret`; only what is given changes."""
        return self.call("PATCH", _at("/api/import-sources", name), imported.ImportSource, body=fields)

    def run_import_source(self, name: str) -> str:
        """The id of the run."""
        return self.call("POST", _at("/api/import-sources", name, "run"), model.Started).run_id

    def remove_import_source(self, name: str) -> None:
        self.call("DELETE", _at("/api/import-sources", name), type(None))

    # Jobs

    def jobs(self) -> list[model.Job]:
        return self._all("/api/metrics/jobs", Page[model.Job])

    def run_job(self, name: str) -> str:
        """The id of the run."""
        return self.call("POST", _at("/api/metrics/jobs", name, "run"), model.Started).run_id

    def runs(self, *, job: str = "", status: str = "") -> list[model.Run]:
        return self.call("GET", "/api/jobs", Page[model.Run], job=job, status=status).items

    def run(self, run_id: str) -> model.Run:
        return self.call("GET", _at("/api/jobs", run_id), model.Run)

    def cancel_run(self, run_id: str) -> model.Run:
        return self.call("POST", _at("/api/jobs", run_id, "cancel"), model.Run)

    def retry_run(self, run_id: str) -> model.Run:
        return self.call("POST", _at("/api/jobs", run_id, "retry"), model.Run)

    def purge_dead_runs(self) -> int:
        """How many were forgotten."""
        return self.call("DELETE", "/api/jobs/dead", dict[str, int])["purged"]

    # What is kept of operations

    def archives(self) -> list[model.Archive]:
        """Newest first."""
        return self._all("/api/admin/metering/archives", Page[model.Archive])

    def restore_operations(self, since: str, until: str) -> str:
        """Bring archived operations of UTC days (both included) back for a week; the id of the run."""
        body = {"from": since, "to": until}
        return self.call("POST", "/api/admin/metering/restore", model.Started, body=body).run_id

    def rebuild_sums(self, since: str, until: str, *, force: bool = False) -> str:
        """Count the sums of UTC days (both included) again; the id of the run."""
        body = {"from": since, "to": until, "force": force}
        return self.call("POST", "/api/admin/metering/rebuild", model.Started, body=body).run_id

    # People, keys, audit

    def users(self) -> list[model.User]:
        return self._all("/api/users", Page[model.User])

    def user(self, id_or_email: str) -> model.User:
        return self.call("GET", _at("/api/users", id_or_email), model.User)

    def add_user(self, email: str, *, role: str, password: str = "") -> model.User:
        """Without a password the server makes one and tells it in `generated_password`, once."""
        body = {"email": email, "role": role} | ({"password": password} if password else {})
        return self.call("POST", "/api/users", model.User, body=body)

    def edit_user(self, id_or_email: str, **fields: Any) -> model.User:
        """`role`, `disabled`."""
        return self.call("PATCH", _at("/api/users", id_or_email), model.User, body=fields)

    def reset_password(self, id_or_email: str) -> str:
        """The new password, told once."""
        return self.call("POST", _at("/api/users", id_or_email, "reset-password"), dict[str, str])["password"]

    def tokens(self) -> list[model.Token]:
        return self._all("/api/tokens", Page[model.Token])

    def create_token(
        self,
        name: str,
        *,
        scopes: Sequence[str],
        expires_in_days: int | None = None,
        buckets: Sequence[str] = (),
    ) -> model.Token:
        """The key with its `secret`, told once."""
        body: dict[str, Any] = {"name": name, "scopes": list(scopes)}
        body |= {"expiresInDays": expires_in_days} if expires_in_days is not None else {}
        body |= {"buckets": list(buckets)} if buckets else {}
        return self.call("POST", "/api/tokens", model.Token, body=body)

    def revoke_token(self, token_id: str) -> None:
        self.call("DELETE", _at("/api/tokens", token_id), type(None))

    def audit(
        self,
        *,
        action: str = "",
        actor: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> list[model.AuditRecord]:
        """Newest first."""
        query = {
            "actionType": action,
            "actor": actor,
            "from": _stamp(since),
            "to": _stamp(until),
            "limit": limit,
        }
        return self.call("GET", "/api/audit-logs", Page[model.AuditRecord], **query).items

    # How it is done

    def _all(self, path: str, page: type[Page[T]]) -> list[T]:
        found = self.call("GET", path, page)
        items = list(found.items)
        while found.next_cursor:
            found = self.call("GET", path, page, cursor=found.next_cursor)
            items += found.items
        return items

    def _heard(self, run_id: str) -> Iterator[scanned.Scan]:
        for event in self._session.events(_at("/api/scans", run_id, "events"), quiet=QUIET):
            if event.name in ("progress", "done"):
                yield msgspec.json.decode(event.data, type=scanned.Scan)


def _at(*parts: str) -> str:
    """A path; names of things are escaped, the first part is taken as it is."""
    return "/".join((parts[0], *(quote(part, safe="") for part in parts[1:])))


def _stamp(time: datetime | None) -> str:
    return time.isoformat() if time else ""
