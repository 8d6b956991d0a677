"""The API as Python: one method for each thing a caller can ask of a server."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from . import model
from .alerts import AlertCalls
from .calls import (
    AuditCalls,
    BucketCalls,
    ImportCalls,
    JobCalls,
    OperationCalls,
    ScanCalls,
    TokenCalls,
    UserCalls,
)
from .cleanup import CleanupCalls
from .cost_options import CostOptionCalls
from .costs import CostCalls
from .health import HealthCalls
from .invoices import InvoiceCalls
from .model import Tokens
from .session import Session
from .transport import Transport

TIMEOUT = 30.0  # seconds for one answer


class Client(
    BucketCalls,
    ScanCalls,
    OperationCalls,
    ImportCalls,
    JobCalls,
    UserCalls,
    TokenCalls,
    AuditCalls,
    HealthCalls,
    AlertCalls,
    CostCalls,
    CostOptionCalls,
    InvoiceCalls,
    CleanupCalls,
):
    """A conversation with one server. Make one for each thread; close it, or use it as a context manager.

    Speaks as the owner of `token` (an API key or access token), or of `tokens`, which are renewed when they have
    expired; `on_refresh` is then given the new ones to keep, as the old ones are spent. Every method raises
    ApiError when the server refuses and UnreachableError when it does not answer.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str = "",
        tokens: Tokens | None = None,
        on_refresh: Callable[[Tokens], None] | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._transport = Transport(url, timeout=timeout)
        self._session = Session(self._transport, token=token, tokens=tokens, on_refresh=on_refresh)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._transport.close()

    def sign_in(self, email: str, password: str) -> Tokens:
        """Speak as this user from now on."""
        body = {"email": email, "password": password}
        self._session.tokens = self.call("POST", "/api/auth/token", Tokens, body=body)
        return self._session.tokens

    def sign_out(self) -> None:
        """Make the refresh token worthless."""
        tokens, self._session.tokens = self._session.tokens, None
        if tokens is not None:
            self.call("POST", "/api/auth/logout", type(None), body={"refreshToken": tokens.refresh_token})

    def me(self) -> model.Me:
        return self.call("GET", "/api/me", model.Me)

    def health(self) -> str:
        """`ok` when the server is alive; anybody may ask."""
        return self.call("GET", "/health", model.Health).status

    def version(self) -> model.ServerVersion:
        return self.call("GET", "/api/version", model.ServerVersion)
