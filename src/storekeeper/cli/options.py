"""Arguments and options that several commands share."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON to stdout, and nothing else.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
BucketName = Annotated[
    str, typer.Argument(metavar="NAME", help="The bucket's name in Storekeeper.", show_default=False)
]
