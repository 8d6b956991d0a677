"""Where money can be saved: each rule is a module with a struct of figures and `find`, which makes a `Saving` of them, or nothing.

`ranked` puts them in order. Amounts are what the month's bill of the whole account would be less (see `account`).
"""

from collections.abc import Iterable

from storekeeper.costs.model.outlook import Confidence, Saving

_ORDER = list(Confidence)


def ranked(found: Iterable[Saving | None]) -> list[Saving]:
    """The largest amounts first, at the end those that are not known."""
    savings = [saving for saving in found if saving]
    return sorted(
        savings,
        key=lambda one: (
            one.amount is None,
            -(one.amount or 0),
            _ORDER.index(one.confidence),
            one.bucket,
            one.kind,
        ),
    )
