"""Pure decisions about buckets: what an owner pattern means, whether a schedule is one."""

import re

from croniter import croniter

from storekeeper.kernel.errors import BadInputError
from storekeeper.objectstore.probing import RESERVED_PREFIX

_PLACEHOLDER = "{owner}"


def owner_regex(pattern: str) -> str:
    """The RE2 expression of an owner pattern, with one group `owner`; empty for an empty pattern.

    `users/{owner}/` means: keys that begin so, the owner being the text up to the next slash. `*` stands for one
    path segment. Raises BadInputError.
    """
    if not pattern:
        return ""
    if pattern.count(_PLACEHOLDER) != 1:
        raise BadInputError(
            f"The owner pattern {pattern!r} needs {_PLACEHOLDER} exactly once.",
            hint="For example users/{owner}/.",
        )
    if len(pattern) > 512 or any(ord(character) < 32 for character in pattern):
        raise BadInputError("The owner pattern is too long or has control characters.")
    before, after = pattern.split(_PLACEHOLDER)
    return "^" + _segments(before) + "(?P<owner>[^/]+)" + _segments(after)


def owner_of(key: str, pattern: str) -> str:
    """The owner that a pattern finds in a key, or an empty string."""
    match = re.match(owner_regex(pattern), key) if pattern and not key.startswith(RESERVED_PREFIX) else None
    return match["owner"] if match else ""


def check_cron(cron: str) -> None:
    """Raises BadInputError for what is neither empty nor five cron fields."""
    if cron and (len(cron.split()) != 5 or not croniter.is_valid(cron)):
        raise BadInputError(
            f"{cron!r} is not a cron schedule.", hint="Five fields in UTC, for example 0 3 * * *."
        )


def _segments(literal: str) -> str:
    return "[^/]*".join(re.escape(part) for part in literal.split("*"))
