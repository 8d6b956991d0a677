"""The play of `demo --faults`: now and then one fault, for a minute."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from threading import Event, Thread

from storekeeper.cli.local.demo.outage.asking import Control
from storekeeper.cli.local.demo.outage.model import Wish
from storekeeper.cli.screen import note
from storekeeper.kernel.units import format_duration, format_percent
from storekeeper.objectstore.faulty import Switch

_WELL, _UNWELL = 120.0, 60.0  # seconds
_ACTS = (
    (Switch.SLOW, 1.0),
    (Switch.ERRORS, 0.5),
    (Switch.REFUSE, 1.0),
    (Switch.THROTTLE, 0.7),
    (Switch.CUT, 1.0),
    (Switch.WRONG_BYTES, 1.0),
    (Switch.CLOCK_SKEW, 1.0),
)


@contextmanager
def playing(url: str) -> Iterator[None]:
    """By the control at that URL, as long as the block lasts."""
    stop = Event()
    Thread(target=play, args=(Control(url), stop.wait, note), name="faults-script", daemon=True).start()
    try:
        yield
    finally:
        stop.set()


def play(control: Control, wait: Callable[[float], bool], tell: Callable[[str], None]) -> None:
    """Until `wait`, which takes seconds, says that it is over."""
    for switch, share in cycle(_ACTS):
        if wait(_WELL):
            return
        try:
            control.turn_on(switch, Wish(share=share, seconds=_UNWELL))
        except OSError as error:
            tell(f"The fault {switch} could not be switched on: {error}.")
            continue
        tell(f"Fault: {switch} for {format_duration(_UNWELL)}, {format_percent(share)} of the requests.")
        if wait(_UNWELL):
            return
        tell(f"The fault {switch} is over.")
