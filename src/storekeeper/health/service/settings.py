"""The settings of health checks: kept, audited, and told to the running monitor."""

import threading
from collections.abc import Callable, Mapping

from storekeeper.audit import AuditTrail
from storekeeper.buckets.model import Bucket
from storekeeper.health import repository
from storekeeper.health.model import HealthChange, HealthConfig
from storekeeper.health.repository import GENERAL
from storekeeper.health.rules import settings as rules
from storekeeper.infra.db import Database
from storekeeper.kernel.clock import Clock

_DEFAULT = HealthConfig()
_NOTHING = HealthChange()


class HealthSettings:
    """Safe to share between threads. `changed` is called when others hold and everybody can see them."""

    def __init__(
        self, database: Database, audit: AuditTrail, clock: Clock, *, changed: Callable[[], None]
    ) -> None:
        self._db, self._audit, self._clock, self._changed = database, audit, clock, changed
        self._lock = threading.Lock()
        with database.read() as connection:
            self._said = repository.configs(connection)

    def general(self) -> HealthConfig:
        """What holds where a bucket has no settings of its own."""
        return rules.changed(_DEFAULT, self._said.get(GENERAL, _NOTHING))

    def of(self, bucket_id: str) -> HealthConfig:
        return rules.effective(self.general(), self._said.get(bucket_id))

    def own(self) -> Mapping[str, HealthChange]:
        """By bucket id what is set for it alone."""
        return {bucket_id: said for bucket_id, said in self._said.items() if bucket_id != GENERAL}

    def change(
        self, change: HealthChange, *, actor: str, action: str = "health-config.update"
    ) -> HealthConfig:
        """Raises HealthConfigError; also when a bucket's own settings would contradict the new ones."""
        with self._lock:
            before = self.general()
            after = rules.changed(before, change)
            for said in self.own().values():
                rules.effective(after, said)
            said = rules.merged(self._said.get(GENERAL, _NOTHING), change)
            self._save(GENERAL, said, actor, action, "all buckets", rules.differences(before, after))
        self._changed()
        return after

    def override(self, bucket: Bucket, change: HealthChange, *, actor: str) -> HealthConfig:
        """What then holds for the bucket. Raises HealthConfigError."""
        with self._lock:
            before = self.of(bucket.id)
            said = rules.merged(self._said.get(bucket.id, _NOTHING), change)
            after = rules.effective(self.general(), said)
            details = rules.differences(before, after)
            self._save(bucket.id, said, actor, "health-config.update", bucket.name, details)
        self._changed()
        return after

    def forget(self, bucket_id: str) -> None:
        """The bucket is gone, and its row with it."""
        with self._lock:
            self._said = {one: said for one, said in self._said.items() if one != bucket_id}

    def _save(
        self,
        bucket_id: str,
        said: HealthChange,
        actor: str,
        action: str,
        target: str,
        details: Mapping[str, str],
    ) -> None:
        with self._db.write() as connection:
            repository.save_config(connection, bucket_id, said, at=self._clock.now(), by=actor)
            self._audit.record(connection, actor=actor, action=action, target=target, details=details)
        self._said = self._said | {bucket_id: said}
