"""Names of probe objects: whose they are and when they were made can be read off them."""

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

RESERVED_PREFIX = ".storekeeper-probe/"  # in every bucket; nothing below it belongs to an owner
PREFIX = RESERVED_PREFIX + "{node}/"
_NAME = re.compile(
    re.escape(RESERVED_PREFIX) + r"(?P<node>[A-Za-z0-9-]{1,64})/(?P<time>\d{8}T\d{9}Z)-[0-9a-f]{16}"
)
_TIME = "%Y%m%dT%H%M%S"


class ProbeName(NamedTuple):
    """What the name of a probe object tells."""

    node: str
    made: datetime


def new_name(node: str, now: datetime) -> str:
    """A key that no other round has, such as `.storekeeper-probe/a1b2/20261121T140500123Z-0f1e2d3c4b5a6978`."""
    moment = now.astimezone(UTC)
    millis = moment.microsecond // 1000
    return f"{PREFIX.format(node=node)}{moment.strftime(_TIME)}{millis:03}Z-{secrets.token_hex(8)}"


def parse_name(key: str) -> ProbeName | None:
    """None for a key that is not of a probe."""
    match = _NAME.fullmatch(key)
    if match is None:
        return None
    text = match["time"]
    try:
        moment = datetime.strptime(text[:15], _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
    return ProbeName(match["node"], moment + timedelta(milliseconds=int(text[15:18])))
