"""What can go wrong when a server is asked for something."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The server's own account of a refusal (RFC 9457)."""

    type: str = "about:blank"
    title: str = ""
    status: int = 0
    detail: str = ""
    hint: str = ""
    request_id: str = ""
    retry_after_seconds: float | None = None
    run_id: str = ""  # with a conflict: the run that is under way
    errors: Sequence[Mapping[str, Any]] = ()  # which fields are wrong, and why


class ClientError(Exception):
    """Anything that this client raises."""


class UnreachableError(ClientError):
    """Nothing answered, or what answered was cut off; whether a change was made is unknown."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} did not answer: {reason}")
        self.url = url
        self.reason = reason


class ApiError(ClientError):
    """The server answered, and refused. `slug` is the stable name of the problem, such as `not-allowed`."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail or problem.title)
        self.problem = problem

    @property
    def status(self) -> int:
        return self.problem.status

    @property
    def slug(self) -> str:
        return self.problem.type.rpartition("/")[2]

    @property
    def detail(self) -> str:
        return self.problem.detail or self.problem.title

    @property
    def hint(self) -> str:
        return self.problem.hint
