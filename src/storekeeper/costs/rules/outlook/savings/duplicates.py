"""The same content stored more than once, as far as ETag and size tell."""

import msgspec

from storekeeper.costs.model.outlook import Saving, SavingKind
from storekeeper.costs.rules.outlook.savings import words
from storekeeper.costs.rules.outlook.savings.account import Account
from storekeeper.costs.rules.outlook.savings.finding import finding


class Duplicates(msgspec.Struct, frozen=True, kw_only=True):
    """Groups of objects with the same ETag and size: `copies` and `bytes` are those beyond the first of each group."""

    bucket: str
    groups: int
    copies: int
    bytes: int
    storage_class: str = ""


def find(figures: Duplicates, account: Account) -> Saving | None:
    """What the copies cost. Equal ETags are a strong hint and no proof, and a copy can be wanted."""
    if not figures.copies or not figures.bytes:
        return None
    held = account.held(figures.bucket, figures.storage_class, figures.bytes, figures.copies)
    amount = account.less([held])
    stored = words.stored(account, figures.storage_class, figures.bytes, amount)
    why = f"{figures.groups:,} contents are stored more than once, by ETag and size: {figures.copies:,} copies, {stored}."
    return finding(
        SavingKind.DUPLICATES,
        account,
        figures.bucket,
        amount,
        why=why,
        how=(
            "Compare the contents of a group before you delete any. Keep one object of each and let the application refer to it; "
            "store new content under its hash, so that the same one is stored once."
        ),
        figures={"groups": figures.groups, "copies": figures.copies, "bytes": figures.bytes},
    )
