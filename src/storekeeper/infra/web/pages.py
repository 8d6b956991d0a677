"""Server-rendered pages: Jinja templates of every capability, their filters, and fingerprinted assets."""

import base64
import gzip
import hashlib
import mimetypes
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
import msgspec
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.params import FromPath
from litestar.response import Redirect

from storekeeper.infra.web.principal import Access, Principal, Role
from storekeeper.infra.web.routes import get
from storekeeper.infra.web.values import amount, chart_rows, sparkline, utc, written
from storekeeper.kernel import units
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import NotFoundError, StorekeeperError

HERE = Path(__file__).parent
STATIC = HERE / "static"
PACKAGE = HERE.parent.parent
_COMPRESSIBLE = (".css", ".js", ".svg", ".json", ".txt")
_YEAR = 31_536_000
NOTICE_COOKIE = "__Host-notice"


class Entry(msgspec.Struct, frozen=True):
    """One entry of the main navigation."""

    label: str
    href: str
    icon: str
    beside: tuple[str, ...] = ()  # other pages of the same entry
    own: bool = False  # for those who see nothing but their own data, and only for them


class Pages:
    """Renders templates. `templates/` of a capability is reached as `"<capability>/name.html"`, ours as `"web/…"`."""

    def __init__(self, clock: Clock, navigation: Sequence[Entry], version: str) -> None:
        self.navigation = navigation
        folders = {
            folder.parent.name: jinja2.FileSystemLoader(folder) for folder in PACKAGE.glob("*/templates")
        }
        self.environment = jinja2.Environment(
            loader=jinja2.PrefixLoader({"web": jinja2.FileSystemLoader(HERE / "templates")} | folders),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.globals |= {
            "asset": asset_url,
            "version": version,
            "amount": amount,
            "written": written,
            "chart_rows": chart_rows,
            "utc": utc,
            "sparkline": sparkline,
        }
        self.environment.filters |= {
            "bytes": units.format_bytes,
            "count": units.format_count,
            "percent": units.format_percent,
            "duration": units.format_duration,
            "ago": lambda when: _ago(when, clock.now()),
            "iso": lambda when: when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def render(self, name: str, context: Mapping[str, Any]) -> str:
        return self.environment.get_template(name).render(context)


class Page(Response[str]):
    """An HTML answer."""

    def __init__(self, content: str, *, status_code: int = 200) -> None:
        super().__init__(
            content, status_code=status_code, media_type="text/html", headers={"Cache-Control": "no-store"}
        )


def render(
    request: Request[Any, Any, Any],
    name: str,
    *,
    status: int = 200,
    problem: StorekeeperError | None = None,
    **context: Any,
) -> Page:
    """Fill a template; every template also sees principal, can_write, csrf_token, nonce, path, query, status and request_id.

    What was refused is `problem`, which is in words there, and gives the status.
    """
    status = problem.status if problem else status
    principal = request.scope.get("user")
    shell = {
        "principal": principal,
        "can_write": may_write(request),
        "problem": problem.in_words() if problem else "",
        "csrf_token": principal.csrf_token if principal else "",
        "nonce": request.scope.get("nonce", ""),
        "path": request.url.path,
        "query": dict(request.query_params),
        "request_id": request.scope.get("request_id", ""),
        "status": status,
        "nav": [_shown(entry, request.url.path) for entry in _entries(request, principal)],
        "toasts": _read_notice(request),
    }
    pages: Pages = request.app.state.pages
    page = Page(pages.render(name, shell | context), status_code=status)
    if shell["toasts"]:
        page.delete_cookie(NOTICE_COOKIE, path="/")
    return page


def may_write(request: Request[Any, Any, Any]) -> bool:
    """Whether the caller is offered what changes something."""
    principal = request.scope.get("user")
    return principal is not None and principal.role is Role.ADMIN


def see_other(target: str, text: str = "", *, tone: str = "good") -> Redirect:
    """After a form: lead on to a page, which shows `text` once."""
    cookies = []
    if text:
        value = base64.urlsafe_b64encode(msgspec.json.encode({"tone": tone, "text": text})).decode()
        cookies = [
            Cookie(
                NOTICE_COOKIE, path="/", value=value, max_age=60, httponly=True, secure=True, samesite="lax"
            )
        ]
    return Redirect(target, status_code=303, cookies=cookies)


def _entries(request: Request[Any, Any, Any], principal: Principal | None) -> list[Entry]:
    own = principal is not None and principal.role is Role.USER
    return [entry for entry in request.app.state.pages.navigation if entry.own is own]


def _shown(entry: Entry, path: str) -> dict[str, Any]:
    places = (entry.href, *entry.beside)
    below = any(place != "/" and path.startswith(place.rstrip("/") + "/") for place in places)
    active = path in places or below
    return {"label": entry.label, "href": entry.href, "icon": entry.icon, "active": active}


def _read_notice(request: Request[Any, Any, Any]) -> list[dict[str, str]]:
    raw = request.cookies.get(NOTICE_COOKIE, "")
    if not raw:
        return []
    try:
        return [msgspec.json.decode(base64.urlsafe_b64decode(raw), type=dict[str, str])]
    except (ValueError, msgspec.DecodeError):
        return []


def sign_in_url(request: Request[Any, Any, Any]) -> str:
    """The sign-in page, which leads back to where the caller wanted to go."""
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return "/sign-in" if target == "/" else f"/sign-in?next={quote(target, safe='')}"


@cache
def fingerprint() -> str:
    """Changes when any asset does."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(STATIC).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def asset_url(name: str) -> str:
    return f"/assets/{fingerprint()}/{name}"


@get("/assets/{version:str}/{name:path}", access=Access.PUBLIC, include_in_schema=False)
def asset(request: Request[Any, Any, Any], version: FromPath[str], name: FromPath[Path]) -> Response[bytes]:
    """A vendored file, immutable under its fingerprint."""
    relative = str(name).lstrip("/")
    path = (STATIC / relative).resolve()
    if not path.is_relative_to(STATIC) or not path.is_file():
        raise NotFoundError("There is no such asset.")
    seconds = _YEAR if version == fingerprint() else 0
    headers = {"Cache-Control": f"public, max-age={seconds}, immutable", "Vary": "Accept-Encoding"}
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if path.suffix in _COMPRESSIBLE and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(_zipped(path), media_type=media_type, headers=headers | {"Content-Encoding": "gzip"})
    return Response(path.read_bytes(), media_type=media_type, headers=headers)


@cache
def _zipped(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), 9, mtime=0)


def _ago(when: datetime, now: datetime) -> str:
    seconds = (now - when).total_seconds()
    if seconds < 5:
        return "just now"
    return (
        f"{units.format_duration(round(seconds)).split(' ')[0] if seconds >= 60 else f'{seconds:.0f} s'} ago"
    )
