"""Revoking links from the page of their owner."""

from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody

from storekeeper.access import actor_of
from storekeeper.infra.web import Access, post, see_other
from storekeeper.metering.embedding.service import EmbedLinks
from storekeeper.metering.views.shared import href


@post("/usage/embed-links/revoke", access=Access.ADMIN, status_code=200, include_in_schema=False)
def revoke_embed_links_form(
    request: Request[Any, Any, Any],
    data: URLEncodedBody[dict[str, str]],
    embed_links: NamedDependency[EmbedLinks],
) -> Response[Any]:
    owner = data.get("owner", "")
    embed_links.revoke(owner, actor=actor_of(request.scope["user"]))
    page = href("owner", owner, {})
    return see_other(page, f"Links to the storage of {owner} are revoked. New ones work.")


ROUTES = [revoke_embed_links_form]
