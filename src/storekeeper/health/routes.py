"""Every route of health."""

from storekeeper.health import alerting, api, pages, settings_pages, vantage

ROUTES = [*api.ROUTES, *pages.ROUTES, *settings_pages.ROUTES, *alerting.ROUTES, *vantage.ROUTES]
