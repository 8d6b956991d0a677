"""The calls of the API for keys."""

from collections.abc import Sequence
from typing import Any

from storekeeper_client import model
from storekeeper_client.model import Page

from .caller import Caller, at


class TokenCalls(Caller):
    """The calls, for `Client`."""

    def tokens(self) -> list[model.Token]:
        return self._all("/api/tokens", Page[model.Token])

    def create_token(
        self,
        name: str,
        *,
        scopes: Sequence[str],
        expires_in_days: int | None = None,
        buckets: Sequence[str] = (),
    ) -> model.Token:
        """The key with its `secret`, told once."""
        body: dict[str, Any] = {"name": name, "scopes": list(scopes)}
        body |= {"expiresInDays": expires_in_days} if expires_in_days is not None else {}
        body |= {"buckets": list(buckets)} if buckets else {}
        return self.call("POST", "/api/tokens", model.Token, body=body)

    def revoke_token(self, token_id: str) -> None:
        self.call("DELETE", at("/api/tokens", token_id), type(None))
