"""Nouns of editing price sheets."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from storekeeper.costs.model.report import SheetProblem
from storekeeper.costs.sheets.files import MOST_BYTES, SheetFile
from storekeeper.kernel.errors import BadInputError, ConflictError, NotFoundError

Text = Annotated[str, msgspec.Meta(max_length=MOST_BYTES)]


class SheetText(SheetFile, frozen=True, kw_only=True, rename="camel"):
    """A price sheet as it is written, and what is wrong with it: it is left out for that."""

    problems: Sequence[SheetProblem]


class NewSheet(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A file's new text. `digest` is that of the text it was made from: empty where there was none."""

    text: Text
    digest: Annotated[str, msgspec.Meta(max_length=64)] = ""


class Tried(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    text: Text


class SavedSheet(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was saved. `runId` is of the run that works the open months out again."""

    file: str
    digest: str
    id: str
    title: str
    run_id: str


class Difference(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The present month up to now in one currency."""

    currency: str
    before: str
    after: str


class Preview(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a text would change; nothing is stored. The unknown ones count charges of unknown price, which are in no sum."""

    month: str
    items: Sequence[Difference]
    unknown_before: int
    unknown_after: int
    changes: bool


class UnknownSheetError(NotFoundError):
    """There is no price sheet in a file of that name."""

    slug, title = "unknown-price-sheet", "Unknown price sheet"


class SheetChangedError(ConflictError):
    """The file is not as it was read: somebody changed, made or removed it since. `digest` is what it is now."""

    slug, title = "price-sheet-changed", "Price sheet was changed meanwhile"


class SheetNameError(BadInputError):
    """A file of price sheets has letters, digits, dots, hyphens and underscores in its name, and ends in `.toml`."""

    slug, title = "bad-price-sheet-name", "Not a name for a price sheet"
