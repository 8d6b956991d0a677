"""What every rule says of what it found."""

from collections.abc import Mapping

from storekeeper.costs.model.outlook import Confidence, Saving, SavingKind
from storekeeper.costs.rules.outlook.savings.account import Account


def finding(
    kind: SavingKind,
    account: Account,
    bucket: str,
    amount: int | None,
    *,
    why: str,
    how: str,
    figures: Mapping[str, int],
    sure: Confidence = Confidence.MEDIUM,
) -> Saving:
    """A saving in the account's currency, of low confidence where the amount is not known.

    It is never negative: where bytes out are free in proportion to what is stored, storing less can cost more. Then nothing is saved.
    """
    return Saving(
        kind=kind,
        bucket=bucket,
        amount=None if amount is None else max(amount, 0),
        currency=account.currency,
        confidence=Confidence.LOW if amount is None else sure,
        why=why,
        how=how,
        figures=figures,
    )
