"""Bucket URLs: what they mean, and what is refused."""

import pytest

from storekeeper.kernel.errors import BadInputError
from storekeeper.objectstore import parse_location
from storekeeper.objectstore.errors import BadEndpointError
from storekeeper.objectstore.url import guess_provider


@pytest.mark.parametrize(
    ("url", "extra", "endpoint", "region", "provider"),
    [
        ("s3://photos", {}, "https://s3.us-east-1.amazonaws.com", "us-east-1", "aws"),
        ("s3://photos", {"region": "eu-west-1"}, "https://s3.eu-west-1.amazonaws.com", "eu-west-1", "aws"),
        ("s3://my.dotted.bucket", {}, "https://s3.us-east-1.amazonaws.com", "us-east-1", "aws"),
        ("s3://p", {"region": "cn-north-1"}, "https://s3.cn-north-1.amazonaws.com.cn", "cn-north-1", "aws"),
        ("r2://abc123/photos", {}, "https://abc123.r2.cloudflarestorage.com", "auto", "r2"),
        (
            "b2://photos",
            {"region": "us-west-004"},
            "https://s3.us-west-004.backblazeb2.com",
            "us-west-004",
            "b2",
        ),
        ("gs://photos", {}, "https://storage.googleapis.com", "auto", "gcs"),
        ("s3://photos", {"endpoint": "http://10.0.0.5:9000/"}, "http://10.0.0.5:9000", "us-east-1", "minio"),
        ("s3://photos", {"endpoint": "http://[::1]:8333"}, "http://[::1]:8333", "us-east-1", "other"),
        (
            "s3://photos",
            {"endpoint": "https://s3.fra.example", "region": "fra"},
            "https://s3.fra.example",
            "fra",
            "other",
        ),
        (
            "s3://photos",
            {"endpoint": "https://abc.eu.r2.cloudflarestorage.com/photos"},
            "https://abc.eu.r2.cloudflarestorage.com",
            "auto",
            "r2",
        ),
        (
            "s3://photos",
            {"endpoint": "https://x.example", "provider": "ceph"},
            "https://x.example",
            "us-east-1",
            "ceph",
        ),
    ],
)
def test_remote_buckets(url, extra, endpoint, region, provider):
    location = parse_location(url, **extra)
    assert (location.endpoint, location.region, location.provider) == (endpoint, region, provider)
    assert location.bucket == url.rpartition("/")[2]


@pytest.mark.parametrize(
    ("endpoint", "provider", "region"),
    [
        ("https://s3.amazonaws.com", "aws", ""),
        ("https://s3.dualstack.eu-central-1.amazonaws.com", "aws", "eu-central-1"),
        ("https://s3.us-gov-west-1.amazonaws.com", "aws", "us-gov-west-1"),
        ("https://s3.us-west-004.backblazeb2.com", "b2", "us-west-004"),
        ("https://s3.eu-central-2.wasabisys.com", "wasabi", "eu-central-2"),
        ("https://s3.wasabisys.com", "wasabi", ""),
        ("https://fra1.digitaloceanspaces.com", "digitalocean", "fra1"),
        ("https://fsn1.your-objectstorage.com", "hetzner", "fsn1"),
        ("https://minio.internal", "minio", ""),
        ("http://rgw-1.lan:7480", "ceph", ""),
        ("http://127.0.0.1:9000", "minio", ""),
        ("https://s3.amazonaws.com.evil.example", "other", ""),
        ("https://example.com", "other", ""),
    ],
)
def test_a_host_tells_provider_and_region(endpoint, provider, region):
    assert guess_provider(endpoint) == (provider, region)


def test_folders_and_memory():
    folder = parse_location("file:///srv/data/my%20files/")
    assert (folder.path, folder.bucket, folder.provider, folder.endpoint) == (
        "/srv/data/my files",
        "my files",
        "folder",
        "",
    )
    assert parse_location("file:///srv/a/../b").path == "/srv/b"
    memory = parse_location("memory://demo")
    assert (memory.bucket, memory.provider, memory.path) == ("demo", "memory", "")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "photos",
        "ftp://photos",
        "https://bucket.s3.amazonaws.com",
        "s3://",
        "s3:///photos",
        "s3://photos/prefix",
        "s3://key:secret@photos",
        "s3://photos?x=1",
        "s3://..",
        "s3://a..b",
        "s3://-photos",
        "s3://pho tos",
        "s3://[",
        "r2://photos",
        "r2://acc/photos/more",
        "r2://ac.count/photos",
        "b2://photos",
        "file://relative/path",
        "file:///",
        "file:///a/../..",
        "file:///a%00b",
        "memory://",
        "memory://a/b",
    ],
)
def test_nonsense_is_refused_with_a_reason(url):
    with pytest.raises(BadInputError) as refused:
        parse_location(url)
    assert refused.value.detail
    assert "secret" not in refused.value.detail


@pytest.mark.parametrize(
    "extra",
    [
        {"provider": "nobody"},
        {"region": "eu west"},
        {"region": "x/../y"},
        {"endpoint": "https://x.example/some/path"},
    ],
)
def test_nonsense_beside_the_url_is_refused(extra):
    with pytest.raises(BadInputError):
        parse_location("s3://photos", **extra)


def test_a_forbidden_endpoint_is_refused_when_it_is_registered():
    with pytest.raises(BadEndpointError):
        parse_location("s3://photos", endpoint="http://169.254.169.254")


def test_a_folder_takes_no_endpoint():
    with pytest.raises(BadInputError):
        parse_location("file:///srv", endpoint="https://x.example")
