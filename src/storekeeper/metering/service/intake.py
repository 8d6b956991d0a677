"""Takes batches of operations in: decoded, checked, made durable, then acknowledged."""

import shutil
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec
import pyarrow as pa

from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.infra.spool import Appended, Entry, Spool
from storekeeper.kernel.clock import Clock
from storekeeper.metering import decoding, rules
from storekeeper.metering.model import IngestReply, Rejection, SpoolBusyError, SpoolFullError
from storekeeper.metering.service.columns import to_columns

LISTED_REJECTIONS = 1000
_LEVEL_SECONDS = 1.0
_BUCKETS_SECONDS = 2.0
_IPC = pa.ipc.IpcWriteOptions(compression="lz4")


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who sends, and which buckets it may report on; None is all."""

    source: str
    buckets: frozenset[str] | None


class Intake:
    """Safe to share between threads."""

    def __init__(
        self,
        spool: Spool,
        buckets: BucketService,
        clock: Clock,
        *,
        address_key: bytes,
        folder: Path,
        limits: rules.Limits,
    ) -> None:
        self._spool = spool
        self._buckets = buckets
        self._clock = clock
        self._address_key = address_key
        self._folder = folder
        self._limits = limits
        self._lock = threading.Lock()
        self._known: tuple[float, Mapping[str, Bucket]] = (float("-inf"), {})
        self._room: tuple[float, str] = (float("-inf"), "ok")
        self.counts: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()

    def take(
        self, body: IO[bytes], *, media_type: str, encoding: str, batch_id: str, sender: Sender
    ) -> IngestReply:
        """The reply once everything accepted is durable. The same `batch_id` of a sender again changes nothing.

        Raises BodyError, TooLargeError, SpoolBusyError, SpoolFullError, UnavailableError; nothing is taken then.
        """
        self._check_room()
        known = self._registered()
        tables, rejected, received, twice = [], [], 0, 0
        for rows, refused in decoding.decode(body, media_type=media_type, encoding=encoding):
            kept, more, same = self._checked(rows, known, sender)
            received += rows.num_rows + len(refused)
            twice += same
            rejected += [*refused, *more]
            if kept.num_rows:
                tables.append(to_columns(kept, known, address_key=self._address_key, source=sender.source))
        accepted = sum(table.num_rows for table in tables)
        reply = _reply(accepted, twice, rejected)
        if accepted:
            entry = Entry(
                source=sender.source, batch_id=batch_id, items=accepted,
                reply=msgspec.json.encode(reply), body=_serialized(tables),
            )  # fmt: skip
            reply = _replied(self._spool.append(entry), reply)
        self._count(received, reply, rejected)
        return reply

    def _checked(
        self, rows: pa.Table, known: Mapping[str, Bucket], sender: Sender
    ) -> tuple[pa.Table, Sequence[Rejection], int]:
        may = {name: sender.buckets is None or name in sender.buckets for name in known}
        kept, refused = rules.accept(rows, buckets=may, now=self._clock.now())
        kept, same = rules.first_of_each(kept)
        return kept, refused, same

    def _registered(self) -> Mapping[str, Bucket]:
        now = self._clock.monotonic()
        with self._lock:
            if now - self._known[0] > _BUCKETS_SECONDS:
                self._known = (now, {bucket.name: bucket for bucket in self._buckets.all()})
            return self._known[1]

    def _check_room(self) -> None:
        now = self._clock.monotonic()
        with self._lock:
            if now - self._room[0] > _LEVEL_SECONDS:
                free = shutil.disk_usage(self._folder).free
                self._room = (now, rules.room(self._spool.level().bytes, free, self._limits))
            state = self._room[1]
        if state == "full":
            raise SpoolFullError(
                "The spool has no room.", hint="Send the same batch again later.", retry_after=30
            )
        if state == "busy":
            raise SpoolBusyError("The spool drains slower than it fills.", retry_after=2)

    def _count(self, received: int, reply: IngestReply, rejected: Sequence[Rejection]) -> None:
        with self._lock:
            self.counts.update(received=received, accepted=reply.accepted, duplicates=reply.duplicates)
            self.rejected.update(one.reason for one in rejected)


def _reply(accepted: int, twice: int, rejected: Sequence[Rejection]) -> IngestReply:
    listed = sorted(rejected, key=lambda one: one.index)[:LISTED_REJECTIONS]
    return IngestReply(accepted=accepted, duplicates=twice, rejected=listed, rejected_count=len(rejected))


def _replied(appended: Appended, reply: IngestReply) -> IngestReply:
    """A batch that came before is all duplicates, as its first reply counted it."""
    if not appended.duplicate:
        return reply
    first = msgspec.json.decode(appended.reply, type=IngestReply)
    return msgspec.structs.replace(first, accepted=0, duplicates=first.accepted + first.duplicates)


def _serialized(tables: Sequence[pa.Table]) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, tables[0].schema, options=_IPC) as writer:
        for batch in _batches(tables):
            writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def _batches(tables: Sequence[pa.Table]) -> Iterator[pa.RecordBatch]:
    for table in tables:
        yield from table.to_batches()
