"""The commands of imports: what they ask of a server, what they print, and how they end."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from storekeeper.cli import imports
from storekeeper.cli.import_sources import Format
from storekeeper.cli.root import app
from storekeeper.metering.importing import FORMATS
from storekeeper.metering.importing.pulling import PULLERS
from storekeeper_client.testing import FakeServer

SAMPLES = Path(__file__).parents[2] / "unit" / "importing" / "samples"
USAGE = str(SAMPLES / "ceph_usage.json")
REPLY = {
    "format": "ceph-usage", "bucket": "photos", "records": 5, "accepted": 1200, "duplicates": 3,
    "skipped": {"of another bucket": 2}, "rejected": [{"line": 7, "reason": "time: missing"}], "rejectedCount": 1,
}  # fmt: skip
NOTHING = dict.fromkeys(("requests", "errors", "bytesIn", "bytesOut", "objects", "bytes"))
DAY = {
    "day": "2026-11-20T00:00:00Z", "bucket": "photos", "source": "cloudwatch", "resolutionSeconds": 3600,
    "reported": NOTHING | {"requests": 200, "bytes": 5e9, "objects": 9}, "measured": NOTHING | {"requests": 197},
    "difference": NOTHING | {"requests": -3},
}  # fmt: skip
SOURCE = {
    "id": "s1", "name": "media-r2", "format": "r2-analytics", "bucket": "media", "cron": "10 * * * *",
    "lastResult": {"accepted": 12}, "lastRunAt": "2026-11-20T12:00:00Z", "lastError": "",
}  # fmt: skip


@pytest.fixture
def server(tmp_path, monkeypatch):
    with FakeServer() as server:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        monkeypatch.setenv("STOREKEEPER_URL", server.url)
        monkeypatch.setenv("STOREKEEPER_TOKEN", "sk_1.secret")
        monkeypatch.setenv("COLUMNS", "200")
        yield server


@pytest.fixture
def run():
    """`run("import", …)`: the result of the command."""
    return lambda *arguments, typed="": CliRunner().invoke(app, ["import", *arguments], input=typed)


def test_a_command_for_every_format():
    assert {*imports.LOGS, *imports.TABLES, *imports.REPORTS, "cloudwatch"} == set(FORMATS)
    assert set(imports.TABLES) == {name for name, form in FORMATS.items() if getattr(form, "mapped", False)}
    assert {str(form) for form in Format} == set(PULLERS)


def test_a_file_is_sent_as_it_is(server, run):
    server.answer("POST", "/api/imports/ceph-usage", REPLY)
    found = run("ceph-usage", USAGE, "--bucket", "photos", "--json")
    assert (found.exit_code, found.stderr) == (0, "")
    assert json.loads(found.stdout) == {"items": [{"file": USAGE, "result": REPLY}]}
    (asked,) = server.asked
    assert (asked.query, asked.token) == ({"bucket": "photos"}, "sk_1.secret")
    assert asked.body == json.loads(Path(USAGE).read_bytes())


def test_what_became_of_a_file_is_told_in_words(server, run):
    server.answer("POST", "/api/imports/ceph-usage", REPLY)
    found = run("ceph-usage", USAGE, USAGE, "--bucket", "photos")
    line = "1,200 records imported, 3 known before, 2 of another bucket, 1 rejected"
    assert found.stdout.splitlines() == [f"{USAGE}: {line}"] * 2
    assert found.stderr.splitlines() == ["  line 7: time: missing"] * 2


def test_a_file_of_which_nothing_was_taken_is_not_well(server, run):
    server.answer("POST", "/api/imports/ceph-usage", REPLY | {"accepted": 0, "duplicates": 0})
    assert run("ceph-usage", USAGE, "--bucket", "photos").exit_code == 1


def test_a_mapping_and_a_period_reach_the_server(server, run, tmp_path):
    file = tmp_path / "any.json"
    file.write_text("{}")
    server.answer("POST", "/api/imports/ndjson", REPLY)
    server.answer("POST", "/api/imports/cloudwatch", REPLY)
    run("ndjson", str(file), "--bucket", "photos", "--map", "time=at&when")
    run("cloudwatch", str(file), "--bucket", "photos", "--resolution", "1h")
    assert server.asked[0].query == {"bucket": "photos", "map": "time=at&when"}
    assert server.asked[1].query == {"bucket": "photos", "resolution": "3600"}


@pytest.mark.parametrize(
    "arguments",
    [["no-such-file", "--bucket", "photos"], [USAGE], [USAGE, "--bucket", "photos", "--map", "a=b"]],
)
def test_wrong_use(server, run, arguments):
    assert run("ceph-usage", *arguments).exit_code == 2
    assert server.asked == []


def test_a_refusal_ends_the_command(server, run):
    server.refuse("POST", "/api/imports/ceph-usage", "not-allowed", 403, detail="May not.")
    found = run("ceph-usage", USAGE, "--bucket", "photos")
    assert (found.exit_code, "May not." in found.stderr) == (4, True)


def test_compare(server, run):
    server.answer("GET", "/api/user/storage/reported", {
        "since": "2026-10-21T00:00:00Z", "until": "2026-11-20T12:00:00Z", "items": [DAY]})  # fmt: skip
    shown = run("compare", "--bucket", "photos").stdout
    assert "2026-11-20   photos   cloudwatch         200        197   -3 (-1.5%)" in shown
    assert json.loads(run("compare", "--json").stdout)["items"][0]["difference"]["requests"] == -3
    assert server.asked[0].query == {"range": "30d", "bucket": "photos"}


def test_a_source_is_added_with_its_secret_from_standard_input(server, run):
    server.answer("POST", "/api/import-sources", SOURCE, status=201)
    options = ["--format", "r2-analytics", "--bucket", "media", "--set", "account=a=b", "--secret-file", "-"]
    found = run("source", "add", "media-r2", *options, typed="token\n")
    assert found.exit_code == 0, found.output
    assert server.asked[0].body == {
        "name": "media-r2", "format": "r2-analytics", "bucket": "media", "cron": "10 * * * *",
        "settings": {"account": "a=b"}, "secret": "token",
    }  # fmt: skip
    assert "token" not in found.output


def test_only_what_is_given_of_a_source_changes(server, run):
    before = SOURCE | {"settings": {"account": "a", "endpoint": "https://b"}}
    server.answer("GET", "/api/import-sources/media-r2", before)
    server.answer("PATCH", "/api/import-sources/media-r2", before | {"paused": True})
    assert json.loads(run("source", "edit", "media-r2", "--pause", "--json").stdout)["paused"] is True
    run("source", "edit", "media-r2", "--resume", "--cron", "", "--secret-file", "-", typed="token\n")
    found = run("source", "edit", "media-r2", "--set", "bucketName=eu_media", "--set", "endpoint=")
    assert (found.exit_code, found.stdout) == (0, "Saved media-r2.\n")
    assert [one.body for one in server.asked if one.method == "PATCH"] == [
        {"paused": True},
        {"paused": False, "cron": "", "secret": "token"},
        {"settings": {"account": "a", "bucketName": "eu_media"}},
    ]


def test_a_paused_source_says_so_in_place_of_when_it_is_next(server, run):
    planned = {"nextRunAt": "2026-11-20T13:10:00Z"}
    items = [SOURCE | planned, SOURCE | {"name": "resting", "paused": True}]
    server.answer("GET", "/api/import-sources", {"items": items, "nextCursor": None})
    shown = run("source", "list").stdout
    assert "2026-11-20 13:10" in shown
    assert "paused" in shown


def test_sources_are_listed_run_and_removed(server, run):
    server.answer("GET", "/api/import-sources", {"items": [SOURCE], "nextCursor": None})
    server.answer("POST", "/api/import-sources/media-r2/run", {"runId": "r1"}, status=202)
    server.answer("DELETE", "/api/import-sources/media-r2", status=204)
    assert "media-r2   r2-analytics   media" in run("source", "list").stdout
    assert json.loads(run("source", "run", "media-r2", "--json").stdout) == {"runId": "r1"}
    assert json.loads(run("source", "remove", "media-r2", "--yes", "--json").stdout) == {
        "removed": "media-r2"
    }
