"""What `storekeeper cost` can be asked."""

from enum import StrEnum
from typing import Annotated

import typer

Explain = Annotated[bool, typer.Option("--explain", help="List charges, each with its computation.")]
Limit = Annotated[int, typer.Option(metavar="NUMBER", min=1, help="With --explain: how many at most.")]
Calculate = Annotated[bool, typer.Option("--calculate", help="Work costs out anew first, and wait for it.")]
Reopen = Annotated[
    str,
    typer.Option(
        metavar="REASON",
        help="With --month: have a closed month worked out anew by present prices.",
        show_default=False,
    ),
]
Compare = Annotated[
    bool, typer.Option("--compare", help="Price the month at other providers and in other storage classes.")
]
Savings = Annotated[bool, typer.Option("--savings", help="List where money could be saved.")]


class By(StrEnum):
    """What costs are told apart by."""

    BUCKET = "bucket"
    OWNER = "owner"
    CLASS = "class"
    OPERATION = "operation"
    KIND = "kind"
    DAY = "day"


def check(month: str, bucket: str, owner: str | None, by: By | None, *, explain: bool, reopen: str) -> None:
    """Raises typer.BadParameter when options do not go together."""
    if owner is not None and (bucket or explain or by not in (None, By.BUCKET, By.KIND)):
        raise typer.BadParameter(
            "with --owner, --by is bucket or kind; --bucket and --explain are not for it"
        )
    if explain and by:
        raise typer.BadParameter("--explain and --by exclude each other")
    if reopen and not month:
        raise typer.BadParameter("--reopen needs the --month that it is for")
