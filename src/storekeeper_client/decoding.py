"""JSON of servers as types, in any number of threads."""

import os
import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}
_making = threading.Lock()
if hasattr(os, "register_at_fork"):  # Windows does not fork
    os.register_at_fork(
        before=_making.acquire, after_in_parent=_making.release, after_in_child=_making.release
    )


def decode(body: bytes | str, kind: type[T]) -> T:
    """What the JSON says. Raises msgspec.MsgspecError.

    msgspec looks at a type when it is read for the first time, and a thread that reads it at that moment finds it half done: with
    0.22 that ends the process. So one thread at a time meets new types.
    """
    if kind not in _decoders:
        with _making:
            _decoders[kind] = msgspec.json.Decoder(kind)
    found: T = _decoders[kind].decode(body)
    return found
