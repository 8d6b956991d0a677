"""The composition root: straight-line wiring, the only module that imports everything."""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import structlog
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp

from storekeeper import (
    __version__,
    access,
    audit,
    buckets,
    cleanup,
    costs,
    dashboard,
    health,
    inventory,
    metering,
    notifications,
    quotas,
)
from storekeeper.infra import crashes, crypto, memory, structs, telemetry, web
from storekeeper.infra.analytics import Analytics
from storekeeper.infra.db import Database
from storekeeper.infra.jobs import Job, Jobs
from storekeeper.infra.lock import DataDirectoryLock
from storekeeper.infra.web.server import serve as serve_http
from storekeeper.kernel.clock import Clock, SystemClock
from storekeeper.settings import Settings, with_keys

RUNS_KEPT = timedelta(days=30)
NAVIGATION = (
    web.Entry("Overview", "/", "overview"),
    web.Entry("Buckets", "/buckets", "buckets"),
    web.Entry("Usage", "/usage", "usage", beside=("/performance", "/activity", "/ingestion", "/imports")),
    web.Entry("Quotas", "/quotas", "growth"),
    web.Entry("Clean-up", "/cleanup", "trash"),
    web.Entry("Costs", "/costs", "costs"),
    web.Entry("Health", "/health/buckets", "health", beside=("/health/settings",)),
    web.Entry("Jobs", "/jobs", "jobs"),
    web.Entry("Settings", "/settings", "settings"),
    web.Entry("Your storage", "/me/storage", "storage", own=True),
)

log = structlog.get_logger("storekeeper")


def routes() -> list[HTTPRouteHandler]:
    """Every route of every capability."""
    return [
        *access.ROUTES,
        *audit.ROUTES,
        *buckets.ROUTES,
        *inventory.ROUTES,
        *metering.ROUTES,
        *notifications.ROUTES,
        *quotas.ROUTES,
        *cleanup.ROUTES,
        *costs.ROUTES,
        *health.ROUTES,
        *dashboard.ROUTES,
    ]


class Storekeeper:
    """All parts, wired. `application` answers HTTP; `close` tears down in reverse order."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        structs.prepare()
        self.stopping = threading.Event()
        self._teardown = ExitStack()
        self._teardown.enter_context(DataDirectoryLock(settings.data_dir))
        self.database = Database(settings.database_url)
        self._teardown.callback(self.database.close)
        self.database.migrate()
        self.analytics = Analytics(settings.analytics_url, memory=settings.analytics_memory)
        self._teardown.callback(self.analytics.close)
        self.analytics.migrate()
        self.jobs = Jobs(self.database, state_url=_jobs_url(settings), clock=clock)
        self._teardown.callback(self.jobs.close)
        self.audit = audit.AuditTrail(self.database, clock)
        self.access = access.AccessService(self.database, self.audit, clock, settings=settings)
        sealer = crypto.Sealer(settings.encryption_key)
        self.buckets = buckets.BucketService(self.database, sealer, self.audit, clock)
        self.inventory = inventory.InventoryService(
            self.database, self.analytics, self.jobs, self.buckets, self.audit, clock
        )
        self.metering = metering.MeteringService(
            self.analytics,
            self.buckets,
            clock,
            data_dir=settings.data_dir,
            address_key=crypto.derive(settings.secret_key, "client addresses"),
            sums_days=settings.rollup_retention_days,
            cache_seconds=settings.cache_ttl,
            recommended=metering.Recommended(
                success_sampling_rate=settings.success_sampling_rate,
                error_sampling_rate=settings.error_sampling_rate,
                batch_size=settings.batch_size,
                flush_interval_seconds=settings.flush_interval,
            ),
        )
        self._teardown.callback(self.metering.close)
        self.import_sources = metering.ImportSourceService(
            self.database, sealer, self.audit, self.buckets, self.metering.imports, self.jobs, clock
        )
        self.keeping = metering.KeepingService(
            self.database,
            self.analytics,
            self.buckets,
            self.jobs,
            self.audit,
            clock,
            retention=metering.Retention(
                raw_days=settings.raw_retention_days,
                sums_days=settings.rollup_retention_days,
                archive_bucket=settings.archive_bucket,
            ),
            standstill=self.metering.standstill,
            changed=self.metering.changed,
        )
        node = health.node_of(settings.data_dir)
        self.health = health.HealthService(
            self.database,
            self.analytics,
            self.buckets,
            self.audit,
            clock,
            data_dir=settings.data_dir,
            node=node,
        )
        self._teardown.callback(self.health.close)
        self.notifications = notifications.NotificationService(self.database, sealer, self.audit, clock)
        self._teardown.callback(self.notifications.close)
        self.alerts = health.AlertService(
            self.health, self.database, self.notifications, self.buckets, self.audit, clock
        )
        self.vantage = health.VantageService(
            self.health, self.buckets, clock, key=crypto.derive(settings.secret_key, "planned health checks")
        )
        self.health_keeping = health.HealthKeeping(
            self.health,
            self.database,
            self.analytics,
            self.buckets,
            clock,
            node=node,
            checks_days=settings.health_retention_days,
            sums_days=settings.rollup_retention_days,
        )
        self.quotas = quotas.QuotaService(
            self.database,
            self.analytics,
            self.inventory,
            self.buckets,
            self.notifications,
            self.audit,
            clock,
        )
        self.costs = costs.CostService(
            self.database,
            self.analytics,
            self.inventory,
            self.buckets,
            self.jobs,
            self.audit,
            clock,
            data_dir=settings.data_dir,
        )
        self.focus = costs.FocusService(self.analytics, self.buckets, self.costs)
        self.invoices = costs.InvoiceService(
            self.database, self.analytics, self.audit, clock, folder=settings.data_dir
        )
        reconciler = costs.Reconciler(
            self.analytics, self.buckets, self.costs, self.invoices, self.metering, clock
        )
        self.budgets = costs.BudgetService(
            self.database,
            self.analytics,
            self.buckets,
            self.costs.answers,
            self.notifications,
            self.audit,
            clock,
        )
        self.costs.on_calculated(self.budgets.watch)
        self.unclassified = costs.UnclassifiedWatch(
            self.database, self.analytics, self.buckets, self.notifications, clock
        )
        self.costs.on_calculated(self.unclassified.watch)
        self.sheet_editor = costs.SheetEditor(
            self.database, self.costs, self.audit, clock, data_dir=settings.data_dir
        )
        self.cleanup = cleanup.CleanupService(
            self.database,
            self.buckets,
            self.jobs,
            self.notifications,
            self.audit,
            clock,
            data_dir=settings.data_dir,
            log_days=settings.rollup_retention_days,
            is_blocked=self.health.breakers.is_open,
            price=self.costs.freed,
        )
        answers = web.Answers(clock)
        self.dashboard = dashboard.DashboardService(
            self.database,
            self.analytics,
            self.jobs,
            self.audit,
            clock,
            health=self.health,
            answers=answers,
            data_dir=settings.data_dir,
        )
        for job in [
            *inventory.jobs(self.inventory),
            *metering.jobs(self.import_sources),
            *metering.keeping_jobs(self.keeping),
            *health.jobs(self.health_keeping),
            *health.alert_jobs(self.alerts),
            *notifications.jobs(self.notifications),
            *costs.jobs(self.costs),
            *quotas.jobs(self.quotas),
            *cleanup.jobs(self.cleanup),
            _housekeeping(self.jobs, self.access, self.metering),
        ]:
            self.jobs.register(job)
        self.application: ASGIApp = web.create(
            routes=routes(),
            services={
                "clock": clock,
                "jobs": self.jobs,
                "audit": self.audit,
                "access": self.access,
                "buckets": self.buckets,
                "costs": self.costs,
                "focus": self.focus,
                "invoices": self.invoices,
                "reconciler": reconciler,
                "budgets": self.budgets,
                "unclassified": self.unclassified,
                "editor": self.sheet_editor,
                "inventory": self.inventory,
                "dashboard": self.dashboard,
                "metering": self.metering,
                "import_sources": self.import_sources,
                "keeping": self.keeping,
                "health": self.health,
                "vantage": self.vantage,
                "alerts": self.alerts,
                "notifications": self.notifications,
                "quotas": self.quotas,
                "cleanup": self.cleanup,
                "stopping": self.stopping,
                "embed_links": metering.EmbedLinks(
                    self.database,
                    self.audit,
                    crypto.derive(settings.secret_key, "embedded pages"),
                    clock,
                    public_url=settings.public_url,
                ),
                "storage": dashboard.StorageReader(self.inventory, self.buckets, self.quotas, clock),
                "overview": dashboard.OverviewReader(
                    self.inventory, self.metering, self.costs, self.budgets, self.quotas, clock
                ),
            },
            pages=web.Pages(clock, NAVIGATION, __version__),
            authenticator=self.access,
            shortcuts=[metering.shortcut(self.metering)],
            answers=answers,
            options=web.WebOptions(
                version=__version__,
                secure=settings.public_url.startswith("https://"),
                metrics_key=settings.metrics_key,
            ),
        )
        self.generated_password = self.access.ensure_admin(settings.admin_email, settings.admin_password)
        self.jobs.launch()
        self.metering.start()
        self.notifications.start_up()
        self.alerts.start_up()
        self.health.start_up()

    def close(self) -> None:
        self._teardown.close()


def serve(settings: Settings, *, ready: Callable[[str | None], None] = lambda _password: None) -> None:
    """Run until SIGTERM or SIGINT. `ready` hears the first administrator's password when one was made."""
    telemetry.configure_logging(form=settings.log_format, level=settings.log_level)
    server = Storekeeper(with_keys(settings), SystemClock())
    crashes.end_the_process()
    memory.give_back()
    memory.collect_rarely()
    try:
        ready(server.generated_password)
        serve_http(server.application, host=settings.host, port=settings.port, on_stop=server.stopping.set)
    finally:
        server.close()


def migrate(settings: Settings) -> None:
    """Bring both databases to this release's schema, without serving."""
    settings = with_keys(settings)
    with ExitStack() as teardown:
        teardown.enter_context(DataDirectoryLock(settings.data_dir))
        database = Database(settings.database_url)
        teardown.callback(database.close)
        database.migrate()
        analytics = Analytics(settings.analytics_url, memory=settings.analytics_memory)
        teardown.callback(analytics.close)
        analytics.migrate()


def _jobs_url(settings: Settings) -> str:
    if settings.database_url.startswith("sqlite:"):
        return f"sqlite:///{settings.data_dir}/jobs.db"
    return settings.database_url


def _housekeeping(
    jobs: Jobs, access_service: access.AccessService, metering_service: metering.MeteringService
) -> Job:
    def run(_context: Any, _payload: Any) -> None:
        purged = jobs.purge(older_than=RUNS_KEPT)
        access_service.forget_expired()
        batches = metering_service.forget_old_batches()
        log.info("housekeeping done", runs_purged=purged, batch_ids_forgotten=batches)

    return Job(
        name="housekeeping",
        run=run,
        cron="30 2 * * *",
        about="Forget old runs, expired sessions and ids of batches.",
    )
