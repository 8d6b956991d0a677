"""What the commands of usage ask for, print and write."""

import csv
import io

import pytest

TIME = "2026-11-20T12:00:00Z"
FIGURES = {"requests": 12.0, "errors": 3.0, "throttles": 1.0, "bytesIn": 2e6, "bytesOut": 5e9, "errorRate": 0.25,
           "meanMs": 41.5, "relativeError": 0.0}  # fmt: skip
GROUP = FIGURES | {"name": "photos", "previousRequests": 4.0}
USAGE = {
    "since": TIME, "until": TIME, "resolutionSeconds": 3600, "totals": FIGURES,
    "previous": FIGURES | {"requests": 6.0}, "series": [FIGURES | {"time": TIME}], "byBucket": [GROUP],
    "byOwner": [GROUP | {"name": ""}], "byOperation": [GROUP | {"name": "GetObject"}], "byStatus": [],
    "topMovers": [], "provenance": "sampled",
}  # fmt: skip
ROUTE = ("GET", "/api/user/storage/usage")


@pytest.fixture
def answered(server):
    server.answer(*ROUTE, USAGE)
    return server


def test_usage_asks_for_what_was_said(ran, answered):
    assert ran("usage", "--owner", "ann", "--bucket", "photos", "--range", "7d").status == 0
    asked = answered.asked[-1]
    assert (asked.path, asked.query) == (ROUTE[1], {"range": "7d", "bucket": "photos", "owner": "ann"})
    ran("usage")
    assert answered.asked[-1].query == {"range": "30d"}


def test_usage_for_people(ran, answered):
    out = ran("usage").out
    for words in (
        "12 (+100.0 %)",
        "2 MB",
        "5 GB",
        "3 (25.0 %), 1 throttled",
        "41.5 ms",
        "GetObject",
        "sampled",
    ):
        assert words in out
    assert "(none)" in ran("usage", "--by", "owner").out
    assert "No operations in this range." in ran("usage", "--by", "status").out


def test_usage_for_programs(ran, answered):
    assert ran("usage", "--json").json["totals"]["requests"] == 12
    assert [one["name"] for one in ran("usage", "--by", "bucket", "--json").json["items"]] == ["photos"]
    [row] = csv.DictReader(io.StringIO(ran("usage", "--by", "bucket", "--csv").out))
    assert (row["name"], row["previousRequests"]) == ("photos", "4.0")
    [row] = csv.DictReader(io.StringIO(ran("usage", "--csv").out))
    assert (row["time"], row["requests"]) == (TIME, "12.0")


def test_wrong_use(ran, answered):
    assert ran("usage", "--csv", "--json").status == 2
    assert ran("usage", "--by", "color").status == 2
    assert ran("export", "operations").status == 2
    assert ran("export", "operations", "--format", "xml", "--out", "x").status == 2


@pytest.fixture
def exporting(server):
    server.answer("GET", "/api/operations/export", {"a": 1})
    return server


def test_an_export_is_written_whole(ran, exporting, tmp_path):
    out = tmp_path / "operations.ndjson"
    command = (
        "export",
        "operations",
        "--range",
        "7d",
        "--format",
        "ndjson",
        "--owner",
        "ann",
        "--out",
        str(out),
    )
    assert ran(*command).status == 0
    assert out.read_bytes() == b'{"a":1}'
    assert exporting.asked[-1].query == {"range": "7d", "format": "ndjson", "owner": "ann"}
    assert list(tmp_path.iterdir()) == [out]
    assert ran(*command, "--json").json == {"file": str(out), "bytes": 7}


def test_a_refused_export_leaves_the_old_file(ran, server, tmp_path):
    out = tmp_path / "operations.csv"
    out.write_text("old")
    server.refuse("GET", "/api/operations/export", "bad-input", 400, detail="'x' is not a time range.")
    done = ran("export", "operations", "--range", "x", "--format", "csv", "--out", str(out))
    assert (done.status, "not a time range" in done.err) == (2, True)
    assert (out.read_text(), list(tmp_path.iterdir())) == ("old", [out])


def test_where_nothing_can_be_written(ran, exporting, tmp_path):
    done = ran("export", "operations", "--out", str(tmp_path / "none" / "x.parquet"))
    assert done.status == 1
    assert "can not be written" in done.err
