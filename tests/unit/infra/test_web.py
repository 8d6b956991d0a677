"""The HTTP shell: access levels, forgery protection, problems, headers, assets."""

from typing import ClassVar

import msgspec
import pytest
from litestar import Request
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.testing import TestClient

from storekeeper.infra import web
from storekeeper.infra.web import Access, Principal, Role, get, pages, post
from storekeeper.kernel.clock import ManualClock
from storekeeper.kernel.errors import TooManyRequestsError


class Thing(msgspec.Struct, rename="camel"):
    some_name: str
    size: int


@get("/api/things/{name:str}", access=Access.READ)
def read_thing(name: FromPath[str], size: FromQuery[int] = 5) -> Thing:
    return Thing(name, size)


@post("/api/things", access=Access.ADMIN)
def make_thing(data: JSONBody[Thing]) -> Thing:
    return data


@post("/form", access=Access.ADMIN, status_code=200)
def form_thing() -> dict[str, str]:
    return {"done": "yes"}


@get("/api/boom", access=Access.PUBLIC)
def boom() -> None:
    raise ValueError("password=hunter2")


@get("/api/busy", access=Access.PUBLIC)
def busy() -> None:
    raise TooManyRequestsError("slow down", retry_after=7)


@get("/page", access=Access.OWN)
def page(request: Request) -> web.Page:
    return web.render(request, "web/error.html", title="x", status=200)


@post("/api/own", access=Access.OWN, status_code=200)
def change_own() -> dict[str, str]:
    return {"done": "yes"}


@post("/api/ingest", access=Access.INGEST)
def ingest() -> None:
    return None


class People:
    """Knows callers by the literal credential."""

    known: ClassVar = {
        "admin": Principal(id="1", email="admin@x", role=Role.ADMIN, via="token"),
        "user": Principal(id="2", email="user@x", role=Role.USER, via="token"),
        "readonly": Principal(id="3", email="ro@x", role=Role.READONLY, via="token"),
        "ingest": Principal(id="4", email="k", role=Role.ADMIN, via="key", scopes=frozenset({"ingest"})),
        "reader": Principal(id="5", email="k", role=Role.ADMIN, via="key", scopes=frozenset({"read"})),
        "session": Principal(id="1", email="admin@x", role=Role.ADMIN, via="session", csrf_token="right"),
    }

    def recall(self, _authorization, _session_cookie):
        return None

    def authenticate(self, *, authorization, session_cookie):
        return self.known.get(authorization or session_cookie)


@pytest.fixture(scope="module")
def client():
    application = web.create(
        routes=[read_thing, make_thing, form_thing, boom, busy, page, change_own, ingest],
        services={},
        pages=web.Pages(ManualClock(), [], "1"),
        authenticator=People(),
        options=web.WebOptions(version="1", secure=True),
    )
    with TestClient(application, base_url="https://testserver.local") as client:
        yield client


def as_(who):
    return {"Authorization": who}


@pytest.mark.parametrize(
    ("who", "status"), [("", 401), ("user", 403), ("readonly", 200), ("admin", 200), ("ingest", 403)]
)
def test_reading_needs_a_role(client, who, status):
    assert client.get("/api/things/a", headers=as_(who)).status_code == status


def test_a_key_with_scope_ingest_may_only_ingest(client):
    assert client.post("/api/ingest", headers=as_("ingest")).status_code == 201
    assert client.post("/api/ingest", headers=as_("admin")).status_code == 403


def test_a_key_with_scope_read_changes_nothing(client):
    assert client.get("/api/things/a", headers=as_("reader")).status_code == 200
    assert client.post("/api/own", headers=as_("reader")).status_code == 403
    assert client.post("/api/own", headers=as_("user")).status_code == 200


SESSION = {"Cookie": "__Host-session=session"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"X-CSRF-Token": "wrong"}, 403),
        ({"X-CSRF-Token": "right"}, 200),
        ({"X-CSRF-Token": "right", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"X-CSRF-Token": "right", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"X-CSRF-Token": "right", "Sec-Fetch-Site": "same-site"}, 403),
        ({"X-CSRF-Token": "right", "Origin": "https://evil.example"}, 403),
        ({"X-CSRF-Token": "right", "Origin": "https://testserver.local"}, 200),
    ],
)
def test_a_session_changes_things_only_from_our_own_pages(client, headers, status):
    assert client.post("/form", headers=SESSION | headers).status_code == status


def test_a_form_may_carry_the_token_in_a_field(client):
    assert client.post("/form", headers=SESSION, data={"csrf_token": "right"}).status_code == 200
    assert client.post("/form", headers=SESSION, data={"csrf_token": "wrong"}).status_code == 403


def test_every_problem_has_one_shape(client):
    for answer in (
        client.get("/api/nothing"),
        client.get("/api/things/a"),
        client.get("/api/things/a?size=x", headers=as_("admin")),
        client.post("/api/things", headers=as_("admin"), json={"someName": 1}),
        client.post("/api/things", headers=as_("admin"), content=b"{"),
        client.delete("/api/things/a", headers=as_("admin")),
        client.get("/api/boom"),
        client.get("/api/busy"),
    ):
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["type"].startswith("/problems/")
        assert problem["status"] == answer.status_code >= 400
        assert problem["title"]
        assert problem["requestId"] == answer.headers["x-request-id"]


def test_a_mistake_of_ours_tells_no_details(client):
    answer = client.get("/api/boom")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text


def test_retry_after_is_a_header_too(client):
    assert client.get("/api/busy").headers["retry-after"] == "7"


def test_pages_send_people_to_sign_in_and_show_errors_as_pages(client):
    html = {"Accept": "text/html"}
    answer = client.get("/page?a=1", headers=html, follow_redirects=False)
    assert answer.headers["location"] == "/sign-in?next=%2Fpage%3Fa%3D1"
    missing = client.get("/nowhere", headers=html | as_("admin"))
    assert missing.status_code == 404
    assert missing.headers["content-type"].startswith("text/html")
    assert missing.headers["x-request-id"] in missing.text


def test_every_answer_carries_the_security_headers(client):
    for answer in (
        client.get("/page", headers=as_("admin")),
        client.get("/api/boom"),
        client.get("/nowhere"),
    ):
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "strict-origin-when-cross-origin"
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        assert {part.split(";")[0] for part in answer.headers["server-timing"].split(", ")} == {
            "db",
            "analytics",
            "total",
        }


def test_a_request_id_is_kept_when_it_is_harmless(client):
    assert (
        client.get("/api/boom", headers={"X-Request-Id": "abc-12345"}).headers["x-request-id"] == "abc-12345"
    )
    assert client.get("/api/boom", headers={"X-Request-Id": "<script>"}).headers["x-request-id"] != "<script>"


def test_assets_are_immutable_under_their_fingerprint(client):
    answer = client.get(pages.asset_url("app.css"))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    for path in ("../pages.py", "..%2fpages.py", "nothing.css", "/etc/passwd"):
        assert client.get(f"/assets/{pages.fingerprint()}/{path}").status_code == 404


def test_the_schema_is_openapi_31_and_public(client):
    schema = client.get("/schema").json()
    assert schema["openapi"].startswith("3.1")
    assert set(schema["paths"]) >= {"/api/things/{name}", "/api/things"}
