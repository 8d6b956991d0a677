"""Phrases that reasons share."""

from storekeeper.costs.rules.outlook.savings.account import Account
from storekeeper.kernel.units import format_bytes

TIMES = "\u00d7"
_CENT = 10**7


def money(nano: int, currency: str) -> str:
    """Rounded to cents."""
    if 0 < abs(nano) < _CENT:
        return f"less than 0.01 {currency}"
    return f"{nano / 10**9:,.2f} {currency}"


def stored(account: Account, storage_class: str, size: int, amount: int | None) -> str:
    """What storing so many bytes for a month comes to."""
    title = class_title(account, storage_class)
    return f"{format_bytes(size)} in {title} {costs(account, amount)}"


def costs(account: Account, amount: int | None) -> str:
    """What something adds to the month's bill."""
    if amount is None:
        return f"cost an amount that the price sheet of {account.sheet.title} does not tell"
    if amount <= 0:
        return "cost nothing at present, within what is free or the least that the account pays for"
    return f"cost {money(amount, account.currency)} a month"


def class_title(account: Account, storage_class: str) -> str:
    """That of the price sheet, or the name as it was reported."""
    found = account.tariff.resolve(storage_class).storage_class
    return found.title if found else storage_class
