"""The reference is complete: what the code offers stands in the docs, and nothing there is made up."""

import importlib
import pkgutil
import re
from pathlib import Path

import msgspec
import typer

import storekeeper
from storekeeper import app, settings
from storekeeper.infra import telemetry
from storekeeper.kernel.errors import StorekeeperError

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def page(name):
    return (REFERENCE / f"{name}.md").read_text()


def headed(text, level="##"):
    """The names in code of a page's headings."""
    return set(re.findall(rf"^{level} `([^`]+)`", text, re.MULTILINE))


def test_every_setting_is_documented():
    declared = {"STOREKEEPER_" + field.name.upper() for field in msgspec.structs.fields(settings.Settings)}
    assert headed(page("settings")) == declared | {"STOREKEEPER_CONFIG"}


def test_every_error_type_is_documented():
    for module in pkgutil.walk_packages(storekeeper.__path__, "storekeeper."):
        if ".migrations." not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)

    def below(kind):
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    slugs = {kind.slug for kind in [StorekeeperError, *below(StorekeeperError)]}
    assert headed(page("errors")) == slugs


def test_every_metric_is_documented():
    declared = {
        family.name for family in telemetry.registry.collect() if family.name.startswith("storekeeper_")
    }
    assert headed(page("metrics")) == declared


def test_every_route_is_documented():
    documented = set(re.findall(r"`(GET|POST|PUT|PATCH|DELETE) ([^`\s?]+)", page("api")))
    offered = {
        (method, re.sub(r":[a-z]+", "", path))
        for handler in app.routes()
        if handler.include_in_schema is not False
        for path in handler.paths
        for method in handler.http_methods
        if method not in ("HEAD", "OPTIONS")
    }
    assert documented == offered


def test_every_command_is_documented():
    cli = importlib.import_module("storekeeper.cli")
    root = typer.main.get_command(cli.app)

    def walk(command, path):
        children = getattr(command, "commands", {})
        if not children or command.invoke_without_command:
            yield " ".join(path)
        for name, child in children.items():
            if not child.hidden:
                yield from walk(child, [*path, name])

    assert headed(page("cli")) == set(walk(root, ["storekeeper"]))


def test_reference_pages_say_what_they_are():
    names = ("settings", "errors", "metrics", "api", "cli", "jobs")
    assert [name for name in names if not page(name).startswith("# ")] == []
