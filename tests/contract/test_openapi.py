"""The OpenAPI description held against the running server: every operation, with good and with bad input."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks

from storekeeper_client import Client

pytestmark = pytest.mark.slow

EMAIL, PASSWORD = "admin@localhost", "correct horse battery staple"
EXAMPLES = 12  # per operation, besides the systematic ones
CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)
# With these the test would sign itself out, or lock itself out.
LOCKOUT = ("/api/auth/logout", "/api/me/password")
HEADERS = ("X-Request-Id", "Server-Timing")


class Served(NamedTuple):
    """A server with something of everything in it, and names of what there is."""

    url: str
    api: Client
    token: str
    there: Mapping[str, str]  # by path parameter
    secrets: tuple[str, ...]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, free_port) -> Iterator[Served]:
    folder, port = tmp_path_factory.mktemp("openapi"), free_port()
    command = [sys.executable, "-m", "storekeeper", "serve", "--data-dir", str(folder / "data")]
    environment = dict(os.environ) | {"STOREKEEPER_ADMIN_PASSWORD": PASSWORD}  # noqa: TID251 - handed on
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port)], env=environment, stdout=log, stderr=log, cwd=folder
        )
    try:
        _await(process, port)
        with Client(f"http://127.0.0.1:{port}") as api:
            yield _furnish(api, folder)
    finally:
        process.terminate()
        process.wait(30)


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            pytest.fail(f"server exited with {process.wait(0.05)}")
    pytest.fail("server did not listen")


def _furnish(api: Client, folder) -> Served:
    tokens = api.sign_in(EMAIL, PASSWORD)
    for key in ("users/ann/1.jpg", "users/bob/2.png", "readme"):
        path = folder / "photos" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 1000)
    for name in ("photos", "spare"):
        api.add_bucket(
            name=name,
            url=f"file://{folder}/photos",
            ownerPattern="users/{owner}/",
            secretAccessKey="a-secret-of-the-provider",
        )
    scan = api.start_scan("photos")
    assert [seen.status for seen in api.follow_scan(scan)][-1] == "succeeded"
    user = api.add_user("ann@example.com", role="readonly")
    key = api.create_token("report", scopes=["read"])
    there = {"name": "photos", "scan_id": scan, "run_id": scan, "user": user.id, "token_id": key.id}
    return Served(
        api.url, api, tokens.access_token, there, (key.secret, "a-secret-of-the-provider", PASSWORD)
    )


@pytest.fixture(scope="module")
def openapi(served: Served):
    loaded = schemathesis.openapi.from_url(f"{served.url}/schema")

    @loaded.hook
    def map_path_parameters(context: Any, path_parameters: dict[str, Any]) -> dict[str, Any]:
        """Every other time something that there is; changes and removals meet the spare bucket."""
        there = dict(served.there)
        if context.operation.method in ("patch", "delete"):
            there["name"] = "spare"
        if "/jobs/" in context.operation.path:
            there["name"] = "housekeeping"
        return {
            name: there.get(name, value) if len(str(value)) % 2 else value
            for name, value in path_parameters.items()
        }

    return loaded


described = schemathesis.pytest.from_fixture("openapi").exclude(path=list(LOCKOUT))


@described.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_the_server_does_what_it_says(case, served):
    answer = case.call(headers={"Authorization": f"Bearer {served.token}"})
    case.validate_response(answer, checks=[check for check in CHECKS.get_all() if check.__name__ in CHECKED])
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == ["application/problem+json"]
