"""Sharing a whole so that the parts add up to it exactly."""

from collections.abc import Sequence


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Whole parts of `total` in proportion to weights, in their order; all alike where all weights are zero.

    Part i is floor(T · c(i) / W) - floor(T · c(i-1) / W), where c is the running sum of weights and W all of them: every part
    is less than one from its exact share, and a window function of SQL does the same. A negative whole gives the negated parts
    of the positive one. Raises ValueError for a negative weight, or when there is no part to hold the whole.
    """
    if any(weight < 0 for weight in weights) or (total and not weights):
        raise ValueError("weights are natural numbers, and there is at least one")
    whole = sum(weights)
    if not whole:
        weights, whole = [1] * len(weights), len(weights)
    sign, size = (-1, -total) if total < 0 else (1, total)
    parts, running, before = [], 0, 0
    for weight in weights:
        running += weight
        after = size * running // whole
        parts.append(sign * (after - before))
        before = after
    return parts
