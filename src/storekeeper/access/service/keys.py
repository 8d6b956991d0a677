"""API keys: `sk_<id>.<secret>`, shown once."""

from collections.abc import Sequence
from datetime import timedelta

from storekeeper.access import repository
from storekeeper.access.model import ApiKey, ApiKeyPage, Scope, UnknownApiKeyError, UnknownUserError
from storekeeper.access.service import opaque
from storekeeper.access.service.recent_callers import RecentCallers
from storekeeper.audit import AuditTrail
from storekeeper.infra.db import Database
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import BadInputError
from storekeeper.kernel.ids import new_id

PREFIX = "sk_"
LONGEST_NAME = 100
MOST_DAYS = 3650
MOST_PER_PAGE = 500


class Keys:
    """Keys for programs."""

    def __init__(self, database: Database, audit: AuditTrail, clock: Clock, *, recent: RecentCallers) -> None:
        self._db = database
        self._audit = audit
        self._clock = clock
        self._recent = recent

    def create(
        self,
        name: str,
        scopes: Sequence[Scope],
        *,
        owner: str,
        actor: str,
        expires_in_days: int | None = None,
        buckets: Sequence[str] = (),
    ) -> tuple[ApiKey, str]:
        """The key and its secret, which is not stored; it acts for `owner` (an email address). Raises BadInputError."""
        _check(name.strip(), scopes, expires_in_days, buckets)
        now = self._clock.now()
        secret = opaque.fresh()
        with self._db.write() as connection:
            account = repository.account(connection, owner)
            if account is None:
                raise UnknownUserError("A key belongs to a user.")
            key = ApiKey(
                id=new_id(now).replace("-", ""),
                name=name.strip(),
                scopes=sorted(set(scopes)),
                buckets=sorted(set(buckets)),
                created_at=now,
                expires_at=now + timedelta(days=expires_in_days) if expires_in_days else None,
                last_used_at=None,
                created_by=account.user.email,
            )
            repository.insert_key(connection, key, user_id=account.user.id, secret_hash=opaque.digest(secret))
            details = {"id": key.id, "scopes": ",".join(key.scopes), "buckets": ",".join(key.buckets)}
            self._audit.record(
                connection, actor=actor, action="token.create", target=key.name, details=details
            )
        return key, f"{PREFIX}{key.id}.{secret}"

    def page(self, *, sort: str = "id", cursor: str = "", limit: int = 100) -> ApiKeyPage:
        """At most `limit` keys; `cursor` continues a previous page."""
        offset = int(cursor) if cursor.isdecimal() else 0
        limit = max(1, min(limit, MOST_PER_PAGE))
        with self._db.read() as connection:
            found = repository.find_keys(connection, sort=sort, offset=offset, limit=limit + 1)
        more = str(offset + limit) if len(found) > limit else None
        return ApiKeyPage(items=found[:limit], next_cursor=more)

    def revoke(self, key_id: str, *, actor: str) -> None:
        """Programs that use it are refused from now on. Raises UnknownApiKeyError."""
        with self._db.write() as connection:
            found = repository.key_with_account(connection, key_id)
            if found is None:
                raise UnknownApiKeyError("There is no such API key.")
            repository.delete_key(connection, key_id)
            key = found[0]
            self._audit.record(
                connection, actor=actor, action="token.revoke", target=key.name, details={"id": key.id}
            )  # fmt: skip
        self._recent.forget()


def _check(name: str, scopes: Sequence[Scope], days: int | None, buckets: Sequence[str]) -> None:
    faults = []
    if not 0 < len(name) <= LONGEST_NAME:
        faults.append({"key": "name", "message": f"Give it a name of 1 to {LONGEST_NAME} characters."})
    if not scopes:
        faults.append({"key": "scopes", "message": "Choose at least one."})
    if buckets and set(scopes) != {Scope.INGEST}:
        faults.append(
            {"key": "buckets", "message": "Only a key with the one scope ingest can be bound to buckets."}
        )
    if days is not None and not 0 < days <= MOST_DAYS:
        faults.append(
            {"key": "expiresInDays", "message": f"Give 1 to {MOST_DAYS} days, or nothing for no end."}
        )
    if faults:
        raise BadInputError(" ".join(fault["message"] for fault in faults), errors=faults)
