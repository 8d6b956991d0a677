"""Objects below the size that their storage class bills at least."""

import msgspec

from storekeeper.costs.model import Small
from storekeeper.costs.model.outlook import Saving, SavingKind
from storekeeper.costs.rules.outlook.savings import words
from storekeeper.costs.rules.outlook.savings.account import Account
from storekeeper.costs.rules.outlook.savings.finding import finding
from storekeeper.kernel.units import format_bytes


class TinyObjects(msgspec.Struct, frozen=True, kw_only=True):
    """Objects of a bucket and storage class by the floors that they are below."""

    bucket: str
    storage_class: str
    small: tuple[Small, ...]


def find(figures: TinyObjects, account: Account) -> Saving | None:
    """What their padding costs; nothing where the storage class has no floor or no object is below it."""
    billed = account.tariff.resolve(figures.storage_class).storage_class
    floor = billed.minimum_size if billed else 0
    small = next((one for one in figures.small if floor and one.below == floor), None)
    if billed is None or small is None or not small.objects:
        return None
    padded = account.held(figures.bucket, billed.name, small.bytes, small.objects, [small])
    plain = account.held(figures.bucket, billed.name, small.bytes, small.objects, [Small(floor, 0, 0)])
    amount = account.less([padded], [plain])
    padding = small.objects * floor - small.bytes
    why = (
        f"{small.objects:,} objects below {floor:,} bytes in {billed.title} are billed as {small.objects:,} "
        f"{words.TIMES} {floor:,} bytes: {format_bytes(padding)} of padding {words.costs(account, amount)}."
    )
    return finding(
        SavingKind.TINY_OBJECTS,
        account,
        figures.bucket,
        amount,
        why=why,
        how=_how(account, billed.name, floor),
        figures={"objects": small.objects, "bytes": small.bytes, "padding": padding},
    )


def _how(account: Account, storage_class: str, floor: int) -> str:
    pack = f"Pack small objects into archives of {floor:,} bytes or more before they are stored"
    default = account.sheet.default_storage_class
    billed = account.tariff.resolve(default).storage_class
    if default == storage_class or billed is None or billed.minimum_size:
        return f"{pack}."
    return f"{pack}, or leave them in {billed.title}, which has no such floor."
