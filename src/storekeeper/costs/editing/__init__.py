"""Price sheets of one's own, edited through the API and the page as well as by hand on the disk."""

from storekeeper.costs.editing.api import ROUTES as API_ROUTES
from storekeeper.costs.editing.pages import ROUTES as PAGE_ROUTES
from storekeeper.costs.editing.service import SheetEditor

ROUTES = [*API_ROUTES, *PAGE_ROUTES]

__all__ = ["ROUTES", "SheetEditor"]
