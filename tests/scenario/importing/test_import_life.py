"""Files come in once, whatever is done with them; what providers report stands beside it."""

import gzip
import json
from datetime import timedelta
from pathlib import Path

import pytest

from storekeeper.metering.model import SpoolBusyError

pytestmark = pytest.mark.slow
SAMPLES = Path(__file__).parents[2] / "unit" / "importing" / "samples"

LOG = "s3_access.log"
DAY = 86_400


def test_a_log_is_counted_once_however_often_it_comes(world, send):
    first = send("s3-access-log", LOG)
    assert (first["records"], first["accepted"], first["rejectedCount"]) == (12, 7, 1)
    assert first["rejected"] == [{"line": 11, "reason": "line: not the fields of an S3 access log"}]
    assert world.stored() == 7

    again = send("s3-access-log", LOG)
    assert (again["accepted"], again["duplicates"], again["rejected"]) == (0, 7, first["rejected"])
    assert world.stored() == 7


def test_months_later_a_file_is_still_known(world, send):
    send("s3-access-log", LOG)
    world.drain()
    world.clock.advance(200 * 86_400)
    world.metering.forget_old_batches()
    assert send("s3-access-log", LOG)["accepted"] == 0
    assert world.stored() == 7


def test_a_file_is_forgotten_once_nothing_in_it_could_count_again(world, send):
    send("s3-access-log", LOG)
    world.drain()
    world.clock.advance(397 * DAY)
    assert world.metering.forget_old_batches() == 0
    world.clock.advance(DAY)
    assert world.metering.forget_old_batches() == 1
    again = send("s3-access-log", LOG)
    assert (again["accepted"], again["duplicates"]) == (0, 0)
    assert {one["reason"] for one in again["rejected"]} >= {"time: more than 365 days old or 5 minutes ahead"}
    assert world.stored() == 7


def test_what_a_log_that_grows_began_with_is_known_as_long_as_what_came_after(world, send):
    """Without its beginning, the rest would be cut elsewhere, and count again."""
    lines = []
    line = (SAMPLES / "minio_audit.ndjson").read_bytes().splitlines()[0]
    time = json.loads(line)["time"].encode()
    for days, fresh in ((0, 10), (300, 10), (80, 10), (318, 0)):
        world.clock.advance(days * DAY)
        world.metering.forget_old_batches()
        now = world.clock.now().isoformat().encode()
        numbers = range(len(lines), len(lines) + fresh)
        lines += [line.replace(b"F601", b"%06d" % one).replace(time, now) + b"\n" for one in numbers]
        assert send("minio-audit", b"".join(lines))["accepted"] == fresh
        world.drain()
    assert world.engine.row("SELECT sum(requests) AS n FROM usage_day")["n"] == 30


def test_compressed_it_is_the_same_file(world, send):
    send("minio-audit", "minio_audit.ndjson")
    body = (SAMPLES / "minio_audit.ndjson").read_bytes()
    assert send("minio-audit", gzip.compress(body))["duplicates"] == 3
    assert world.stored() == 3


def test_a_log_that_has_grown_is_counted_once(world, send):
    line = (SAMPLES / "minio_audit.ndjson").read_bytes().splitlines()[0]
    lines = [line.replace(b"F601", b"%06d" % number) + b"\n" for number in range(25_000)]
    for end, fresh in ((10, 10), (12, 2), (12_000, 11_988), (12_500, 500), (12_500, 0), (25_000, 12_500)):
        reply = send("minio-audit", b"".join(lines[:end]))
        assert (reply["accepted"], reply["duplicates"]) == (fresh, end - fresh)
    # In another order of events it is the same: what is known is known.
    assert send("minio-audit", b"".join(lines[:25_000]))["accepted"] == 0
    assert world.stored() == 25_000


def test_files_of_any_program_are_known_as_a_whole(world, send):
    """Two of them may well begin with the same lines."""
    header, line = b"time,operation,status\n", b"2026-11-20T11:00:00Z,GetObject,200\n"
    assert send("csv", header + line)["accepted"] == 1
    assert send("csv", header + line * 2)["accepted"] == 2
    assert world.stored() == 3


def test_another_bucket_is_another_import(world, send):
    body = b"time,operation,status\n2026-11-20T11:00:00Z,GetObject,200\n"
    assert send("csv", body)["accepted"] == 1
    assert send("csv", body, bucket="media")["accepted"] == 1
    assert world.stored() == 2


def test_a_year_is_reached_back_and_no_further(world, send):
    days = ["2025-11-21", "2025-11-19", "2026-01-01"]
    body = b"time,operation,status\n" + b"".join(f"{day}T00:00:00Z,GetObject,200\n".encode() for day in days)
    reply = send("csv", body)
    assert (reply["accepted"], reply["rejected"]) == (
        2,
        [{"line": 3, "reason": "time: more than 365 days old or 5 minutes ahead"}],
    )
    assert world.stored() == 2


def test_a_file_of_every_day_of_a_year(world, send):
    noon = world.clock.now()
    lines = [f"{(noon - timedelta(days=n)).isoformat()},GetObject,200\n" for n in range(364)]
    assert send("csv", ("time,operation,status\n" + "".join(lines)).encode())["accepted"] == 364
    assert world.stored() == 364


def test_where_what_was_imported_comes_from_is_kept(world, send):
    send("r2-access-log", "r2_access.ndjson", bucket="media")
    world.drain()
    rows = world.engine.rows("SELECT DISTINCT source, client != 0 AS hashed FROM operation ORDER BY hashed")
    assert rows == [
        {"source": "import:r2-access-log", "hashed": 0},
        {"source": "import:r2-access-log", "hashed": 1},
    ]


# The webhook


def test_minio_reports_by_its_webhook(world, send):
    line = json.dumps({"time": "2026-11-20T11:00:00Z", "requestID": "A1", "api": {
        "name": "GetObject", "bucket": "photos", "object": "a/b", "statusCode": 200, "tx": 10}})  # fmt: skip
    key = {"Authorization": "ingest photos"}
    for _ in range(2):
        reply = send("minio-audit", line.encode(), bucket="", headers=key)
    assert (reply["accepted"], reply["duplicates"]) == (0, 1)
    # It is known by its request, whatever else is told of it.
    assert send("minio-audit", line.replace("a/b", "a/c").encode(), bucket="", headers=key)["duplicates"] == 1
    # A batch in which it comes again with another one.
    other = line.replace("A1", "A2")
    assert send("minio-audit", f"{line}\n{other}\n".encode(), bucket="", headers=key)["accepted"] == 1
    assert world.stored() == 2


def test_minio_tries_the_webhook_with_nothing(send):
    assert send("minio-audit", b"{}", bucket="")["skipped"] == {"not a request to a bucket": 1}


def test_buckets_of_minio_that_are_not_watched_are_passed_over(send):
    body = b'{"time":"2026-11-20T11:00:00Z","api":{"name":"GetObject","bucket":"else","statusCode":200}}'
    assert send("minio-audit", body, bucket="")["skipped"] == {"of another bucket": 1}


# Who may


def test_a_key_is_held_to_its_bucket(world, send):
    assert send("s3-access-log", LOG, headers={"Authorization": "ingest photos"})["accepted"] == 7
    problem = send("s3-access-log", LOG, headers={"Authorization": "ingest media"}, status=403)
    assert problem["type"] == "/problems/not-allowed"
    webhook = send("minio-audit", "minio_audit.ndjson", bucket="", headers={"Authorization": "ingest media"})
    assert (webhook["accepted"], webhook["skipped"]["of another bucket"]) == (0, 3)


@pytest.mark.parametrize(
    ("form", "query", "status", "slug"),
    [
        ("sql-dump", {}, 404, "not-found"),
        ("csv", {"bucket": "nowhere"}, 404, "unknown-bucket"),
        ("csv", {"bucket": ""}, 400, "bad-input"),
        ("csv", {"map": "colour=c"}, 400, "bad-input"),
        ("s3-access-log", {"map": "time=t"}, 400, "bad-input"),
        ("csv", {}, 400, "bad-body"),
        ("parquet", {}, 400, "bad-body"),
        ("r2-analytics", {}, 400, "bad-body"),
    ],
)
def test_what_can_not_be_read_is_refused_in_words(send, form, query, status, slug):
    assert send(form, b"nothing of the kind", status=status, **query)["type"] == f"/problems/{slug}"


# What providers report


def test_reported_stands_beside_measured(world, client, send):
    send("s3-access-log", LOG)
    send("cloudwatch", "cloudwatch.json", resolution=3600)
    send("ceph-usage", "ceph_usage.json")
    world.drain()
    answer = client.get("/api/user/storage/reported", params={"range": "30d", "bucket": "photos"}).json()
    assert [(one["day"], one["source"]) for one in answer["items"]] == [
        ("2026-11-20T00:00:00Z", "ceph-usage"),
        ("2026-11-20T00:00:00Z", "cloudwatch"),
    ]
    ceph, cloudwatch = answer["items"]
    assert (ceph["reported"]["requests"], ceph["measured"]["requests"]) == (16, 7)
    assert ceph["difference"]["requests"] == -9
    # AllRequests is the total of what stands beside it, not one more.
    assert cloudwatch["reported"]["requests"] == 200
    assert cloudwatch["reported"]["bytes"] == 123_456_789
    assert cloudwatch["difference"]["bytesIn"] is None


def test_a_window_that_is_reported_again_replaces_itself(world, client, send):
    send("r2-analytics", "r2_analytics.json", bucket="media")
    world.clock.advance(60)
    sample = (SAMPLES / "r2_analytics.json").read_bytes()
    send("r2-analytics", sample.replace(b'"requests": 40', b'"requests": 50'), bucket="media")
    send("r2-analytics", sample.replace(b'"requests": 40', b'"requests": 50'), bucket="media")
    (item,) = client.get("/api/user/storage/reported").json()["items"]
    assert (item["bucket"], item["reported"]["requests"], item["reported"]["errors"]) == ("media", 55, 3)
    assert (item["reported"]["objects"], item["reported"]["bytes"]) == (31, 1_002_000)


# A spool that is full


def test_an_import_waits_while_the_spool_drains(world, send):
    intake = world.metering._intake
    states = iter(["busy", "busy", "ok"])
    intake._check_room = lambda: _raise_if_busy(next(states))
    before = world.clock.monotonic()
    assert send("s3-access-log", LOG)["accepted"] == 7
    assert world.clock.monotonic() - before == 2


def test_an_import_gives_up_on_a_spool_that_does_not_drain(world, send):
    world.metering._intake._check_room = lambda: _raise_if_busy("busy")
    assert send("s3-access-log", LOG, status=429)["type"] == "/problems/spool-busy"


def _raise_if_busy(state):
    if state == "busy":
        raise SpoolBusyError("The spool drains slower than it fills.", retry_after=2)
