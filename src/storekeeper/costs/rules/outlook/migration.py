"""What it costs once to move all that is stored: to another provider, or into another storage class of the same one."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from storekeeper.costs.model import AccountFacts, DeletionFact, RequestFact, Sheet, StorageFact
from storekeeper.costs.model.outlook import Migration, Unpriced
from storekeeper.costs.rules.outlook.bill import Bill, bill, more
from storekeeper.costs.rules.outlook.workload import summed


class Step(NamedTuple):
    """What something costs in addition to a month's bill, and what of it has no price."""

    amount: int
    unpriced: tuple[Unpriced, ...]


_NOTHING = Step(0, ())


class Removal:
    """Taking away what one account stores at the end of its month. Each part is what it adds to the bill of that month, `here`.

    `facts` are those of the month, of its last day `stored` (see `workload.last_day`).

    `remainders` is what is stored, by age, as if it were deleted: it tells what minimum durations still cost. None: not known.
    """

    def __init__(
        self,
        facts: AccountFacts,
        stored: Sequence[StorageFact],
        sheets: Sequence[Sheet],
        here: Bill,
        remainders: Sequence[DeletionFact] | None,
    ) -> None:
        self._facts, self._sheets, self._bill = facts, sheets, here
        self._stored = stored
        self._day = self._stored[0].day if self._stored else facts.month
        self._outward = self._adding(self._reading(sends=True))
        self._inward = self._adding(self._reading(sends=False))
        self._remainder = None if remainders is None else self._remaining(remainders)

    def to(self, facts: AccountFacts, sheets: Sequence[Sheet], there: Bill, *, is_same: bool) -> Migration:
        """Moving to where the workload is `facts`, in one storage class, and costs `there`; within a provider nothing is sent out."""
        leaving = self._inward if is_same else self._outward
        writing = self._writing(facts, sheets, there, "CopyObject" if is_same else "PutObject")
        remainder = self._remainder
        return Migration(
            leaving=leaving.amount,
            writing=writing.amount,
            minimum_duration=None if remainder is None else remainder.amount,
            unpriced=leaving.unpriced + writing.unpriced + (remainder.unpriced if remainder else ()),
        )

    def _reading(self, *, sends: bool) -> list[RequestFact]:
        return [
            RequestFact(
                day=self._day,
                bucket="",
                storage_class=fact.storage_class,
                operation="GetObject",
                succeeded=fact.objects if sends else 0,
                bytes_out=fact.peak_bytes if sends else 0,
                bytes_retrieved=fact.peak_bytes,
            )
            for fact in self._stored
        ]

    def _writing(self, facts: AccountFacts, sheets: Sequence[Sheet], there: Bill, operation: str) -> Step:
        if not self._stored:
            return _NOTHING
        (storage_class,) = {fact.storage_class for fact in facts.storage}
        writes = RequestFact(
            day=self._day,
            bucket="",
            storage_class=storage_class,
            operation=operation,
            succeeded=sum(fact.objects for fact in self._stored),
        )
        return _step(there, bill(_with(facts, [writes]), sheets))

    def _adding(self, requests: Sequence[RequestFact]) -> Step:
        return _step(self._bill, bill(_with(self._facts, requests), self._sheets))

    def _remaining(self, remainders: Sequence[DeletionFact]) -> Step:
        deleted = [msgspec.structs.replace(fact, day=self._day) for fact in remainders]
        more_deleted = msgspec.structs.replace(self._facts, deletions=[*self._facts.deletions, *deleted])
        return _step(self._bill, bill(summed(more_deleted), self._sheets))


def _with(facts: AccountFacts, requests: Sequence[RequestFact]) -> AccountFacts:
    return msgspec.structs.replace(facts, requests=[*facts.requests, *requests])


def _step(before: Bill, after: Bill) -> Step:
    return Step(max(after.total - before.total, 0), more(after.unpriced, before.unpriced))
