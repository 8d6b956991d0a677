"""Sources are pulled by their schedule, from where they were left, by the wire format of each provider."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from storekeeper.buckets.model import NewBucket, UnknownBucketError
from storekeeper.metering.importing.pulling.model import (
    ImportSourceChange,
    ImportSourceExistsError,
    SourceSettingsError,
    UnknownImportSourceError,
)
from storekeeper.objectstore.errors import BadEndpointError, MissingPermissionError
from storekeeper.objectstore.memory import MemoryStore

pytestmark = pytest.mark.slow
SAMPLES = Path(__file__).parents[2] / "unit" / "importing" / "samples"
HOUR = 3600
SECRET = "wJalrXUtnFEMI"


def log_line(number, time="20/Nov/2026:11:00:00"):
    return (
        f'o photos [{time} +0000] 192.0.2.3 - ID{number:08} REST.GET.OBJECT k "GET /k HTTP/1.1" '
        f"200 - 5 5 1 1\n"
    ).encode()


# Logs from a bucket


@pytest.fixture
def logs(world):
    """The bucket that logs are delivered to."""
    store = MemoryStore._by_name["import-logs"] = MemoryStore(world.clock)
    world.buckets.add(NewBucket(name="logs", url="memory://import-logs", scan_cron=""), actor="test")
    return store


def s3_source(**fields):
    settings = {"logBucket": "logs", "prefix": "photos/"}
    return {
        "name": "photos-logs",
        "format": "s3-access-log",
        "bucket": "photos",
        "settings": settings,
    } | fields


def test_new_logs_are_imported_and_old_ones_are_not_read_again(world, pulling, logs):
    pulling.add(**s3_source())
    logs.put("photos/2026-11-20-11-00-00-A", log_line(1) + log_line(2))
    logs.put("other/2026-11-20-11-00-00-A", log_line(3))
    world.clock.advance(HOUR)
    first = pulling.due()["photos-logs"]
    assert (first.last_error, first.last_result["accepted"], first.last_result["files"]) == ("", 2, 1)

    assert pulling.due()["photos-logs"].last_run_at == first.last_run_at  # not due again
    logs.put("photos/2026-11-20-12-30-00-B", log_line(4))
    logs.put("photos/2026-11-20-10-59-00-LATE", log_line(5))  # before what was read already
    world.clock.advance(HOUR)
    assert pulling.due()["photos-logs"].last_result["accepted"] == 2
    for _ in range(4):
        world.clock.advance(HOUR)
        assert pulling.due()["photos-logs"].last_result["files"] == 0
    assert world.stored() == 4


def test_a_pull_that_failed_goes_on_from_the_same_place(world, pulling, logs):
    pulling.add(**s3_source())
    logs.put("photos/A", log_line(1))
    real, logs.get = logs.get, _refusing
    world.clock.advance(HOUR)
    assert "may not read" in pulling.due()["photos-logs"].last_error
    logs.get = real
    world.clock.advance(HOUR)
    assert pulling.due()["photos-logs"].last_error == ""
    assert world.stored() == 1


def _refusing(_key):
    raise MissingPermissionError("may not read")


def test_one_source_that_fails_does_not_stop_the_others(world, pulling, logs):
    pulling.add(**s3_source(name="a-broken", settings={"logBucket": "photos"}))
    pulling.add(**s3_source(name="b-good"))
    world.buckets.remove("photos", actor="test")
    assert pulling.service.all() == []  # sources go with their bucket
    world.buckets.add(
        NewBucket(name="photos", url="s3://photos", endpoint="http://127.0.0.1:9"), actor="test"
    )
    pulling.add(**s3_source(name="a-broken", settings={"logBucket": "logs", "prefix": "bad/"}))
    pulling.add(**s3_source(name="b-good"))
    logs.put("bad/A.gz", b"\x1f\x8bnot gzip at all")
    logs.put("photos/A", log_line(1))
    world.clock.advance(HOUR)
    found = pulling.due()
    assert "can not be decompressed" in found["a-broken"].last_error
    assert found["b-good"].last_result["accepted"] == 1


def test_logs_from_a_real_s3_server(world, pulling, rclone_server):
    now = datetime.now(UTC)  # noqa: TID251 - a real server signs by the real clock
    world.clock.jump((now - world.clock.now()).total_seconds())
    location = rclone_server.bucket()
    store = rclone_server.open(location)
    store.put("photos/2026-11-20-11-00-00-A", log_line(1, f"{now:%d/%b/%Y:%H:%M:%S}"))
    store.close()
    keys = rclone_server.credentials
    world.buckets.add(
        NewBucket(
            name="logs", url=f"s3://{location.bucket}", endpoint=location.endpoint, region=location.region,
            access_key_id=keys.access_key_id, secret_access_key=keys.secret_access_key,
        ),
        actor="test",
    )  # fmt: skip
    pulling.add(**s3_source())
    assert pulling.now("photos-logs").last_result["accepted"] == 1


# Cloudflare


def r2_source(provider, **fields):
    settings = {"account": "acc", "endpoint": provider.url, "bucketName": "eu_media"}
    source = {"name": "media-r2", "format": "r2-analytics", "bucket": "media", "settings": settings}
    return source | {"secret": "cf-token"} | fields


def test_r2_is_asked_by_graphql_from_where_it_was_left(world, client, pulling, provider):
    provider.answers["/client/v4/graphql"] = lambda _: (200, (SAMPLES / "r2_analytics.json").read_bytes())
    pulling.add(**r2_source(provider))
    assert pulling.now("media-r2").last_result["accepted"] == 3 * 7
    first = provider.asked[0]
    variables = json.loads(first.body)["variables"]
    assert first.headers["authorization"] == "Bearer cf-token"
    assert variables == {
        "account": "acc", "bucket": "eu_media", "since": "2026-11-13T12:00:00Z", "until": "2026-11-14T12:00:00Z",
    }  # fmt: skip
    assert len(provider.asked) == 7

    world.clock.advance(HOUR)
    pulling.now("media-r2")
    again = json.loads(provider.asked[-1].body)["variables"]
    assert (again["since"], again["until"]) == ("2026-11-20T09:00:00Z", "2026-11-20T13:00:00Z")
    (item,) = client.get("/api/user/storage/reported").json()["items"]
    assert item["reported"]["requests"] == 45  # the same window many times


def test_what_cloudflare_refuses_arrives_as_200(pulling, provider):
    refusal = {"data": None, "errors": [{"message": "not authorized for that account"}]}
    provider.answers["/client/v4/graphql"] = lambda _: (200, refusal)
    pulling.add(**r2_source(provider))
    with pytest.raises(Exception, match="not authorized"):
        pulling.now("media-r2")
    assert "not authorized for that account" in pulling.service.get("media-r2").last_error


# Signed APIs


def is_signed(request, provider, *, service, region="us-east-1"):
    """Whether the signature is what the secret makes of the request."""
    given = request.headers["authorization"]
    names = given.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    headers = {name: request.headers[name] for name in names}
    asked = AWSRequest(request.method, provider.url + request.target, data=request.body, headers=headers)
    asked.context["timestamp"] = request.headers["x-amz-date"]
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    signer = kind(Credentials("AKIA1", SECRET), service, region)
    to_sign = signer.string_to_sign(asked, signer.canonical_request(asked))
    return given.endswith("Signature=" + signer.signature(to_sign, asked))


def test_ceph_is_asked_by_a_signed_request(world, client, pulling, provider):
    provider.answers["/admin/usage"] = lambda _: (200, (SAMPLES / "ceph_usage.json").read_bytes())
    pulling.add(
        name="ceph", format="ceph-usage", bucket="photos", secret=SECRET,
        settings={"accessKeyId": "AKIA1", "endpoint": provider.url, "uid": "ann"},
    )  # fmt: skip
    assert pulling.now("ceph").last_result["accepted"] == 3
    (request,) = provider.asked
    assert request.query == {
        "format": "json", "show-entries": "True", "show-summary": "False", "uid": "ann",
        "start": "2026-11-13 12:00:00", "end": "2026-11-20 12:00:00",
    }  # fmt: skip
    assert is_signed(request, provider, service="s3")
    (item,) = client.get("/api/user/storage/reported").json()["items"]
    assert (item["source"], item["reported"]["errors"]) == ("ceph-usage", 2)


def test_what_ceph_refuses_is_told_without_the_secret(pulling, provider):
    provider.answers["/admin/usage"] = lambda _: (403, {"Code": "AccessDenied"})
    settings = {"accessKeyId": "AKIA1", "endpoint": provider.url}
    pulling.add(name="ceph", format="ceph-usage", bucket="photos", secret=SECRET, settings=settings)
    with pytest.raises(MissingPermissionError):
        pulling.now("ceph")
    error = pulling.service.get("ceph").last_error
    assert "AccessDenied" in error
    assert SECRET not in error


def metric_data(request):
    """As GetMetricData answers in its JSON protocol: times in seconds; the first page of hours has another."""
    asked = json.loads(request.body)
    hourly = asked["MetricDataQueries"][0]["MetricStat"]["Period"] == HOUR
    values = {
        "AllRequests": 120.0,
        "GetRequests": 100.0,
        "BucketSizeBytes StandardStorage": 5e9,
        "NumberOfObjects": 9.0,
    }
    end = asked["EndTime"] - (HOUR if hourly else 86_400)
    series = [
        {"Id": one["Id"], "Label": one["Label"], "StatusCode": "Complete", "Timestamps": [float(end)],
         "Values": [values[one["Label"]]]}
        for one in asked["MetricDataQueries"] if one["Label"] in values
    ]  # fmt: skip
    if hourly and "NextToken" not in asked:
        return 200, {"MetricDataResults": series[:1], "NextToken": "more", "Messages": []}
    return 200, {"MetricDataResults": series[1:] if hourly else series, "Messages": []}


def test_cloudwatch_is_asked_by_signed_requests_page_by_page(world, client, pulling, provider):
    provider.answers["/"] = metric_data
    pulling.add(
        name="cw", format="cloudwatch", bucket="photos", secret=SECRET,
        settings={"accessKeyId": "AKIA1", "endpoint": provider.url},
    )  # fmt: skip
    assert pulling.now("cw").last_result["accepted"] == 4
    assert [is_signed(one, provider, service="monitoring") for one in provider.asked] == [True] * 3
    query = json.loads(provider.asked[1].body)["MetricDataQueries"][0]["MetricStat"]
    assert (query["Period"], query["Stat"], query["Metric"]["Namespace"]) == (3600, "Sum", "AWS/S3")
    items = client.get("/api/user/storage/reported").json()["items"]
    assert [(one["day"][:10], one["reported"]["requests"], one["reported"]["bytes"]) for one in items] == [
        ("2026-11-20", 120, None),
        ("2026-11-19", None, 5e9),
    ]


# Keeping them


def test_what_can_not_be_a_source_is_refused(world, pulling, logs):
    pulling.add(**s3_source())
    with pytest.raises(ImportSourceExistsError):
        pulling.add(**s3_source())
    for change in (
        {"format": "csv"},
        {"settings": {}},
        {"settings": {"logBucket": "logs", "colour": "red"}},
        {"cron": "often"},
        {"format": "r2-analytics", "settings": {"account": "a"}},
    ):
        with pytest.raises(SourceSettingsError):
            pulling.add(**s3_source(name="new") | change)
    with pytest.raises(UnknownBucketError):
        pulling.add(**s3_source(name="new", settings={"logBucket": "nowhere"}))
    with pytest.raises(BadEndpointError):
        pulling.add(
            name="new", format="r2-analytics", bucket="media", secret="s",
            settings={"account": "a", "endpoint": "http://169.254.169.254"},
        )  # fmt: skip


def test_a_source_is_edited_and_removed_and_that_is_recorded(world, pulling, logs):
    pulling.add(**s3_source())
    edited = pulling.service.edit("photos-logs", ImportSourceChange(cron="", secret=SECRET), actor="ann")
    assert (edited.cron, edited.has_secret, edited.settings["prefix"]) == ("", True, "photos/")
    world.clock.advance(24 * HOUR)
    assert pulling.due()["photos-logs"].last_run_at is None  # on demand only
    pulling.service.remove("photos-logs", actor="ann")
    with pytest.raises(UnknownImportSourceError):
        pulling.service.get("photos-logs")
    records = world.audit.page(action="import-source").items
    assert [one.action for one in records] == [
        "import-source.delete", "import-source.update", "import-source.create",
    ]  # fmt: skip
    assert SECRET not in repr(records)


def test_a_paused_source_waits_and_goes_on_where_it_was(world, pulling, logs):
    pulling.add(**s3_source())
    assert pulling.service.get("photos-logs").next_run_at == datetime(2026, 11, 20, 12, 10, tzinfo=UTC)
    paused = pulling.service.edit("photos-logs", ImportSourceChange(paused=True), actor="ann")
    assert (paused.paused, paused.next_run_at, paused.cron) == (True, None, "10 * * * *")
    logs.put("photos/2026-11-20-11-00-00-A", log_line(1))
    world.clock.advance(HOUR)
    assert pulling.due()["photos-logs"].last_run_at is None
    assert pulling.service.all()[0].paused
    pulling.service.edit("photos-logs", ImportSourceChange(paused=False), actor="ann")
    resumed = pulling.due()["photos-logs"]
    assert (resumed.paused, resumed.last_result["accepted"]) == (False, 1)
    assert resumed.next_run_at == datetime(2026, 11, 20, 13, 10, tzinfo=UTC)


def test_a_source_that_can_not_work_can_be_paused(pulling, world, logs):
    pulling.add(**s3_source())
    world.buckets.remove("logs", actor="test")
    with pytest.raises(UnknownBucketError):
        pulling.service.edit("photos-logs", ImportSourceChange(cron=""), actor="ann")
    assert pulling.service.edit("photos-logs", ImportSourceChange(paused=True), actor="ann").paused


def test_which_source_is_being_pulled_is_known(pulling, logs):
    pulling.add(**s3_source())
    assert pulling.service.being_pulled() == frozenset()
    pulling.service.start("photos-logs")
    assert pulling.service.being_pulled() == {"photos-logs"}


def test_missed_moments_are_made_good_by_one_pull(world, pulling, logs):
    pulling.add(**s3_source(cron="0 3 * * *"))
    world.clock.advance(timedelta(days=3).total_seconds())
    assert pulling.due()["photos-logs"].last_run_at == datetime(2026, 11, 23, 12, tzinfo=UTC)
