"""How many breakers automation may force open at once."""

from collections.abc import Iterable

from storekeeper.health.model import BreakerShareError, BreakerView
from storekeeper_client.breaker import Mode

MOST_FORCED = 0.5  # of all buckets; one is always allowed


def check_share(views: Iterable[BreakerView], bucket: str) -> None:
    """Raises BreakerShareError when forcing this one open, too, would be more than automation may."""
    views = list(views)
    forced = {one.bucket for one in views if one.automatic and one.mode is Mode.FORCED_OPEN} | {bucket}
    most = max(int(len(views) * MOST_FORCED), 1)
    if len(forced) > most:
        raise BreakerShareError(
            f"Automation holds {len(forced) - 1} of {len(views)} breakers open already, and may hold {most}.",
            hint="So many at once look like a fault of the watcher. A person may still force it open.",
        )
