"""Arguments and options that several commands share."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON to stdout, and nothing else.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
BucketName = Annotated[
    str, typer.Argument(metavar="NAME", help="The bucket's name in Storekeeper.", show_default=False)
]
Range = Annotated[str, typer.Option("--range", metavar="RANGE", help="Up to now, such as 24h or 30d.")]
OnlyBucket = Annotated[str, typer.Option(metavar="NAME", help="Only this bucket.", show_default=False)]
OnlyOwner = Annotated[
    str | None, typer.Option(metavar="OWNER", help="Only this owner's operations.", show_default=False)
]
