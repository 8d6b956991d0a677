"""A durable queue of bodies: what `append` returned for is on disk, and leaves exactly once, in order.

SQLite with `synchronous=FULL`. Writers share commits (group commit): one fsync acknowledges everyone who came while the
last one ran. Bodies leave in fixed ranges: a range and its token are written down before anything is done with them, so
that after a crash the same bodies go out under the same token, and whoever takes them can tell that they came before.
"""

from .model import Appended, Departure, Entry, Level, Stored
from .spool import Spool

__all__ = ["Appended", "Departure", "Entry", "Level", "Spool", "Stored"]
