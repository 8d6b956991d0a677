"""Every route of metering."""

from storekeeper.metering import api, pages, read_api
from storekeeper.metering.embedding import api as embed_api
from storekeeper.metering.embedding import pages as embed_pages
from storekeeper.metering.importing import api as import_api
from storekeeper.metering.importing.pulling import api as source_api
from storekeeper.metering.importing.pulling import pages as source_pages
from storekeeper.metering.keeping import api as keeping_api

ROUTES = [
    *api.ROUTES,
    *read_api.ROUTES,
    *pages.ROUTES,
    *embed_api.ROUTES,
    *embed_pages.ROUTES,
    *import_api.ROUTES,
    *source_api.ROUTES,
    *source_pages.ROUTES,
    *keeping_api.ROUTES,
]
