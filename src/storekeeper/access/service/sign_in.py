"""Password in, session or tokens out; the same limits for both doors."""

from collections.abc import Mapping

from storekeeper.access import repository
from storekeeper.access.model import Account, RefreshToken, Session, TokenPair, WrongCredentialsError
from storekeeper.access.rules import credentials as rules
from storekeeper.access.rules.client_address import rate_key
from storekeeper.access.rules.rate_limit import Limit, headers
from storekeeper.access.service import opaque
from storekeeper.access.service.access_tokens import AccessTokens
from storekeeper.access.service.passwords import Passwords
from storekeeper.access.service.rate_limiter import RateLimiter
from storekeeper.access.service.recent_callers import RecentCallers
from storekeeper.audit import AuditTrail
from storekeeper.infra.db import Connection, Database
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.ids import new_id

BY_ACCOUNT = Limit("account", 10, 300)
BY_ADDRESS = Limit("address", 60, 300)


class SignIn:
    """Checks passwords and starts sessions and token families."""

    def __init__(
        self,
        database: Database,
        audit: AuditTrail,
        clock: Clock,
        *,
        passwords: Passwords,
        limiter: RateLimiter,
        tokens: AccessTokens,
        recent: RecentCallers,
    ) -> None:
        self._db = database
        self._audit = audit
        self._clock = clock
        self._passwords = passwords
        self._limiter = limiter
        self._tokens = tokens
        self._recent = recent

    def start_session(
        self, email: str, password: str, *, address: str, browser: str = "", replacing: str = ""
    ) -> str:
        """What to put into the session cookie; the session `replacing` ends.

        Raises WrongCredentialsError or LimitReachedError.
        """
        account = self._verified(email, password, address)
        cookie = opaque.fresh()
        now = self._clock.now()
        session = Session(
            id=opaque.digest(cookie),
            user_id=account.user.id,
            address=address[:64],
            browser=rules.browser_name(browser),
            created_at=now,
            seen_at=now,
        )
        with self._db.write() as connection:
            self._begin(connection, account, address, via="session")
            repository.delete_session(connection, account.user.id, replacing)
            repository.insert_session(connection, session)
        self._recent.forget()
        return cookie

    def start_tokens(self, email: str, password: str, *, address: str) -> TokenPair:
        """The first tokens of a new family. Raises WrongCredentialsError or LimitReachedError."""
        account = self._verified(email, password, address)
        refresh = opaque.fresh()
        now = self._clock.now()
        first = RefreshToken(
            id=opaque.digest(refresh),
            family=new_id(now),
            user_id=account.user.id,
            expires_at=now + rules.REFRESH_LIFE,
            used_at=None,
        )
        with self._db.write() as connection:
            self._begin(connection, account, address, via="token")
            repository.insert_refresh_token(connection, first)
        return self._tokens.pair(account, refresh)

    def allowance(self, email: str, address: str) -> dict[str, str]:
        """What is left, as response headers."""
        return headers(
            self._limiter.look(BY_ACCOUNT, _account_key(email)),
            self._limiter.look(BY_ADDRESS, rate_key(address)),
        )

    def _verified(self, email: str, password: str, address: str) -> Account:
        """Failures cost from both allowances; a success costs nothing."""
        account_key, address_key = _account_key(email), rate_key(address)
        self._limiter.take(BY_ADDRESS, address_key)
        self._limiter.take(BY_ACCOUNT, account_key)
        with self._db.read() as connection:
            account = repository.account(connection, rules.normalized_email(email))
        right = self._passwords.verify(password, account.password_hash if account else None)
        if account is None or not right or account.user.disabled:
            self._record_failure(account, account_key, address)
            raise WrongCredentialsError(
                "The email address and the password do not belong together, or the user is disabled."
            )
        self._limiter.give_back(BY_ADDRESS, address_key)
        self._limiter.give_back(BY_ACCOUNT, account_key)
        return self._rehashed(account, password)

    def _begin(self, connection: Connection, account: Account, address: str, *, via: str) -> None:
        """What every sign-in does in its transaction, after making sure that nothing changed since the check."""
        present = repository.account(connection, account.user.id)
        if present is None or present.epoch != account.epoch:
            raise WrongCredentialsError("The user was changed while signing in.", hint="Try again.")
        repository.user_seen(connection, account.user.id, self._clock.now())
        details: Mapping[str, str | int] = {"address": address, "via": via}
        email = account.user.email
        self._audit.record(connection, actor=email, action="auth.sign-in", target=email, details=details)

    def _record_failure(self, account: Account | None, attempted: str, address: str) -> None:
        # A password typed into the wrong field must not end up in the log: only addresses are written down.
        target = attempted if rules.normalized_email(attempted) else "unknown"
        state = (
            "unknown user" if account is None else "disabled" if account.user.disabled else "wrong password"
        )
        with self._db.write() as connection:
            self._audit.record(
                connection,
                actor="anonymous",
                action="auth.sign-in-failed",
                target=target,
                details={"address": address, "reason": state},
            )

    def _rehashed(self, account: Account, password: str) -> Account:
        if self._passwords.is_outdated(account.password_hash):
            stored = self._passwords.hashed(password)
            with self._db.write() as connection:
                repository.replace_hash(connection, account.user.id, old=account.password_hash, new=stored)
        return account


def _account_key(email: str) -> str:
    return email.strip().lower()[: rules.LONGEST_EMAIL]
