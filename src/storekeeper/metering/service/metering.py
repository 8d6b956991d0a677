"""The front of metering: takes operations in and reads what they add up to."""

from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

import pyarrow as pa

from storekeeper.buckets import BucketService
from storekeeper.infra.analytics import Analytics
from storekeeper.infra.caching import ReadCache
from storekeeper.infra.spool import Spool
from storekeeper.infra.web import Principal
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.ids import new_id
from storekeeper.metering.analytics import MeteringAnalytics
from storekeeper.metering.importing.service import IMPORT, ImportService
from storekeeper.metering.model import IngestReply, IngestStats, Recommended
from storekeeper.metering.rules import Limits
from storekeeper.metering.service.drainer import Drainer
from storekeeper.metering.service.intake import Intake, Sender
from storekeeper.metering.service.kept_reading import KeptReader
from storekeeper.metering.service.reading import UsageReader

BATCH_IDS_KEPT = timedelta(days=7)
OVER_KEPT, OVER_BYTES = 128, 1 << 20  # what is told of ranges that are over: how many, the largest of them
_RECOMMENDED = Recommended()


class MeteringService:
    """Construct, `start`, and `close` in the end.

    `reader` keeps what it reads, in `cache`; `fresh` does not. `recommended` is what clients are told.
    """

    def __init__(
        self,
        analytics: Analytics,
        buckets: BucketService,
        clock: Clock,
        *,
        data_dir: Path,
        address_key: bytes,
        sums_days: int = 365,
        cache_seconds: float = 300.0,
        recommended: Recommended = _RECOMMENDED,
    ) -> None:
        self._clock = clock
        self._spool = Spool(data_dir / "spool.db", clock)
        self.recommended = recommended
        self.cache = ReadCache(clock, seconds=cache_seconds)
        self._over = ReadCache(clock, seconds=cache_seconds, most=OVER_KEPT, fits=_is_small)
        self._analytics = MeteringAnalytics(analytics, self._over)
        buckets.on_change(self.cache.changed)  # what was read has their names
        self.fresh = UsageReader(self._analytics, buckets, clock)
        self.reader = KeptReader(self.fresh, self.cache)
        self._drainer = Drainer(self._spool, self._analytics, clock, stored=self.changed)
        self._intake = Intake(
            self._spool, buckets, clock, address_key=address_key, folder=data_dir, limits=Limits()
        )
        self.imports = ImportService(
            self._intake, analytics, buckets, clock, oldest=timedelta(days=sums_days)
        )

    def changed(self, buckets: Mapping[str, datetime] | None = None) -> None:
        """See `ReadCache.changed`."""
        for cache in (self.cache, self._over):
            cache.changed(buckets)

    def start(self) -> None:
        """Begin to move what is in the spool."""
        self._drainer.start()

    def close(self) -> None:
        """What is in the spool stays there for the next start."""
        self._drainer.stop()
        self._intake.close()
        self._spool.close()

    def new_batch_id(self) -> str:
        """For a batch whose sender gave it none."""
        return new_id(self._clock.now())

    def take(
        self, body: IO[bytes], *, media_type: str, encoding: str, batch_id: str, principal: Principal
    ) -> IngestReply:
        """See `Intake.take`; the sender is the API key."""
        return self._intake.take(
            body, media_type=media_type, encoding=encoding, batch_id=batch_id, sender=_sender(principal)
        )

    def take_soon(
        self, body: IO[bytes], *, media_type: str, encoding: str, batch_id: str, principal: Principal
    ) -> Future[IngestReply] | None:
        """See `Intake.take_soon`."""
        return self._intake.take_soon(
            body, media_type=media_type, encoding=encoding, batch_id=batch_id, sender=_sender(principal)
        )

    def stats(self) -> IngestStats:
        level, counts = self._spool.level(), self._intake.counts
        lag = (self._clock.now() - level.oldest).total_seconds() if level.oldest else 0.0
        return IngestStats(
            received=counts["received"],
            accepted=counts["accepted"],
            duplicates=counts["duplicates"],
            rejected=dict(self._intake.rejected.most_common(100)),
            spooled_batches=level.batches,
            spooled_operations=level.items,
            spooled_bytes=level.bytes,
            drained=self._drainer.drained,
            oldest=level.oldest,
            lag_seconds=round(lag, 3),
            quarantined=level.quarantined,
            last_error=self._drainer.last_error,
        )

    def standstill(self) -> AbstractContextManager[object]:
        """A block during which operations wait in the spool."""
        return self._drainer.standstill()

    def forget_old_batches(self) -> int:
        """Forget ids of batches that came long ago: a week, or what imports are known for; returns how many."""
        imported = self._spool.forget(self.imports.known_for, of=IMPORT)
        return imported + self._spool.forget(BATCH_IDS_KEPT, but_of=IMPORT)


def _is_small(table: pa.Table) -> bool:
    return table.nbytes <= OVER_BYTES


def _sender(principal: Principal) -> Sender:
    return Sender(source=f"key:{principal.id}", buckets=principal.buckets or None)
