"""Access on a real database, with a clock that stands still and a fast password hash."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engines import open_database
from storekeeper.access import AccessService, User
from storekeeper.access.service.passwords import Passwords
from storekeeper.audit import AuditTrail
from storekeeper.infra.db import Database
from storekeeper.infra.web import Principal, Role
from storekeeper.kernel.clock import ManualClock
from storekeeper.settings import Settings

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


@pytest.fixture(scope="session")
def fast_passwords() -> Passwords:
    return Passwords(time_cost=1, memory_kib=64)


@pytest.fixture
def access(
    database: Database, audit: AuditTrail, clock: ManualClock, fast_passwords: Passwords
) -> AccessService:
    return AccessService(
        database, audit, clock, settings=Settings(secret_key="k" * 64), passwords=fast_passwords
    )


@pytest.fixture
def password() -> str:
    """The password of every user that `add` makes."""
    return PASSWORD


@pytest.fixture
def add(access: AccessService) -> Callable[..., User]:
    def add(email: str, role: Role = Role.USER) -> User:
        user, _ = access.users.create(email, role, PASSWORD, actor="system")
        return user

    return add


@pytest.fixture
def bearer(access: AccessService) -> Callable[[str], Principal | None]:
    """Who a bearer token belongs to."""
    return lambda token: access.authenticate(authorization=f"Bearer {token}", session_cookie="")


@pytest.fixture
def cookie(access: AccessService) -> Callable[[str], Principal | None]:
    """Who a session cookie belongs to."""
    return lambda value: access.authenticate(authorization="", session_cookie=value)


@pytest.fixture
def actions(database: Database) -> Callable[[], list[tuple[str, str, str]]]:
    """(actor, action, target) of every audit record, in the order they were written."""

    def actions() -> list[tuple[str, str, str]]:
        query = "SELECT actor, action, target FROM audit_record ORDER BY rowid"
        with database.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    return actions
