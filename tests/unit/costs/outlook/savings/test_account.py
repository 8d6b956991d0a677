"""The bill that findings are reckoned with: it is that of the engine, and what belongs together changes together."""

import pytest

from storekeeper.costs.rules.outlook.savings import duplicates
from storekeeper.costs.rules.outlook.savings.account import Account
from storekeeper.costs.rules.price import price
from unit.costs.examples import GB, NOV, TB, account, asked, gone, sheets_for, stored
from unit.costs.outlook.figures import holding, nano

FACTS = account(
    stored=stored(NOV, 1200 * GB, objects=5000) + stored(NOV, 300 * GB, "STANDARD_IA", objects=700),
    asked=[
        asked("GetObject", 30_000_000, "STANDARD_IA", bytes_retrieved=7 * TB),
        asked("PutObject", 3_000_000),
        asked("GetObject", 1000, bytes_out=800 * GB, bytes_retrieved=800 * GB),
    ],
    gone=[gone(GB, 3, "STANDARD_IA")],
)


@pytest.mark.parametrize("provider", ["r2", "aws"])
def test_all_that_is_gone_saves_the_whole_price(provider):
    sheets = sheets_for(provider)
    found = Account(FACTS, sheets[-1]).less([*FACTS.storage, *FACTS.requests, *FACTS.deletions])
    assert found == sum(charge.amount for charge in price(FACTS, sheets))


def test_what_is_free_in_proportion_shrinks_with_what_is_stored():
    # B2 sends out three times what is stored for free: of 3,500 GB 500 cost 5.00, with 100 GB less stored 800 cost 8.00.
    account = holding("b2", 1000 * GB, asked=[asked("GetObject", 1, bytes_out=3500 * GB)])
    assert account.less([account.held("photos", "", 100 * GB)]) == nano("0.695") - nano("3")
    copies = duplicates.Duplicates(bucket="photos", groups=1, copies=1, bytes=100 * GB)
    assert duplicates.find(copies, account).amount == 0


def test_the_least_that_an_account_pays_for():
    account = holding("wasabi", 1200 * GB)
    assert account.less([account.held("photos", "", 300 * GB)]) == nano("1.598")  # 200 of them


def test_what_has_no_price_is_not_known():
    account = holding("r2", GB)
    assert account.less([asked("DeleteObjects", 5)]) is None
    assert account.less([account.held("photos", "FROZEN", GB)]) is None


def test_a_tier_of_unknown_price_is_not_known():
    account = holding("wasabi", TB, asked=[asked("GetObject", 1, bytes_out=2 * TB)])
    assert account.less([asked("GetObject", 1, bytes_out=TB)]) is None
