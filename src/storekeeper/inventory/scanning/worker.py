"""Lists shards page by page; when others are idle it helps to divide what is left."""

import threading
from collections.abc import Callable, Iterator

import pyarrow.compute as pc

from storekeeper.inventory.model import Shard
from storekeeper.inventory.rules import ranges
from storekeeper.inventory.rules.cutting import find_cut
from storekeeper.inventory.scanning.columns import keys_of
from storekeeper.inventory.scanning.frontier import Claim, Frontier
from storekeeper.kernel.pace import Pace
from storekeeper.objectstore import ObjectStore, Page
from storekeeper.objectstore.errors import ListingLoopError, MalformedAnswerError

EMPTY_PAGES = 1000  # in a row; a store that answers "nothing, but go on" more often will not come to an end
FREE_PROBES = 4
PAGES_A_PROBE = 4  # so that the search for cuts adds a quarter to the requests at most
_HINT = "The endpoint's listing is broken; its totals would be wrong. No snapshot was made."


class Counters:
    """What the workers of one scan have done. Safe to share between threads."""

    def __init__(self, *, pages: int = 0, requests: int = 0, retries: int = 0) -> None:
        self.pages, self.requests, self.retries = pages, requests, retries
        self.probes = 0
        self._lock = threading.Lock()

    def add(self, *, pages: int = 0, requests: int = 0, retries: int = 0, probes: int = 0) -> None:
        with self._lock:
            self.pages += pages
            self.requests += requests
            self.retries += retries
            self.probes += probes

    @property
    def may_probe(self) -> bool:
        return self.probes < FREE_PROBES + self.pages // PAGES_A_PROBE


class Worker:
    """One of several; each runs in its own thread. `room` returns when the writer can take another page."""

    def __init__(
        self, store: ObjectStore, frontier: Frontier, pace: Pace, counters: Counters, room: Callable[[], None]
    ) -> None:
        self._store = store
        self._frontier = frontier
        self._pace = pace
        self._counters = counters
        self._room = room

    def run(self) -> None:
        """Work until nothing is left. Raises objectstore errors, ListingLoopError among them."""
        while claim := self._frontier.claim():
            shard = self._cut(claim) if claim.to_cut else claim.shard
            if shard:
                self._list(shard)

    def _list(self, shard: Shard) -> None:
        """From where the shard stands to its end, anew after each division."""
        flat = False
        while not shard.done and not self._frontier.stopped:
            for page in self._pages(shard):
                shard = self._frontier.listed(shard.number, page.objects, ended=not page.truncated)
                if shard.done or self._frontier.stopped:
                    return
                if (
                    not flat
                    and self._frontier.hungry
                    and ranges.has_few_folders(shard, keys_of(page.objects))
                ):
                    rest, flat = self._divide(shard)
                    if rest:
                        shard = rest
                        break

    def _pages(self, shard: Shard) -> Iterator[Page]:
        token, last, empty = "", "", 0
        while True:
            page = self._ask(shard, token=token)
            last = _check_order(page, shard.prefix, last)
            empty = 0 if page.objects.num_rows else empty + 1
            if empty > EMPTY_PAGES:
                raise ListingLoopError(
                    f"{EMPTY_PAGES} pages in a row held nothing, and more should follow", hint=_HINT
                )
            self._counters.add(pages=1)
            yield page
            token = page.token

    def _divide(self, shard: Shard) -> tuple[Shard | None, bool]:
        """What is left of the shard, or None when nothing came of it; and whether there are no folders to divide by."""
        page = self._ask(shard, delimiter=ranges.DELIMITER)
        _check_order(page, shard.prefix, "")
        self._counters.add(pages=1)
        rest = self._frontier.divided(shard.number, page.objects, page.prefixes, truncated=page.truncated)
        return rest, not page.prefixes

    def _cut(self, claim: Claim) -> Shard | None:
        """Search the middle of what is ahead of a shard that another worker lists."""
        shard = claim.shard
        search = find_cut(shard.prefix, claim.origin, shard.after, shard.until)
        try:
            point = next(search)
            while self._counters.may_probe and not self._frontier.stopped:
                point = search.send(self._first_after(shard, point))
        except StopIteration as result:
            return self._frontier.cut(shard.number, result.value) if result.value else None
        return None

    def _first_after(self, shard: Shard, point: str) -> str | None:
        self._pace.wait()
        self._counters.add(requests=1, probes=1)
        page = self._store.list_page(prefix=shard.prefix, start_after=point, limit=1)
        if not page.objects.num_rows:
            return None
        found = str(page.objects["key"][0].as_py())
        if found <= point:
            self._frontier.forbid_cuts()
            return None
        return found if not shard.until or found <= shard.until else None

    def _ask(self, shard: Shard, *, token: str = "", delimiter: str = "") -> Page:
        self._room()
        self._pace.wait()
        self._counters.add(requests=1)
        begin = "" if token else ranges.start_after(shard)
        return self._store.list_page(
            prefix=shard.prefix, start_after=begin, token=token, delimiter=delimiter, etags=True
        )


def _check_order(page: Page, prefix: str, last: str) -> str:
    """The page's last key. Raises ListingLoopError when keys go back or repeat, within the page or after `last`."""
    keys = page.objects["key"].combine_chunks()
    if not len(keys):
        return last
    first, end = keys[0].as_py(), str(keys[-1].as_py())
    if first <= last or not pc.all(pc.less(keys[:-1], keys[1:]), min_count=0).as_py():
        raise ListingLoopError("the listing does not go forward: keys repeat or are out of order", hint=_HINT)
    if not (first.startswith(prefix) and end.startswith(prefix)):
        raise MalformedAnswerError(f"the listing of {prefix!r} holds keys that do not begin so", hint=_HINT)
    return end
