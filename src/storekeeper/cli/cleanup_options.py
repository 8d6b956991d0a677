"""What the commands that add and change clean-up policies share: the options of a policy, and what they ask of the server."""

from typing import Annotated, Any

import typer

from storekeeper.cli.failing import Status, fail
from storekeeper.kernel.units import parse_bytes

Prefix = Annotated[
    list[str] | None,
    typer.Option(metavar="PREFIX", help="Only keys that begin so; may be given again.", show_default=False),
]
WholeBucket = Annotated[
    bool | None, typer.Option("--whole-bucket", help="All keys, instead of prefixes.", show_default=False)
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PREFIX", help="But not keys that begin so; may be given again.", show_default=False
    ),
]
Pattern = Annotated[
    str | None,
    typer.Option(metavar="PATTERN", help="Only keys like it; * stands for anything.", show_default=False),
]
Tag = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=VALUE", help="Only with this tag; may be given again.", show_default=False),
]
Smallest = Annotated[
    str | None, typer.Option("--min-size", metavar="SIZE", help="Only of at least that.", show_default=False)
]
Largest = Annotated[
    str | None, typer.Option("--max-size", metavar="SIZE", help="Only of at most that.", show_default=False)
]
MostObjects = Annotated[
    int | None,
    typer.Option(metavar="NUMBER", help="At most so many in a run; 100,000 at first.", show_default=False),
]
MostBytes = Annotated[
    str | None, typer.Option(metavar="SIZE", help="At most that in a run; 1 TB at first.", show_default=False)
]
PerSecond = Annotated[
    int | None, typer.Option(metavar="NUMBER", help="Objects a second; 50 at first.", show_default=False)
]
Cron = Annotated[
    str | None,
    typer.Option(
        metavar="CRON", help='Five fields in UTC; "" is only when a plan is confirmed.', show_default=False
    ),
]
Enabled = Annotated[
    bool | None, typer.Option("--on/--off", help="Switched on, as at first, or off.", show_default=False)
]


def fields(
    *,
    prefix: list[str] | None,
    whole_bucket: bool | None,
    exclude: list[str] | None,
    pattern: str | None,
    tag: list[str] | None,
    smallest: str | None,
    largest: str | None,
    most_objects: int | None,
    most_bytes: str | None,
    per_second: int | None,
    cron: str | None,
    enabled: bool | None,
) -> dict[str, Any]:
    """Those that were given, as in the API's JSON. Prefixes and the whole bucket stand in for each other."""
    given = {
        "prefixes": [] if whole_bucket else prefix, "wholeBucket": False if prefix else whole_bucket, "excluded": exclude,
        "pattern": pattern, "tags": _tags(tag), "minSize": _size(smallest), "maxSize": _size(largest),
        "mostObjects": most_objects, "mostBytes": _size(most_bytes), "perSecond": per_second, "cron": cron,
        "enabled": enabled,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


def _tags(given: list[str] | None) -> dict[str, str] | None:
    if not given:
        return None
    pairs = [one.partition("=") for one in given]
    if not all(name and equals for name, equals, _ in pairs):
        fail("A tag is written as NAME=VALUE.", status=Status.WRONG_USE)
    return {name: value for name, _, value in pairs}


def _size(text: str | None) -> int | None:
    try:
        return parse_bytes(text) if text is not None else None
    except (ValueError, OverflowError) as error:
        fail(f"{error}", status=Status.WRONG_USE)
