"""How a page looks: it fits into every room, and axe finds nothing against it."""

from axe_core_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# Width, color scheme, and whether axe looks at it: contrasts depend on the scheme alone, most else on the width.
_ROOMS = ((1280, "light", True), (1280, "dark", False), (390, "light", False), (390, "dark", True))


def check(page: Page) -> None:
    for width, scheme, examined in _ROOMS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        check_width(page, width)
        if examined:
            assert violations(page) == [], (width, scheme)


def check_width(page: Page, width: int) -> None:
    outside = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert outside == 0, f"{outside} pixels too wide at {width}"


def violations(page: Page) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
    return [f"{one['impact']}: {one['help']}: {[node['html'] for node in one['nodes']]}" for one in found]
