"""Policies as people deal with them."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService, check_cron
from storekeeper.buckets.model import Bucket
from storekeeper.cleanup import repository
from storekeeper.cleanup.model import (
    BadPolicyError,
    Choice,
    NewPolicy,
    Policy,
    PolicyChange,
    PolicyChangedError,
    PolicyExistsError,
    UnknownPolicyError,
)
from storekeeper.cleanup.repository import Known
from storekeeper.cleanup.rules.checking import check, choice_of, same_rules
from storekeeper.infra.db import Connection, Database
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.ids import new_id


class Policies:
    """Every change has a reason and is audited; a change of the rules makes a schedule wait for a person again."""

    def __init__(self, database: Database, buckets: BucketService, audit: AuditTrail, clock: Clock) -> None:
        self._db, self._buckets, self._audit, self._clock = database, buckets, audit, clock
        buckets.on_remove(self._forget)

    def all(self, bucket: str = "") -> list[Policy]:
        """By name."""
        with self._db.read() as connection:
            return [known.policy for known in repository.policies(connection, bucket)]

    def get(self, name: str) -> Policy:
        """Raises UnknownPolicyError."""
        return self.known(name).policy

    def known(self, name: str) -> Known:
        """The policy with its bucket's id. Raises UnknownPolicyError."""
        with self._db.read() as connection:
            return _found(repository.find_policy(connection, name), name)

    def add(self, new: NewPolicy, *, actor: str) -> Policy:
        """Raises BadPolicyError, BadInputError, UnknownBucketError, PolicyExistsError."""
        bucket = self._buckets.get(new.bucket)
        given = msgspec.structs.asdict(new) | {"reason": new.reason.strip()}
        now = self._clock.now()
        policy = Policy(
            **given,
            id=new_id(now),
            confirmed=False,
            revision=1,
            created_at=now,
            updated_at=now,
            updated_by=actor,
        )
        _check(policy, bucket)
        with self._db.write() as connection:
            if repository.find_policy(connection, new.name):
                raise PolicyExistsError(
                    f"There is a clean-up policy {new.name!r} already.", hint="Choose another name."
                )
            repository.insert_policy(connection, policy, bucket.id)
            self._record(connection, "create", policy, actor, _told(given))
        return policy

    def edit(self, name: str, change: PolicyChange, *, actor: str) -> Policy:
        """Change what is given. Raises UnknownPolicyError, PolicyChangedError, BadPolicyError."""
        given = {
            field: value
            for field, value in msgspec.structs.asdict(change).items()
            if value is not msgspec.UNSET and field != "revision"
        }
        given["reason"] = change.reason.strip()
        with self._db.write() as connection:
            known = _found(repository.find_policy(connection, name), name)
            before = known.policy
            if change.revision != before.revision:
                raise PolicyChangedError(
                    f"{before.updated_by} changed {name} meanwhile.",
                    hint="Look at it again, then change it.",
                    revision=before.revision,
                )
            after = replace(
                before, **given, revision=before.revision + 1, updated_at=self._clock.now(), updated_by=actor
            )
            after = replace(after, confirmed=before.confirmed and same_rules(before, after))
            _check(after, self._buckets.get_by_id(known.bucket_id))
            repository.update_policy(connection, after)
            self._record(connection, "update", after, actor, _told(given))
        return after

    def remove(self, name: str, reason: str, *, actor: str) -> None:
        """A run under way stops; what was deleted stays in the logs. Raises UnknownPolicyError, BadPolicyError."""
        if not reason.strip() or len(reason) > 500:
            raise BadPolicyError("reason: say why, in at most 500 characters.")
        with self._db.write() as connection:
            policy = _found(repository.find_policy(connection, name), name).policy
            repository.delete_policy(connection, policy.id)
            self._record(connection, "delete", policy, actor, {"reason": reason.strip()})

    def _forget(self, connection: Connection, bucket: Bucket) -> None:
        """With the bucket go its policies; plans find nothing to act by, and logs stay."""
        for known in repository.policies(connection):
            if known.bucket_id == bucket.id:
                repository.delete_policy(connection, known.policy.id)

    def _record(
        self, connection: Connection, verb: str, policy: Policy, actor: str, details: Mapping[str, str | int]
    ) -> None:
        self._audit.record(
            connection,
            actor=actor,
            action=f"cleanup-policy.{verb}",
            target=policy.name,
            details={"bucket": policy.bucket, **details},
        )


def _check(policy: Policy, bucket: Bucket) -> None:
    check(choice_of(policy), bucket.provider)
    check_cron(policy.cron)


def _found(known: Known | None, name: str) -> Known:
    if known is None:
        raise UnknownPolicyError(
            f"There is no clean-up policy {name!r}.", hint="`storekeeper cleanup list` shows them."
        )
    return known


def _told(given: Mapping[str, Any]) -> dict[str, str | int]:
    """For the audit log, which takes numbers and words."""
    shown = {name: value for name, value in given.items() if name not in ("name", "bucket")}
    empty = msgspec.structs.asdict(Choice())
    return {
        name: value if type(value) in (int, str) else msgspec.json.encode(value).decode()
        for name, value in shown.items()
        if value is not None and (name not in empty or value not in ((), [], {}, "", False))
    }
