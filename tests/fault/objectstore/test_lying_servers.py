"""Answers that no honest server sends, from one that sends what it is told."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from storekeeper.objectstore import Credentials, errors

SECRETIVE = Credentials(
    access_key_id="AKIASECRETIVE0000000",
    secret_access_key="secret-key-0123456789",
    session_token="session-token-0123456789",
)


@pytest.fixture
def liar():
    """A server whose `answers` are sent in turn, the last for ever; `seen` holds (path, headers) of requests."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            server.seen.append((self.path, dict(self.headers)))
            status, headers, body = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
            body = body(self) if callable(body) else body
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    server.answers, server.seen = [], []
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_redirects_are_told_not_followed(liar, open_at):
    liar.answers = [(307, {"Location": f"{liar.url}/elsewhere", "x-amz-bucket-region": "eu-north-1"}, b"")]
    with pytest.raises(errors.RedirectedError) as failed:
        open_at(liar.url).list_page()
    assert failed.value.extra["region"] == "eu-north-1"
    assert len(liar.seen) == 1


def test_an_error_under_status_200_is_an_error(liar, open_at):
    liar.answers = [(200, {}, b"<Error><Code>SlowDown</Code><Message>later</Message></Error>")]
    with pytest.raises(errors.ThrottledError):
        open_at(liar.url).list_page()


@pytest.mark.parametrize(
    "body", [b"", b"<html><body>Sign in to the hotel's network</body></html>", b"\x00\xff", b"{}"]
)
def test_a_web_page_is_no_listing(liar, open_at, body):
    liar.answers = [(200, {}, body)]
    with pytest.raises(errors.MalformedAnswerError):
        open_at(liar.url).list_page()


def test_an_object_that_looks_like_an_error_is_still_the_object(liar, open_at):
    liar.answers = [(200, {}, b"<Error><Code>SlowDown</Code></Error>")]
    assert open_at(liar.url).get("k") == b"<Error><Code>SlowDown</Code></Error>"


def test_a_server_that_echoes_our_headers_does_not_get_them_into_errors(liar, open_at):
    def echo(handler):
        return f"<Error><Code>AccessDenied</Code><Message>{handler.headers}</Message></Error>".encode()

    liar.answers = [(403, {}, echo)]
    with pytest.raises(errors.MissingPermissionError) as failed:
        open_at(liar.url, credentials=SECRETIVE).list_page()
    sent = liar.seen[0][1]
    assert sent["X-Amz-Security-Token"] == SECRETIVE.session_token
    shown = repr(failed.value.problem()) + str(failed.value)
    for private in (
        SECRETIVE.secret_access_key,
        SECRETIVE.session_token,
        sent["Authorization"].rpartition("=")[2],
    ):
        assert private not in shown


def test_credentials_do_not_show():
    shown = f"{SECRETIVE!r} {SECRETIVE} {[SECRETIVE]}"
    assert "AKIASECRETIVE" in shown
    assert "0123456789" not in shown


def test_a_server_that_counts_more_than_it_sends(liar, open_at):
    liar.answers = [(200, {"Content-Length": "1000", "Connection": "close"}, b"<ListBucketResult/>")]
    store = open_at(liar.url, read_timeout=0.2)
    with pytest.raises((errors.ConnectError, errors.StoreTimeoutError)):
        store.list_page()


def test_uploads_and_versions_that_do_not_advance(liar, open_at):
    markers = (
        "<IsTruncated>true</IsTruncated><NextKeyMarker>a+b</NextKeyMarker><EncodingType>url</EncodingType>"
    )
    store = open_at(liar.url)
    for ask, name in (
        (store.list_uploads, "ListMultipartUploadsResult"),
        (store.list_versions, "ListVersionsResult"),
    ):
        liar.answers = [(200, {}, f"<{name}>{markers}</{name}>".encode())]
        token = ask().token
        with pytest.raises(errors.ListingLoopError):
            ask(token=token)
    assert "key-marker=a%20b" in liar.seen[-1][0]


def test_parts_that_do_not_advance(liar, open_at):
    upload = "<Upload><Key>k</Key><UploadId>u</UploadId><Initiated>2026-01-01T00:00:00Z</Initiated></Upload>"
    listing = f"<ListMultipartUploadsResult>{upload}</ListMultipartUploadsResult>".encode()
    parts = b"<ListPartsResult><IsTruncated>true</IsTruncated></ListPartsResult>"
    liar.answers = [(200, {}, listing), (200, {}, parts)]
    with pytest.raises(errors.ListingLoopError):
        open_at(liar.url).list_uploads()


def test_an_upload_that_ended_meanwhile_is_left_out(liar, open_at):
    uploads = "".join(
        f"<Upload><Key>{key}</Key><UploadId>u</UploadId><Initiated>2026-01-01T00:00:00Z</Initiated></Upload>"
        for key in ("gone", "there")
    )
    liar.answers = [
        (200, {}, f"<ListMultipartUploadsResult>{uploads}</ListMultipartUploadsResult>".encode()),
        (404, {}, b"<Error><Code>NoSuchUpload</Code></Error>"),
        (200, {}, b"<ListPartsResult><Part><Size>7</Size></Part></ListPartsResult>"),
    ]
    page = open_at(liar.url).list_uploads()
    assert [(upload.key, upload.parts, upload.bytes) for upload in page.uploads] == [("there", 1, 7)]
