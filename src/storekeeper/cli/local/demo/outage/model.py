"""What the control of the demo's faults speaks, and where it is told."""

import msgspec

from storekeeper.objectstore.faulty import SwitchedOn

TOLD_IN = "faults.json"  # in the demo's folder


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the process is to be: a proxy before this endpoint, with a control at this path."""

    upstream: str
    token: str


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """The endpoint that applications use, and the URL that controls its faults."""

    endpoint: str
    control: str


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """How a switch is to be on: for this share of the requests, and for so many seconds, or until it is turned off."""

    share: float = 1.0
    seconds: float | None = None


class State(msgspec.Struct, frozen=True, kw_only=True):
    """`requests` reached the endpoint since the demo began."""

    requests: int
    switches: list[SwitchedOn]
