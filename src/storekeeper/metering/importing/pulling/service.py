"""Keeps sources, and pulls those that are due."""

from collections.abc import Mapping
from typing import IO, Any

import msgspec
import structlog

from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.infra.crypto import Sealer
from storekeeper.infra.db import Database
from storekeeper.infra.jobs import ACTIVE, Jobs, RunContext
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import StorekeeperError
from storekeeper.kernel.ids import new_id
from storekeeper.metering.importing.model import ImportReply
from storekeeper.metering.importing.pulling import repository, rules
from storekeeper.metering.importing.pulling.model import (
    ImportSource,
    ImportSourceChange,
    ImportSourceExistsError,
    NewImportSource,
    Pulled,
    Reach,
    UnknownImportSourceError,
)
from storekeeper.metering.importing.service import ImportService, Wanted
from storekeeper.objectstore import ObjectStore, call, check_endpoint

JOB = "pull-imports"
_TABLE, _COLUMN = "import_source", "secret"
_SHOWN_ERROR = 1000

log = structlog.get_logger("imports")


class ImportSourceService:
    """Safe to share between threads."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        audit: AuditTrail,
        buckets: BucketService,
        imports: ImportService,
        jobs: Jobs,
        clock: Clock,
    ) -> None:
        self._db = database
        self._sealer = sealer
        self._audit = audit
        self._buckets = buckets
        self._imports = imports
        self._jobs = jobs
        self._clock = clock

    def all(self) -> list[ImportSource]:
        """Every source by name."""
        buckets = self._names()
        with self._db.read() as connection:
            return [_planned(source) for source in repository.find_all(connection, buckets)]

    def get(self, name: str) -> ImportSource:
        """Raises UnknownImportSourceError."""
        buckets = self._names()
        with self._db.read() as connection:
            source = repository.find(connection, name, buckets)
        if source is None:
            raise UnknownImportSourceError(
                f"There is no import source {name!r}.", hint="`storekeeper import source list` shows them."
            )
        return _planned(source)

    def being_pulled(self) -> frozenset[str]:
        """Names of sources that a run is at, or is about to begin with."""
        runs = self._jobs.find(job=JOB, statuses=ACTIVE)
        names = (run.payload.get("source") or run.progress.get("source") for run in runs)
        return frozenset(str(name) for name in names if name)

    def add(self, new: NewImportSource, *, actor: str) -> ImportSource:
        """Nothing is connected to. Raises SourceSettingsError, UnknownBucketError, ImportSourceExistsError."""
        bucket = self._buckets.get(new.bucket)
        self._check(new.format, new.settings, new.cron, has_secret=bool(new.secret))
        now = self._clock.now()
        source = ImportSource(
            id=new_id(now), name=new.name, format=new.format, bucket=bucket.name, cron=new.cron,
            settings=dict(new.settings), has_secret=bool(new.secret), last_run_at=None, last_result={},
            last_error="", created_at=now, updated_at=now,
        )  # fmt: skip
        with self._db.write() as connection:
            if repository.find(connection, new.name, {}):
                raise ImportSourceExistsError(
                    f"There is an import source {new.name!r} already.", hint="Choose another name."
                )
            sealed = self._sealed(source.id, new.secret)
            repository.insert(connection, source, bucket_id=bucket.id, sealed=sealed)
            details = {"format": source.format, "bucket": source.bucket}
            self._audit.record(
                connection, actor=actor, action="import-source.create", target=source.name, details=details
            )
        return _planned(source)

    def edit(self, name: str, change: ImportSourceChange, *, actor: str) -> ImportSource:
        """Only what is given changes. Raises UnknownImportSourceError, SourceSettingsError."""
        before = self.get(name)
        given = {
            field: value
            for field, value in msgspec.structs.asdict(change).items()
            if value is not msgspec.UNSET
        }
        secret: str | None = given.pop("secret", None)
        has_secret = before.has_secret if secret is None else bool(secret)
        source = msgspec.structs.replace(before, **given, has_secret=has_secret, updated_at=self._clock.now())
        if secret is not None or set(given) != {"paused"}:  # one that can not work may still be paused
            self._check(source.format, source.settings, source.cron, has_secret=has_secret)
        details = dict.fromkeys(given, "changed") | ({"secret": "replaced"} if secret is not None else {})
        with self._db.write() as connection:
            sealed = None if secret is None else self._sealed(source.id, secret)
            repository.update(connection, source, sealed=sealed)
            self._audit.record(
                connection, actor=actor, action="import-source.update", target=name, details=details
            )
        return _planned(source)

    def remove(self, name: str, *, actor: str) -> None:
        """What it brought stays. Raises UnknownImportSourceError."""
        source = self.get(name)
        with self._db.write() as connection:
            repository.delete(connection, source.id)
            self._audit.record(connection, actor=actor, action="import-source.delete", target=name)

    def start(self, name: str) -> str:
        """Pull now, in the background: the run's id. Raises UnknownImportSourceError, ConflictError."""
        source = self.get(name)
        return self._jobs.start(JOB, key=source.id, payload={"source": source.name}).id

    def run(self, context: RunContext, payload: Mapping[str, Any]) -> None:
        """The job: what is due, or the one source that the payload names. One that fails does not stop the others."""
        if named := payload.get("source"):
            self._pull_named(str(named))
            return
        due = [source for source in self.all() if rules.is_due(source, self._clock.now())]
        for done, source in enumerate(due):
            context.progress(done=done, sources=len(due), source=source.name)
            try:
                self._pull_and_note(source)
            except StorekeeperError as error:
                log.warning("an import source could not be pulled", source=source.name, error=error.detail)
            except Exception:
                log.exception("an import source could not be pulled", source=source.name)

    def _pull_named(self, name: str) -> None:
        try:
            source = self.get(name)
        except UnknownImportSourceError:
            log.info("the import source was removed meanwhile", source=name)
            return
        self._pull_and_note(source)

    def _pull_and_note(self, source: ImportSource) -> None:
        try:
            pulled = self._pull(source)
        except Exception as failure:
            self._note(source, error=_in_words(failure), result={}, cursor=None)
            raise
        log.info("import source pulled", source=source.name, **pulled.result)
        self._note(source, error="", result=pulled.result, cursor=pulled.cursor)

    def _note(
        self, source: ImportSource, *, error: str, result: Mapping[str, int], cursor: str | None
    ) -> None:
        with self._db.write() as connection:
            repository.save_run(
                connection, source.id, at=self._clock.now(), result=result, error=error, cursor=cursor
            )

    def _pull(self, source: ImportSource) -> Pulled:
        bucket = self._buckets.get(source.bucket)
        with self._db.read() as connection:
            sealed, cursor = repository.secret_and_cursor(connection, source.id)
        secret = self._sealer.open(sealed, table=_TABLE, row=source.id, column=_COLUMN) if sealed else ""

        def take(body: IO[bytes], resolution: int) -> ImportReply:
            return self._imports.take(source.format, body, Wanted(bucket=bucket.name, resolution=resolution))

        reach = Reach(
            now=self._clock.now(),
            bucket=bucket,
            settings=source.settings,
            secret=secret,
            cursor=cursor,
            open=self._open,
            call=lambda asked, signature: call(asked, clock=self._clock, signature=signature),
            take=take,
        )
        return rules.puller(source.format).pull(reach)

    def _open(self, name: str) -> ObjectStore:
        return self._buckets.open(self._buckets.get(name))

    def _check(self, form: str, settings: Mapping[str, str], cron: str, *, has_secret: bool) -> None:
        rules.check_settings(rules.puller(form), settings, has_secret=has_secret)
        rules.check_cron(cron)
        if endpoint := settings.get("endpoint"):
            check_endpoint(endpoint)
        if log_bucket := settings.get("logBucket"):
            self._buckets.get(log_bucket)

    def _sealed(self, source_id: str, secret: str) -> str:
        if not secret:
            return ""
        return self._sealer.seal(secret, table=_TABLE, row=source_id, column=_COLUMN)

    def _names(self) -> Mapping[str, str]:
        return {bucket.id: bucket.name for bucket in self._buckets.all()}


def _planned(source: ImportSource) -> ImportSource:
    return msgspec.structs.replace(source, next_run_at=rules.next_run(source))


def _in_words(failure: Exception) -> str:
    if isinstance(failure, StorekeeperError):
        return failure.in_words()[:_SHOWN_ERROR]
    return f"{type(failure).__name__}: {failure}"[:_SHOWN_ERROR]
