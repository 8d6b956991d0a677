"""Prices and a quota of the demo, so that what its storage would cost and who is over can be seen."""

from http import HTTPStatus
from pathlib import Path

from storekeeper.costs.sheets import package_entries
from storekeeper_client import ApiError, Client
from storekeeper_client.quotas import Quotas

_PRICED_AS, _HEAVY_OWNER = "aws", "ann"
_WARNED_AT = 0.85  # of the quota, at first


def enter_prices(data: Path) -> None:
    """A price sheet of one's own for the demo's endpoint: the prices of Amazon S3."""
    (entry,) = (one for one in package_entries() if one.sheet.provider == _PRICED_AS)
    text = entry.text
    for key, value in (("provider", "other"), ("region", "*"), ("title", f"Demo, as {entry.sheet.title}")):
        text = text.replace(f'{key} = "{getattr(entry.sheet, key)}"', f'{key} = "{value}"', 1)
    folder = data / "prices"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "demo.toml").write_text(text)


def limit_the_heaviest(client: Client, bucket: str) -> None:
    """A quota that the owner of most has nearly used up, and goes over while people add files."""
    held = {one.name: one.bytes for one in client.inventory(bucket).by_owner}
    Quotas(client).add(
        owner=_HEAVY_OWNER,
        measure="bytes",
        limit=round(held[_HEAVY_OWNER] / _WARNED_AT),
        reason="The demo's plan for one person.",
    )


def work_out(client: Client) -> None:
    """Begin to work costs out, unless that is under way."""
    try:
        client.calculate_costs()
    except ApiError as error:
        if error.problem.status != HTTPStatus.CONFLICT:
            raise
