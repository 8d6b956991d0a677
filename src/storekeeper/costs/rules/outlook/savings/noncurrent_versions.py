"""Versions that were replaced or deleted, and are kept all the same."""

import msgspec

from storekeeper.costs.model.outlook import Saving, SavingKind
from storekeeper.costs.rules.outlook.savings import advice, words
from storekeeper.costs.rules.outlook.savings.account import Account
from storekeeper.costs.rules.outlook.savings.finding import finding

_DAYS = 30  # in which a mistake is noticed


class NoncurrentVersions(msgspec.Struct, frozen=True, kw_only=True):
    """Versions of a bucket's objects that are not the current ones."""

    bucket: str
    versions: int
    bytes: int
    storage_class: str = ""


def find(figures: NoncurrentVersions, account: Account) -> Saving | None:
    """What all of them cost. Some are wanted, as a way back: hence not certain."""
    if not figures.versions:
        return None
    held = account.held(figures.bucket, figures.storage_class, figures.bytes)
    amount = account.less([held])
    stored = words.stored(account, figures.storage_class, figures.bytes, amount)
    return finding(
        SavingKind.NONCURRENT_VERSIONS,
        account,
        figures.bucket,
        amount,
        why=f"{figures.versions:,} non-current {'version' if figures.versions == 1 else 'versions'}: {stored}. Those of the last {_DAYS} days would stay, so it can be less.",
        how=advice.expire_versions(account.provider, figures.bucket, _DAYS),
        figures={"versions": figures.versions, "bytes": figures.bytes},
    )
