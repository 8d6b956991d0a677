"""Where money can be saved, from what scans and operations have found."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import msgspec

from storekeeper.buckets.model import Bucket
from storekeeper.costs.model import AccountFacts, RequestFact, StorageFact
from storekeeper.costs.model.compared import SavingFound
from storekeeper.costs.model.outlook import Saving
from storekeeper.costs.rules.outlook.savings import (
    chatty_listing,
    cold_data,
    duplicates,
    noncurrent_versions,
    ranked,
    tiny_objects,
    unfinished_uploads,
)
from storekeeper.costs.rules.outlook.savings.account import Account
from storekeeper.costs.rules.periods import in_force
from storekeeper.costs.service.comparing import completed
from storekeeper.costs.service.reporting import money
from storekeeper.costs.sheets import Book
from storekeeper.inventory import InventoryService
from storekeeper.inventory.model import Bin, Scan, Uploads, Versions
from storekeeper.objectstore import parse_location

_LISTS = ("ListObjectsV2", "ListObjects")


def savings(
    accounts: Mapping[tuple[str, str, str], AccountFacts],
    book: Book,
    buckets: Mapping[str, Bucket],
    inventory: InventoryService,
    today: date,
) -> list[SavingFound]:
    """Of all accounts, the largest first."""
    found: list[Saving] = []
    snapshots = _snapshots(inventory)
    for (_, provider, region), facts in accounts.items():
        sheet, whole = in_force(book.series(provider, region), today), completed(facts, today)
        if sheet is None or whole is None:
            continue
        account = Account(whole, sheet)
        for bucket_id in sorted({fact.bucket for fact in (*whole.storage, *whole.requests)} & buckets.keys()):
            bucket = buckets[bucket_id]
            known = _Bucket(_place(bucket), bucket_id, whole)
            made = [*_of_bucket(known, snapshots.get(bucket_id), account)]
            # What is to be done names the bucket as its provider does, the finding as it is registered.
            found += [msgspec.structs.replace(one, bucket=bucket.name) for one in made]
    return [_told(one) for one in ranked(found)]


def freed(
    accounts: Mapping[tuple[str, str, str], AccountFacts],
    book: Book,
    bucket_id: str,
    bytes_by_class: Mapping[str, int],
    today: date,
) -> tuple[str, str] | None:
    """(decimal amount, currency) that a month of the bucket's account costs less without these bytes."""
    for (_, provider, region), facts in accounts.items():
        sheet, whole = in_force(book.series(provider, region), today), completed(facts, today)
        if sheet is None or whole is None or all(fact.bucket != bucket_id for fact in whole.storage):
            continue
        account = Account(whole, sheet)
        held = [account.held(bucket_id, name, size) for name, size in bytes_by_class.items()]
        amount = account.less(held)
        return None if amount is None else (money(amount), account.currency)
    return None


class _Bucket:
    """What is known of one bucket: under its name at the provider, which is what its owner acts on."""

    def __init__(self, place: str, bucket_id: str, facts: AccountFacts) -> None:
        self.place = place
        self.requests = [fact for fact in facts.requests if fact.bucket == bucket_id]
        storage = [fact for fact in facts.storage if fact.bucket == bucket_id and not fact.estimated]
        last = max((fact.day for fact in storage), default=None)
        self.storage: Sequence[StorageFact] = [fact for fact in storage if fact.day == last]

    def asked(self, *operations: str) -> int:
        return sum(_answered(fact) for fact in self.requests if fact.operation in operations)

    def of_class(self, storage_class: str) -> Sequence[RequestFact]:
        """All, where there is one class; else those that are of that one or of none that is known."""
        if len(self.storage) == 1:
            return self.requests
        return [fact for fact in self.requests if fact.storage_class in ("", storage_class)]


class _Snapshot(NamedTuple):
    """What the last complete scan of a bucket found."""

    scan: Scan
    ages: Mapping[str, Sequence[Bin]]  # by storage class
    duplicates: Sequence[Mapping[str, Any]]


def _snapshots(inventory: InventoryService) -> dict[str, _Snapshot]:
    """Of every bucket by id, in two statements."""
    newest = inventory.newest()
    scan_ids = [scan.id for scan in newest.values()]
    ages, twice = inventory.shares.ages(scan_ids), defaultdict(list)
    for row in inventory.shares.duplicates(scan_ids):
        twice[row["scan_id"]].append(row)
    return {bucket_id: _Snapshot(scan, ages[scan.id], twice[scan.id]) for bucket_id, scan in newest.items()}


def _of_bucket(bucket: _Bucket, snapshot: _Snapshot | None, account: Account) -> Iterator[Saving]:
    made = [_listing(bucket, snapshot, account), *_tiny(bucket, account)]
    if snapshot:
        made += [
            _uploads(bucket, snapshot.scan.extras.uploads, account),
            _versions(bucket, snapshot.scan.extras.versions, account),
            *_cold(bucket, snapshot.ages, account),
            *_duplicates(bucket, snapshot.duplicates, account),
        ]
    yield from (one for one in made if one)


def _uploads(bucket: _Bucket, found: Uploads, account: Account) -> Saving | None:
    figures = unfinished_uploads.UnfinishedUploads(
        bucket=bucket.place, count=found.count or 0, bytes=found.bytes
    )
    return unfinished_uploads.find(figures, account)


def _versions(bucket: _Bucket, found: Versions, account: Account) -> Saving | None:
    figures = noncurrent_versions.NoncurrentVersions(
        bucket=bucket.place, versions=found.noncurrent or 0, bytes=found.noncurrent_bytes or 0
    )
    return noncurrent_versions.find(figures, account)


def _tiny(bucket: _Bucket, account: Account) -> Iterator[Saving | None]:
    for fact in bucket.storage:
        figures = tiny_objects.TinyObjects(
            bucket=bucket.place, storage_class=fact.storage_class, small=fact.small
        )
        yield tiny_objects.find(figures, account)


def _duplicates(bucket: _Bucket, rows: Iterable[Mapping[str, Any]], account: Account) -> Iterator[Saving]:
    for row in rows:
        figures = duplicates.Duplicates(
            bucket=bucket.place,
            groups=row["groups"],
            copies=row["copies"],
            bytes=row["bytes"],
            storage_class=row["storage_class"],
        )
        if found := duplicates.find(figures, account):
            yield found


def _listing(bucket: _Bucket, snapshot: _Snapshot | None, account: Account) -> Saving | None:
    asked = Counter({name: bucket.asked(name) for name in _LISTS})
    ((operation, _),) = asked.most_common(1)
    figures = chatty_listing.Listing(
        bucket=bucket.place,
        listings=asked.total(),
        requests=sum(_answered(fact) for fact in bucket.requests),
        objects=snapshot.scan.objects if snapshot else sum(fact.objects for fact in bucket.storage),
        operation=operation,
    )
    return chatty_listing.find(figures, account)


def _cold(bucket: _Bucket, ages: Mapping[str, Sequence[Bin]], account: Account) -> Iterator[Saving | None]:
    """Of each storage class. What is asked without one may be of any."""
    metered = bool(bucket.requests)
    for fact in bucket.storage:
        reads = bucket.of_class(fact.storage_class)
        figures = cold_data.ColdData(
            bucket=bucket.place,
            storage_class=fact.storage_class,
            groups=tuple(
                cold_data.AgeGroup(at_least_days=one.start, objects=one.objects, bytes=one.bytes)
                for one in ages.get(fact.storage_class, ())
            ),
            bytes_read=sum(one.bytes_retrieved for one in reads) if metered else None,
            reads=sum(_answered(one) for one in reads if one.operation == "GetObject") if metered else None,
            bytes_deleted=None,
        )
        yield cold_data.find(figures, account)


def _answered(fact: RequestFact) -> int:
    return fact.succeeded + fact.refused + fact.client_errors + fact.server_errors


def _place(bucket: Bucket) -> str:
    return parse_location(
        bucket.url, endpoint=bucket.endpoint, region=bucket.region, provider=bucket.provider
    ).bucket


def _told(one: Saving) -> SavingFound:
    return SavingFound(
        kind=one.kind,
        bucket=one.bucket,
        amount=None if one.amount is None else money(one.amount),
        currency=one.currency,
        confidence=one.confidence,
        why=one.why,
        how=one.how,
        figures=one.figures,
    )
