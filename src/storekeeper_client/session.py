"""Calls on behalf of somebody: what proves who they are, and its renewal when it has expired."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import IO, Any, TypeVar

import msgspec

from storekeeper_client.decoding import decode

from .errors import ApiError, UnreachableError
from .model import Tokens
from .transport import Event, Transport

T = TypeVar("T")


class Session:
    """Calls as the bearer of `token`, or of `tokens`, which are renewed and handed to `on_refresh`."""

    def __init__(
        self,
        transport: Transport,
        *,
        token: str,
        tokens: Tokens | None,
        on_refresh: Callable[[Tokens], None] | None,
    ) -> None:
        self._transport = transport
        self._token = token
        self.tokens = tokens
        self._on_refresh = on_refresh

    def call(
        self,
        method: str,
        path: str,
        returns: type[T],
        *,
        body: Any,
        query: Mapping[str, Any],
        also: int = 0,
        timeout: float | None = None,
    ) -> T:
        """`also` is a status besides success that comes with an answer; `timeout` is another than the usual one."""
        answer = self._with_renewal(
            lambda headers: self._transport.send(
                method, path, query=query, body=body, headers=headers, also=also, timeout=timeout
            )
        )
        return self._understood(answer, returns)

    def upload(
        self,
        path: str,
        chunks: Callable[[], Iterable[bytes]],
        returns: type[T],
        *,
        size: int,
        query: Mapping[str, Any],
        timeout: float,
    ) -> T:
        """Send a body that `chunks()` makes, from its beginning each time."""
        answer = self._with_renewal(
            lambda headers: self._transport.upload(
                path, chunks(), size=size, query=query, headers=headers, timeout=timeout
            )
        )
        return self._understood(answer, returns)

    def _understood(self, answer: bytes, returns: type[T]) -> T:
        try:
            return decode(answer or b"null", returns)
        except msgspec.MsgspecError as error:
            reason = f"the answer is not understood ({error}); is it another release?"
            raise UnreachableError(self._transport.url, reason) from error

    def download(self, path: str, sink: IO[bytes], *, query: Mapping[str, Any]) -> int:
        """Write an answer of whatever kind to `sink`; how many bytes it has. A refusal writes nothing."""
        return self._with_renewal(
            lambda headers: self._transport.download(path, query=query, headers=headers, sink=sink)
        )

    def events(self, path: str, *, quiet: float) -> Iterator[Event]:
        """Events for as long as the stream lasts. Raises ApiError at once, and nothing when the stream breaks."""
        return self._with_renewal(
            lambda headers: _begun(self._transport.events(path, headers=headers, quiet=quiet))
        )

    def _with_renewal(self, send: Callable[[dict[str, str]], T]) -> T:
        try:
            return send(self._headers())
        except ApiError as error:
            if error.status != HTTPStatus.UNAUTHORIZED or self._token or self.tokens is None:
                raise
            self._renew()
        return send(self._headers())

    def _renew(self) -> None:
        spent, self.tokens = self.tokens, None
        body = {"refreshToken": spent.refresh_token if spent else ""}
        self.tokens = self.call("POST", "/api/auth/refresh", Tokens, body=body, query={})
        if self._on_refresh is not None:
            self._on_refresh(self.tokens)

    def _headers(self) -> dict[str, str]:
        token = self._token or (self.tokens.access_token if self.tokens else "")
        return {"Authorization": f"Bearer {token}"} if token else {}


def _begun(stream: Iterator[Event]) -> Iterator[Event]:
    """The stream, asked for its first event so that a refusal is raised here and not while it is read."""
    try:
        first = next(stream, None)
    except UnreachableError:
        first = None
    return iter(()) if first is None else _rest(first, stream)


def _rest(first: Event, stream: Iterator[Event]) -> Iterator[Event]:
    yield first
    try:
        yield from stream
    except UnreachableError:
        return
