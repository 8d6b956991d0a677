"""Listings that do not end or do not advance."""

import re
from threading import Lock

_TOKEN = re.compile(rb"<NextContinuationToken>.*?</NextContinuationToken>", re.DOTALL)
_TRUNCATED = re.compile(rb"<IsTruncated>.*?</IsTruncated>")
_ENDLESS_PAGE = 1000


class Listings:
    """Remembers the first page that it saw, to repeat it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last_page = b""
        self._pages = 0

    def bent(self, body: bytes, mode: str) -> bytes:
        """The page that `mode` of Faults describes, in place of an honest one."""
        with self._lock:
            self._pages += 1
            page = self._pages
            if mode == "endless":
                return _endless_page(page)
            if not self._last_page:
                self._last_page = body
            return _with_token(self._last_page, b"again" if mode == "same-token" else b"again-%d" % page)


def _with_token(page: bytes, token: bytes) -> bytes:
    page = _TOKEN.sub(b"", page)
    more = b"<IsTruncated>true</IsTruncated><NextContinuationToken>" + token + b"</NextContinuationToken>"
    return _TRUNCATED.sub(lambda _: more, page)


def _endless_page(page: int) -> bytes:
    contents = "".join(
        f"<Contents><Key>endless/{page:09}/{index:04}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
        f"<Size>1</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for index in range(_ENDLESS_PAGE)
    )
    return (
        f"<ListBucketResult><IsTruncated>true</IsTruncated><EncodingType>url</EncodingType>{contents}"
        f"<NextContinuationToken>{page}</NextContinuationToken></ListBucketResult>"
    ).encode()
