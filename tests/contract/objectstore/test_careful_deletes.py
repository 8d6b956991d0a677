"""Deleting what was seen and nothing else, tags, and bringing back from versions."""

import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from sessions import new_session
from storekeeper.kernel.clock import SystemClock
from storekeeper.objectstore import WITH_ETAGS, open_store, parse_location
from storekeeper.objectstore.errors import ChangedMeanwhileError, NoSuchKeyError, UnsupportedError
from storekeeper.objectstore.folder import FolderStore
from storekeeper.objectstore.memory import MemoryStore
from storekeeper.objectstore.port import Described

SECOND = timedelta(seconds=1)


def test_an_object_is_described_as_it_is_listed(store):
    store.put("a/b", b"hello")
    page = store.list_page(etags=True)
    assert page.objects.schema == WITH_ETAGS
    (row,) = page.objects.to_pylist()
    seen = store.describe("a/b")
    assert (seen.size, seen.etag) == (row["size"], row["etag"])
    assert abs(seen.modified - row["modified"]) < SECOND
    with pytest.raises(NoSuchKeyError):
        store.describe("a/c")


def test_what_was_seen_is_removed_and_what_is_gone_is_no_error(store):
    store.put("a/b", b"hello")
    seen = store.describe("a/b")
    assert store.remove("a/b", seen=seen) == ""
    assert store.list_page().objects.num_rows == 0
    assert store.remove("a/b", seen=seen) == ""


@pytest.mark.parametrize("kind", ["memory", "folder"])
def test_what_was_written_meanwhile_stays(kind, tmp_path):
    store = MemoryStore(SystemClock()) if kind == "memory" else FolderStore(str(tmp_path))
    store.put("a", b"hello")
    seen = store.describe("a")
    store.put("a", b"others")
    with pytest.raises(ChangedMeanwhileError):
        store.remove("a", seen=seen)
    assert store.get("a") == b"others"


class Refusing(BaseHTTPRequestHandler):
    """Says that the condition does not hold, and keeps what it was."""

    conditions: ClassVar[list[str]] = []

    def do_DELETE(self):
        self.conditions.append(self.headers.get("If-Match"))
        self.send_response(412)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words):
        """Quiet."""


@pytest.mark.parametrize(("provider", "condition"), [("aws", '"abc"'), ("ceph", '"abc"'), ("minio", None)])
def test_the_condition_goes_with_the_request_where_the_provider_heeds_it(provider, condition):
    Refusing.conditions.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        store = open_store(
            parse_location("s3://b", endpoint=endpoint, provider=provider), clock=SystemClock()
        )
        seen = Described(size=1, modified=SystemClock().now(), etag="abc")
        with pytest.raises(ChangedMeanwhileError):
            store.remove("a", seen=seen)
        store.close()
        server.shutdown()
    assert Refusing.conditions == [condition]


@pytest.fixture
def bucket(moto_s3):
    """(boto3 client, bucket name, our store) of a bucket that keeps versions."""
    location = moto_s3.bucket()
    client = new_session().client(
        "s3", endpoint_url=moto_s3.endpoint, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1"
    )  # fmt: skip
    client.put_bucket_versioning(Bucket=location.bucket, VersioningConfiguration={"Status": "Enabled"})
    store = moto_s3.open(location)
    yield client, location.bucket, store
    store.close()
    client.close()


def test_a_marker_that_is_taken_away_brings_the_object_back(bucket):
    _, _, store = bucket
    for key in ("a b+ü", "a b+üx"):
        store.put(key, b"hello")
    marker = store.remove("a b+ü", seen=store.describe("a b+ü"))
    assert marker
    assert (store.marker_of("a b+ü"), store.marker_of("a b+üx")) == (marker, "")
    store.remove_marker("a b+ü", marker)
    assert store.get("a b+ü") == b"hello"
    assert store.list_versions().totals.delete_markers == 0
    store.remove_marker("a b+ü", marker)


def test_tags(bucket):
    client, name, store = bucket
    store.put("a", b"1")
    assert store.tags("a") == {}
    tagging = {"TagSet": [{"Key": "kind", "Value": "temporary"}, {"Key": "e", "Value": ""}]}
    client.put_object_tagging(Bucket=name, Key="a", Tagging=tagging)
    assert store.tags("a") == {"kind": "temporary", "e": ""}
    with pytest.raises(NoSuchKeyError):
        store.tags("b")


def test_where_objects_have_no_tags_that_is_said(rclone_server):
    store = rclone_server.open(rclone_server.bucket())
    store.put("a", b"not xml")
    with pytest.raises(UnsupportedError):
        store.tags("a")
    store.close()
