"""JSON routes of links to embedded pages."""

from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody

from storekeeper.access import actor_of
from storekeeper.infra.web import Access, delete, post
from storekeeper.metering.embedding.service import LONGEST_OWNER, EmbedLinks
from storekeeper.metering.figures import EmbedLink

AnyRequest = Request[Any, Any, Any]
Links = NamedDependency[EmbedLinks]
_TAGS = ["Metering"]


class EmbedRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Whose storage, and for how many seconds: a minute to a year."""

    owner: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_OWNER)]
    expires_in: Annotated[int, msgspec.Meta(ge=60, le=366 * 86_400)] = 3600


@post(
    "/api/user/storage/embed-link",
    access=Access.ADMIN,
    tags=_TAGS,
    summary="A signed address of a page that shows one owner's storage",
)
def make_embed_link(data: JSONBody[EmbedRequest], request: AnyRequest, embed_links: Links) -> EmbedLink:
    """Whoever has the address sees that page until it expires or is revoked; other sites may show it in a frame."""
    return embed_links.make(data.owner, data.expires_in, base=str(request.base_url))


@delete(
    "/api/user/storage/embed-links",
    access=Access.ADMIN,
    tags=_TAGS,
    summary="Revoke every address of one owner's page",
)
def revoke_embed_links(request: AnyRequest, embed_links: Links, owner: FromQuery[str]) -> None:
    """Those that were made before stop working at once; new ones work."""
    embed_links.revoke(owner, actor=actor_of(request.scope["user"]))


ROUTES = [make_embed_link, revoke_embed_links]
