"""What the API tells of budgets, and the calls for them. Money is an exact decimal number in text, in the currency named beside it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from .api import Client
from .model import Noun, Page

_PATH = "/api/budgets"


class BudgetUse(Noun, frozen=True, kw_only=True):
    """Where a budget stands in a month; `projected` is None for a month that is over, and where no cost is known."""

    spent: str
    share: float = 0.0
    projected: str | None = None
    low: str | None = None
    high: str | None = None
    coverage: float | None = None
    method: str = ""
    burn: float | None = None
    used_up_on: date | None = None
    state: str = "ok"  # ok, at-risk, exceeded
    since: datetime | None = None
    reason: str = ""
    unknown: int = 0


class BudgetTerm(Noun, frozen=True, kw_only=True):
    """What a budget is from a month on."""

    active_from: str
    amount: str
    currency: str
    warn_percent: int = 80
    reason: str = ""
    updated_at: datetime | None = None
    updated_by: str = ""


class Budget(Noun, frozen=True, kw_only=True):
    """An amount a month for everything, or for the bucket or owner of that name. `use` is None before it begins."""

    id: str
    scope: str  # everything, bucket, owner
    name: str = ""
    month: str = ""
    amount: str
    currency: str
    warn_percent: int = 80
    active_from: str = ""
    reason: str = ""
    use: BudgetUse | None = None
    terms: Sequence[BudgetTerm] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None
    updated_by: str = ""


class OwnBudget(Noun, frozen=True, kw_only=True):
    """The budget of one owner; None where there is none."""

    owner: str
    month: str = ""
    budget: Budget | None = None


class Budgets:
    """One method for each thing that can be asked of a server about budgets; it raises what `Client` raises."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def find_all(self, *, month: str = "") -> list[Budget]:
        """Those that are worst off first."""
        found: list[Budget] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self._client.call("GET", _PATH, Page[Budget], month=month, cursor=cursor, limit=1000)
            found += page.items
            cursor = page.next_cursor
        return found

    def find(self, scope: str, name: str) -> Budget | None:
        """That of exactly this bucket or owner, or of everything."""
        return next((one for one in self.find_all() if (one.scope, one.name) == (scope, name)), None)

    def get(self, budget_id: str, *, month: str = "") -> Budget:
        return self._client.call("GET", _at(budget_id), Budget, month=month)

    def add(self, **fields: Any) -> Budget:
        """Fields as in the API's JSON: `scope`, `name`, `amount`, `currency`, `warnPercent`, `activeFrom`, `reason`."""
        return self._client.call("POST", _PATH, Budget, body=fields)

    def edit(self, budget_id: str, **fields: Any) -> Budget:
        """`amount`, `currency`, `warnPercent`, `activeFrom`; always a `reason`. Only what is given changes."""
        return self._client.call("PATCH", _at(budget_id), Budget, body=fields)

    def remove(self, budget_id: str, *, reason: str) -> None:
        self._client.call("DELETE", _at(budget_id), type(None), reason=reason)

    def of_owner(self, owner: str = "", *, month: str = "") -> OwnBudget:
        """That of the caller, or of another owner for who may see it."""
        return self._client.call("GET", "/api/user/storage/budget", OwnBudget, owner=owner, month=month)


def _at(budget_id: str) -> str:
    return f"{_PATH}/{quote(budget_id, safe='')}"
