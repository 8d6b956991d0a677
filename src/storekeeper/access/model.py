"""Nouns of access: users, their sessions and tokens, and keys for programs."""

from datetime import datetime
from enum import StrEnum

import msgspec

from storekeeper.infra.web.principal import Principal, Role
from storekeeper.kernel.errors import (
    BadInputError,
    ConflictError,
    NotFoundError,
    NotSignedInError,
    TooManyRequestsError,
)


class Scope(StrEnum):
    """What an API key is good for, within the role of the one who made it."""

    READ = "read"
    ADMIN = "admin"
    INGEST = "ingest"
    METRICS = "metrics"
    PROBE = "probe"


class User(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A person who may sign in."""

    id: str
    email: str  # lower case, unique
    role: Role
    disabled: bool
    created_at: datetime
    last_seen_at: datetime | None


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A user with what proves who they are. Never leaves this capability."""

    user: User
    password_hash: str
    epoch: int  # access tokens of an earlier epoch are refused


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One browser that is signed in. Its id is the SHA-256 of what the cookie holds."""

    id: str
    user_id: str
    address: str
    browser: str
    created_at: datetime
    seen_at: datetime


class RefreshToken(msgspec.Struct, frozen=True, kw_only=True):
    """One link of a family of tokens that goes back to one sign-in. Its id is the SHA-256 of the token."""

    id: str
    family: str
    user_id: str
    expires_at: datetime
    used_at: datetime | None


class ApiKey(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A key for a program. It acts for the one who made it, within its scopes."""

    id: str
    name: str
    scopes: list[Scope]
    buckets: list[str]  # by name; empty is all
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    created_by: str


class TokenPair(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a program gets for a password: a short access token, and another to get the next one."""

    access_token: str
    refresh_token: str
    expires_in: int  # seconds
    role: Role


class UserPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    items: list[User]
    next_cursor: str | None


class ApiKeyPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    items: list[ApiKey]
    next_cursor: str | None


def actor_of(principal: Principal) -> str:
    """How the audit log names a caller."""
    return f"key:{principal.id}" if principal.via == "key" else principal.email


class WrongCredentialsError(NotSignedInError):
    """The email address and the password do not belong together, or the user is disabled."""

    slug, title = "wrong-password", "Wrong email or password"


class LimitReachedError(TooManyRequestsError):
    """Too many wrong passwords for this account or from this address; `retryAfterSeconds` says when to come back."""

    slug, title = "sign-in-limit", "Too many attempts"


class TokenRefusedError(NotSignedInError):
    """The access token, refresh token or API key is expired, revoked or not one of this server's."""

    slug, title = "token-refused", "Token refused"


class WeakPasswordError(BadInputError):
    """The password is too short or among the common ones."""

    slug, title = "weak-password", "Password refused"


class UserExistsError(ConflictError):
    """A user with that email address exists already."""

    slug, title = "user-exists", "User exists already"


class LastAdminError(ConflictError):
    """The last enabled admin can not be disabled or given another role: nobody could undo it."""

    slug, title = "last-admin", "The last admin stays"


class UnknownUserError(NotFoundError):
    """There is no user of that id or email address."""

    slug, title = "unknown-user", "Unknown user"


class UnknownApiKeyError(NotFoundError):
    """There is no API key of that id; it may have been revoked already."""

    slug, title = "unknown-api-key", "Unknown API key"
