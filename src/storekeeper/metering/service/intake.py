"""Takes batches of operations in: decoded, checked, made durable, then acknowledged."""

import shutil
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import IO

import msgspec
import pyarrow as pa

from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.infra.spool import Appended, Entry, Spool
from storekeeper.kernel.clock import Clock
from storekeeper.metering import decoding, rules
from storekeeper.metering.model import IngestReply, Operation, Rejection, SpoolBusyError, SpoolFullError
from storekeeper.metering.service.columns import to_columns
from storekeeper.metering.service.few import label, packed, take_few

LISTED_REJECTIONS = 1000
PATIENCE_SECONDS = 300.0  # for which an import waits until there is room
_PAUSE_SECONDS = 1.0  # between its looks
_FRESH_SECONDS = 0.5  # after which what is known of buckets and room is looked up again by the way
_STALE_SECONDS = 2.0  # after which it is not good enough to go by
_IPC = pa.ipc.IpcWriteOptions(compression="lz4")


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who sends, and which buckets it may report on; None is all."""

    source: str
    buckets: frozenset[str] | None

    def may_report(self, bucket: str) -> bool:
        return self.buckets is None or bucket in self.buckets


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
        self._reading, self._counting, self._refreshing = threading.Lock(), threading.Lock(), threading.Lock()
        self._refresher = ThreadPoolExecutor(1, thread_name_prefix="intake")
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
        few = decoding.decode_few(body, media_type=media_type, encoding=encoding)
        if few is not None:
            return self._take_few(few, known, batch_id=batch_id, sender=sender).result()
        body.seek(0)
        tables, rejected, received = [], [], 0
        for rows, refused in decoding.decode(body, media_type=media_type, encoding=encoding):
            stored, more = self._checked(rows, known, sender)
            received += rows.num_rows + len(refused)
            rejected += [*refused, *more]
            tables.append(stored)
        return self._take_columns(tables, rejected, received, batch_id=batch_id, sender=sender)

    def take_soon(
        self, body: IO[bytes], *, media_type: str, encoding: str, batch_id: str, sender: Sender
    ) -> "Future[IngestReply] | None":
        """The same for a small batch, without waiting for anything; None when that is not possible: use `take`."""
        (looked, room), (read, known) = self._room, self._known
        age = self._clock.monotonic() - min(looked, read)
        if age > _STALE_SECONDS:
            return None
        if age > _FRESH_SECONDS and self._refreshing.acquire(blocking=False):
            self._refresher.submit(self._refresh)
        _refuse_unless_ok(room)
        few = decoding.decode_few(body, media_type=media_type, encoding=encoding)
        return self._take_few(few, known, batch_id=batch_id, sender=sender) if few is not None else None

    def close(self) -> None:
        self._refresher.shutdown()

    def _refresh(self) -> None:
        """So that those who come often find what they need, and none of them waits for it."""
        try:
            self._look(_FRESH_SECONDS)
            self._read(_FRESH_SECONDS)
        finally:
            self._refreshing.release()

    def take_rows(
        self,
        rows: pa.Table,
        refused: Sequence[Rejection],
        *,
        batch_id: str,
        sender: Sender,
        known: Mapping[str, Bucket],
        oldest: timedelta,
    ) -> IngestReply:
        """The same for rows of SENT with `index`; `refused` are those that were refused before. Waits for room."""
        self._await_room()
        stored, more = self._checked(rows, known, sender, oldest)
        received = rows.num_rows + len(refused)
        return self._take_columns([stored], [*refused, *more], received, batch_id=batch_id, sender=sender)

    def known(self, source: str, beginning: str) -> Sequence[str]:
        """Ids of batches that came from there and begin so."""
        return self._spool.known(source, beginning)

    def remember(self, source: str, batch_id: str) -> None:
        """Know a batch for as long as if it came now."""
        self._spool.remember(source, batch_id)

    def _take_columns(
        self,
        tables: Sequence[pa.Table],
        rejected: Sequence[Rejection],
        received: int,
        *,
        batch_id: str,
        sender: Sender,
    ) -> IngestReply:
        stored, twice = rules.first_of_each(pa.concat_tables(tables)) if tables else (None, 0)
        reply = _reply(stored.num_rows if stored else 0, twice, rejected)
        return self._store(
            sender, batch_id, reply, _serialized(stored) if stored else b"", received, rejected
        ).result()

    def _take_few(
        self, operations: Sequence[Operation], known: Mapping[str, Bucket], *, batch_id: str, sender: Sender
    ) -> "Future[IngestReply]":
        rows, rejected, twice = take_few(
            operations, known, sender.may_report, now=self._clock.now(), address_key=self._address_key
        )
        reply = _reply(len(rows), twice, rejected)
        return self._store(
            sender, batch_id, reply, packed(rows, sender.source), len(operations), rejected, label(rows)
        )

    def _store(
        self,
        sender: Sender,
        batch_id: str,
        reply: IngestReply,
        body: bytes,
        received: int,
        rejected: Sequence[Rejection],
        label: str = "",
    ) -> "Future[IngestReply]":
        """Done when the body is durable and the batch counted. `label`: of a small one, see `few.label`."""
        stored: Future[IngestReply] = Future()
        stored.set_running_or_notify_cancel()  # a caller who goes away does not take it back

        def settle(appended: "Future[Appended]") -> None:
            if error := appended.exception():
                stored.set_exception(error)
                return
            told = _replied(appended.result(), reply)
            self._count(received, told, rejected)
            stored.set_result(told)

        if reply.accepted:
            entry = Entry(
                source=sender.source, batch_id=batch_id, items=reply.accepted, reply=msgspec.json.encode(reply), body=body,
                label=label,
            )  # fmt: skip
            self._spool.submit(entry).add_done_callback(settle)
        else:
            self._count(received, reply, rejected)
            stored.set_result(reply)
        return stored

    def _checked(
        self,
        rows: pa.Table,
        known: Mapping[str, Bucket],
        sender: Sender,
        oldest: timedelta = rules.OLDEST,
    ) -> tuple[pa.Table, Sequence[Rejection]]:
        may = {name: sender.may_report(name) for name in known}
        kept, refused = rules.accept(rows, buckets=may, now=self._clock.now(), oldest=oldest)
        return to_columns(kept, known, address_key=self._address_key, source=sender.source), refused

    def _registered(self) -> Mapping[str, Bucket]:
        return self._read(_STALE_SECONDS)

    def _read(self, seconds: float) -> Mapping[str, Bucket]:
        """The registered buckets, as they were no longer ago than that."""
        with self._reading:
            now = self._clock.monotonic()
            if now - self._known[0] > seconds:
                self._known = (now, {bucket.name: bucket for bucket in self._buckets.all()})
            return self._known[1]

    def _look(self, seconds: float) -> str:
        """Whether there is room, as it was no longer ago than that."""
        with self._reading:
            now = self._clock.monotonic()
            if now - self._room[0] > seconds:
                free = shutil.disk_usage(self._folder).free
                self._room = (now, rules.room(self._spool.level().bytes, free, self._limits))
            return self._room[1]

    def _await_room(self) -> None:
        """A sender that streams is slowed down by not being read from; only after long it is refused."""
        until = self._clock.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._check_room()
            except SpoolBusyError:
                if self._clock.monotonic() >= until:
                    raise
            self._clock.sleep(_PAUSE_SECONDS)

    def _check_room(self) -> None:
        _refuse_unless_ok(self._look(_STALE_SECONDS))

    def _count(self, received: int, reply: IngestReply, rejected: Sequence[Rejection]) -> None:
        with self._counting:
            self.counts.update(received=received, accepted=reply.accepted, duplicates=reply.duplicates)
            self.rejected.update(one.reason for one in rejected)


def _refuse_unless_ok(room: str) -> None:
    if room == "full":
        raise SpoolFullError(
            "The spool has no room.", hint="Send the same batch again later.", retry_after=30
        )
    if room == "busy":
        raise SpoolBusyError("The spool drains slower than it fills.", retry_after=2)


def _reply(accepted: int, twice: int, rejected: Sequence[Rejection]) -> IngestReply:
    listed = sorted(rejected, key=lambda one: one.index)[:LISTED_REJECTIONS]
    return IngestReply(accepted=accepted, duplicates=twice, rejected=listed, rejected_count=len(rejected))


def _replied(appended: Appended, reply: IngestReply) -> IngestReply:
    """A batch that came before is all duplicates, as its first reply counted it."""
    if not appended.duplicate:
        return reply
    first = msgspec.json.decode(appended.reply, type=IngestReply)
    return msgspec.structs.replace(first, accepted=0, duplicates=first.accepted + first.duplicates)


def _serialized(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=_IPC) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()
