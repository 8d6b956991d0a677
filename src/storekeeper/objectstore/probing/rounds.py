"""One round: each operation once, timed, and what was stored taken away again."""

import secrets
from collections.abc import Callable

from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import StorekeeperError
from storekeeper.objectstore.errors import NoSuchKeyError
from storekeeper.objectstore.probing.model import Plan, Probed, ProbeOperation, Round
from storekeeper.objectstore.probing.names import PREFIX, new_name
from storekeeper.objectstore.probing.rules import told, verdict_of
from storekeeper.objectstore.probing.touch import Touch
from storekeeper_client.breaker import Failure, Outcome

_BODY_BYTES = 512


def new_body(key: str) -> bytes:
    """What is stored under a key; no other has it."""
    return f"probe {key} ".encode() + secrets.token_hex(_BODY_BYTES // 2).encode()


class RoundRun:
    """Runs once. Where `stopped` says so, what is left of the round is not begun, but for the cleaning up."""

    def __init__(self, touch: Touch, plan: Plan, clock: Clock, stopped: Callable[[], bool]) -> None:
        self._touch, self._plan, self._clock, self._stopped = touch, plan, clock, stopped
        self._key = plan.key or new_name(plan.node, clock.now())
        self._body = plan.body or new_body(self._key)
        self._stored = False  # for certain
        self._maybe = False  # an object may be there
        self._begun = 0.0
        self._steps = {
            ProbeOperation.PUT: self._put,
            ProbeOperation.HEAD: self._head,
            ProbeOperation.GET: self._get,
            ProbeOperation.LIST: self._list,
            ProbeOperation.DELETE: self._delete,
        }

    def run(self) -> Round:
        try:
            wanted = [one for one in ProbeOperation if one in self._plan.operations]
            found = [self._try(one) for one in wanted if not self._stopped()]
            if self._maybe:
                self._clean()
            return Round(
                operations=found,
                network=self._touch.network,
                debris=self._maybe,
                versioned=self._touch.versioned,
            )
        finally:
            self._touch.close()

    def _try(self, operation: ProbeOperation) -> Probed:
        self._begun = self._clock.monotonic()
        try:
            self._touch.begin(self._plan.timeout)
            self._begun = self._clock.monotonic()  # what the connection took is told apart
            wrong = self._steps[operation]()
        except StorekeeperError as error:
            return self._failed(operation, error)
        first = self._touch.first_byte
        return Probed(
            operation=operation,
            outcome=Outcome.FAILURE if wrong else Outcome.OK,
            failure=Failure.SERVER if wrong else None,
            corrupt=bool(wrong),
            status=self._touch.status,
            code="WrongBytes" if wrong else "",
            latency=self._clock.monotonic() - self._begun,
            first_byte=None if first is None else max(first - self._begun, 0.0),
            detail=wrong,
        )

    def _failed(self, operation: ProbeOperation, error: StorekeeperError) -> Probed:
        status, code = told(error)
        verdict, first = verdict_of(error), self._touch.first_byte
        detail = error.detail.replace(f"/{self._key}", "")
        lost = isinstance(error, NoSuchKeyError)  # what may be missing is not raised
        if lost:
            detail = f"The object that had just been stored is not there: {detail}"
        return Probed(
            operation=operation,
            outcome=Outcome.FAILURE if lost else verdict.outcome,
            failure=Failure.SERVER if lost else verdict.kind,
            corrupt=lost,
            status=status,
            code=code,
            latency=self._clock.monotonic() - self._begun,
            first_byte=None if first is None else max(first - self._begun, 0.0),
            detail=detail,
            hint=error.hint,
            retry_after=verdict.retry_after,
        )

    def _put(self) -> str:
        self._maybe = True
        self._touch.put(self._key, self._body)
        self._stored = True
        return ""

    def _head(self) -> str:
        try:
            size = self._touch.head(self._key)
        except NoSuchKeyError:
            if self._stored:
                raise
            return ""
        wrong = size != len(self._body) or not self._maybe
        return f"The object has {size} bytes instead of {len(self._body)}." if wrong else ""

    def _get(self) -> str:
        try:
            body = self._touch.get(self._key)
        except NoSuchKeyError:
            if self._stored:
                raise
            return ""
        if not self._maybe:
            return "There is an object under a key that was never used."
        return "" if body == self._body else "What was read is not what was stored."

    def _list(self) -> str:
        self._touch.list(PREFIX.format(node=self._plan.node))
        return ""

    def _delete(self) -> str:
        self._touch.delete(self._key)
        self._maybe = self._stored = False
        return ""

    def _clean(self) -> None:
        """Take away what was put, also where it is not known whether it was. What stays is for the sweeper."""
        try:
            self._touch.begin(self._plan.timeout)
            self._touch.delete(self._key)
        except StorekeeperError:
            return
        self._maybe = False
