"""Brings what was found to the server, and comes back with the next rounds. While the server is away, both wait."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

import structlog

from storekeeper.kernel.clock import Clock
from storekeeper.prober.agenda import Agenda
from storekeeper.prober.model import PLAN_PATH, ROUNDS_PATH, ReportReply, RoundReport, VantagePlan
from storekeeper.prober.outbox import Outbox
from storekeeper.prober.rules import until_next_attempt, until_next_plan
from storekeeper_client import ApiError, UnreachableError

T = TypeVar("T")

_REFUSALS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
_POISONED = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

log = structlog.get_logger("prober")


class Server(Protocol):
    """What is needed of a client."""

    def call(self, method: str, path: str, returns: type[T], *, body: Any = None, **query: Any) -> T: ...


class Courier:
    """For one thread. `random` gives numbers from 0 to 1."""

    def __init__(
        self, server: Server, agenda: Agenda, outbox: Outbox, clock: Clock, random: Callable[[], float]
    ) -> None:
        self._server, self._agenda, self._outbox = server, agenda, outbox
        self._clock, self._random = clock, random
        self._next_plan = clock.monotonic()
        self.failures = 0  # attempts in vain since the last that was not
        self.plan: VantagePlan | None = None  # the last one

    def step(self) -> float:
        """Do what is to be done; seconds until to come again. Raises ApiError where the server does not let us in at all."""
        try:
            if self._clock.monotonic() >= self._next_plan:
                self._fetch()
            self._deliver()
        except (UnreachableError, ApiError) as error:
            return self._after(error)
        if self.failures:
            log.info("the server is back", after=self.failures)
        self.failures = 0
        return max(self._next_plan - self._clock.monotonic(), 0.0)

    def _fetch(self) -> None:
        known = self.plan
        plan = self._server.call(
            "GET",
            PLAN_PATH,
            VantagePlan,
            after=known.until.isoformat() if known else "",
            version=known.version if known else "",
        )
        self._agenda.take(plan)
        if known is None or plan.version != known.version:
            log.info("buckets are checked", vantage=plan.vantage, buckets=len(plan.buckets))
        left = (plan.until - plan.now).total_seconds()
        self._next_plan = self._clock.monotonic() + until_next_plan(left, self._random())
        self.plan = plan

    def _deliver(self) -> None:
        while batch := self._outbox.batch():
            try:
                body = RoundReport(rounds=batch)
                reply = self._server.call("POST", ROUNDS_PATH, ReportReply, body=body)
            except ApiError as error:
                if error.status not in _POISONED:
                    raise
                log.error("the server takes no such report; it is given up", error=error.detail)  # noqa: TRY400 - its words are enough
            else:
                for refused in reply.rejected[:1]:
                    log.warning("rounds were refused", rounds=len(reply.rejected), reason=refused.reason)
            self._outbox.let_go(batch)

    def _after(self, error: UnreachableError | ApiError) -> float:
        asked = None
        if isinstance(error, ApiError):
            if self.plan is None and error.status in _REFUSALS:
                raise error
            asked = error.problem.retry_after_seconds
        if not self.failures:
            log.warning("the server is away", error=str(error), ahead=len(self._agenda))
        self.failures += 1
        return until_next_attempt(self.failures, asked, self._random())
