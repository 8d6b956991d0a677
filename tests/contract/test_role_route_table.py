"""Every route of the application by every kind of caller, cell by cell, by real requests.

What is expected comes from this table and from the access level that a route declares; what is seen comes from the
whole application. A refusal is 401 or 403; anything else means that the request got past the guard.
"""

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.testing import TestClient

from storekeeper.access import AccessService, Scope
from storekeeper.access.api import people_only
from storekeeper.app import Storekeeper, routes
from storekeeper.infra.web import Access, Role
from storekeeper.kernel.clock import SystemClock
from storekeeper.settings import load, with_keys

pytestmark = pytest.mark.slow

CALLERS = (
    "anonymous", "user", "readonly", "admin", "ingest key", "metrics key", "probe key", "read key of a user",
)  # fmt: skip
ALLOWED = {
    Access.PUBLIC: set(CALLERS),
    Access.OWN: {"user", "readonly", "admin", "read key of a user"},
    Access.READ: {"readonly", "admin"},
    Access.ADMIN: {"admin"},
    Access.INGEST: {"ingest key"},
    Access.PROBE: {"probe key"},
    Access.IMPORT: {"admin", "ingest key"},
    Access.METRICS: {"readonly", "admin", "metrics key"},
}
PASSWORD = "tide-pool-lantern"


class Row(NamedTuple):
    """One route with one method."""

    handler: HTTPRouteHandler
    method: str
    path: str

    def allows(self, caller: str) -> bool:
        access = Access(self.handler.opt["access"])
        keyless = people_only in (self.handler.guards or ())
        changes = access is not Access.PUBLIC and self.method not in ("GET", "HEAD", "OPTIONS")
        refused = (keyless and "key" in caller) or (changes and "read key" in caller)
        return caller in ALLOWED[access] and not refused


ROWS = [
    Row(handler, method, path)
    for handler in routes()
    for method in sorted(handler.http_methods)
    for path in sorted(handler.paths)
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storekeeper]:
    settings = load({}, data_dir=tmp_path_factory.mktemp("routes"))
    with contextlib.closing(Storekeeper(with_keys(settings), SystemClock())) as server:
        yield server


@pytest.fixture(scope="module")
def client(server: Storekeeper) -> Iterator[TestClient]:
    with TestClient(server.application, base_url="https://storekeeper.test") as client:
        client.follow_redirects = False
        yield client


@pytest.fixture(scope="module")
def bearers(server: Storekeeper) -> Mapping[str, str]:
    """What each kind of caller shows."""
    access: AccessService = server.access
    for role in Role:
        access.users.create(f"{role}@example.com", role, PASSWORD, actor="system")

    def token(role: Role) -> str:
        return access.sign_in.start_tokens(f"{role}@example.com", PASSWORD, address="").access_token

    def key(scope: Scope, owner: Role) -> str:
        return access.keys.create("test", [scope], owner=f"{owner}@example.com", actor="system")[1]

    return {str(role): token(role) for role in Role} | {
        "ingest key": key(Scope.INGEST, Role.ADMIN),
        "metrics key": key(Scope.METRICS, Role.ADMIN),
        "probe key": key(Scope.PROBE, Role.ADMIN),
        "read key of a user": key(Scope.READ, Role.USER),
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.path}")
def test_a_row(client, bearers, row: Row):
    path = re.sub(r"{[^}]*}", "nothing", row.path)
    once = {"seconds": 0}  # streams would not end
    wrong = {}
    for caller in CALLERS:
        headers = {"Authorization": f"Bearer {bearers[caller]}"} if caller in bearers else {}
        answer = client.request(row.method, path, headers=headers, params=once)
        passed = answer.status_code not in (401, 403)
        if passed is not row.allows(caller) or answer.status_code == 500:
            wrong[caller] = (answer.status_code, answer.text[:300])
    assert wrong == {}


def test_every_route_declares_its_access_level():
    assert [row for row in ROWS if "access" not in row.handler.opt] == []


def test_two_routes_never_share_a_place():
    places = [(row.method, re.sub(r"{[^}]*}", "{}", row.path)) for row in ROWS]
    assert sorted(places) == sorted(set(places))
