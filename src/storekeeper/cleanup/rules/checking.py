"""Whether a policy makes sense, and whether an object is still the planned one."""

from datetime import timedelta

from storekeeper.cleanup.model import BadPolicyError, Choice, Policy
from storekeeper.cleanup.rules.selecting import RESERVED
from storekeeper.objectstore import Described

_SECOND = timedelta(seconds=1)
_WITHOUT_TAGS = frozenset({"folder", "r2"})  # others are asked


def check(choice: Choice, provider: str) -> None:
    """Raises BadPolicyError."""
    if choice.whole_bucket == bool(choice.prefixes):
        raise BadPolicyError(
            "The policy has both prefixes and the whole bucket."
            if choice.prefixes
            else "The policy names no prefix.",
            hint="Give at least one prefix, or say that it is for the whole bucket.",
        )
    for prefix in choice.prefixes:
        if prefix.startswith(RESERVED):
            raise BadPolicyError(f"prefixes: {prefix!r} is Storekeeper's own, and is never cleaned up.")
        if prefix.startswith(tuple(choice.excluded)):
            raise BadPolicyError(f"excluded: nothing is left of {prefix!r}.")
    if choice.min_size is not None and choice.max_size is not None and choice.min_size > choice.max_size:
        raise BadPolicyError("minSize: that is more than maxSize, so nothing would be chosen.")
    if choice.tags and provider in _WITHOUT_TAGS:
        raise BadPolicyError(
            f"tags: objects of {provider} have no tags.", hint="Choose by prefix, pattern, age or size."
        )


def choice_of(policy: Choice) -> Choice:
    """What a policy chooses, without all else."""
    return Choice(**{name: getattr(policy, name) for name in Choice.__struct_fields__})


def same_rules(one: Policy, other: Policy) -> bool:
    """Whether neither more, nor other objects may go than before."""
    return (
        choice_of(one) == choice_of(other)
        and other.most_objects <= one.most_objects
        and other.most_bytes <= one.most_bytes
    )


def difference(planned: Described, found: Described) -> str:
    """How an object is not the planned one, in words; empty where it is.

    HTTP tells time to the second, listings often finer: less than a second is no difference.
    """
    if found.size != planned.size:
        return f"its size is {found.size} instead of {planned.size}"
    if planned.etag and found.etag and planned.etag != found.etag:
        return "its ETag is another"
    if abs(found.modified - planned.modified) >= _SECOND:
        return f"it was written at {found.modified:%Y-%m-%dT%H:%M:%SZ}"
    return ""
