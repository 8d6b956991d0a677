"""`demo fault`: look at the demo's faults, and switch them."""

import msgspec

from storekeeper.cli.failing import Status, fail
from storekeeper.cli.local.demo.outage.asking import Control, find
from storekeeper.cli.local.demo.outage.model import State, Wish
from storekeeper.cli.screen import NOTHING, count, emit, table
from storekeeper.kernel.units import format_duration, format_percent, parse_duration
from storekeeper.objectstore.faulty import Switch

_OFF = "off"


def fault(switch: str | None, *, lasting: str, share: float, as_json: bool) -> None:
    """Ends with status 3 where no demo runs."""
    wanted = _wanted(switch) if switch and switch != _OFF else None
    wish = Wish(share=share, seconds=_seconds(lasting) if lasting else None)
    control = find()
    if control is None:
        fail("No demo of yours runs.", hint="Start one: storekeeper demo", status=Status.UNREACHABLE)
    try:
        state = _carried_out(control, switch, wanted, wish)
    except OSError as error:
        fail(f"The demo could not be told: {error}.", status=Status.UNREACHABLE)
    _show(state, as_json=as_json)


def _carried_out(control: Control, switch: str | None, wanted: Switch | None, wish: Wish) -> State:
    if wanted:
        return control.turn_on(wanted, wish)
    return control.turn_off() if switch == _OFF else control.state()


def _wanted(switch: str) -> Switch:
    try:
        return Switch(switch)
    except ValueError:
        known = ", ".join([*Switch, _OFF])
        fail(f"There is no switch {switch!r}.", hint=f"Choose one of: {known}.", status=Status.WRONG_USE)


def _seconds(text: str) -> float:
    try:
        seconds = parse_duration(text)
    except ValueError:
        seconds = 0
    if seconds <= 0:
        fail(f"{text!r} is not a time.", hint="Write it like 30s or 5m.", status=Status.WRONG_USE)
    return seconds


def _show(state: State, *, as_json: bool) -> None:
    if as_json:
        emit(msgspec.to_builtins(state))
        return
    table(
        ["Fault", ">Share", ">Time left", ">Requests that got it"],
        [
            (
                each.switch,
                format_percent(each.share),
                NOTHING if each.seconds_left is None else format_duration(each.seconds_left),
                count(each.requests),
            )
            for each in state.switches
        ],
        empty="All is well: no fault is on.",
    )
