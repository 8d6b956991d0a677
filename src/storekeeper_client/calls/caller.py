"""What every group of calls is made with."""

from typing import Any, TypeVar
from urllib.parse import quote

from storekeeper_client.model import Page
from storekeeper_client.session import Session
from storekeeper_client.transport import Transport

T = TypeVar("T")


class Caller:
    """Calls any route."""

    _session: Session
    _transport: Transport

    @property
    def url(self) -> str:
        return self._transport.url

    def call(self, method: str, path: str, returns: type[T], *, body: Any = None, **query: Any) -> T:
        """Any route: its JSON answer as `returns`. Values None and "" in the query are left out."""
        return self._session.call(method, path, returns, body=body, query=query)

    def _all(self, path: str, page: type[Page[T]]) -> list[T]:
        found = self.call("GET", path, page)
        items = list(found.items)
        while found.next_cursor:
            found = self.call("GET", path, page, cursor=found.next_cursor)
            items += found.items
        return items


def at(*parts: str) -> str:
    """A path; names of things are escaped, the first part is taken as it is."""
    return "/".join((parts[0], *(quote(part, safe="") for part in parts[1:])))
