"""Links to embedded pages: signed, for one owner, for a limited time."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import NotFoundError
from storekeeper.metering.figures import EmbedLink, LinkExpiredError
from storekeeper.metering.reckoning import is_signed, signature

PATH = "/embed/storage"


class EmbedLinks:
    """Makes and checks links. `public_url` is where people reach the server; empty: where the caller did."""

    def __init__(self, key: bytes, clock: Clock, *, public_url: str = "") -> None:
        self._key = key
        self._clock = clock
        self._public_url = public_url

    def make(self, owner: str, seconds: int, *, base: str) -> EmbedLink:
        """A link that works for that many seconds."""
        expires = int(self._clock.now().timestamp()) + seconds
        query = {"owner": owner, "expires": expires, "signature": signature(self._key, owner, expires)}
        root = (self._public_url or base).rstrip("/")
        return EmbedLink(
            url=f"{root}{PATH}?{urlencode(query)}",
            owner=owner,
            expires_at=datetime.fromtimestamp(expires, UTC),
        )

    def check(self, owner: str, expires: int, signed: str) -> None:
        """Raises NotFoundError for what was never signed here, LinkExpiredError."""
        if not is_signed(self._key, owner, expires, signed):
            raise NotFoundError("This address was not made by this server.", hint="Ask for a new link.")
        if self._clock.now().timestamp() >= expires:
            raise LinkExpiredError(
                "This link has expired.", hint="The application that shows it gets a new one."
            )
