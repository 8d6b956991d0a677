"""Every S3 operation of the applications that use the buckets: taken in, kept, counted."""

from storekeeper.metering import api, exports, pages, read_api, views
from storekeeper.metering.importing.api import ROUTES as IMPORT_ROUTES
from storekeeper.metering.importing.pulling.api import ROUTES as SOURCE_ROUTES
from storekeeper.metering.importing.pulling.jobs import jobs
from storekeeper.metering.importing.pulling.service import ImportSourceService
from storekeeper.metering.keeping.api import ROUTES as KEEPING_ROUTES
from storekeeper.metering.keeping.jobs import jobs as keeping_jobs
from storekeeper.metering.keeping.model import Retention
from storekeeper.metering.keeping.service import KeepingService
from storekeeper.metering.service import EmbedLinks, MeteringService

ROUTES = [*api.ROUTES, *read_api.ROUTES, *pages.ROUTES, *IMPORT_ROUTES, *SOURCE_ROUTES, *KEEPING_ROUTES]

__all__ = [
    "ROUTES",
    "EmbedLinks",
    "ImportSourceService",
    "KeepingService",
    "MeteringService",
    "Retention",
    "exports",
    "jobs",
    "keeping_jobs",
    "views",
]
