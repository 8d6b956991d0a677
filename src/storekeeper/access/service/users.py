"""Making and changing users."""

from storekeeper.access import repository
from storekeeper.access.model import (
    Account,
    LastAdminError,
    UnknownUserError,
    User,
    UserPage,
    WrongCredentialsError,
)
from storekeeper.access.rules import credentials as rules
from storekeeper.access.rules.rate_limit import Limit
from storekeeper.access.service.passwords import Passwords, made_up
from storekeeper.access.service.rate_limiter import RateLimiter
from storekeeper.access.service.recent_callers import RecentCallers
from storekeeper.audit import AuditTrail
from storekeeper.infra.db import Connection, Database
from storekeeper.infra.web import Role
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import BadInputError, SettingsError
from storekeeper.kernel.ids import new_id

MOST_PER_PAGE = 500
OWN_PASSWORD = Limit("password", 10, 300)


class Users:
    """The people who may sign in."""

    def __init__(
        self,
        database: Database,
        audit: AuditTrail,
        clock: Clock,
        *,
        passwords: Passwords,
        limiter: RateLimiter,
        recent: RecentCallers,
    ) -> None:
        self._recent = recent
        self._db = database
        self._audit = audit
        self._clock = clock
        self._passwords = passwords
        self._limiter = limiter

    def ensure_admin(self, email: str, password: str) -> str | None:
        """Make the first user, when there is none. Returns the password if one had to be made up.

        Raises SettingsError when the address or the password given is not acceptable.
        """
        with self._db.read() as connection:
            if repository.has_users(connection):
                return None
        try:
            _, made = self.create(email, Role.ADMIN, password, actor="system")
        except BadInputError as error:
            raise SettingsError(
                f"The first admin can not be made. {error.detail}",
                hint="Check admin_email and admin_password.",
            ) from None
        return made

    def create(self, email: str, role: Role, password: str = "", *, actor: str) -> tuple[User, str | None]:
        """The new user, and the password if none was given and one was made up.

        Raises BadInputError, WeakPasswordError or UserExistsError.
        """
        address = rules.normalized_email(email)
        if not address:
            raise BadInputError(
                "That is not an email address.",
                errors=[{"key": "email", "message": "Write it as name@example.com."}],
            )
        made = None if password else made_up()
        stored = self._passwords.accepted(made or password, email=address)
        now = self._clock.now()
        user = User(
            id=new_id(now), email=address, role=role, disabled=False, created_at=now, last_seen_at=None
        )  # fmt: skip
        with self._db.write() as connection:
            repository.insert_user(connection, Account(user=user, password_hash=stored, epoch=1))
            self._audit.record(
                connection, actor=actor, action="user.create", target=address, details={"role": role}
            )
        return user, made

    def get(self, id_or_email: str) -> User:
        """Raises UnknownUserError."""
        with self._db.read() as connection:
            return _known(connection, id_or_email).user

    def page(self, *, containing: str = "", sort: str = "id", cursor: str = "", limit: int = 100) -> UserPage:
        """At most `limit` users; `cursor` continues a previous page."""
        offset = int(cursor) if cursor.isdecimal() else 0
        limit = max(1, min(limit, MOST_PER_PAGE))
        with self._db.read() as connection:
            found = repository.find_users(
                connection, containing=containing.lower(), sort=sort, offset=offset, limit=limit + 1
            )
        more = str(offset + limit) if len(found) > limit else None
        return UserPage(items=found[:limit], next_cursor=more)

    def change(
        self, id_or_email: str, *, role: Role | None = None, disabled: bool | None = None, actor: str
    ) -> User:
        """Takes effect at once for sessions, tokens and keys. Raises UnknownUserError or LastAdminError."""
        with self._db.write() as connection:
            admins = repository.lock_enabled_admins(connection)
            user = _known(connection, id_or_email).user
            new_role = user.role if role is None else role
            now_disabled = user.disabled if disabled is None else disabled
            if (new_role, now_disabled) == (user.role, user.disabled):
                return user
            if rules.leaves_no_admin(user, role=new_role, disabled=now_disabled, enabled_admins=admins):
                raise LastAdminError(
                    f"{user.email} is the last enabled admin.", hint="Make another admin first."
                )
            repository.change_user(connection, user.id, role=new_role, disabled=now_disabled)
            if now_disabled:
                repository.delete_sign_ins(connection, user.id)
            details: dict[str, str | int] = {
                "role": new_role,
                "roleBefore": user.role,
                "disabled": int(now_disabled),
            }
            self._audit.record(
                connection, actor=actor, action="user.update", target=user.email, details=details
            )
            changed = _known(connection, user.id).user
        self._recent.forget()
        return changed

    def reset_password(self, id_or_email: str, *, actor: str) -> tuple[User, str]:
        """Make up a new password and end all sign-ins. Raises UnknownUserError."""
        password = made_up()
        stored = self._passwords.hashed(password)
        with self._db.write() as connection:
            user = _known(connection, id_or_email).user
            self._set_password(connection, user, stored, actor=actor, by="reset")
        self._recent.forget()
        return user, password

    def change_own_password(self, user_id: str, current: str, new: str, *, but_session: str = "") -> None:
        """Ends all other sign-ins of that user.

        Raises WrongCredentialsError, WeakPasswordError or LimitReachedError.
        """
        self._limiter.take(OWN_PASSWORD, user_id)
        with self._db.read() as connection:
            account = _known(connection, user_id)
        if not self._passwords.verify(current, account.password_hash):
            raise WrongCredentialsError(
                "The current password is wrong.",
                errors=[{"key": "current", "message": "This is not your password."}],
            )
        email = account.user.email
        stored = self._passwords.accepted(new, email=email, field="new")
        with self._db.write() as connection:
            self._set_password(
                connection, account.user, stored, actor=email, by="owner", but_session=but_session
            )
        self._recent.forget()
        self._limiter.give_back(OWN_PASSWORD, user_id)

    def _set_password(
        self, connection: Connection, user: User, stored: str, *, actor: str, by: str, but_session: str = ""
    ) -> None:
        repository.change_password(connection, user.id, stored)
        repository.delete_sign_ins(connection, user.id, but_session=but_session)
        self._audit.record(
            connection, actor=actor, action="user.password", target=user.email, details={"by": by}
        )


def _known(connection: Connection, id_or_email: str) -> Account:
    account = repository.account(connection, rules.normalized_email(id_or_email) or id_or_email)
    if account is None:
        raise UnknownUserError("There is no such user.")
    return account
