"""The application as it is served, with access in it, and a clock that stands still."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient

from engines import open_database
from storekeeper import access
from storekeeper.access import AccessService
from storekeeper.access.service.passwords import Passwords
from storekeeper.audit import AuditTrail
from storekeeper.infra.db import Database
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
    with contextlib.closing(open_database(tmp_path)) as database:
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
def client(access_service: AccessService, clock: ManualClock) -> Iterator[Callable[[], TestClient]]:
    """`client()` is a new one, with its own cookies. Each runs its own application over the same service."""
    with contextlib.ExitStack() as stack:

        def client() -> TestClient:
            application = create(
                routes=access.ROUTES,
                services={"clock": clock, "access": access_service},
                pages=Pages(clock, (), "test"),
                authenticator=access_service,
                options=WebOptions(version="test"),
            )
            return stack.enter_context(TestClient(application, base_url="https://storekeeper.test"))

        yield client


@pytest.fixture
def browser(client: Callable[[], TestClient]) -> Callable[[], TestClient]:
    """`browser()` is a new one that follows no redirects by itself."""

    def browser() -> TestClient:
        fresh = client()
        fresh.headers["Accept"] = "text/html"
        fresh.follow_redirects = False
        return fresh

    return browser


@pytest.fixture
def program(client: Callable[[], TestClient]) -> TestClient:
    """A program that talks to the API."""
    return client()


@pytest.fixture
def admin() -> dict[str, str]:
    """What the first admin signs in with."""
    return {"email": ADMIN, "password": PASSWORD}
