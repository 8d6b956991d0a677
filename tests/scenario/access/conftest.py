"""The application as it is served, with access in it, and a clock that stands still."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient
from litestar.types import ASGIApp

from storekeeper import access
from storekeeper.access import AccessService
from storekeeper.access.service.passwords import Passwords
from storekeeper.audit import AuditTrail
from storekeeper.infra.db import Database, metadata
from storekeeper.infra.web import Pages, WebOptions, create
from storekeeper.kernel.clock import ManualClock
from storekeeper.settings import Settings

ADMIN = "admin@example.com"
PASSWORD = "tide-pool-lantern"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with contextlib.closing(Database(f"sqlite:///{tmp_path}/control.db")) as database:
        metadata.create_all(database.engine)
        yield database


@pytest.fixture
def audit(database: Database, clock: ManualClock) -> AuditTrail:
    return AuditTrail(database, clock)


@pytest.fixture
def access_service(database: Database, audit: AuditTrail, clock: ManualClock) -> AccessService:
    service = AccessService(
        database,
        audit,
        clock,
        settings=Settings(secret_key="k" * 64, trusted_proxies="10.0.0.0/8"),
        passwords=Passwords(time_cost=1, memory_kib=64),
    )
    service.ensure_admin(ADMIN, PASSWORD)
    return service


@pytest.fixture
def application(access_service: AccessService, clock: ManualClock) -> ASGIApp:
    return create(
        routes=access.ROUTES,
        services={"clock": clock, "access": access_service},
        pages=Pages(clock, (), "test"),
        authenticator=access_service,
        options=WebOptions(version="test"),
    )


@pytest.fixture
def browser(application: ASGIApp) -> Iterator[Callable[[], TestClient]]:
    """`browser()` is a fresh one, with its own cookies, that follows no redirects by itself."""
    with contextlib.ExitStack() as stack:

        def browser() -> TestClient:
            client = TestClient(application, base_url="https://storekeeper.test")
            client.headers["Accept"] = "text/html"
            client.follow_redirects = False
            return stack.enter_context(client)

        yield browser


@pytest.fixture
def program(application: ASGIApp) -> Iterator[TestClient]:
    """A program that talks to the API."""
    with TestClient(application, base_url="https://storekeeper.test") as client:
        yield client


@pytest.fixture
def admin() -> dict[str, str]:
    """What the first admin signs in with."""
    return {"email": ADMIN, "password": PASSWORD}
