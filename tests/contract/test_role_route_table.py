"""Every route by every kind of caller, cell by cell, by real requests.

What is expected comes from this table and from the access level that a route declares; what is seen comes from the
application. A refusal is 401 or 403; anything else means that the request got past the guard.
"""

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.testing import TestClient

from storekeeper import access, audit
from storekeeper.access import AccessService, Scope
from storekeeper.access.api import people_only
from storekeeper.access.service.passwords import Passwords
from storekeeper.audit import AuditTrail
from storekeeper.infra.db import Database, metadata
from storekeeper.infra.web import Access, Pages, Role, WebOptions, create, get
from storekeeper.kernel.clock import ManualClock
from storekeeper.settings import Settings

CALLERS = ("anonymous", "user", "readonly", "admin", "ingest key", "metrics key", "read key of a user")
ALLOWED = {
    Access.PUBLIC: set(CALLERS),
    Access.OWN: {"user", "readonly", "admin", "read key of a user"},
    Access.READ: {"readonly", "admin"},
    Access.ADMIN: {"admin"},
    Access.INGEST: {"ingest key"},
    Access.METRICS: {"readonly", "admin", "metrics key"},
}
PASSWORD = "tide-pool-lantern"


def _probe(level: Access) -> HTTPRouteHandler:
    def probe() -> str:
        return "through"

    probe.__name__ = f"probe_{level}"
    return get(f"/probe/{level}", access=level)(probe)


ROUTES = [*access.ROUTES, *audit.ROUTES, *(_probe(level) for level in Access)]


class Cell(NamedTuple):
    """One route with one method."""

    handler: HTTPRouteHandler
    method: str
    path: str

    @property
    def level(self) -> Access:
        return Access(self.handler.opt["access"])

    def allows(self, caller: str) -> bool:
        keyless = people_only in (self.handler.guards or ())
        return caller in ALLOWED[self.level] and not (keyless and "key" in caller)


CELLS = [
    Cell(handler, method, path)
    for handler in ROUTES
    for method in sorted(handler.http_methods)
    for path in sorted(handler.paths)
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, AccessService]]:
    clock = ManualClock()
    url = f"sqlite:///{tmp_path_factory.mktemp('routes')}/control.db"
    with contextlib.closing(Database(url)) as database:
        metadata.create_all(database.engine)
        trail = AuditTrail(database, clock)
        service = AccessService(
            database,
            trail,
            clock,
            settings=Settings(secret_key="k" * 64),
            passwords=Passwords(time_cost=1, memory_kib=64),
        )
        application = create(
            routes=ROUTES,
            services={"clock": clock, "audit": trail, "access": service},
            pages=Pages(clock, (), "test"),
            authenticator=service,
            options=WebOptions(version="test"),
        )
        with TestClient(application, base_url="https://storekeeper.test") as client:
            yield client, service


@pytest.fixture(scope="module")
def headers(server: tuple[TestClient, AccessService]) -> Callable[[str], dict[str, str]]:
    """What a caller sends. Tokens are made per call, because some routes end them."""
    service = server[1]
    for role in Role:
        service.users.create(f"{role}@example.com", role, PASSWORD, actor="system")

    def key(scope: Scope, owner: Role) -> str:
        return service.keys.create("test", [scope], owner=f"{owner}@example.com", actor="system")[1]

    keys = {
        "ingest key": key(Scope.INGEST, Role.ADMIN),
        "metrics key": key(Scope.METRICS, Role.ADMIN),
        "read key of a user": key(Scope.READ, Role.USER),
    }

    def headers(caller: str) -> dict[str, str]:
        if caller == "anonymous":
            return {}
        if caller in keys:
            return {"Authorization": f"Bearer {keys[caller]}"}
        pair = service.sign_in.start_tokens(f"{caller}@example.com", PASSWORD, address="198.51.100.1")
        return {"Authorization": f"Bearer {pair.access_token}"}

    return headers


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: f"{cell.method} {cell.path}")
def test_cell(server, headers, cell: Cell, caller: str):
    client, _ = server
    path = re.sub(r"{[^}]*}", "nothing", cell.path)
    answer = client.request(cell.method, path, headers=headers(caller), follow_redirects=False)
    assert (answer.status_code not in (401, 403)) is cell.allows(caller), answer.text[:300]
    assert answer.status_code < 500


def test_every_route_declares_its_access_level():
    assert len(CELLS) > len(Access)
    assert all("access" in handler.opt for handler in ROUTES)
