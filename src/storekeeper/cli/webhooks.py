"""Webhooks that are told what happens."""

from pathlib import Path
from typing import Annotated

import typer

from storekeeper.cli import bucket_options
from storekeeper.cli.failing import Status
from storekeeper.cli.options import Json, Yes
from storekeeper.cli.remote import server
from storekeeper.cli.screen import NOTHING, confirm, emit, pairs, say, table, when
from storekeeper_client.alerts import Delivery, Webhook

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Webhooks that are told what happens.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The webhook's name.", show_default=False)]
SecretFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="A file that holds the secret, whsec_…; - is standard input. By default the server makes one.",
        show_default=False,
    ),
]


@app.command()
def add(
    name: Name,
    url: Annotated[
        str, typer.Argument(metavar="URL", help="Where notifications are posted.", show_default=False)
    ],
    secret_file: SecretFile = None,
    allow_private: Annotated[
        bool,
        typer.Option("--allow-private", help="It may be on the server's machine or in a private network."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Have notifications posted. The secret that they are signed by is printed once.

    For example:
    $ storekeeper webhook add on-call https://example.com/hook
    $ storekeeper webhook add desk http://10.0.0.7:8000/hook --allow-private
    """
    given = bucket_options.given(secret=bucket_options.secret(None, None, secret_file))
    with server() as client:
        made = client.add_webhook(name=name, url=url, allowPrivate=allow_private, **given)
    if as_json:
        emit(made)
        return
    _say_secret(made)
    say(f"Notifications are posted to {made.name}. See whether they arrive: storekeeper webhook test {name}")


@app.command()
def edit(
    name: Name,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where notifications are posted.", show_default=False)
    ] = None,
    enabled: Annotated[
        bool | None,
        typer.Option("--enable/--disable", help="Tell it of what happens, or not.", show_default=False),
    ] = None,
    allow_private: Annotated[
        bool | None,
        typer.Option(
            "--allow-private/--no-allow-private",
            help="Whether it may be on the server's machine or in a private network.",
            show_default=False,
        ),
    ] = None,
    new_secret: Annotated[
        bool,
        typer.Option("--new-secret", help="Sign by a new secret beside the old one; it is printed once."),
    ] = False,
    secret_file: SecretFile = None,
    drop_old_secrets: Annotated[
        bool, typer.Option("--drop-old-secrets", help="Sign by the newest secret alone.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Change a webhook. What is not given stays as it is.

    For example:
    $ storekeeper webhook edit on-call --new-secret
    $ storekeeper webhook edit on-call --drop-old-secrets
    """
    secret = bucket_options.secret(None, None, secret_file)
    fields = bucket_options.given(
        url=url,
        enabled=enabled,
        allow_private=allow_private,
        new_secret="" if new_secret and secret is None else secret,
        drop_old_secrets=drop_old_secrets or None,
    )
    with server() as client:
        changed = client.edit_webhook(name, **fields)
    if as_json:
        emit(changed)
        return
    _say_secret(changed)
    say(f"Saved {changed.name}.")


@app.command("list")
def list_webhooks(as_json: Json = False) -> None:
    """List the webhooks. Their secrets are never shown."""
    with server() as client:
        found = client.webhooks()
    if as_json:
        emit({"items": found})
        return
    table(
        ["Name", "URL", "State", ">Secrets"],
        [(one.name, one.url, _state(one), str(one.secrets)) for one in found],
        empty="No webhooks. Add one: storekeeper webhook add NAME URL",
    )


@app.command()
def show(name: Name, as_json: Json = False) -> None:
    """Show a webhook, but not its secrets."""
    with server() as client:
        found = client.webhook(name)
    if as_json:
        emit(found)
        return
    private = "allowed" if found.allow_private else "refused"
    pairs(
        [
            ("Name", found.name),
            ("URL", found.url),
            ("State", _state(found)),
            ("Private addresses", private),
            ("Secrets", str(found.secrets)),
            ("Changed (UTC)", when(found.updated_at)),
        ]
    )


@app.command("test")
def try_webhook(name: Name, as_json: Json = False) -> None:
    """Send a test now, once. Exit status 1 when the webhook does not take it."""
    with server() as client:
        sent = client.test_webhook(name)
    if as_json:
        emit(sent)
    elif sent.status == "delivered":
        say(f"{name} took it: {_last(sent)}.")
    else:
        say(f"{name} did not take it: {sent.error}")
    if sent.status != "delivered":
        raise typer.Exit(Status.NOT_WELL)


@app.command()
def remove(name: Name, yes: Yes = False, as_json: Json = False) -> None:
    """Remove a webhook. What waits to be sent to it is given up."""
    confirm(f"Remove the webhook {name}?", yes=yes)
    with server() as client:
        client.remove_webhook(name)
    if as_json:
        emit({"removed": name})
    else:
        say(f"Removed {name}.")


@app.command()
def deliveries(
    name: Name,
    limit: Annotated[int, typer.Option(metavar="NUMBER", help="How many at most.")] = 20,
    as_json: Json = False,
) -> None:
    """List what was and is to be sent to a webhook, newest first, and how it went."""
    with server() as client:
        found = client.deliveries(name, limit=limit)
    if as_json:
        emit({"items": found})
        return
    table(
        ["Made (UTC)", "Event", "State", ">Attempts", "Last attempt", "Next (UTC)", "Id"],
        [
            (
                when(one.created_at),
                one.event,
                one.status,
                str(len(one.attempts)),
                _last(one),
                when(one.next_attempt_at),
                one.id,
            )
            for one in found
        ],
        empty=f"Nothing was sent yet. Try it: storekeeper webhook test {name}",
    )


def _state(webhook: Webhook) -> str:
    if webhook.enabled:
        return "enabled"
    return f"disabled: {webhook.disabled_reason}" if webhook.disabled_reason else "disabled"


def _last(delivery: Delivery) -> str:
    """How the last attempt went."""
    if not delivery.attempts:
        return NOTHING
    last = delivery.attempts[-1]
    if last.ended_at is None:
        return "under way"
    return f"{last.http_status} in {last.milliseconds} ms" if last.http_status else last.error


def _say_secret(webhook: Webhook) -> None:
    if webhook.secret:
        say(webhook.secret)
        say("This is the secret that notifications are signed by, shown this once.")
