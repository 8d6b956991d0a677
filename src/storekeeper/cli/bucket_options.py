"""What can be told of a bucket, the same for adding and editing it; and how its secret is read."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from storekeeper.cli.failing import Status, fail

_CREDENTIALS = "Credentials"
_SCANNING = "Scanning"

Endpoint = Annotated[
    str | None, typer.Option(help="The S3 endpoint, such as https://minio.example.com.", show_default=False)
]
Region = Annotated[str | None, typer.Option(help="The region; guessed when not given.", show_default=False)]
Provider = Annotated[
    str | None,
    typer.Option(help="aws, r2, b2, gcs, minio, ceph …; guessed when not given.", show_default=False),
]
AccessKeyId = Annotated[
    str | None,
    typer.Option(
        help="Access key. Its secret is asked for. None: anonymous.",
        show_default=False,
        rich_help_panel=_CREDENTIALS,
    ),
]
SecretAccessKey = Annotated[
    str | None,
    typer.Option(
        help="The secret itself; others on this machine may see it. Better be asked, or --secret-file.",
        show_default=False,
        rich_help_panel=_CREDENTIALS,
    ),
]
SecretFile = Annotated[
    Path | None,
    typer.Option(
        help="A file that holds the secret; - is standard input.",
        show_default=False,
        rich_help_panel=_CREDENTIALS,
    ),
]
SessionToken = Annotated[
    str | None,
    typer.Option(help="With temporary credentials.", show_default=False, rich_help_panel=_CREDENTIALS),
]
OwnerPattern = Annotated[
    str | None,
    typer.Option(
        help="Where a key names its owner: users/{owner}/", show_default=False, rich_help_panel=_SCANNING
    ),
]
StoreKeys = Annotated[
    bool | None,
    typer.Option(
        "--store-keys/--no-store-keys",
        help="Keep key names, or only prefix and extension.",
        show_default=False,
        rich_help_panel=_SCANNING,
    ),
]
ScanCron = Annotated[
    str | None,
    typer.Option(
        help="When to scan: five cron fields in UTC; empty is on demand.",
        show_default=False,
        rich_help_panel=_SCANNING,
    ),
]
MaxConcurrency = Annotated[
    int | None,
    typer.Option(help="Listing requests at the same time.", show_default=False, rich_help_panel=_SCANNING),
]
MaxRequestsPerSecond = Annotated[
    float | None,
    typer.Option(
        help="Listing requests a second; 0 is no limit.", show_default=False, rich_help_panel=_SCANNING
    ),
]


def given(**values: Any) -> dict[str, Any]:
    """The fields that were given, by their names in the API."""
    return {_camel(name): value for name, value in values.items() if value is not None}


def secret(access_key_id: str | None, secret_access_key: str | None, file: Path | None) -> str | None:
    """The secret from wherever it is; None when there is none to give."""
    if secret_access_key is not None and file is not None:
        fail("Give --secret-access-key or --secret-file, not both.", status=Status.WRONG_USE)
    if secret_access_key is not None or (file is None and not access_key_id):
        return secret_access_key
    if file is not None:
        return _read(file)
    if not sys.stdin.isatty():
        fail(
            "The secret of the access key is missing, and there is nobody to ask.",
            hint="Give --secret-file FILE, or --secret-file - and the secret on standard input.",
            status=Status.WRONG_USE,
        )
    answer: str = typer.prompt("Secret access key", hide_input=True, err=True)
    return answer


def _read(file: Path) -> str:
    if str(file) == "-":
        return sys.stdin.readline().rstrip("\r\n")
    try:
        return file.read_text().strip()
    except OSError as error:
        fail(f"{file} can not be read: {error.strerror}.", status=Status.WRONG_USE)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
