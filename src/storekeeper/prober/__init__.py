"""A second vantage point: a process on another machine that checks the server's buckets, without any of their credentials.

The server signs rounds a few minutes ahead; `agenda` knows when each is due, `watching` makes it, the `outbox` keeps what
was found until the `courier` has brought it to the server and come back with the next rounds. `model` is what they say to
each other. It needs no database.
"""

from storekeeper.prober.process import RefusedError, serve

__all__ = ["RefusedError", "serve"]
