"""When sessions, tokens and keys hold, and what they allow."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from storekeeper.access.model import Scope, User
from storekeeper.infra.web.principal import Role

SESSION_IDLE = timedelta(hours=12)
SESSION_LIFE = timedelta(days=7)
ACCESS_LIFE = timedelta(minutes=10)
REFRESH_LIFE = timedelta(days=30)
REFRESH_GRACE = timedelta(seconds=30)
SEEN_EVERY = timedelta(minutes=1)
LONGEST_EMAIL = 254

_EMAIL = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+")
_SCOPES = {
    Role.ADMIN: frozenset(Scope),
    Role.READONLY: frozenset({Scope.READ, Scope.METRICS}),
    Role.USER: frozenset({Scope.READ}),
}


class Refresh(StrEnum):
    """What becomes of a refresh token that is presented."""

    ROTATE = "rotate"
    EXPIRED = "expired"
    REUSED = "reused"  # stolen, or stolen back: the whole family ends


def refresh_verdict(*, used_at: datetime | None, expires_at: datetime, now: datetime) -> Refresh:
    """A used token still rotates within the grace, for answers that were lost and calls that crossed."""
    if now >= expires_at:
        return Refresh.EXPIRED
    if used_at is not None and now - used_at > REFRESH_GRACE:
        return Refresh.REUSED
    return Refresh.ROTATE


def session_holds(*, created_at: datetime, seen_at: datetime, now: datetime) -> bool:
    return now - seen_at < SESSION_IDLE and now - created_at < SESSION_LIFE


def key_holds(*, expires_at: datetime | None, now: datetime) -> bool:
    return expires_at is None or now < expires_at


def seen_is_stale(seen_at: datetime | None, now: datetime) -> bool:
    """Whether to write down again that someone was here: at most once a minute."""
    return seen_at is None or now - seen_at >= SEEN_EVERY


def scopes_in_force(role: Role, scopes: Iterable[Scope]) -> frozenset[Scope]:
    """A key never allows more than the present role of the one who made it."""
    return frozenset(scopes) & _SCOPES[role]


def leaves_no_admin(user: User, *, role: Role, disabled: bool, enabled_admins: int) -> bool:
    """Whether giving `user` this role and state takes away the last one who can undo it."""
    was_admin = user.role is Role.ADMIN and not user.disabled
    stays_admin = role is Role.ADMIN and not disabled
    return was_admin and not stays_admin and enabled_admins <= 1


def normalized_email(text: str) -> str:
    """As it is stored and compared; empty when it is no address."""
    email = text.strip().lower()
    return email if len(email) <= LONGEST_EMAIL and _EMAIL.fullmatch(email) else ""


def local_path(target: str) -> str:
    """`target` when it stays on this server, else `/`: a sign-in link must not lead elsewhere."""
    if not target.startswith("/") or target.startswith("//") or "\\" in target or not target.isprintable():
        return "/"
    parts = urlsplit(target)
    return "/" if parts.netloc or parts.scheme or parts.path == "/sign-in" else target


def browser_name(user_agent: str) -> str:
    """`"Firefox on Linux"`: enough for its owner to know it again."""
    browsers = {
        "Edg/": "Edge",
        "OPR/": "Opera",
        "Firefox/": "Firefox",
        "Chrome/": "Chrome",
        "Safari/": "Safari",
    }
    systems = {
        "Android": "Android",
        "iPhone": "iPhone",
        "iPad": "iPad",
        "Windows": "Windows",
        "Mac OS": "macOS",
    }
    browser = next((name for mark, name in browsers.items() if mark in user_agent), "A program")
    system = next((name for mark, name in (systems | {"Linux": "Linux"}).items() if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser
