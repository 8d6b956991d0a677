"""Bodies cut into records: lines of text, lines of JSON, items of a JSON array. Memory stays bounded whatever comes."""

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import IO, Any

import msgspec

from storekeeper.metering.importing.model import Asked, Record
from storekeeper.metering.model import BodyError, TooLargeError

MAX_LINE = 64 << 10
MAX_DOCUMENT = 64 << 20
_GZIP = b"\x1f\x8b"
_BUFFER = 1 << 18
_BOM = b"\xef\xbb\xbf"
TOO_LONG = f"line: longer than {MAX_LINE >> 10} KiB"


def plain(body: IO[bytes]) -> IO[bytes]:
    """The body, decompressed where it begins as gzip does. Raises BodyError while it is read."""
    buffered = io.BufferedReader(_Named(body), _BUFFER)
    if buffered.peek(2)[:2] == _GZIP:
        unpacked = gzip.GzipFile(fileobj=buffered, mode="rb")
        return io.BufferedReader(_Named(unpacked), _BUFFER)
    return buffered


class _Named(io.RawIOBase):
    """Tells of a broken body in words of ours."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            chunk: bytes = self._source.read(len(buffer))
        except (OSError, EOFError, zlib.error) as error:
            raise BodyError(
                f"The file can not be decompressed: {error}",
                hint="What was read before was taken in. Import a whole file: nothing counts twice.",
            ) from None
        buffer[: len(chunk)] = chunk
        return len(chunk)


def document(body: IO[bytes]) -> bytes:
    """The whole of it. Raises TooLargeError beyond MAX_DOCUMENT."""
    whole = body.read(MAX_DOCUMENT + 1)
    if len(whole) > MAX_DOCUMENT:
        raise TooLargeError(
            f"The document is larger than {MAX_DOCUMENT >> 20} MiB.", hint="Ask the provider for less."
        )
    return whole


def lines(body: IO[bytes], _asked: Asked) -> Iterator[Record]:
    """Lines that are not blank; one that is too long is a fault and its rest is passed over."""
    number = 0
    while line := body.readline(MAX_LINE + 2):
        number += 1
        if len(line) > MAX_LINE + 1 and not line.endswith(b"\n"):
            _pass_over_the_rest(body)
            yield Record(number, line, fault=TOO_LONG)
            continue
        if number == 1:
            line = line.removeprefix(_BOM)
        if content := line.strip():
            yield Record(number, content, content)


def _pass_over_the_rest(body: IO[bytes]) -> None:
    while rest := body.readline(_BUFFER):
        if rest.endswith(b"\n"):
            return


def json_records(body: IO[bytes], asked: Asked) -> Iterator[Record]:
    """Lines of JSON, or the items of one JSON array."""
    first = body.peek(64).lstrip() if isinstance(body, io.BufferedReader) else b""
    if first.removeprefix(_BOM).startswith(b"["):
        return _items(document(body))
    return lines(body, asked)


def _items(whole: bytes) -> Iterator[Record]:
    try:
        items = msgspec.json.decode(whole.removeprefix(_BOM), type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BodyError(f"The body is not a JSON array: {error}") from None
    for number, item in enumerate(items, 1):
        content = bytes(item)
        yield Record(number, content, content)
