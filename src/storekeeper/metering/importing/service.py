"""Takes files in: operations through the intake and its spool, reported sums into a table of their own."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import IO, Any

import msgspec

from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.infra.analytics import Analytics
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import BadInputError, NotAllowedError, NotFoundError
from storekeeper.metering.importing import FORMATS, rules, splitting
from storekeeper.metering.importing.analytics import ReportedAnalytics
from storekeeper.metering.importing.chunking import Records, chunks, content_of
from storekeeper.metering.importing.model import (
    Asked,
    Comparisons,
    Format,
    ImportReply,
    LineRejection,
    OperationsFormat,
    ReportFormat,
)
from storekeeper.metering.model import IngestReply, Rejection
from storekeeper.metering.service.intake import LISTED_REJECTIONS, Intake, Sender
from storekeeper.objectstore import parse_location

OLDEST = timedelta(days=365)  # as long as sums are kept, unless that is set otherwise
FURTHEST = timedelta(
    days=730
)  # an insert has a part for each day, and the engine takes no more than a thousand
WEBHOOK = "webhook:"  # its batches are known for a week, an import's until nothing in them could count again
IMPORT = "import:"
MARGIN = timedelta(days=32)  # sums go by whole months, and an import takes a while
_DAY = timedelta(days=1)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller says beside the file: bucket by name, `FIELD=COLUMN`, seconds of a window."""

    bucket: str = ""
    mapping: Sequence[str] = ()
    resolution: int = 0
    buckets: frozenset[str] = frozenset()  # that the caller may report on; empty is all


class ImportService:
    """Safe to share between threads."""

    def __init__(
        self,
        intake: Intake,
        analytics: Analytics,
        buckets: BucketService,
        clock: Clock,
        *,
        oldest: timedelta = OLDEST,
    ) -> None:
        self._intake = intake
        self._reported = ReportedAnalytics(analytics)
        self._buckets = buckets
        self._clock = clock
        self._oldest = min(oldest, FURTHEST)

    @property
    def known_for(self) -> timedelta:
        """How long after it was last imported a chunk is known: all that is in it is too old to be taken by then."""
        return self._oldest + MARGIN

    def take(self, name: str, body: IO[bytes], wanted: Wanted) -> ImportReply:
        """The reply once everything accepted is durable. The same file again changes nothing.

        Raises NotFoundError for an unknown format, UnknownBucketError, NotAllowedError, BadInputError,
        and what the intake raises; what was read before stays then, and is not counted twice the next time.
        """
        form = _format(name)
        known = {bucket.name: bucket for bucket in self._buckets.all()}
        asked = self._asked(form, wanted, known)
        if isinstance(form, ReportFormat):
            return self._take_report(form, splitting.plain(body), asked, known)
        return self._take_operations(form, splitting.plain(body), asked, wanted, known)

    def compare(self, span: timedelta, *, bucket: str = "") -> Comparisons:
        """Reported beside measured by day and bucket, whole days up to now. Raises UnknownBucketError."""
        now = self._clock.now()
        since = (now - span).replace(hour=0, minute=0, second=0, microsecond=0)
        bucket_id = self._buckets.get(bucket).id if bucket else ""
        names = {one.id: one.name for one in self._buckets.all()}
        items = rules.comparisons(
            self._reported.reported(since, now + _DAY, bucket_id),
            self._reported.measured(since, now + _DAY, bucket_id),
            names,
        )
        return Comparisons(since=since, until=now, items=items)

    def daily(self, since: datetime, until: datetime) -> Sequence[Mapping[str, Any]]:
        """What providers report by day, operation and detail (see `ReportedAnalytics.daily`), of all buckets."""
        return self._reported.daily(since, until)

    def _asked(self, form: Format, wanted: Wanted, known: Mapping[str, Bucket]) -> Asked:
        mapping = rules.parse_mapping(wanted.mapping)
        if mapping and not (isinstance(form, OperationsFormat) and form.mapped):
            raise BadInputError(f"{form.name} has columns of its own; it takes no mapping.")
        if not wanted.bucket:
            if not (isinstance(form, OperationsFormat) and form.names_buckets):
                raise BadInputError("Say which bucket the file is about.", hint="bucket=NAME")
            # Of buckets that have the same name at two providers, the key's own is meant.
            mine = [one for one in known.values() if not wanted.buckets or one.name in wanted.buckets]
            return Asked(names=_names(mine))
        bucket = self._buckets.get(wanted.bucket)
        if wanted.buckets and bucket.name not in wanted.buckets:
            raise NotAllowedError(f"The API key may not report on {bucket.name}.")
        return Asked(
            bucket=bucket.name,
            names=_names([bucket]),
            any_name=not _name_at_provider(bucket),
            mapping=mapping,
            resolution=wanted.resolution,
        )

    def _take_operations(
        self,
        form: OperationsFormat,
        body: IO[bytes],
        asked: Asked,
        wanted: Wanted,
        known: Mapping[str, Bucket],
    ) -> ImportReply:
        alone = not asked.bucket  # a webhook: what it sends again may come in other company
        sender = Sender(source=(WEBHOOK if alone else IMPORT) + form.name, buckets=wanted.buckets or None)
        origin = rules.Origin(
            bucket_id=known[asked.bucket].id if asked.bucket else "", form=form.name, mapping=asked.mapping
        )
        cut = partial(self._cut, origin, sender.source) if form.grows and not alone else _whole
        tally = _Tally()
        for chunk in chunks(form, body, asked, alone=alone, cut=cut):
            reply = self._intake.take_rows(
                chunk.rows,
                chunk.refused,
                batch_id=origin.batch_id(first=chunk.first, records=chunk.records, identity=chunk.identity),
                sender=sender,
                known=known,
                oldest=self._oldest,
            )
            tally.add(chunk.records, chunk.skipped, reply)
        return tally.reply(form.name, asked.bucket)

    def _cut(self, origin: rules.Origin, source: str, records: Records) -> Iterator[Records]:
        """Cut where an earlier import ended: a log that has grown since begins with what is known.

        What comes after it is cut by it, so it has to be known for as long as that is.
        """
        while records:
            first = content_of(records[:1])
            ids = set(self._intake.known(source, origin.beginning(first)))
            lengths = {rules.records_in(one) for one in ids}
            for length in sorted((one for one in lengths if one < len(records)), reverse=True):
                identity = content_of(records[:length])
                batch_id = origin.batch_id(first=first, records=length, identity=identity)
                if batch_id in ids:
                    self._intake.remember(source, batch_id)
                    break
            else:
                length = len(records)
            yield records[:length]
            records = records[length:]

    def _take_report(
        self, form: ReportFormat, body: IO[bytes], asked: Asked, known: Mapping[str, Bucket]
    ) -> ImportReply:
        rows, skipped = form.parse(splitting.document(body), asked)
        if rows:
            ids = {name: bucket.id for name, bucket in known.items()}
            self._reported.insert(rows, source=form.name, bucket_ids=ids, now=self._clock.now())
        return ImportReply(
            format=form.name,
            bucket=asked.bucket,
            records=len(rows) + sum(skipped.values()),
            accepted=len(rows),
            duplicates=0,
            skipped=skipped,
            rejected=(),
            rejected_count=0,
        )


def _whole(records: Records) -> Iterable[Records]:
    return [records]


class _Tally:
    """Adds up the replies to chunks."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()
        self._rejected: list[Rejection] = []

    def add(self, records: int, skipped: Mapping[str, int], reply: IngestReply) -> None:
        self._counts.update(
            records=records,
            accepted=reply.accepted,
            duplicates=reply.duplicates,
            rejected=reply.rejected_count,
        )
        self._skipped.update(skipped)
        room = LISTED_REJECTIONS - len(self._rejected)
        self._rejected += list(reply.rejected)[:room]

    def reply(self, form: str, bucket: str) -> ImportReply:
        return ImportReply(
            format=form,
            bucket=bucket,
            records=self._counts["records"],
            accepted=self._counts["accepted"],
            duplicates=self._counts["duplicates"],
            skipped=dict(self._skipped),
            rejected=[LineRejection(one.index, one.reason) for one in self._rejected],
            rejected_count=self._counts["rejected"],
        )


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise NotFoundError(f"{name!r} is no format.", hint=f"Formats are {', '.join(FORMATS)}.")
    return FORMATS[name]


def _name_at_provider(bucket: Bucket) -> str:
    return parse_location(
        bucket.url, endpoint=bucket.endpoint, region=bucket.region, provider=bucket.provider
    ).bucket


def _names(buckets: Iterable[Bucket]) -> Mapping[str, str]:
    """Registered names by the names that buckets have at their providers, and by themselves."""
    at_providers = {_name_at_provider(bucket): bucket.name for bucket in buckets}
    return at_providers | {name: name for name in at_providers.values()}
