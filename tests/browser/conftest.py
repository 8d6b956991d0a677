"""A real server that watches real buckets, and a real browser in which every complaint fails the test."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, expect, sync_playwright

from storekeeper_client import ApiError, Client

EMAIL, PASSWORD = "admin@localhost", "correct horse battery staple"
CHROMIUM = "/usr/bin/chromium"
PATIENCE_MS = 20_000  # a busy machine is not a broken page
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PACKAGES = ("jinja2", "msgspec", "rich", "sqlalchemy", "structlog")
OWNERS = {"ann": 40, "bob": 15, "carla": 5}
LONG_KEY = "users/ann/" + "a-folder-with-a-very-long-name/" * 8 + "Ünïcodé and 100 %+2F.pptx"


expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)


# What is watched


@dataclass(frozen=True)
class Folder:
    """A bucket as it lies on disk: the truth that pages are held against."""

    path: Path

    def sizes(self, prefix: str = "") -> dict[str, int]:
        """Bytes by key."""
        files = (path for path in self.path.rglob("*") if path.is_file())
        sizes = {path.relative_to(self.path).as_posix(): path.stat().st_size for path in files}
        return {key: size for key, size in sizes.items() if key.startswith(prefix)}


@pytest.fixture(scope="session")
def buckets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Folder]:
    """`packages`, of nested folders, and `uploads`, whose objects have owners."""
    root = tmp_path_factory.mktemp("buckets")
    library = Path(sysconfig.get_paths()["purelib"])
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(library / package, root / "packages" / package, ignore=ignored)
    keys = [f"users/{owner}/2026/{n:03}.jpg" for owner, count in OWNERS.items() for n in range(count)]
    for number, key in enumerate([*keys, LONG_KEY, "readme.txt"], 1):
        path = root / "uploads" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * number * 1000)
    return {folder.name: Folder(folder) for folder in root.iterdir()}


@pytest.fixture(scope="session")
def s3(rclone_s3, buckets):
    """Both buckets behind the S3 API."""
    return rclone_s3(buckets["packages"].path.parent)


@dataclass(frozen=True)
class Site:
    """A running Storekeeper. `api` speaks as its administrator."""

    url: str
    api: Client
    s3: Any
    data: Path  # its data directory

    def register(self, name: str, bucket: str, *, endpoint: str = "", secret: str = "") -> str:
        """Watch one of the S3 server's buckets under that name; it is scanned only when asked."""
        self.api.add_bucket(
            name=name,
            url=f"s3://{bucket}",
            endpoint=endpoint or self.s3.endpoint,
            accessKeyId=self.s3.credentials.access_key_id,
            secretAccessKey=secret or self.s3.credentials.secret_access_key,
            ownerPattern="users/{owner}/",
            scanCron="",
        )
        return name

    def report(self, operations: Sequence[Mapping[str, Any]]) -> None:
        """Report operations as an application does, and wait until they count."""
        key = self.api.create_token("meter", scopes=["ingest"]).secret
        request = urllib.request.Request(
            f"{self.url}/api/operations",
            data=json.dumps(operations).encode(),
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            assert json.load(answer)["rejected"] == []
        for _ in range(300):
            if not self.api.call("GET", "/api/admin/metrics/ingestion-stats", dict[str, Any])[
                "spooledOperations"
            ]:
                return
            time.sleep(0.1)  # noqa: TID251 - the server moves them on by real time
        pytest.fail("operations stay in the spool")

    def scan(self, name: str) -> str:
        """Scan to the end; how it ended."""
        return [scan.status for scan in self.api.follow_scan(self.api.start_scan(name))][-1]

    def calculate_costs(self) -> None:
        """Work costs out, from all that was scanned and reported before, to the end."""
        while True:
            try:
                run = self.api.calculate_costs()
            except ApiError as error:  # the one that is under way may have begun too early
                self._end(error.problem.run_id)
            else:
                assert self._end(run) == "succeeded"
                return

    def _end(self, run: str) -> str:
        for _ in range(600):
            if (status := self.api.run(run).status) in ("succeeded", "dead", "cancelled"):
                return status
            time.sleep(0.1)  # noqa: TID251 - the server works by real time
        pytest.fail(f"run {run} does not end")


@pytest.fixture(scope="session")
def site(s3, free_port, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that watches nothing yet but what tests register, each under names of its own."""
    port, folder = free_port(), tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "storekeeper", "serve", "--data-dir", str(folder / "data")]
    environment = dict(os.environ) | {"STOREKEEPER_ADMIN_PASSWORD": PASSWORD}  # noqa: TID251 - handed on
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port)], env=environment, stdout=log, stderr=log, cwd=folder
        )
    try:
        _await(process, port, folder / "log")
        with Client(f"http://127.0.0.1:{port}") as api:
            api.sign_in(EMAIL, PASSWORD)
            yield Site(api.url, api, s3, folder / "data")
    finally:
        process.terminate()
        process.wait(30)


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            pytest.fail(f"server exited with {process.wait(0.05)}: {log.read_text()[-2000:]}")
    pytest.fail(f"server did not listen: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def scanned(site: Site) -> Site:
    """The site with both buckets in it, scanned twice so that there is a trend; tests leave these two as they are."""
    for name in ("packages", "uploads"):
        site.register(name, name)
        assert [site.scan(name), site.scan(name)] == ["succeeded", "succeeded"]
    return site


# The browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for each module: while Playwright is there, its event loop is in the way of others in this thread."""
    with sync_playwright() as playwright, contextlib.closing(
        playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    ) as browser:  # fmt: skip
        yield browser


@dataclass
class Complaints:
    """What browser and server said against a page. What a test expects it must `allow` by a pattern."""

    heard: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        self.allowed.append(pattern)

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.heard.append(f"error: {error}"))
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        self.heard.append(f"{message.type}: {message.text} at {message.location['url']}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.heard.append(f"status {response.status} of {response.url}")

    def unexpected(self) -> list[str]:
        return [one for one in self.heard if not any(re.search(pattern, one) for pattern in self.allowed)]


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    complaints = Complaints()
    yield complaints
    assert complaints.unexpected() == []


@pytest.fixture(scope="module")
def signed_in(site: Site, browser: Browser) -> Any:
    """The cookies of the administrator's session, got through the form."""
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("/")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def open_page(
    site: Site, browser: Browser, signed_in: Any, complaints: Complaints
) -> Iterator[Callable[..., Page]]:
    """`open_page("/buckets", width=390, scheme="dark")`; `who=None` is a stranger. Other options are the context's."""
    with contextlib.ExitStack() as contexts:

        def start(
            path: str, *, width: int = 1280, scheme: str = "light", who: Any = signed_in, **options: Any
        ) -> Page:
            context = browser.new_context(
                base_url=site.url,
                viewport={"width": width, "height": 900},
                color_scheme=scheme,
                storage_state=who,
                reduced_motion="reduce",
                **options,
            )
            contexts.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            page = context.new_page()
            complaints.watch(page)
            page.goto(path)
            return page

        yield start


@pytest.fixture
def drawn() -> Callable[[Page], None]:
    """Wait until every chart of a page is drawn."""

    def wait(page: Page) -> None:
        expect(page.locator("figure.chart:not([data-state=drawn])")).to_have_count(0)

    return wait
