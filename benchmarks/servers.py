"""S3 servers to measure against: rclone over real files, and a listing of any length made up on the fly."""

import contextlib
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from benchmarks.harness import BIN

CREDENTIALS = ("AKIABENCHBENCHBENCH0", "benchmark-secret-0123456789")
IN_A_FOLDER = 1000


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def rclone(folder):
    """Endpoint of `rclone serve s3` over a folder; its subfolders are the buckets."""
    with _serving(
        [
            BIN / "rclone",
            "serve",
            "s3",
            folder,
            "--addr",
            "127.0.0.1:{port}",
            "--auth-key",
            ",".join(CREDENTIALS),
            "--config",
            "",
        ]
    ) as endpoint:
        yield endpoint


@contextlib.contextmanager
def made_up(objects):
    """Endpoint of a server whose every bucket lists that many objects in folders of 1,000."""
    with _serving([sys.executable, "-m", "benchmarks.servers", "{port}", objects]) as endpoint:
        yield endpoint


@contextlib.contextmanager
def _serving(command):
    port = free_port()
    words = [str(word).replace("{port}", str(port)) for word in command]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            pause = threading.Event()
            for _ in range(200):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                pause.wait(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def key(number):
    return f"tenant-{number // IN_A_FOLDER:06}/objects/file-{number:09}.bin"


class _Listing(BaseHTTPRequestHandler):
    """ListObjectsV2 over `key(0) … key(objects - 1)`; any other question has an empty answer."""

    protocol_version = "HTTP/1.1"
    objects = 0

    def do_GET(self):
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        body = self._list(query) if "list-type" in query else _other(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _list(self, query):
        prefix, limit = query.get("prefix", ""), int(query.get("max-keys", 1000))
        if query.get("delimiter") and not prefix:
            return self._folders(query.get("start-after", ""), limit)
        first, end = self._range(prefix, query.get("continuation-token") or query.get("start-after", ""))
        last = min(first + limit, end)
        contents = "".join(
            f"<Contents><Key>{key(number)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f"<Size>{number % 1000}</Size><StorageClass>STANDARD</StorageClass></Contents>"
            for number in range(first, last)
        )
        return _result(contents, key(last - 1) if last < end else "")

    def _range(self, prefix, after):
        first, end = 0, self.objects
        if prefix:
            folder = int(prefix[7:13])
            first, end = folder * IN_A_FOLDER, min(self.objects, (folder + 1) * IN_A_FOLDER)
        if after:
            low, high = first, end
            while low < high:
                middle = (low + high) // 2
                low, high = (middle + 1, high) if key(middle) <= after else (low, middle)
            first = low
        return first, end

    def _folders(self, after, limit):
        names = [f"tenant-{folder:06}/" for folder in range((self.objects + IN_A_FOLDER - 1) // IN_A_FOLDER)]
        ahead = [name for name in names if name > after]
        common = "".join(
            f"<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>" for name in ahead[:limit]
        )
        return _result(common, ahead[limit - 1] if len(ahead) > limit else "")

    def log_message(self, *_):
        """Quiet."""


def _result(items, token):
    more = (
        f"<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>"
        if token
        else ""
    )
    return f"<ListBucketResult><EncodingType>url</EncodingType>{items}{more or '<IsTruncated>false</IsTruncated>'}</ListBucketResult>".encode()


def _other(path):
    name = "VersioningConfiguration" if "versioning" in path else "ListMultipartUploadsResult"
    return f"<{name}></{name}>".encode()


if __name__ == "__main__":
    _Listing.objects = int(sys.argv[2])
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), _Listing).serve_forever()
