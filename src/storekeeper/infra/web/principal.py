"""Who is asking, and what a route asks of them."""

from enum import StrEnum

import msgspec

from storekeeper.kernel.errors import NotAllowedError, NotSignedInError


class Role(StrEnum):
    """What a person may do: `admin` everything, `readonly` see everything, `user` see and change their own data."""

    ADMIN = "admin"
    USER = "user"
    READONLY = "readonly"


class Access(StrEnum):
    """What a route demands; every route declares one."""

    PUBLIC = "public"
    OWN = "own"  # anyone signed in, over their own data
    READ = "read"  # readonly and admin
    ADMIN = "admin"
    INGEST = "ingest"  # an API key with that scope
    PROBE = "probe"  # an API key with that scope
    IMPORT = "import"  # an admin, or an API key with the scope ingest
    METRICS = "metrics"  # loopback, or anyone signed in who may read, or the metrics key


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """A caller whose identity was checked."""

    id: str
    email: str
    role: Role
    via: str  # session, token or key
    name: str = ""  # of an API key
    scopes: frozenset[str] = frozenset()  # of an API key; empty means all that the role allows
    buckets: frozenset[str] = frozenset()  # that an API key is bound to, by name; empty means all
    csrf_token: str = ""  # of a session
    session_id: str = ""


_ROLES = {
    Access.OWN: frozenset(Role),
    Access.READ: frozenset({Role.ADMIN, Role.READONLY}),
    Access.METRICS: frozenset({Role.ADMIN, Role.READONLY}),
    Access.ADMIN: frozenset({Role.ADMIN}),
    Access.IMPORT: frozenset({Role.ADMIN}),
}
_SCOPES = {
    Access.OWN: frozenset({"read", "admin"}),
    Access.READ: frozenset({"read", "admin"}),
    Access.METRICS: frozenset({"read", "metrics", "admin"}),
    Access.ADMIN: frozenset({"admin"}),
    Access.INGEST: frozenset({"ingest"}),
    Access.PROBE: frozenset({"probe"}),
    Access.IMPORT: frozenset({"ingest", "admin"}),
}


def may(principal: Principal | None, access: Access) -> bool:
    """Whether the caller may use what demands `access`."""
    try:
        check(principal, access)
    except (NotSignedInError, NotAllowedError):
        return False
    return True


def check(principal: Principal | None, access: Access) -> None:
    """Raises NotSignedInError or NotAllowedError when the caller may not use a route that demands `access`."""
    if access is Access.PUBLIC:
        return
    if principal is None:
        raise NotSignedInError("This needs a session, a token or an API key.")
    if principal.via == "key":
        if not principal.scopes & _SCOPES[access]:
            raise NotAllowedError(f"The API key lacks the scope {access}.")
        if access in (Access.INGEST, Access.PROBE):
            return
    if principal.role not in _ROLES.get(access, frozenset()):
        raise NotAllowedError(f"The role {principal.role} may not do this.")
