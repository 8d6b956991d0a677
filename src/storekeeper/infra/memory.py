"""Gives memory back to the system after heavy work.

Allocators keep what was freed (70 MB after a scan, measured), and the engine's start maps 170 MB of its program text
that an idle server does not run. Both come back by themselves when they are needed: freed pages by allocation, program
text by a minor fault from the page cache.
"""

import ctypes
import ctypes.util
import gc
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

ENGINE = "_chdb"
# Of a private mapping that nobody wrote to, which program text is: unmap, and keep it cached.
_MADV_DONTNEED = 4


def give_back() -> None:
    """Release what Arrow, glibc and the engine's program text hold unused. Takes some milliseconds."""
    pa.default_memory_pool().release_unused()
    libc = ctypes.CDLL(ctypes.util.find_library("c") or None)
    if hasattr(libc, "malloc_trim"):  # glibc; musl has no such thing
        libc.malloc_trim(0)
    for start, length in _program_text(ENGINE):
        libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), _MADV_DONTNEED)


def _program_text(library: str) -> Iterator[tuple[int, int]]:
    """(address, bytes) of the executable, read-only mappings of a library; nothing where there is no /proc."""
    maps = Path("/proc/self/maps")
    for line in maps.read_text().splitlines() if maps.exists() else ():
        span, permissions, *rest = line.split(maxsplit=5)
        if permissions == "r-xp" and rest and library in rest[-1]:
            start, end = (int(part, 16) for part in span.split("-"))
            yield start, end - start


def collect_rarely() -> None:
    """To look for garbage that refers to itself stops everybody: some take 90 ms. There is little of it; the rest goes without that.

    What was made so far stays, and is not looked through again. New objects are after 20,000 instead of 700, all of them after some
    20,000 requests instead of a hundred.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
