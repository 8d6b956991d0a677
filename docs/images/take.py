# ruff: noqa: INP001 - a script that belongs to no package
"""Takes the pictures in this folder from the demo, which it starts and ends: python docs/images/take.py [MINUTES]."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from storekeeper.kernel.clock import SystemClock
from storekeeper_client import Client

HERE = Path(__file__).parent
PAGES = {"overview": "/", "bucket": "/buckets/site-packages"}
BROWSER = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
WIDTH, HEIGHT = 1280, 900


@contextmanager
def demo() -> Iterator[dict[str, Any]]:
    """Where it is, and the password."""
    command = [sys.executable, "-m", "storekeeper", "demo", "--json", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        try:
            told = ""
            for line in process.stdout or ():
                told += line
                if line.rstrip() == "}":
                    break
            yield json.loads(told)
        finally:
            process.send_signal(signal.SIGINT)


def sign_in(page: Page, server: dict[str, Any]) -> None:
    page.goto(server["url"])
    page.fill("[name=email]", server["email"])
    page.fill("[name=password]", server["password"])
    page.keyboard.press("Enter")
    page.wait_for_url(server["url"] + "/")


def wait_for_rest(server: dict[str, Any], minutes: float) -> None:
    """Until the charts have something to show and no scan is under way."""
    clock = SystemClock()
    clock.sleep(minutes * 60)
    with Client(server["url"]) as client:
        client.sign_in(server["email"], server["password"])
        while not all(client.scans(bucket.name)[0].is_over for bucket in client.buckets()):
            clock.sleep(0.2)


def main(minutes: float) -> None:
    with demo() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=BROWSER)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce")
        sign_in(page, server)
        wait_for_rest(server, minutes)
        for name, path in PAGES.items():
            page.goto(server["url"] + path, wait_until="networkidle")
            page.screenshot(path=HERE / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 6)
