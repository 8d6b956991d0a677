"""The front of budgets: what may be spent, how that stands, and who is told when it changes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date

import msgspec

from storekeeper.audit import AuditTrail
from storekeeper.buckets import BucketService
from storekeeper.buckets.model import Bucket
from storekeeper.costs.budgets import judging, repository, rules
from storekeeper.costs.budgets.analytics import BudgetAnalytics, Row
from storekeeper.costs.budgets.model import (
    BadBudgetError,
    Budget,
    BudgetChange,
    BudgetExistsError,
    BudgetPage,
    NewBudget,
    OwnBudget,
    UnknownBudgetError,
)
from storekeeper.costs.budgets.repository import Known, TermRow
from storekeeper.costs.budgets.spending import Days, Moment, Spending
from storekeeper.costs.model.outlook import BudgetState, Scope
from storekeeper.costs.model.report import MonthError
from storekeeper.costs.rules.periods import month_of
from storekeeper.costs.service.answers import Answers
from storekeeper.infra.analytics import Analytics
from storekeeper.infra.db import Connection, Database
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import BadInputError
from storekeeper.kernel.ids import new_id
from storekeeper.notifications import Message, NotificationService

MOST = 1000  # budgets
DEFAULT_CURRENCY = "USD"  # where nothing is paid for yet


class BudgetService:
    """Safe to share between threads. `watch` is called whenever costs were worked out."""

    def __init__(
        self,
        database: Database,
        analytics: Analytics,
        buckets: BucketService,
        answers: Answers,
        notifications: NotificationService,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._db, self._analytics = database, BudgetAnalytics(analytics)
        self._buckets, self._answers, self._notifications = buckets, answers, notifications
        self._audit, self._clock = audit, clock
        buckets.on_remove(self._forget)

    def page(self, month: str = "", *, cursor: str = "", limit: int = 100) -> BudgetPage:
        """Those that are worst off first, in a month that is not to come. Raises MonthError, BadInputError."""
        moment = self._moment(month)
        with self._db.read() as connection:
            known = repository.every(connection)
        found = judging.worst_first(self._told(known, moment))
        skip, limit = _place(cursor), max(1, min(limit, MOST))
        end = skip + limit
        return BudgetPage(
            items=found[skip:end],
            next_cursor=str(end) if end < len(found) else None,
            month=f"{moment.month:%Y-%m}",
            total=len(found),
        )

    def get(self, budget_id: str, month: str = "") -> Budget:
        """Raises UnknownBudgetError, MonthError."""
        moment = self._moment(month)
        with self._db.read() as connection:
            known = _found(repository.get(connection, budget_id), budget_id)
        return self._told([known], moment)[0]

    def of_owner(self, owner: str, month: str = "") -> OwnBudget:
        """The budget of one owner. Raises MonthError."""
        moment = self._moment(month)
        with self._db.read() as connection:
            known = repository.find_same(connection, Scope.OWNER, owner) if owner else None
        budget = self._told([known], moment)[0] if known else None
        return OwnBudget(owner=owner, month=f"{moment.month:%Y-%m}", budget=budget)

    def of_everything(self) -> Budget | None:
        """How the present month stands as a whole, if there is a budget for that."""
        with self._db.read() as connection:
            known = repository.find_same(connection, Scope.EVERYTHING, "")
        return self._told([known], self._moment(""))[0] if known else None

    def not_well(self) -> Sequence[tuple[str, str, BudgetState]]:
        """(scope, name, state) of budgets that were at risk or exceeded when costs were worked out last."""
        with self._db.read() as connection:
            return repository.standing_states(connection, self._present())

    def add(self, new: NewBudget, *, actor: str) -> Budget:
        """Raises BadBudgetError, UnknownBucketError, BudgetExistsError."""
        name = new.name.strip()
        rules.check_scope(new.scope, name)
        subject = self._buckets.get(name).id if new.scope is Scope.BUCKET else name
        now = self._clock.now()
        month = rules.begin(new.active_from, self._present())
        row = TermRow(
            month, rules.nano_of(new.amount), self._currency(new.currency), new.warn_percent, new.reason.strip(),
            now, actor,
        )  # fmt: skip
        known = Known(new_id(now), new.scope, subject, name, now, (row,), None)
        with self._db.write() as connection:
            if same := repository.find_same(connection, new.scope, subject):
                raise BudgetExistsError(
                    f"There is a budget for {_whose(known)} already.",
                    hint="Change that one.",
                    budgetId=same.id,
                )
            if repository.count(connection) >= MOST:
                raise BadBudgetError(
                    f"There are {MOST:,} budgets already.", hint="Remove one that nobody reads."
                )
            repository.insert(connection, known)
            self._record(connection, "budget.create", known, row)
        return self.get(known.id)

    def edit(self, budget_id: str, change: BudgetChange, *, actor: str) -> Budget:
        """From a month on; what was before stays as it was. Raises UnknownBudgetError, BadBudgetError."""
        given = {
            name: value
            for name, value in msgspec.structs.asdict(change).items()
            if value is not msgspec.UNSET
        }
        month = rules.begin(change.active_from, self._present())
        with self._db.write() as connection:
            known = _found(repository.get(connection, budget_id), budget_id)
            before = next((one for one in known.terms if one.month <= month), known.terms[-1])
            row = before._replace(
                month=month, amount=rules.nano_of(given["amount"]) if "amount" in given else before.amount,
                currency=given.get("currency") or before.currency,
                warn_percent=given.get("warn_percent", before.warn_percent),
                reason=change.reason.strip(), updated_at=self._clock.now(), updated_by=actor,
            )  # fmt: skip
            rules.check_currency(row.currency)
            repository.put_term(connection, budget_id, row)
            self._record(connection, "budget.update", known, row, before)
        return self.get(budget_id)

    def remove(self, budget_id: str, reason: str, *, actor: str) -> None:
        """With all its terms. Raises UnknownBudgetError, BadBudgetError."""
        if not reason.strip() or len(reason) > 500:
            raise BadBudgetError("reason: say why, in at most 500 characters.")
        with self._db.write() as connection:
            known = _found(repository.get(connection, budget_id), budget_id)
            repository.delete(connection, [budget_id])
            last = known.terms[0]._replace(reason=reason.strip(), updated_by=actor)
            self._record(connection, "budget.delete", known, last)

    def watch(self) -> int:
        """Look how every budget stands, keep that, and tell what has changed; how many there are."""
        moment = self._moment("")
        with self._db.read() as connection:
            known = repository.every(connection)
        judged, late = self._told(known, moment), self._exceeded_late(known, moment.month)
        with self._db.write() as connection:
            current = {one.id: one for one in repository.every(connection)}
            for one, budget in zip(known, judged, strict=True):
                now = current.get(one.id)
                if now is not None and now.terms == one.terms:  # else it was changed meanwhile
                    if ended := late.get(one.id):
                        now = self._stand(connection, now, ended)
                    self._stand(connection, now, budget)
        return len(known)

    def _exceeded_late(self, known: Sequence[Known], month: date) -> Mapping[str, Budget]:
        """Budgets of the month that they were looked at in last, where that has ended and they were exceeded after that look."""
        found: dict[str, Budget] = {}
        for one in known:
            last = one.standing
            if last and last.month < month and last.state is not BudgetState.EXCEEDED:
                (ended,) = self._told([one], Moment.of(last.month, self._clock.now()))
                if ended.use and ended.use.state is BudgetState.EXCEEDED:
                    found[one.id] = ended
        return found

    def _stand(self, connection: Connection, known: Known, budget: Budget) -> Known:
        """Keep how it stands, and tell of it where that is news; with what is kept."""
        if budget.use is None:
            return known
        now, month = self._clock.now(), month_of(budget.month)
        before = known.standing
        standing = judging.standing_of(known, budget, budget.use, month, now)
        repository.save_standing(connection, known.id, standing)
        if rules.is_news(before, standing.state, month):
            shown = msgspec.structs.replace(
                budget, terms=(), use=msgspec.structs.replace(budget.use, since=now)
            )
            message = Message(
                subject=new_id(now),  # each change is one of its own
                transition=standing.state,
                event=f"budget.{standing.state}",
                at=now,
                data=msgspec.to_builtins(shown),
            )
            self._notifications.tell(connection, message)
        return known._replace(standing=standing)

    def _told(self, known: Sequence[Known], moment: Moment) -> list[Budget]:
        if not known:
            return []
        owners = [one.subject for one in known if one.scope is Scope.OWNER]
        owned = self._analytics.beside(lambda: self._owned(moment.month, owners))
        spending = Spending(moment, self._days(moment), owned.result())
        return [judging.told(one, spending, moment) for one in known]

    def _days(self, moment: Moment) -> Days:
        since, until = moment.range
        return self._answers.get("days", (since, until), lambda: Days(self._analytics.days(since, until)))

    def _owned(self, month: date, owners: Sequence[str]) -> Sequence[Row]:
        return self._answers.get(
            "owned", (month, tuple(owners)), lambda: self._analytics.owned(month, owners)
        )

    def _moment(self, month: str) -> Moment:
        present = self._present()
        asked = month_of(month or present)
        if month > present:
            raise MonthError(f"{month} is still to come.", hint=f"Ask for {present} or an earlier one.")
        return Moment.of(asked, self._clock.now())

    def _present(self) -> str:
        return self._clock.now().astimezone(UTC).strftime("%Y-%m")

    def _currency(self, given: str) -> str:
        if given:
            rules.check_currency(given)
            return given
        return self._days(self._moment("")).currency or DEFAULT_CURRENCY

    def _forget(self, connection: Connection, bucket: Bucket) -> None:
        """With the bucket goes its budget."""
        known = repository.find_same(connection, Scope.BUCKET, bucket.id)
        if known is not None:
            repository.delete(connection, [known.id])

    def _record(
        self, connection: Connection, action: str, known: Known, row: TermRow, before: TermRow | None = None
    ) -> None:
        details: Mapping[str, str | int] = {
            "budget": known.id,
            "amount": judging.term(row).amount,
            "currency": row.currency,
            "warnPercent": row.warn_percent,
            "activeFrom": row.month,
            **({"before": f"{judging.term(before).amount} {before.currency}"} if before else {}),
            "reason": row.reason,
        }
        self._audit.record(
            connection, actor=row.updated_by, action=action, target=_whose(known), details=details
        )


def _place(cursor: str) -> int:
    if cursor and not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 10):
        raise BadInputError("cursor: not one of this server's.")
    return int(cursor or 0)


def _whose(known: Known) -> str:
    return known.name if known.scope is not Scope.EVERYTHING else "everything"


def _found(known: Known | None, budget_id: str) -> Known:
    if known is None:
        raise UnknownBudgetError(
            f"There is no budget {budget_id!r}.", hint="`storekeeper budget list` shows them."
        )
    return known
