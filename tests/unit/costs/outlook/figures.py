"""What tests of comparison and savings share: money as it is written, and an account that holds something for a month."""

from fractions import Fraction

from storekeeper.costs.model import NANO
from storekeeper.costs.rules.outlook.savings.account import Account
from unit.costs.examples import NOV, account, sheets_for, stored


def nano(value):
    """In nano-units."""
    return round(Fraction(value) * NANO)


def holding(provider, size, storage_class="STANDARD", **facts):
    """An account at a provider that stores so many bytes all November."""
    held = stored(NOV, size, storage_class) if size else []
    return Account(account(stored=held, **facts), sheets_for(provider)[-1])
