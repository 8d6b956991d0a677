"""Price sheets as they are written, and the calls to change one's own."""

from collections.abc import Sequence
from urllib.parse import quote

from .api import Client
from .costs import SheetProblem
from .model import Noun


class SheetText(Noun, frozen=True, kw_only=True):
    """A price sheet in TOML. `digest` changes with the text; `own` is false for what comes with Storekeeper."""

    file: str
    own: bool = False
    text: str
    digest: str = ""
    problems: Sequence[SheetProblem] = ()


class SavedSheet(Noun, frozen=True, kw_only=True):
    """What was saved, and the run that works open months out by it."""

    file: str
    digest: str
    id: str = ""
    title: str = ""
    run_id: str = ""


class Difference(Noun, frozen=True, kw_only=True):
    """The present month up to now in one currency."""

    currency: str
    before: str
    after: str


class Preview(Noun, frozen=True, kw_only=True):
    """What a text would change of the present month."""

    month: str
    items: Sequence[Difference] = ()
    unknown_before: int = 0
    unknown_after: int = 0
    changes: bool = False


class PriceFiles:
    """One method for each thing that can be asked of a server about them; it raises what `Client` raises."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def read(self, file: str, *, shipped: bool = False) -> SheetText:
        """One's own, else that which comes with Storekeeper; `shipped` asks for the latter."""
        return self._client.call("GET", _at(file), SheetText, shipped="true" if shipped else "")

    def save(self, file: str, text: str, *, digest: str) -> SavedSheet:
        """`digest` is that of what the text was made from; empty where there was no file of one's own."""
        return self._client.call("PUT", _at(file), SavedSheet, body={"text": text, "digest": digest})

    def preview(self, file: str, text: str) -> Preview:
        """Nothing is stored."""
        return self._client.call("POST", _at(file) + "/preview", Preview, body={"text": text})

    def remove(self, file: str, *, digest: str) -> None:
        self._client.call("DELETE", _at(file), type(None), digest=digest)


def _at(file: str) -> str:
    return f"/api/prices/{quote(file, safe='')}"
