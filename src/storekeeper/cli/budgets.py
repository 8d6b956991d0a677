"""Budgets."""

from typing import Annotated

import typer

from storekeeper.cli.failing import Status, fail
from storekeeper.cli.options import Json, Yes
from storekeeper.cli.remote import server
from storekeeper.cli.screen import NOTHING, confirm, emit, say, table
from storekeeper_client.budgets import Budget, Budgets
from storekeeper_client.costs import money

app = typer.Typer(add_completion=False, no_args_is_help=True, help="What storage may cost a month.")

EXCEEDED = "exceeded"
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why, for the audit log.", show_default=False)]
Bucket = Annotated[
    str, typer.Option(metavar="NAME", help="For this bucket; else for everything.", show_default=False)
]
Owner = Annotated[
    str, typer.Option(metavar="OWNER", help="For this owner; else for everything.", show_default=False)
]


@app.command("list")
def list_budgets(
    month: Annotated[
        str, typer.Option(metavar="MONTH", help="Such as 2026-11; else the present one.", show_default=False)
    ] = "",
    check: Annotated[
        bool, typer.Option("--check", help="End with status 1 when a budget is exceeded.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List budgets and how they stand, those that are worst off first.

    With --check, exit status 1 when one is exceeded.

    For example:
    $ storekeeper budget list
    $ storekeeper budget list --check
    """
    with server() as client:
        found = Budgets(client).find_all(month=month)
    if as_json:
        emit({"items": found})
    else:
        table(
            ["For", "Name", ">Spent", ">Expected", ">Budget", ">Share", "State", "Used up on", "Id"],
            [_row(one) for one in found],
            empty='No budgets. Set one: storekeeper budget set 50 --currency USD --reason "what was agreed"',
        )
    if check and any(one.use and one.use.state == EXCEEDED for one in found):
        raise typer.Exit(Status.NOT_WELL)


@app.command("set")
def set_budget(
    amount: Annotated[
        str, typer.Argument(metavar="AMOUNT", help="A month, such as 50 or 12.50.", show_default=False)
    ],
    reason: Reason,
    bucket: Bucket = "",
    owner: Owner = "",
    currency: Annotated[
        str,
        typer.Option(
            metavar="CODE", help="Such as USD; else that which most is paid in.", show_default=False
        ),
    ] = "",
    warn: Annotated[
        int | None,
        typer.Option(
            metavar="PERCENT",
            help="From which share spent on it is at risk; 80 at first.",
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        str,
        typer.Option("--from", metavar="MONTH", help="Such as 2026-12; else this month.", show_default=False),
    ] = "",
    as_json: Json = False,
) -> None:
    """Set what everything, a bucket or an owner may cost a month: a new budget, or another amount for the one that is there.

    For example:
    $ storekeeper budget set 50 --currency USD --reason "what was agreed"
    $ storekeeper budget set 12.50 --bucket photos --from 2026-12 --reason "next year's plan"
    """
    scope, name = _whose(bucket, owner)
    fields = {
        "amount": amount,
        "currency": currency,
        "warnPercent": warn,
        "activeFrom": since,
        "reason": reason,
    }
    given = {name: value for name, value in fields.items() if value not in ("", None)}
    with server() as client:
        budgets = Budgets(client)
        before = budgets.find(scope, name)
        saved = budgets.edit(before.id, **given) if before else budgets.add(scope=scope, name=name, **given)
    if as_json:
        emit(saved)
        return
    term = next((one for one in saved.terms if one.active_from == since), None)
    told = money(term.amount, term.currency) if term else money(saved.amount, saved.currency)
    say(f"{_subject(saved)} may cost {told} a month{f', from {since} on' if since else ''}.")
    if saved.use:
        say(saved.use.reason)


@app.command()
def remove(
    budget: Annotated[str, typer.Argument(metavar="ID", help="The budget's id.", show_default=False)],
    reason: Reason,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Remove a budget with all that it was."""
    confirm(f"Remove the budget {budget}?", yes=yes)
    with server() as client:
        Budgets(client).remove(budget, reason=reason)
    if as_json:
        emit({"removed": budget})
    else:
        say(f"Removed {budget}.")


def _row(one: Budget) -> tuple[str, ...]:
    amount, use = money(one.amount, one.currency), one.use
    if use is None:
        state = f"from {one.active_from} on"
        return one.scope, one.name or "(all)", NOTHING, NOTHING, amount, NOTHING, state, NOTHING, one.id
    return (
        one.scope,
        one.name or "(all)",
        money(use.spent, one.currency),
        money(use.projected, one.currency) if use.projected else NOTHING,
        amount,
        f"{use.share:.1%}".replace("%", " %"),
        use.state,
        str(use.used_up_on or NOTHING),
        one.id,
    )


def _whose(bucket: str, owner: str) -> tuple[str, str]:
    """(scope, name)."""
    if bucket and owner:
        fail("Give --bucket or --owner, not both: a budget is for one of them.", status=Status.WRONG_USE)
    if bucket:
        return "bucket", bucket
    return ("owner", owner) if owner else ("everything", "")


def _subject(budget: Budget) -> str:
    return f"The {budget.scope} {budget.name}" if budget.name else "Everything"
