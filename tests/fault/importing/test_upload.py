"""Large files over HTTP: a refusal is told although the file was not read to its end, and a file that breaks off too."""

import gzip
import socket
from datetime import datetime

import pytest

from storekeeper_client import ApiError, Client, UnreachableError

pytestmark = pytest.mark.slow
MEGABYTE = 1 << 20


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        file.write(b"time,operation,status\n")
        for _ in range(60):
            file.write(b"x" * (MEGABYTE - 1) + b"\n")
    return path


def test_a_refusal_is_told_before_the_file_was_read(lasting_server, file):
    with lasting_server.client() as admin:
        admin.post("/api/buckets", json={"name": "photos", "url": "s3://photos", "scanCron": ""})
        token = admin.headers["Authorization"].removeprefix("Bearer ")
    cases = [
        ("sk_wrong.key", "csv", "photos", "token-refused"),
        (token, "csv", "nowhere", "unknown-bucket"),
        (token, "no-format", "photos", "not-found"),
    ]
    for bearer, form, bucket, slug in cases:
        with Client(lasting_server.url, token=bearer) as client, pytest.raises(ApiError) as refused:
            client.import_file(form, file, bucket=bucket)
        assert refused.value.slug == slug


def test_a_file_that_is_broken_is_refused_and_what_was_read_stays(lasting_server, tmp_path):
    with lasting_server.client() as admin:
        admin.post("/api/buckets", json={"name": "photos", "url": "s3://photos", "scanCron": ""})
        token = admin.headers["Authorization"].removeprefix("Bearer ")
        line = b'o photos [%s +0000] - - ID%%06d REST.GET.OBJECT k "GET /k HTTP/1.1" 200 - 5 5 1 1\n'
        now = admin.get("/health").json()["timestamp"]
        line %= _as_logged(now).encode()
        path = tmp_path / "access.log.gz"
        path.write_bytes(gzip.compress(b"".join(line % number for number in range(25_000)))[:-9])
        with Client(lasting_server.url, token=token) as client:
            with pytest.raises(ApiError) as refused:
                client.import_file("s3-access-log", path, bucket="photos")
            assert refused.value.slug == "bad-body"
            path.write_bytes(gzip.compress(b"".join(line % number for number in range(25_000))))
            found = client.import_file("s3-access-log", path, bucket="photos")
    assert (found.accepted, found.duplicates) == (5_000, 20_000)


def _as_logged(moment):
    return f"{datetime.fromisoformat(moment):%d/%b/%Y:%H:%M:%S}"


def test_a_server_that_is_not_there_is_unreachable(free_port, file):
    with Client(f"http://127.0.0.1:{free_port()}", token="sk_a.b") as client, pytest.raises(UnreachableError):
        client.import_file("csv", file, bucket="photos")


def test_a_caller_who_goes_away_is_no_fault_of_ours(lasting_server):
    with lasting_server.client() as admin:
        admin.post("/api/buckets", json={"name": "photos", "url": "s3://photos", "scanCron": ""})
        head = (
            "POST /api/imports/csv?bucket=photos HTTP/1.1\r\nHost: storekeeper\r\nContent-Length: 1000000\r\n"
            f"Authorization: {admin.headers['Authorization']}\r\n\r\ntime,operation,status\n"
        )
        host, _, port = lasting_server.url.partition("://")[2].partition(":")
        with socket.create_connection((host, int(port))) as gone:
            gone.sendall(head.encode())
        for _ in range(3):
            assert admin.get("/health").status_code == 200
    lasting_server.end(kill=False)  # no test comes after this one
    assert "unexpected error" not in (lasting_server.data.parent / "server.log").read_text()
