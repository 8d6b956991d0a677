"""Every S3 operation of the applications that use the buckets: taken in, kept, counted."""

from storekeeper.metering import routes, views
from storekeeper.metering.api import shortcut
from storekeeper.metering.embedding import EmbedLinks
from storekeeper.metering.importing.incoming import Incoming
from storekeeper.metering.importing.pulling.jobs import jobs
from storekeeper.metering.importing.pulling.service import ImportSourceService
from storekeeper.metering.keeping.jobs import jobs as keeping_jobs
from storekeeper.metering.keeping.model import Retention
from storekeeper.metering.keeping.service import KeepingService
from storekeeper.metering.model import Recommended
from storekeeper.metering.service import Kept, MeteringService

ROUTES = routes.ROUTES

__all__ = [
    "ROUTES",
    "EmbedLinks",
    "ImportSourceService",
    "Incoming",
    "KeepingService",
    "Kept",
    "MeteringService",
    "Recommended",
    "Retention",
    "jobs",
    "keeping_jobs",
    "shortcut",
    "views",
]
