"""A budget as it is told of: what it is in a month, and how it stands there."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from msgspec.structs import asdict

from storekeeper.costs.budgets import rules
from storekeeper.costs.budgets.model import Budget, BudgetLine, Standing, Term, Use
from storekeeper.costs.budgets.repository import Known, TermRow
from storekeeper.costs.budgets.spending import Moment, Spending
from storekeeper.costs.model.outlook import Budget as Limit
from storekeeper.costs.model.outlook import BudgetState, BudgetUse, Projection
from storekeeper.costs.rules.outlook.budget import judge
from storekeeper.costs.service.reporting import money

_ORDER = list(BudgetState)


def told(known: Known, spending: Spending, moment: Moment) -> Budget:
    """With the term that holds in the month; before the first one, with that."""
    month = f"{moment.month:%Y-%m}"
    terms = [term(one) for one in known.terms]
    holding = rules.term_of(terms, month)
    shown = holding or terms[-1]
    return Budget(
        id=known.id,
        scope=known.scope,
        name=known.name,
        month=month,
        amount=shown.amount,
        currency=shown.currency,
        warn_percent=shown.warn_percent,
        active_from=shown.active_from,
        reason=shown.reason,
        use=_use(known, holding, spending, moment) if holding else None,
        terms=terms,
        created_at=known.created_at,
        updated_at=shown.updated_at,
        updated_by=shown.updated_by,
    )


def term(row: TermRow) -> Term:
    return Term(
        active_from=row.month,
        amount=money(row.amount),
        currency=row.currency,
        warn_percent=row.warn_percent,
        reason=row.reason,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
    )


def worst_first(budgets: Iterable[Budget]) -> list[Budget]:
    """By state, then by the share that is spent; those that have not begun last."""

    def key(one: Budget) -> tuple[int, float, str, str]:
        if one.use is None:
            return 1, 0.0, one.scope, one.name
        return -_ORDER.index(one.use.state), -one.use.share, one.scope, one.name

    return sorted(budgets, key=key)


def lines(budgets: Sequence[Budget]) -> list[BudgetLine]:
    """For CSV."""
    return [_line(one) for one in budgets]


def standing_of(known: Known, budget: Budget, use: Use, month: date, now: datetime) -> Standing:
    """How it stands now, to be kept; it has been so since it was told, while the month and the state are the same."""
    before = known.standing
    lasts = before is not None and (before.month, before.state) == (month, use.state)
    return Standing(
        month=month,
        state=use.state,
        amount=rules.nano_of(budget.amount),
        since=before.since if before and lasts else now,
    )


def _use(known: Known, holding: Term, spending: Spending, moment: Moment) -> Use:
    projection = spending.projection(known.scope, known.subject, holding.currency)
    unknown = spending.unknown(known.scope, known.subject)
    if projection is None:
        return _nothing(holding, unknown)
    limit = Limit(
        scope=known.scope,
        name=known.name,
        amount=rules.nano_of(holding.amount),
        currency=holding.currency,
        warn_percent=100 if moment.is_over else holding.warn_percent,
    )
    found = judge(limit, projection, moment.today, moment.elapsed)
    state = found.state if moment.is_over else rules.state_of(found, known.standing, moment.month)
    return _told_use(found, state, projection, known.standing, unknown, moment)


def _told_use(
    found: BudgetUse,
    state: BudgetState,
    projection: Projection,
    before: Standing | None,
    unknown: int,
    moment: Moment,
) -> Use:
    ahead = None if moment.is_over else projection
    held = (
        "" if state is found.state else f" It counts as {state} until it is below {rules.CLEARED_PERCENT} %."
    )
    since = before.since if before and (before.month, before.state) == (moment.month, state) else None
    return Use(
        spent=money(found.spent),
        share=found.spent / found.budget.amount,
        projected=money(ahead.total) if ahead else None,
        low=money(ahead.low) if ahead else None,
        high=money(ahead.high) if ahead else None,
        coverage=ahead.coverage if ahead else None,
        method=projection.method,
        burn=found.burn,
        used_up_on=found.used_up_on,
        state=state,
        since=since,
        reason=(_final(found) if moment.is_over else found.reason) + held + _without(unknown),
        unknown=unknown,
    )


def _final(found: BudgetUse) -> str:
    """Of a month that is over nothing is expected any more."""
    spent = f"{money(found.spent)} of {money(found.budget.amount)} {found.budget.currency} was spent"
    over = found.spent - found.budget.amount
    return f"{spent}: {money(over)} too much." if over > 0 else f"{spent}."


def _nothing(holding: Term, unknown: int) -> Use:
    return Use(
        spent=money(0), share=0.0, projected=None, low=None, high=None, coverage=None, method="", burn=None,
        used_up_on=None, state=BudgetState.OK, since=None, unknown=unknown,
        reason=f"No cost in {holding.currency} is known of this month." + _without(unknown),
    )  # fmt: skip


def _without(unknown: int) -> str:
    return " Charges of unknown price are not in it." if unknown else ""


def _line(one: Budget) -> BudgetLine:
    use = one.use
    return BudgetLine(
        **{name: asdict(one)[name] for name in ("scope", "name", "month", "amount", "currency", "warn_percent", "active_from")},
        spent=use.spent if use else None,
        projected=use.projected if use else None,
        low=use.low if use else None,
        high=use.high if use else None,
        share=round(use.share, 4) if use else None,
        burn=round(use.burn, 4) if use and use.burn is not None else None,
        used_up_on=use.used_up_on if use else None,
        state=use.state if use else None,
        reason=use.reason if use else one.reason,
    )  # fmt: skip
