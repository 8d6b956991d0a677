"""Access as the rest of the program sees it."""

from storekeeper.access.rules import client_address
from storekeeper.access.service.access_tokens import AccessTokens
from storekeeper.access.service.application_tokens import application_tokens
from storekeeper.access.service.authentication import Authentication
from storekeeper.access.service.keys import Keys
from storekeeper.access.service.passwords import Passwords
from storekeeper.access.service.rate_limiter import RateLimiter
from storekeeper.access.service.recent_callers import RecentCallers
from storekeeper.access.service.sessions import Sessions
from storekeeper.access.service.sign_in import SignIn
from storekeeper.access.service.users import Users
from storekeeper.audit import AuditTrail
from storekeeper.infra.db import Database
from storekeeper.infra.web import Principal
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import SettingsError
from storekeeper.settings import Settings


class AccessService:
    """Users, sign-in, sessions and keys behind one door; also the `Authenticator` of the web application."""

    def __init__(
        self,
        database: Database,
        audit: AuditTrail,
        clock: Clock,
        *,
        settings: Settings,
        passwords: Passwords | None = None,
    ) -> None:
        passwords = passwords or Passwords()
        limiter = RateLimiter(clock)
        tokens = AccessTokens(clock, settings.secret_key)
        self._recent = RecentCallers(clock)
        self.users = Users(database, audit, clock, passwords=passwords, limiter=limiter, recent=self._recent)
        self.sign_in = SignIn(
            database, audit, clock, passwords=passwords, limiter=limiter, tokens=tokens, recent=self._recent
        )
        self.sessions = Sessions(database, audit, clock, tokens=tokens, recent=self._recent)
        self.keys = Keys(database, audit, clock, recent=self._recent)
        self._authentication = Authentication(
            database,
            clock,
            tokens=tokens,
            secret_key=settings.secret_key,
            recent=self._recent,
            of_application=application_tokens(clock, settings),
        )
        self._proxies = _proxies(settings.trusted_proxies)

    def authenticate(self, *, authorization: str, session_cookie: str) -> Principal | None:
        """See `Authenticator`."""
        return self._authentication.authenticate(authorization=authorization, session_cookie=session_cookie)

    def recall(self, authorization: str, session_cookie: str = "") -> Principal | None:
        """See `Authenticator`."""
        return self._recent.recall(authorization, session_cookie)

    def ensure_admin(self, email: str, password: str) -> str | None:
        """See `Users.ensure_admin`."""
        return self.users.ensure_admin(email, password)

    def forget_expired(self) -> None:
        """See `Sessions.forget_expired`."""
        self.sessions.forget_expired()

    def client_address(self, peer: str, forwarded_for: str) -> str:
        """Whose address a request came from, looking through our own proxies."""
        return client_address.client_address(peer, forwarded_for, self._proxies)


def _proxies(text: str) -> tuple[client_address.Network, ...]:
    try:
        return client_address.networks(text)
    except ValueError as error:
        raise SettingsError(
            f"trusted_proxies: {error}",
            hint="Write addresses or networks, for example 10.0.0.0/8, 192.0.2.7.",
        ) from None
