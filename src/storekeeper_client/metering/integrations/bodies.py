"""Bodies of botocore: how large those of requests are, and those of responses that the program has yet to read."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from storekeeper_client.metering.note import Note

from .streams import Count

Submit = Callable[[Note], None]


class Reading(Count):
    """The body of a response that the program reads; submits the note of it when it is done.

    It does not know the response, so that an abandoned body is noticed at once and not by the garbage collector.
    """

    __slots__ = ("note", "submit")

    note: Note
    submit: Submit

    def done(self, size: int, error: str) -> None:
        note = self.note
        note.received = size
        if error:
            note.error = error
        self.submit(note)


def body_size(data: Any, headers: Any) -> int:
    """Bytes of a request's body, before any transfer coding."""
    if not data:
        return 0
    if type(data) is BytesIO:  # what botocore makes of bytes; never sent in a transfer coding
        here = data.tell()
        end = data.seek(0, 2)
        data.seek(here)
        return end - here
    if hasattr(data, "__len__"):
        return len(data)
    length = headers.get("X-Amz-Decoded-Content-Length")
    return int(length) if length is not None else _rest_of(data)


def _rest_of(file: Any) -> int:
    """Bytes from the file's position to its end, as botocore finds them; none for what can only be read."""
    if not (hasattr(file, "seek") and hasattr(file, "tell")):
        return 0
    here: int = file.tell()
    file.seek(0, 2)
    end: int = file.tell()
    file.seek(here)
    return end - here
