"""Applications that list a bucket again and again, where they could remember or be told."""

import msgspec

from storekeeper.costs.model import RequestFact
from storekeeper.costs.model.outlook import Saving, SavingKind
from storekeeper.costs.rules.outlook.savings import words
from storekeeper.costs.rules.outlook.savings.account import Account
from storekeeper.costs.rules.outlook.savings.finding import finding

_MUCH = 0.2  # of all requests
_PAGE = 1000  # objects
_DAYS = 30


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """Listings of a bucket in a month, beside all its requests and the objects that it has."""

    bucket: str
    listings: int
    requests: int
    objects: int
    operation: str = "ListObjectsV2"
    storage_class: str = ""


def find(figures: Listing, account: Account) -> Saving | None:
    """What listings cost beyond one of the whole bucket a day, if they are a fifth of all requests or more."""
    needed = _DAYS * max(-(-figures.objects // _PAGE), 1)
    needless = figures.listings - needed
    if needless <= 0 or figures.listings < _MUCH * figures.requests:
        return None
    asked = RequestFact(
        day=account.month,
        bucket=figures.bucket,
        storage_class=figures.storage_class,
        operation=figures.operation,
        succeeded=needless,
    )
    amount = account.less([asked])
    share = figures.listings / max(figures.requests, figures.listings)
    why = (
        f"{figures.listings:,} of {figures.requests:,} requests ({share:.0%}) list the bucket; to list all of it once a day takes "
        f"{needed:,} in {_DAYS} days. The other {needless:,} {words.costs(account, amount)}."
    )
    return finding(
        SavingKind.CHATTY_LISTING,
        account,
        figures.bucket,
        amount,
        why=why,
        how=(
            "Find who lists by the operations of the bucket. Keep names in the application's database, ask for an object by its key "
            "(HeadObject), list below a prefix only, or be told of changes by event notifications."
        ),
        figures={"listings": figures.listings, "requests": figures.requests, "needless": needless},
    )
