"""What becomes of sign-ins afterwards: refreshed, listed, ended."""

from storekeeper.access import repository
from storekeeper.access.model import Account, RefreshToken, Session, TokenPair, TokenRefusedError
from storekeeper.access.rules import credentials as rules
from storekeeper.access.rules.credentials import Refresh
from storekeeper.access.service import opaque
from storekeeper.access.service.access_tokens import AccessTokens
from storekeeper.access.service.recent_callers import RecentCallers
from storekeeper.audit import AuditTrail
from storekeeper.infra.db import Connection, Database
from storekeeper.kernel.clock import Clock


class Sessions:
    """Sessions of browsers and token families of programs."""

    def __init__(
        self,
        database: Database,
        audit: AuditTrail,
        clock: Clock,
        *,
        tokens: AccessTokens,
        recent: RecentCallers,
    ) -> None:
        self._db = database
        self._audit = audit
        self._clock = clock
        self._tokens = tokens
        self._recent = recent

    def refresh(self, refresh_token: str) -> TokenPair:
        """The next pair; the token presented is used up. Raises TokenRefusedError.

        One that was used up more than the grace ago is in two hands: everyone of that family has to sign in again.
        """
        fresh = opaque.fresh()
        with self._db.write() as connection:
            found = repository.lock_refresh_token(connection, opaque.digest(refresh_token))
            account = found and self._rotated(connection, *found, fresh)
        if not account:
            raise TokenRefusedError(
                "The refresh token is expired, revoked or unknown.", hint="Sign in again."
            )
        return self._tokens.pair(account, fresh)

    def _rotated(
        self, connection: Connection, token: RefreshToken, account: Account, fresh: str
    ) -> Account | None:
        now = self._clock.now()
        verdict = rules.refresh_verdict(used_at=token.used_at, expires_at=token.expires_at, now=now)
        if verdict is Refresh.REUSED:
            repository.delete_family(connection, token.family)
            email = account.user.email
            self._audit.record(connection, actor="anonymous", action="auth.refresh-reused", target=email)
        if verdict is not Refresh.ROTATE or account.user.disabled:
            return None
        following = RefreshToken(
            id=opaque.digest(fresh),
            family=token.family,
            user_id=token.user_id,
            expires_at=token.expires_at,
            used_at=None,
        )
        repository.refresh_token_used(connection, token.id, now)
        repository.insert_refresh_token(connection, following)
        return account

    def end_family(self, refresh_token: str) -> None:
        """Sign out a program; of no effect when it was signed out before."""
        with self._db.write() as connection:
            found = repository.lock_refresh_token(connection, opaque.digest(refresh_token))
            if found:
                token, account = found
                repository.delete_family(connection, token.family)
                self._record_end(connection, account.user.email, via="token")

    def end_session(self, user_id: str, session_id: str, *, email: str) -> None:
        """Sign out a browser; of no effect when it was signed out before."""
        with self._db.write() as connection:
            if repository.delete_session(connection, user_id, session_id):
                self._record_end(connection, email, via="session")
        self._recent.forget()

    def of_user(self, user_id: str) -> list[Session]:
        """Those that still hold, last seen first."""
        now = self._clock.now()
        with self._db.read() as connection:
            sessions = repository.sessions_of(connection, user_id)
        return [
            session
            for session in sessions
            if rules.session_holds(created_at=session.created_at, seen_at=session.seen_at, now=now)
        ]

    def forget_expired(self) -> None:
        """Remove what is too old to be of use to anyone."""
        now = self._clock.now()
        with self._db.write() as connection:
            repository.purge(connection, sessions_before=now - rules.SESSION_LIFE, now=now)

    def _record_end(self, connection: Connection, email: str, *, via: str) -> None:
        self._audit.record(
            connection, actor=email, action="auth.sign-out", target=email, details={"via": via}
        )
