"""HTTP to some routes, asked by whoever the header names: what scenarios and contracts of one capability are called through."""

import contextlib
from collections.abc import Iterator
from typing import Any

from litestar.testing import TestClient

from storekeeper.infra.web import Answers, Pages, Principal, Role, WebOptions, create


class Anybody:
    """Whoever asks with a role's name as bearer has that role.

    `key` is an API key of an admin, `ingest` one that may report, `ingest NAME` one that may for that bucket.
    """

    def recall(self, _authorization, _session_cookie):
        return None

    def authenticate(self, *, authorization, session_cookie):
        name, _, bucket = authorization.removeprefix("Bearer ").partition(" ")
        if name == "ingest":
            buckets = frozenset({bucket} if bucket else ())
            scopes = frozenset({"ingest"})
            return Principal(id=name, email="", role=Role.ADMIN, via="key", scopes=scopes, buckets=buckets)
        if name == "key":
            return Principal(id=name, email="a@b", role=Role.ADMIN, via="key", scopes=frozenset({"admin"}))
        return Principal(id=name, email=f"{name}@example.com", role=Role(name), via="token")


@contextlib.contextmanager
def calling(routes: Any, *, answers: Answers | None = None, **services: Any) -> Iterator[TestClient[Any]]:
    """An administrator's program or browser, by the `Accept` header. Services go by the names that handlers ask for."""
    application = create(
        routes=list(routes),
        services=services,
        pages=Pages(services["clock"], (), "test"),
        authenticator=Anybody(),
        answers=answers,
        options=WebOptions(version="test"),
    )
    with TestClient(application, base_url="https://storekeeper.test") as client:
        client.headers["Authorization"] = "Bearer admin"
        client.follow_redirects = False
        yield client
