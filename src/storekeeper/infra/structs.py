"""Types that msgspec reads, made ready before there are threads."""

from contextlib import suppress

import msgspec


def prepare(base: type[msgspec.Struct] = msgspec.Struct) -> None:
    """Have msgspec look at all structs that are defined by now, while no other thread reads one.

    Else it does so when one is read for the first time, and whoever reads it at the same moment finds it half done: with 0.22 that
    ends the process, or leaves it hanging where a library catches the signal.
    """
    for kind in base.__subclasses__():
        with suppress(TypeError, ValueError, NameError):  # those of libraries that are never read
            msgspec.json.Decoder(kind)
        prepare(kind)
