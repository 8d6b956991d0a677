"""The watched buckets: registered, tested, opened; their credentials sealed."""

from storekeeper.buckets.api import ROUTES as API_ROUTES
from storekeeper.buckets.pages import ROUTES as PAGE_ROUTES
from storekeeper.buckets.rules import check_cron, owner_of, owner_regex
from storekeeper.buckets.service import BucketService

ROUTES = [*API_ROUTES, *PAGE_ROUTES]

__all__ = ["ROUTES", "BucketService", "check_cron", "owner_of", "owner_regex"]
