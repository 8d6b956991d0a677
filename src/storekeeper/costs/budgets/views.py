"""What the pages of budgets show, and what their forms hold."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from storekeeper.costs import views
from storekeeper.costs.budgets.model import WARN_PERCENT, Budget, BudgetChange, NewBudget, Term
from storekeeper.costs.model.outlook import BudgetState, Scope
from storekeeper.kernel.errors import BadInputError
from storekeeper_client.costs import money

View = Mapping[str, Any]
T = TypeVar("T")
TONES = {BudgetState.OK: "good", BudgetState.AT_RISK: "warn", BudgetState.EXCEEDED: "bad"}
LABELS = {BudgetState.OK: "ok", BudgetState.AT_RISK: "at risk", BudgetState.EXCEEDED: "exceeded"}
SCOPES = [
    {"value": "everything", "label": "Everything"},
    {"value": "bucket", "label": "A bucket"},
    {"value": "owner", "label": "An owner"},
]


class BudgetForm(msgspec.Struct, frozen=True):
    """As it was typed."""

    scope: str = "everything"
    bucket: str = ""
    owner: str = ""
    amount: str = ""
    currency: str = ""
    warn_percent: str = str(WARN_PERCENT)
    active_from: str = ""
    reason: str = ""


class RemoveForm(msgspec.Struct, frozen=True):
    remove_reason: str = ""


def subject(scope: Scope, name: str) -> str:
    """Whose budget it is: `everything`, `bucket photos`, `owner ann`."""
    return "everything" if scope is Scope.EVERYTHING else f"{scope} {name}"


def row(budget: Budget) -> View:
    """One line of the table, and the top of a budget's own page."""
    use = budget.use
    return {
        "budget": budget,
        "subject": subject(budget.scope, budget.name).capitalize()
        if budget.scope is Scope.EVERYTHING
        else budget.name,
        "kind": {"everything": "All buckets", "bucket": "Bucket", "owner": "Owner"}[budget.scope],
        "series": budget.name if budget.scope is Scope.BUCKET else "",
        "amount": views.figure(budget.amount, budget.currency),
        "spent": views.figure(use.spent, budget.currency) if use else None,
        "projected": views.figure(use.projected, budget.currency) if use and use.projected else None,
        "between": between(budget),
        "tone": TONES[use.state] if use else "neutral",
        "state": LABELS[use.state] if use else "not begun",
        "bar": bar(budget),
    }


def bar(budget: Budget) -> View | None:
    """Where spent, projection and the amount end, as shares (0…1) of what is longest; None before it begins."""
    if budget.use is None:
        return None
    amount, spent = Decimal(budget.amount), Decimal(budget.use.spent)
    projected = Decimal(budget.use.projected or budget.use.spent)
    longest = max(amount, spent, projected)
    return {
        "spent": float(max(spent, Decimal(0)) / longest),
        "projected": float(max(projected, Decimal(0)) / longest),
        "amount": float(amount / longest),
    }


def cards(budget: Budget) -> list[View]:
    """Of the page of one budget; nothing before it begins."""
    use = budget.use
    if use is None:
        return []
    found: list[View] = [
        {
            "label": "Spent",
            "money": views.figure(use.spent, budget.currency),
            "note": f"{use.share:.1%} of the budget".replace("%", " %"),
        },
        {
            "label": "Budget a month",
            "money": views.figure(budget.amount, budget.currency),
            "note": f"at risk from {budget.warn_percent} % on" if budget.warn_percent < 100 else "",
        },
    ]
    if use.projected:
        found.append(
            {
                "label": "Expected of the month",
                "money": views.figure(use.projected, budget.currency),
                "note": between(budget),
                "title": use.method,
            }
        )
    return found


def between(budget: Budget) -> str:
    """The interval of the projection."""
    use = budget.use
    if use is None or use.low is None or use.high is None or use.coverage is None:
        return ""
    low, high = money(use.low, budget.currency), money(use.high, budget.currency)
    return f"{low} to {high} in {use.coverage * 100:.0f} % of cases"


def burn(budget: Budget) -> str:
    """How fast it is spent, in words; empty at the very beginning of a month."""
    if budget.use is None or budget.use.burn is None:
        return ""
    return f"{budget.use.burn:.2f} times as fast as the month passes"


def term_row(term: Term) -> View:
    return {"term": term, "amount": views.figure(term.amount, term.currency)}


def strained(found: Iterable[tuple[str, str, str]]) -> list[View]:
    """Budgets that do not stand well, the exceeded ones apart: {tone, title, whose}."""
    named: dict[str, list[str]] = {"exceeded": [], "at-risk": []}
    for scope, name, state in found:
        named[state].append(f"{scope} {name}".strip())
    titles = (
        ("exceeded", "bad", "A budget is exceeded"),
        ("at-risk", "warn", "A budget will not last the month"),
    )
    return [
        {"tone": tone, "title": title, "whose": _sentence(named[state])}
        for state, tone, title in titles
        if named[state]
    ]


def form_of(budget: Budget) -> BudgetForm:
    """What holds, to be edited."""
    latest = budget.terms[0]
    return BudgetForm(
        scope=budget.scope, amount=latest.amount, currency=latest.currency, warn_percent=str(latest.warn_percent)
    )  # fmt: skip


def new_budget(form: BudgetForm) -> NewBudget:
    """Raises BadInputError that names the field."""
    named = {"bucket": form.bucket, "owner": form.owner.strip()}
    return _checked(NewBudget, scope=form.scope, name=named.get(form.scope, ""), **_given(form))


def change(form: BudgetForm) -> BudgetChange:
    """Raises BadInputError that names the field."""
    return _checked(BudgetChange, **_given(form))


def _given(form: BudgetForm) -> dict[str, Any]:
    return {
        "amount": form.amount.replace(",", "").strip(),
        "currency": form.currency.strip().upper(),
        "warnPercent": _percent(form.warn_percent),
        "activeFrom": form.active_from.strip(),
        "reason": form.reason.strip(),
    }


def _sentence(names: Sequence[str]) -> str:
    words = ", ".join(names)
    return words[:1].upper() + words[1:]


def _percent(text: str) -> int:
    try:
        return int(text.replace("%", "").strip())
    except ValueError:
        raise BadInputError(f"warn at: {text[:50]!r} is not a whole number of percent.") from None


_WORDS = {
    "reason": "reason: say why, in at most 500 characters.",
    "warnPercent": "warn at: write a whole number from 1 to 100.",
    "scope": "for: choose everything, a bucket or an owner.",
}


def _checked(kind: type[T], **given: Any) -> T:
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        said = str(error)
        raise BadInputError(
            next((words for name, words in _WORDS.items() if f"$.{name}`" in said), said)
        ) from None
