"""How a page looks: it fits, and axe finds nothing against it."""

from axe_core_python.base import AXE_SCRIPT
from playwright.sync_api import Page

ROOMS = ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"))  # width, color scheme
_EXAMINED = (ROOMS[0], ROOMS[3])


def check(page: Page) -> None:
    """As it is shown now."""
    check_width(page)
    assert violations(page) == []


def check_rooms(page: Page) -> None:
    """As it is shown when the window's width and the scheme change; axe, which takes long, looks at each width and each scheme once."""
    for width, scheme in ROOMS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        check_width(page)
        if (width, scheme) in _EXAMINED:
            assert violations(page) == [], (width, scheme)


def check_width(page: Page) -> None:
    outside = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert outside == 0, f"{outside} pixels too wide at {page.viewport_size}"


def violations(page: Page) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
    return [f"{one['impact']}: {one['help']}: {[node['html'] for node in one['nodes']]}" for one in found]
