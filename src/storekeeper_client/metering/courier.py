"""One kept HTTP connection to one server, for batches only."""

# To resolve a host needs this codec. Were it imported on demand, in the thread that sends, a fork in that moment would
# leave the child without it for good ("unknown encoding: idna").
import encodings.idna  # noqa: F401
import http.client
import ssl
from urllib.parse import urlsplit

from .batch import Batch
from .verdict import Answer

_LONGEST_ANSWER = 1 << 20
_PATIENCE = 2.0  # seconds for advice, which nobody waits for, but batches do meanwhile


class Courier:
    """Not to be shared between threads."""

    def __init__(self, url: str, token: str, *, timeout: float, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not the address of a server: {url!r}")
        if not token.isascii() or not token.isprintable():
            raise ValueError("the token has characters that no HTTP header can carry")
        self._host, self._port, self._timeout = parts.hostname, parts.port, timeout
        self._secure, self._tls = parts.scheme == "https", tls
        self._target = parts.path.rstrip("/") + "/api/operations"
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/x-ndjson",
            "Accept": "application/json",
            "User-Agent": "storekeeper-client",
        }
        self._kept: http.client.HTTPConnection | None = None

    def post(self, batch: Batch) -> Answer:
        """The answer. Raises OSError and HTTPException when there was none."""
        if self._kept is not None:
            try:
                return self._ask(self._kept, batch)
            except TimeoutError:
                raise
            except (OSError, http.client.HTTPException):
                # The server may close a kept connection at any time. The batch's key makes it safe to send it again.
                self.close()
        self._kept = self._connect(self._timeout)
        return self._ask(self._kept, batch)

    def settings(self) -> Answer:
        """What the server advises, over a connection of its own. Raises OSError and HTTPException."""
        connection = self._connect(min(self._timeout, _PATIENCE))
        try:
            connection.request("GET", self._target + "/settings", headers=self._headers)
            response = connection.getresponse()
            return Answer(response.status, {}, response.read(_LONGEST_ANSWER))
        finally:
            connection.close()

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _ask(self, connection: http.client.HTTPConnection, batch: Batch) -> Answer:
        headers = self._headers | {"Idempotency-Key": batch.id}
        if batch.gzipped:
            headers["Content-Encoding"] = "gzip"
        try:
            connection.request("POST", self._target, body=batch.body, headers=headers)
            response = connection.getresponse()
            body = response.read(_LONGEST_ANSWER)
        except BaseException:
            self.close()
            raise
        if response.will_close or not response.isclosed():
            self.close()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        if self._secure:
            return http.client.HTTPSConnection(self._host, self._port, timeout=timeout, context=self._tls)
        return http.client.HTTPConnection(self._host, self._port, timeout=timeout)
