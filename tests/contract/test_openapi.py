"""The OpenAPI description held against the running server: every operation, with good and with bad input."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

from storekeeper.kernel.clock import SystemClock
from storekeeper.metering.model import SENT
from storekeeper_client import Client
from storekeeper_client.budgets import Budgets
from storekeeper_client.quotas import Quotas
from thoroughness import EXAMPLES, times

pytestmark = pytest.mark.slow

TRIES = times(EXAMPLES, 2)  # of each operation, beside those of every border of its parameters

EMAIL, PASSWORD, SECRET = "admin@localhost", "correct horse battery staple", "a-secret-of-the-provider"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",  # errors are described as problem+json and nothing else
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
)
# What is there to be found, beside what the tool learns from answers. It must not sign itself out, or take away what
# the others are tried on.
CONFIGURATION = """
headers = {{ Authorization = "Bearer {token}" }}
warnings.fail-on = ["missing_auth"]
[generation]
deterministic = true
max-examples = {tries}
no-shrink = true
[phases.coverage]
unexpected-methods = ["put", "delete", "trace"]
[phases.stateful]
enabled = false
[dictionaries]
bucket = {{ values = ["photos"] }}
job = {{ values = ["housekeeping", "inventory-retention"] }}
user = {{ values = ["ann@example.com"] }}
problem = {{ values = ["not-found"] }}
run = {{ values = ["{run}"] }}
alert = {{ values = ["{alert}"] }}
quota = {{ values = ["{quota}"] }}
invoice = {{ values = ["{invoice}"] }}
budget = {{ values = ["{budget}"] }}
sheet = {{ values = ["cloudflare-r2.toml", "own.toml"] }}
plan = {{ values = ["{plan}"] }}
cleaned = {{ values = ["{cleaned}"] }}
[parameters]
"path.name" = {{ dictionary = "bucket", probability = 0.7 }}
"query.bucket" = {{ dictionary = "bucket", probability = 0.7 }}
"query.seconds" = 0
"path.user" = {{ dictionary = "user", probability = 0.7 }}
"path.run_id" = {{ dictionary = "run", probability = 0.7 }}
"path.scan_id" = {{ dictionary = "run", probability = 0.7 }}
"path.slug" = {{ dictionary = "problem", probability = 0.7 }}
"path.alert_id" = {{ dictionary = "alert", probability = 0.7 }}
"path.quota_id" = {{ dictionary = "quota", probability = 0.7 }}
"path.invoice_id" = {{ dictionary = "invoice", probability = 0.7 }}
"path.budget_id" = {{ dictionary = "budget", probability = 0.7 }}
"path.file" = {{ dictionary = "sheet", probability = 0.7 }}
"path.plan_id" = {{ dictionary = "plan", probability = 0.7 }}
"path.cleanup_id" = {{ dictionary = "cleaned", probability = 0.7 }}
[[operations]]
include-name = ["PATCH /api/buckets/{{name}}", "DELETE /api/buckets/{{name}}"]
parameters = {{ "path.name" = "spare" }}
[[operations]]
include-name = ["PATCH /api/import-sources/{{name}}", "DELETE /api/import-sources/{{name}}"]
parameters = {{ "path.name" = "spare" }}
[[operations]]
include-name = ["PATCH /api/webhooks/{{name}}", "DELETE /api/webhooks/{{name}}"]
parameters = {{ "path.name" = "spare" }}
[[operations]]
include-path-regex = "^/api/metrics/jobs/"
parameters = {{ "path.name" = {{ dictionary = "job", probability = 0.7 }} }}
[[operations]]
include-name = ["PATCH /api/users/{{user}}", "POST /api/users/{{user}}/reset-password"]
parameters = {{ "path.user" = "ann@example.com" }}
[[operations]]
include-path = ["/api/operations", "/api/operations/settings"]
headers = {{ Authorization = "Bearer {ingest}" }}
[[operations]]
include-path = ["/api/health/vantage/plan", "/api/health/vantage/rounds"]
headers = {{ Authorization = "Bearer {probe}" }}
[[operations]]
include-path = ["/api/auth/logout", "/api/me/password"]
enabled = false
"""


KEYED = {"/api/operations/settings": "ingest", "/api/health/vantage/plan": "probe"}


class Served(NamedTuple):
    """A server with something of everything in it."""

    url: str
    token: str
    ingest: str  # an API key
    probe: str  # another
    there: dict[str, str]  # values of path parameters
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


def _furnish(api: Client, folder: Path) -> Served:
    tokens = api.sign_in(EMAIL, PASSWORD)
    for key in ("users/ann/1.jpg", "users/bob/2.png", "readme"):
        path = folder / "photos" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 1000)
    for name in ("photos", "spare"):
        fields: dict[str, Any] = {"name": name, "url": f"file://{folder}/photos", "secretAccessKey": SECRET}
        api.add_bucket(**fields, accessKeyId="an-id", ownerPattern="users/{owner}/")
    nowhere = {"account": "a", "endpoint": "http://127.0.0.1:9"}
    source: dict[str, Any] = {"format": "r2-analytics", "bucket": "photos", "cron": "", "settings": nowhere}
    for name in ("photos", "spare"):
        api.add_import_source(name=name, **source, secret=SECRET)
        api.add_webhook(name=name, url="http://127.0.0.1:9/", allowPrivate=True)
    scan = api.start_scan("photos")
    assert [seen.status for seen in api.follow_scan(scan)][-1] == "succeeded"
    api.order_breaker("open", "spare", reason="practice")
    user = api.add_user("ann@example.com", role="readonly")
    key = api.create_token("meter", scopes=["ingest"]).secret
    probe = api.create_token("fra-1", scopes=["probe"]).secret
    alert = api.alerts(bucket="spare")[0].id
    quota = Quotas(api).add(owner="ann", measure="bytes", limit=10**9, reason="the small plan").id
    bill = folder / "bill.csv"
    bill.write_text("date,amount,currency,resource\n2026-11,1.5,USD,photos\n")
    (imported,) = api.import_invoice(bill, form="csv").invoices
    budget = Budgets(api).add(scope="owner", name="ann", amount="10", reason="the small plan").id
    policy: dict[str, Any] = {"name": "photos", "bucket": "photos", "prefixes": ["users/"], "minAgeDays": 1}
    api.add_cleanup_policy(**policy, reason="a test")
    os.utime(folder / "photos" / "users/ann/1.jpg", (0, 0))
    plan, cleaned = cleaned_up(api)
    there = {
        "name": "photos",
        "invoice_id": imported.invoice.id,
        "plan_id": plan,
        "cleanup_id": cleaned,
        "alert_id": alert,
        "quota_id": quota,
        "budget_id": budget,
        "file": "cloudflare-r2.toml",
        "scan_id": scan,
        "run_id": scan,
        "user": user.id,
        "slug": "not-found",
    }
    secrets = (str(key).partition(".")[2], str(probe).partition(".")[2], SECRET, PASSWORD)
    return Served(api.url, tokens.access_token, str(key), str(probe), there, secrets)


def cleaned_up(api: Client) -> tuple[str, str]:
    """A plan and the run that carried it out."""
    plan_id = api.plan_cleanup("photos")
    while (plan := api.cleanup_plan(plan_id)).state == "planning":
        SystemClock().sleep(0.1)
    run_id = api.confirm_cleanup(plan_id, objects=plan.objects, size=plan.bytes)
    while not api.cleanup_run(run_id).is_over:
        SystemClock().sleep(0.1)
    return plan_id, run_id


def reads(served: Served) -> list[str]:
    """Every path that can be read, with values of what there is."""
    with urllib.request.urlopen(f"{served.url}/schema") as answer:
        described = json.load(answer)["paths"]
    paths = [path for path, operations in described.items() if "get" in operations]
    return [re.sub(r"{(\w+)}", lambda found: quote(served.there[found[1]]), path) for path in paths]


def test_every_read_names_its_request_and_its_time_and_no_secret(served):
    paths = reads(served)
    assert len(paths) > 25
    paths = [
        f"{path}?seconds=0" if path.endswith("/events") else path for path in paths
    ]  # once, not without end
    paths = [path.replace("/quota/check", "/quota/check?bucket=photos") for path in paths]
    for path in [*paths, *(f"{path}?format=csv" for path in paths if "?" not in path)]:
        token = served.token
        for beginning, key in KEYED.items():
            token = getattr(served, key) if path.startswith(beginning) else token
        request = urllib.request.Request(
            served.url + path,
            headers={"Authorization": f"Bearer {token}", "X-Request-Id": "asked-for-by-test"},
        )
        with urllib.request.urlopen(request) as answer:
            assert answer.headers["X-Request-Id"] == "asked-for-by-test", path
            assert re.search(r"db;dur=.*analytics;dur=.*total;dur=", answer.headers["Server-Timing"]), path
            told = answer.read().decode()
        assert [secret for secret in served.secrets if secret in told] == [], path


def described(served: Served) -> dict[str, Any]:
    with urllib.request.urlopen(f"{served.url}/schema") as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def test_batches_of_operations_are_described(served):
    told = described(served)
    taken = told["paths"]["/api/operations"]["post"]
    content = taken["requestBody"]["content"]
    operation = {"$ref": "#/components/schemas/Operation"}
    assert {name: one["schema"] for name, one in content.items()} == {
        "application/x-ndjson": operation,
        "application/json": {"type": "array", "items": operation},
        "application/vnd.apache.arrow.stream": {"type": "string", "format": "binary"},
    }
    assert taken["requestBody"]["required"] is True
    assert ("Idempotency-Key", "header") in {(one["name"], one["in"]) for one in taken["parameters"]}
    schema = told["components"]["schemas"]["Operation"]
    assert sorted(schema["required"]) == ["bucket", "operation", "status", "time"]
    assert set(schema["properties"]) == set(SENT.names)


@pytest.mark.parametrize("media_type", ["application/x-ndjson", "application/json"])
def test_what_is_described_as_an_operation_is_taken(served, media_type):
    now = int(time.time() * 1000)  # noqa: TID251 - the server runs by the real clock
    schema = described(served)["components"]["schemas"]["Operation"]
    texts = [name for name, one in schema["properties"].items() if one.get("type") == "string"]
    sizes = {"bytesIn": 0, "latencyMs": 0.5, "weight": 1}
    told = dict.fromkeys(texts, "x") | sizes | {"time": now, "bucket": "photos", "status": 200}
    body = json.dumps(told if media_type.endswith("ndjson") else [told]).encode()
    headers = {"Authorization": f"Bearer {served.ingest}", "Content-Type": media_type}
    request = urllib.request.Request(f"{served.url}/api/operations", body, headers)
    with urllib.request.urlopen(request) as answer:
        reply = json.load(answer)
    assert (reply["accepted"] + reply["duplicates"], reply["rejected"]) == (1, [])


def test_imported_files_are_described_as_they_are_sent(served):
    body = described(served)["paths"]["/api/imports/{form}"]["post"]["requestBody"]
    assert body["required"] is True
    binary = {name for name, one in body["content"].items() if one["schema"].get("format") == "binary"}
    assert binary >= {"application/octet-stream", "application/gzip", "text/csv", "application/x-ndjson"}
    assert "application/json" in body["content"]
    assert "multipart/form-data" not in body["content"]


def test_errors_are_described_for_every_operation(served):
    """A description that promises success only is not one."""
    with urllib.request.urlopen(f"{served.url}/schema") as answer:
        paths = json.load(answer)["paths"]
    for path, operations in paths.items():
        for method, operation in operations.items():
            told = {
                status: set(response["content"])
                for status, response in operation["responses"].items()
                if status >= "4"
            }
            assert {"400", "401", "404", "500", "503"} <= told.keys(), (method, path)
            assert told.pop("503") <= {
                "application/problem+json",
                "application/json",
            }  # a server unwell is no problem
            assert set().union(*told.values()) == {"application/problem+json"}, (method, path)


def test_the_server_does_what_it_says(served, tmp_path):
    # The last one here: what it deletes is gone.
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text(
        CONFIGURATION.format(
            **served._asdict(),
            run=served.there["run_id"],
            alert=served.there["alert_id"],
            quota=served.there["quota_id"],
            invoice=served.there["invoice_id"],
            budget=served.there["budget_id"],
            plan=served.there["plan_id"],
            cleaned=served.there["cleanup_id"],
            tries=TRIES,
        )
    )
    command = [Path(sys.executable).parent / "schemathesis", "--config-file", configuration, "run"]
    command += [f"{served.url}/schema", "--checks", ",".join(CHECKS), "--continue-on-failure"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout
