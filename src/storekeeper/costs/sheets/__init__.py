"""Price sheets: dated files of the package, and those of one's own that override or extend them.

`load` gives the `Book` to choose from by provider, region and day; `read_sheet` checks the text of one file.
"""

from storekeeper.costs.sheets.book import Book, Entry, load, load_strictly, package_entries
from storekeeper.costs.sheets.reading import PriceSheetError, Problem, read_sheet

__all__ = [
    "Book",
    "Entry",
    "PriceSheetError",
    "Problem",
    "load",
    "load_strictly",
    "package_entries",
    "read_sheet",
]
