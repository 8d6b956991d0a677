"""Errors that reach people. Each class is one stable problem type (RFC 9457) and one line of the reference."""

from typing import Any, ClassVar


class StorekeeperError(Exception):
    """Something went wrong that a person can understand and act on.

    A subclass fixes `slug` (stable, part of the API), `title` and HTTP `status`; its docstring is its entry
    in the reference. `detail` says what happened, `hint` what to do, `extra` adds members to the problem.
    """

    slug: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Internal error"
    status: ClassVar[int] = 500

    def __init__(
        self, detail: str = "", *, hint: str = "", retry_after: float | None = None, **extra: Any
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.hint = hint
        self.retry_after = retry_after
        self.extra = extra

    def in_words(self) -> str:
        """What happened, and what to do."""
        return " ".join(filter(None, (self.detail or self.title, self.hint)))

    def problem(self) -> dict[str, Any]:
        """The RFC 9457 members; `type` is relative to the server's own reference page."""
        members: dict[str, Any] = {
            "type": f"/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
        }
        optional = {"detail": self.detail, "hint": self.hint, "retryAfterSeconds": self.retry_after}
        members |= {name: value for name, value in optional.items() if value not in ("", None)}
        return members | self.extra


class BadInputError(StorekeeperError):
    """The request is understood but a value in it is not acceptable; `errors` lists the fields."""

    slug, title, status = "bad-input", "Invalid input", 400


class NotSignedInError(StorekeeperError):
    """No valid session, token or key came with the request."""

    slug, title, status = "not-signed-in", "Sign in first", 401


class NotAllowedError(StorekeeperError):
    """The caller is known, but its role or scope does not allow this."""

    slug, title, status = "not-allowed", "Not allowed", 403


class NotFoundError(StorekeeperError):
    """There is no such thing, or the caller may not know of it."""

    slug, title, status = "not-found", "Not found", 404


class ConflictError(StorekeeperError):
    """The change contradicts the present state, such as a name that is taken."""

    slug, title, status = "conflict", "Conflict", 409


class TooManyRequestsError(StorekeeperError):
    """A rate limit was reached; `retryAfterSeconds` says when to come back."""

    slug, title, status = "too-many-requests", "Too many requests", 429


class UnavailableError(StorekeeperError):
    """A part that this needs is down or full; nothing was changed, try again later."""

    slug, title, status = "unavailable", "Temporarily unavailable", 503


class SettingsError(StorekeeperError):
    """The configuration is wrong; the server did not start and touched nothing."""

    slug, title, status = "settings", "Wrong configuration", 500
