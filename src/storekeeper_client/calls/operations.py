"""The calls of the API for operations: what they add up to, and what is kept of them."""

from typing import IO

from storekeeper_client import model, used
from storekeeper_client.model import Page

from .caller import Caller


class OperationCalls(Caller):
    """The calls, for `Client`."""

    def usage(self, *, span: str = "24h", bucket: str = "", owner: str | None = None) -> used.Usage:
        """What operations add up to."""
        return self.call("GET", "/api/user/storage/usage", used.Usage, range=span, bucket=bucket, owner=owner)

    def export_operations(self, sink: IO[bytes], **query: str | None) -> int:
        """Write single operations to `sink`: `range`, `bucket`, `owner`, `operation`, `format`. Returns bytes."""
        return self._session.download("/api/operations/export", sink, query=query)

    def make_embed_link(self, owner: str, *, expires_in: int = 3600) -> used.EmbedLink:
        """An address of a page that shows this owner's storage for that many seconds."""
        body = {"owner": owner, "expiresIn": expires_in}
        return self.call("POST", "/api/user/storage/embed-link", used.EmbedLink, body=body)

    def revoke_embed_links(self, owner: str) -> None:
        """Make every such address of this owner worthless that was made so far."""
        self.call("DELETE", "/api/user/storage/embed-links", type(None), owner=owner)

    def archives(self) -> list[model.Archive]:
        """Newest first."""
        return self._all("/api/admin/metering/archives", Page[model.Archive])

    def restore_operations(self, since: str, until: str) -> str:
        """Bring archived operations of UTC days (both included) back for a week; the id of the run."""
        body = {"from": since, "to": until}
        return self.call("POST", "/api/admin/metering/restore", model.Started, body=body).run_id

    def rebuild_sums(self, since: str, until: str, *, force: bool = False) -> str:
        """Count the sums of UTC days (both included) again; the id of the run."""
        body = {"from": since, "to": until, "force": force}
        return self.call("POST", "/api/admin/metering/rebuild", model.Started, body=body).run_id
