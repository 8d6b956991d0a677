"""The docs are true: links lead somewhere, commands and settings exist, and a policy is the one that the test shows."""

import importlib
import json
import re
import shlex
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import msgspec
import pytest
import typer
from typer._click import exceptions

from storekeeper import app, cleanup, costs, health, inventory, metering, notifications, quotas, settings
from storekeeper.objectstore import PROVIDERS, least_privilege_policy
from thoroughness import VARIABLES

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
DEPLOYED = sorted(path for path in ROOT.glob("deploy/*") if path.is_file())
OF_THE_CLIENT = {"STOREKEEPER_URL", "STOREKEEPER_TOKEN"}
_CLEANUP = SimpleNamespace(**dict.fromkeys(("maker", "carrier", "restoring"), SimpleNamespace(run=None)))
PLACEHOLDERS = {"STOREKEEPER_NAME", "STOREKEEPER_NAME_FILE"}

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_SETTING = re.compile(r"STOREKEEPER_[A-Z_]*[A-Z]")
_RUNS = re.compile(
    r"\s*(?:\$ |ExecStart=|[A-Z_]+=\S+ |sudo (?:-u \S+ )?|podman exec (?:--\S+ )*storekeeper )*(?:/\S*/)?storekeeper (?P<rest>.+)"
)


def name(page):
    return str(page.relative_to(ROOT))


def blocks(page, *languages):
    return [body for language, body in _FENCE.findall(page.read_text()) if language in languages]


def prose(page):
    return _FENCE.sub("", page.read_text())


def anchors(page):
    """Those that a heading gets: lower case, words joined by hyphens, all other signs dropped."""
    titles = re.findall(r"^#{1,6} (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def leads_somewhere(page, link):
    parts = urlsplit(link)
    if parts.scheme:
        return True
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    reached = target.exists() and target.is_relative_to(ROOT)
    return reached and (not parts.fragment or parts.fragment in anchors(target))


def test_internal_links_lead_somewhere():
    links = [(page, link) for page in PAGES for link in _LINK.findall(prose(page))]
    assert len(links) > 100
    assert [(name(page), link) for page, link in links if not leads_somewhere(page, link)] == []


def test_every_page_of_the_docs_can_be_reached():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md" and page.exists():
            reached.add(page)
            links = [link for link in _LINK.findall(prose(page)) if not urlsplit(link).scheme]
            waiting += [(page.parent / urlsplit(link).path).resolve() for link in links]
    assert set(PAGES) - reached == set()


# Commands


def command_lines(text):
    """What follows `storekeeper` in each line of shell, as the program would get it."""
    for line in text.replace("\\\n", " ").splitlines():
        for part in re.split(r"\s(?:\||&&|;)\s", line):
            if found := _RUNS.fullmatch(part):
                yield shlex.split(found["rest"], comments=True)


def found_command(arguments):
    """The command that the arguments name, and what is left of them."""
    command, rest = typer.main.get_command(importlib.import_module("storekeeper.cli").app), list(arguments)
    while hasattr(command, "get_command") and rest and not rest[0].startswith("-"):
        child = command.get_command(typer.Context(command), rest[0])
        if child is None and command.invoke_without_command:
            break  # an argument of the group itself
        name, command = rest.pop(0), child
        assert command is not None, f"there is no command {name!r}"
    return command, rest


def check_as_typed(arguments):
    """Raises what the program would say of wrong use; runs nothing."""
    command, rest = found_command(arguments)
    if "--help" not in rest:
        command.make_context("storekeeper", rest)


def check_as_mentioned(arguments):
    """The command and its options are there; what they are given may be left out."""
    command, rest = found_command(arguments)
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)} | {
        "--help"
    }
    assert {word for word in rest if word.startswith("-")} <= known


def refused(check, arguments):
    """What the check says against it."""
    try:
        check(arguments)
    except (AssertionError, exceptions.ClickException) as error:
        return f"{error}" or "refused"
    return ""


def test_commands_in_blocks_would_be_accepted():
    commands = [
        (name(page), arguments)
        for page in PAGES
        for block in blocks(page, "sh", "console", "ini")
        for arguments in command_lines(block)
    ]
    assert len(commands) > 50
    assert [(*one, error) for one in commands if (error := refused(check_as_typed, one[1]))] == []


def test_commands_that_are_mentioned_exist():
    mentioned = [
        (name(page), code)
        for page in PAGES
        for code in _CODE.findall(prose(page))
        if code.startswith("storekeeper ") and "…" not in code
    ]
    assert len(mentioned) > 50
    wrong = [(*one, refused(check_as_mentioned, shlex.split(one[1])[1:])) for one in mentioned]
    assert [one for one in wrong if one[2]] == []


def test_every_option_is_documented_with_its_command():
    page = (ROOT / "docs" / "reference" / "cli.md").read_text()
    missing = []
    for title, section in re.findall(r"^## `([^`\n]+)`\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL):
        command, _ = found_command(title.split()[1:])
        for option in command.params:
            names = {name for name in option.opts if name.startswith("--")} - {"--json", "--help"}
            missing += [(title, name) for name in sorted(names) if f"`{name}" not in section]
    assert missing == []


def test_what_is_deployed_starts_a_command_that_exists():
    unit = (ROOT / "deploy" / "storekeeper.service").read_text()
    (start,) = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
    check_as_typed(next(command_lines(start)))
    image = (ROOT / "deploy" / "Containerfile").read_text()
    assert 'ENTRYPOINT ["storekeeper"]' in image
    check_as_typed(json.loads(re.search(r"^CMD (.+)$", image, re.MULTILINE)[1]))


def test_every_job_is_documented():
    registered = [
        *inventory.jobs(SimpleNamespace(run_scan=None)),
        *metering.jobs(SimpleNamespace(run=None)),
        *metering.keeping_jobs(None),
        *health.jobs(None),
        *health.alert_jobs(None),
        *notifications.jobs(None),
        *costs.jobs(None),
        *quotas.jobs(None),
        *cleanup.jobs(_CLEANUP),
        app._housekeeping(None, None, None),
    ]
    page = (ROOT / "docs" / "reference" / "jobs.md").read_text()
    assert re.findall(r"^## `(.+)`$", page, re.MULTILINE) == [job.name for job in registered]


# Settings


def test_settings_that_are_named_exist():
    fields = {field.name for field in msgspec.structs.fields(settings.Settings)}
    known = {"STOREKEEPER_" + name.upper() for name in fields} | {"STOREKEEPER_CONFIG"}
    known |= {f"STOREKEEPER_{name.upper()}_FILE" for name in settings.SECRETS}
    known |= OF_THE_CLIENT | PLACEHOLDERS | set(VARIABLES)
    named = [(name(page), one) for page in [*PAGES, *DEPLOYED] for one in _SETTING.findall(page.read_text())]
    assert len(named) > 50
    assert [one for one in named if one[1] not in known] == []


def test_settings_files_are_accepted(tmp_path):
    files = [(page, block) for page in PAGES for block in blocks(page, "toml")]
    assert files
    for number, (page, block) in enumerate(files):
        file = tmp_path / f"{number}-{page.name}.toml"
        file.write_text(block)
        settings.load({}, config=file)


# What to grant


def test_the_policy_is_the_one_that_the_test_shows():
    (policy,) = blocks(ROOT / "docs" / "how-to" / "watch-s3.md", "json")
    assert json.loads(policy) == least_privilege_policy("photos", "aws")


@pytest.mark.parametrize(
    ("name", "bucket", "provider"), [("watch-r2", "media", "r2"), ("watch-a-folder", "exports", "folder")]
)
def test_the_advice_is_the_one_that_the_test_gives(name, bucket, provider):
    page = (ROOT / "docs" / "how-to" / f"{name}.md").read_text()
    assert least_privilege_policy(bucket, provider)["advice"].rstrip(".") in page


def test_the_capabilities_for_b2_and_the_role_for_google_are_those_that_the_test_asks_for():
    page = (ROOT / "docs" / "how-to" / "watch-s3.md").read_text()
    assert least_privilege_policy("", "b2")["advice"].partition("with ")[2].rstrip(".") in page
    assert re.search("“.+”", least_privilege_policy("", "gcs")["advice"])[0] in page


def test_no_provider_goes_unmentioned():
    names = {"aws": "Amazon S3", "r2": "Cloudflare R2", "gcs": "Google Cloud Storage", "b2": "Backblaze B2"}
    text = (ROOT / "docs" / "how-to" / "watch-s3.md").read_text().lower()
    unnamed = {name for name in PROVIDERS if names.get(name, name).lower() not in text}
    assert unnamed - {"memory", "other"} == set()
