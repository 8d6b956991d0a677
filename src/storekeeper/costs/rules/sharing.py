"""Sharing what a bucket was charged among owners, so that SQL does the same over millions of them in one pass."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

ONE = 1 << 64  # rates are whole numbers of parts of this size


def rate(total: int, whole: int) -> int:
    """What one unit of weight costs, in nano-units / ONE, cut toward zero; nothing where nobody has a weight."""
    if not whole:
        return 0
    size = abs(total) * ONE // whole
    return -size if total < 0 else size


def share(charges: Iterable[tuple[int, Mapping[str, int]]]) -> dict[str, int]:
    """Every owner's part of charges of one bucket and kind, in nano-units: (charge, weights by owner).

    A part is the sum of the owner's weights at the charges' rates, cut to whole nano-units. What is left by cutting, less than one
    for each owner, goes to the largest part (of several, the first by name), so that parts add up to the charges exactly. What
    nobody has a weight in is nobody's, whose name is empty.
    """
    exact: dict[str, int] = defaultdict(int)
    unowned = charged = 0
    for total, weights in charges:
        charged += total
        whole = sum(weights.values())
        unowned += 0 if whole else total
        price = rate(total, whole)
        for owner, weight in weights.items():
            exact[owner] += weight * price
    parts = {owner: cut for owner, amount in exact.items() if (cut := _cut(amount))}
    if unowned:
        parts[""] = parts.get("", 0) + unowned
    if rest := charged - sum(parts.values()):
        largest = min(parts, key=lambda owner: (-abs(parts[owner]), owner), default="")
        parts[largest] = parts.get(largest, 0) + rest
    return {owner: part for owner, part in parts.items() if part}


def _cut(amount: int) -> int:
    return -(-amount // ONE) if amount < 0 else amount // ONE
