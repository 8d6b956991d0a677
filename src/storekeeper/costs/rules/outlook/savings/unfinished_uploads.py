"""Parts of multipart uploads that nobody finished: billed, and in no listing."""

import msgspec

from storekeeper.costs.model.outlook import Confidence, Saving, SavingKind
from storekeeper.costs.rules.outlook.savings import advice, words
from storekeeper.costs.rules.outlook.savings.account import Account
from storekeeper.costs.rules.outlook.savings.finding import finding

_DAYS = 7  # an upload that takes longer is given up


class UnfinishedUploads(msgspec.Struct, frozen=True, kw_only=True):
    """Uploads of a bucket that are not finished; `bytes` is None where parts could not be counted."""

    bucket: str
    count: int
    bytes: int | None
    storage_class: str = ""


def find(figures: UnfinishedUploads, account: Account) -> Saving | None:
    """What all of them cost. Those that are still going on are among them; at any time those are few."""
    if not figures.count:
        return None
    uploads = f"{figures.count:,} unfinished {'upload' if figures.count == 1 else 'uploads'}"
    if figures.bytes is None:
        amount, why = None, f"{uploads}, whose size could not be counted."
    else:
        held = account.held(figures.bucket, figures.storage_class, figures.bytes)
        amount = account.less([held])
        why = f"{uploads}: {words.stored(account, figures.storage_class, figures.bytes, amount)}."
    return finding(
        SavingKind.UNFINISHED_UPLOADS,
        account,
        figures.bucket,
        amount,
        sure=Confidence.HIGH,
        why=why,
        how=advice.abort_uploads(account.provider, figures.bucket, _DAYS),
        figures={"uploads": figures.count, "bytes": figures.bytes or 0},
    )
