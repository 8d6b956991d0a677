"""Registers, edits, tests, opens and removes buckets."""

from collections.abc import Callable
from contextlib import closing

import msgspec

from storekeeper.audit import AuditTrail
from storekeeper.buckets import repository
from storekeeper.buckets.model import (
    Bucket,
    BucketChange,
    BucketExistsError,
    Finding,
    NewBucket,
    OwnerTrial,
    TestResult,
    UnknownBucketError,
)
from storekeeper.buckets.rules import check_cron, owner_of, owner_regex
from storekeeper.infra.crypto import Sealer
from storekeeper.infra.db import Connection, Database
from storekeeper.infra.once import found_already, once
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.ids import new_id
from storekeeper.objectstore import (
    Credentials,
    Location,
    ObjectStore,
    ObjectStoreError,
    RetryPolicy,
    examine,
    least_privilege_policy,
    open_store,
    parse_location,
)
from storekeeper.objectstore.probing import RESERVED_PREFIX, Prober, RoundSigner, open_prober

TRIAL_KEYS = 1000
_TABLE = "bucket"
_WHILE_A_PERSON_WAITS = RetryPolicy(attempts=2, total=10)


class BucketService:
    """The registry of buckets. Other capabilities get a bucket by name and open it."""

    def __init__(self, database: Database, sealer: Sealer, audit: AuditTrail, clock: Clock) -> None:
        self._db = database
        self._sealer = sealer
        self._audit = audit
        self._clock = clock
        self._on_remove: list[Callable[[Connection, Bucket], None]] = []
        self._on_change: list[Callable[[], None]] = []

    def on_remove(self, forget: Callable[[Connection, Bucket], None]) -> None:
        """What to do in the transaction that removes a bucket; capabilities above us forget their data by it."""
        self._on_remove.append(forget)

    def on_change(self, told: Callable[[], None]) -> None:
        """What to call when a bucket was added, edited or removed and everybody can see it."""
        self._on_change.append(told)

    def all(self) -> list[Bucket]:
        """Every bucket by name."""
        return list(once((self, "all"), self._all))

    def _all(self) -> list[Bucket]:
        with self._db.read() as connection:
            return repository.find_all(connection)

    def get(self, name: str) -> Bucket:
        """Raises UnknownBucketError."""
        return once((self, "named", name), lambda: self._named(name))

    def _named(self, name: str) -> Bucket:
        listed: list[Bucket] = found_already((self, "all")) or []
        for bucket in listed:
            if bucket.name == name:
                return bucket
        with self._db.read() as connection:
            return _known(repository.find(connection, name), name)

    def get_by_id(self, bucket_id: str) -> Bucket:
        """Raises UnknownBucketError."""
        with self._db.read() as connection:
            return _known(repository.get(connection, bucket_id), bucket_id)

    def add(self, new: NewBucket, *, actor: str) -> Bucket:
        """Register. Nothing is connected to. Raises BadInputError, BucketExistsError."""
        location = parse_location(new.url, endpoint=new.endpoint, region=new.region, provider=new.provider)
        owner_regex(new.owner_pattern)
        check_cron(new.scan_cron)
        now = self._clock.now()
        bucket = Bucket(
            id=new_id(now),
            name=new.name,
            url=new.url.strip(),
            endpoint=location.endpoint,
            region=location.region,
            provider=location.provider,
            access_key_id=new.access_key_id,
            owner_pattern=new.owner_pattern,
            store_keys=new.store_keys,
            scan_cron=new.scan_cron,
            max_concurrency=new.max_concurrency,
            max_requests_per_second=new.max_requests_per_second,
            created_at=now,
            updated_at=now,
        )
        secrets = {"secret_access_key": new.secret_access_key, "session_token": new.session_token}
        with self._db.write() as connection:
            if repository.find(connection, new.name):
                raise BucketExistsError(
                    f"There is a bucket {new.name!r} already.", hint="Choose another name."
                )
            repository.insert(connection, bucket, self._seal(bucket.id, secrets))
            details = {"url": bucket.url, "endpoint": bucket.endpoint, "provider": bucket.provider}
            self._audit.record(
                connection, actor=actor, action="bucket.create", target=bucket.name, details=details
            )
        self._tell()
        return bucket

    def edit(self, name: str, change: BucketChange, *, actor: str) -> Bucket:
        """Change what is given. Raises BadInputError, UnknownBucketError."""
        given = {
            field: value
            for field, value in msgspec.structs.asdict(change).items()
            if value is not msgspec.UNSET
        }
        secrets = {field: str(given.pop(field)) for field in repository.SECRETS if field in given}
        with self._db.write() as connection:
            before = _known(repository.find(connection, name), name)
            bucket = _checked(msgspec.structs.replace(before, **given, updated_at=self._clock.now()))
            repository.update(connection, bucket, self._seal(bucket.id, secrets))
            details = {field: str(getattr(bucket, field)) for field in given}
            details |= dict.fromkeys(secrets, "replaced")
            self._audit.record(connection, actor=actor, action="bucket.update", target=name, details=details)
        self._tell()
        return bucket

    def remove(self, name: str, *, actor: str) -> None:
        """Forget the bucket and all that was measured of it; nothing in the bucket itself is touched."""
        with self._db.write() as connection:
            bucket = _known(repository.find(connection, name), name)
            for forget in self._on_remove:
                forget(connection, bucket)
            repository.delete(connection, bucket.id)
            self._audit.record(
                connection, actor=actor, action="bucket.delete", target=name, details={"url": bucket.url}
            )
        self._tell()

    def open(
        self,
        bucket: Bucket,
        *,
        retry: RetryPolicy | None = None,
        on_retry: Callable[[ObjectStoreError, float], None] | None = None,
    ) -> ObjectStore:
        """Its object store, with its credentials. The caller closes it."""
        return open_store(
            _location(bucket),
            self._credentials(bucket),
            clock=self._clock,
            retry=retry or RetryPolicy(),
            on_retry=on_retry,
        )

    def prober(self, bucket: Bucket) -> Prober:
        """What tries its operations, with its credentials as they are now."""
        return open_prober(_location(bucket), self._credentials(bucket), clock=self._clock)

    def round_signer(self, bucket: Bucket) -> RoundSigner | None:
        """What signs probes for another machine; None where no other machine gets there."""
        location = _location(bucket)
        return RoundSigner(location, self._credentials(bucket)) if location.endpoint else None

    def test(self, name: str) -> TestResult:
        """Try what watching needs, and say what is missing and how to grant just that."""
        bucket = self.get(name)
        return self._examine(_location(bucket), self._credentials(bucket))

    def test_candidate(self, new: NewBucket) -> TestResult:
        """The same before anything is saved; an empty secret means the stored one of a bucket of that name."""
        return self._examine(_location(new), self._candidate_credentials(new))

    def try_owner_pattern(self, name: str, pattern: str) -> OwnerTrial:
        """What a pattern would find in the first keys of the bucket; saves nothing."""
        bucket = self.get(name)
        return self._try_pattern(_location(bucket), self._credentials(bucket), pattern)

    def try_candidate_pattern(self, new: NewBucket) -> OwnerTrial:
        """The same for a bucket that is not saved yet."""
        return self._try_pattern(_location(new), self._candidate_credentials(new), new.owner_pattern)

    def has_secret(self, bucket: Bucket) -> bool:
        """Whether a secret is stored for it."""
        with self._db.read() as connection:
            return bool(repository.sealed_secrets(connection, bucket.id)["secret_access_key"])

    def _tell(self) -> None:
        for told in self._on_change:
            told()

    def _examine(self, location: Location, credentials: Credentials | None) -> TestResult:
        begun = self._clock.monotonic()
        with closing(self._open_briefly(location, credentials)) as store:
            found = examine(store)
        return TestResult(
            ok=all(finding.ok for finding in found if finding.required),
            latency_ms=round((self._clock.monotonic() - begun) * 1000),
            findings=[
                Finding(
                    check=finding.check,
                    outcome=finding.outcome,
                    ok=finding.ok,
                    required=finding.required,
                    missing_permission=finding.missing_permission,
                    problem=finding.problem,
                    detail=finding.detail,
                    hint=finding.hint,
                )
                for finding in found
            ],
            policy=least_privilege_policy(location.bucket, location.provider),
        )

    def _try_pattern(self, location: Location, credentials: Credentials | None, pattern: str) -> OwnerTrial:
        owner_regex(pattern)
        with closing(self._open_briefly(location, credentials)) as store:
            listed = [str(key) for key in store.list_page(limit=TRIAL_KEYS).objects["key"].to_pylist()]
        keys = [key for key in listed if not key.startswith(RESERVED_PREFIX)]
        owners = [owner_of(key, pattern) for key in keys]
        matched = sum(1 for owner in owners if owner)
        examples = [{"key": key, "owner": owner} for key, owner in zip(keys[:20], owners[:20], strict=True)]
        return OwnerTrial(matched=matched, unmatched=len(keys) - matched, examples=examples)

    def _open_briefly(self, location: Location, credentials: Credentials | None) -> ObjectStore:
        return open_store(location, credentials, clock=self._clock, retry=_WHILE_A_PERSON_WAITS)

    def _credentials(self, bucket: Bucket) -> Credentials | None:
        if not bucket.access_key_id:
            return None
        with self._db.read() as connection:
            sealed = repository.sealed_secrets(connection, bucket.id)
        opened = {
            column: self._sealer.open(value, table=_TABLE, row=bucket.id, column=column) if value else ""
            for column, value in sealed.items()
        }
        return Credentials(access_key_id=bucket.access_key_id, **opened)

    def _candidate_credentials(self, new: NewBucket) -> Credentials | None:
        if new.access_key_id and not new.secret_access_key:
            with self._db.read() as connection:
                bucket = repository.find(connection, new.name)
            if bucket and bucket.access_key_id == new.access_key_id:
                return self._credentials(bucket)
        if not new.access_key_id:
            return None
        return Credentials(
            access_key_id=new.access_key_id,
            secret_access_key=new.secret_access_key,
            session_token=new.session_token,
        )

    def _seal(self, bucket_id: str, secrets: dict[str, str]) -> dict[str, str]:
        return {
            column: self._sealer.seal(value, table=_TABLE, row=bucket_id, column=column) if value else ""
            for column, value in secrets.items()
        }


def _known(bucket: Bucket | None, name: str) -> Bucket:
    if bucket is None:
        raise UnknownBucketError(
            f"No bucket is registered as {name!r}.", hint="`storekeeper bucket list` shows them."
        )
    return bucket


def _checked(bucket: Bucket) -> Bucket:
    location = _location(bucket)
    owner_regex(bucket.owner_pattern)
    check_cron(bucket.scan_cron)
    return msgspec.structs.replace(
        bucket, endpoint=location.endpoint, region=location.region, provider=location.provider
    )


def _location(bucket: Bucket | NewBucket) -> Location:
    return parse_location(
        bucket.url, endpoint=bucket.endpoint, region=bucket.region, provider=bucket.provider
    )
