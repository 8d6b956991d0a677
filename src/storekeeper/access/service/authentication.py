"""Who is asking: one indexed read, but for who was found out within the last second and nothing has changed since."""

import contextlib
import hmac
from collections.abc import Callable

from storekeeper.access import repository
from storekeeper.access.model import Account, TokenRefusedError
from storekeeper.access.rules import credentials as rules
from storekeeper.access.service import opaque
from storekeeper.access.service.access_tokens import AccessTokens
from storekeeper.access.service.application_tokens import ApplicationTokens
from storekeeper.access.service.keys import PREFIX
from storekeeper.access.service.recent_callers import RecentCallers
from storekeeper.infra.crypto import derive
from storekeeper.infra.db import Connection, Database
from storekeeper.infra.web import Principal
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import UnavailableError

_JWT_DOTS = 2


class Authentication:
    """Turns a session cookie, an access token or an API key into a principal."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        tokens: AccessTokens,
        secret_key: str,
        recent: RecentCallers,
        of_application: ApplicationTokens | None = None,
    ) -> None:
        self._db = database
        self._clock = clock
        self._tokens = tokens
        self._recent = recent
        self._of_application = of_application
        self._csrf_key = derive(secret_key, "csrf token")

    def authenticate(self, *, authorization: str, session_cookie: str) -> Principal | None:
        """Raises TokenRefusedError for a token or key that is wrong.

        A session that ended is nobody, not an error: its owner must still reach the sign-in page. So is a bearer
        of another kind, such as the key for metrics.
        """
        changes = self._recent.changes
        principal = self._found_out(authorization, session_cookie)
        if principal:
            self._recent.remember(authorization, session_cookie, principal, changes=changes)
        return principal

    def _found_out(self, authorization: str, session_cookie: str) -> Principal | None:
        scheme, _, credential = authorization.partition(" ")
        if scheme.lower() == "bearer":
            if credential.startswith(PREFIX):
                return self._by_key(credential)
            if credential.count(".") == _JWT_DOTS:
                if self._of_application and self._of_application.issued(credential):
                    return self._of_application.read(credential)
                return self._by_token(credential)
        if scheme.startswith(PREFIX) and not credential:
            return self._by_key(scheme)  # MinIO's webhooks send their token as it is
        return self._by_session(session_cookie) if session_cookie else None

    def _by_session(self, cookie: str) -> Principal | None:
        session_id = opaque.digest(cookie)
        now = self._clock.now()
        with self._db.read() as connection:
            found = repository.session_with_account(connection, session_id)
        if found is None:
            return None
        session, account = found
        holds = rules.session_holds(created_at=session.created_at, seen_at=session.seen_at, now=now)
        if account.user.disabled or not holds:
            return None
        if rules.seen_is_stale(session.seen_at, now):
            self._note(lambda connection: repository.session_seen(connection, session_id, now))
        self._note_user(account)
        return _principal(
            account, via="session", session_id=session_id, csrf_token=self._csrf_token(session_id)
        )

    def _by_token(self, token: str) -> Principal:
        user_id, epoch = self._tokens.read(token)
        with self._db.read() as connection:
            account = repository.account(connection, user_id)
        if account is None or account.user.disabled or account.epoch != epoch:
            raise TokenRefusedError("The access token was revoked.", hint="Sign in again.")
        self._note_user(account)
        return _principal(account, via="token")

    def _by_key(self, credential: str) -> Principal:
        key_id, _, secret = credential.removeprefix(PREFIX).partition(".")
        now = self._clock.now()
        with self._db.read() as connection:
            found = repository.key_with_account(connection, key_id)
        if found is None or not opaque.same(found[1], opaque.digest(secret)):
            raise TokenRefusedError("The API key is unknown or was revoked.")
        key, _, account = found
        if account.user.disabled or not rules.key_holds(expires_at=key.expires_at, now=now):
            raise TokenRefusedError("The API key has expired, or its owner is disabled.")
        if rules.seen_is_stale(key.last_used_at, now):
            self._note(lambda connection: repository.key_used(connection, key.id, now))
        return Principal(
            id=key.id,
            email=account.user.email,
            role=account.user.role,
            via="key",
            name=key.name,
            scopes=rules.scopes_in_force(account.user.role, key.scopes),
            buckets=frozenset(key.buckets),
        )

    def _note_user(self, account: Account) -> None:
        now = self._clock.now()
        if rules.seen_is_stale(account.user.last_seen_at, now):
            self._note(lambda connection: repository.user_seen(connection, account.user.id, now))

    def _note(self, write: Callable[[Connection], None]) -> None:
        # A full disk must not lock people out: when they were last seen can wait.
        with contextlib.suppress(UnavailableError), self._db.write() as connection:
            write(connection)

    def _csrf_token(self, session_id: str) -> str:
        """Bound to the session, so it needs no storage and ends with it."""
        return hmac.new(self._csrf_key, session_id.encode(), "sha256").hexdigest()


def _principal(account: Account, *, via: str, session_id: str = "", csrf_token: str = "") -> Principal:
    user = account.user
    return Principal(
        id=user.id, email=user.email, role=user.role, via=via, session_id=session_id, csrf_token=csrf_token
    )  # fmt: skip
