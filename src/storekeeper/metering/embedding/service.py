"""Links to embedded pages: signed, for one owner, for a limited time, until they are revoked."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from storekeeper.audit import AuditTrail
from storekeeper.infra.db import Database
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import BadInputError, NotFoundError
from storekeeper.metering.embedding import repository
from storekeeper.metering.figures import EmbedLink, LinkExpiredError, LinkRevokedError
from storekeeper.metering.reckoning import is_signed, signature

PATH = "/embed/storage"
LONGEST_OWNER = 256


class EmbedLinks:
    """Makes, checks and revokes links. `public_url` is where people reach the server; empty: where the caller did."""

    def __init__(
        self, database: Database, audit: AuditTrail, key: bytes, clock: Clock, *, public_url: str = ""
    ) -> None:
        self._db = database
        self._audit = audit
        self._key = key
        self._clock = clock
        self._public_url = public_url

    def make(self, owner: str, seconds: int, *, base: str) -> EmbedLink:
        """A link that works for that many seconds. Raises BadInputError."""
        _check_owner(owner)
        expires = int(self._clock.now().timestamp()) + seconds
        generation = self._generation(owner)
        query = {
            "owner": owner,
            "expires": expires,
            "generation": generation,
            "signature": signature(self._key, owner, expires, generation),
        }
        root = (self._public_url or base).rstrip("/")
        return EmbedLink(
            url=f"{root}{PATH}?{urlencode(query)}",
            owner=owner,
            expires_at=datetime.fromtimestamp(expires, UTC),
        )

    def check(self, owner: str, expires: int, generation: int, signed: str) -> None:
        """Raises NotFoundError for what was never signed here, LinkRevokedError, LinkExpiredError."""
        if not is_signed(self._key, owner, expires, generation, signed):
            raise NotFoundError("This address was not made by this server.", hint="Ask for a new link.")
        if generation != self._generation(owner):
            raise LinkRevokedError(
                "This link was revoked.", hint="The application that shows it gets a new one."
            )
        if self._clock.now().timestamp() >= expires:
            raise LinkExpiredError(
                "This link has expired.", hint="The application that shows it gets a new one."
            )

    def revoke(self, owner: str, *, actor: str) -> None:
        """No link that was made for this owner so far works any more. Raises BadInputError."""
        _check_owner(owner)
        with self._db.write() as connection:
            repository.advance(connection, owner, self._clock.now())
            self._audit.record(connection, actor=actor, action="embed-links.revoke", target=owner)

    def _generation(self, owner: str) -> int:
        with self._db.read() as connection:
            return repository.generation(connection, owner)


def _check_owner(owner: str) -> None:
    if not 1 <= len(owner) <= LONGEST_OWNER or "\0" in owner:
        raise BadInputError(
            f"owner: missing, longer than {LONGEST_OWNER} characters, or with a NUL character"
        )
