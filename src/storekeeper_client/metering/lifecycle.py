"""What every meter owes its process: to flush at the end, and to start clean in a forked child."""

import atexit
import os
from multiprocessing import process, util
from typing import Protocol


class Lives(Protocol):
    """Something that takes part."""

    def close(self) -> None: ...

    def start_over(self) -> None: ...


_living: set[Lives] = set()  # until they are closed: what a forgotten meter holds is sent, too


def enroll(meter: Lives) -> None:
    _living.add(meter)
    if process.parent_process() is not None:
        _close_with_child()


def dismiss(meter: Lives) -> None:
    _living.discard(meter)


def _at_exit() -> None:
    for meter in list(_living):
        meter.close()


def _after_fork() -> None:
    for meter in list(_living):
        meter.start_over()


def _close_with_child(_: object = None) -> None:
    """Children of multiprocessing end by `os._exit`, with an end of their own before."""
    util.Finalize(None, _at_exit, exitpriority=10)


atexit.register(_at_exit)
util.register_after_fork(_at_exit, _close_with_child)
if hasattr(os, "register_at_fork"):  # Windows does not fork
    os.register_at_fork(after_in_child=_after_fork)
