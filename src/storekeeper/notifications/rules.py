"""Pure decisions about notifications: where they may go, how they are signed, and when they are tried again."""

import base64
import binascii
import hmac
import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

from storekeeper.kernel.addresses import METADATA_NAMES, Address, forbidden, internal
from storekeeper.notifications.model import BadWebhookError, Claim, DeliveryStatus, Reply, Verdict

# Of Standard Webhooks, https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
DELAYS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)  # seconds after each failed attempt
LONGEST_DELAY = DELAYS[-1]
MOST_SECRETS = 3
_PREFIX = "whsec_"
_LEAST_KEY, _LONGEST_KEY = 24, 64
_SECRET_HINT = "Write whsec_ and 24 to 64 bytes in base64, or let the server make one."  # noqa: S105 - no secret


def check_url(url: str, *, allow_private: bool) -> SplitResult:
    """The parts of an acceptable URL; a name is not resolved. Raises BadWebhookError, which does not repeat the URL."""
    parts = _split(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadWebhookError("The URL is not an http:// or https:// one.", hint="Write https://host/path.")
    if parts.scheme == "http" and not allow_private:
        raise BadWebhookError(
            "The URL is not encrypted.",
            hint="Use https://, or allow private addresses for one that is inside.",
        )
    if "@" in parts.netloc or parts.fragment:
        raise BadWebhookError("The URL must hold neither a user name, nor a password, nor a fragment.")
    if parts.hostname.rstrip(".").lower() in METADATA_NAMES:
        raise BadWebhookError(f"{parts.hostname} is a cloud metadata service.")
    try:
        address = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return parts  # a name: its addresses are checked whenever it is connected to
    check_address(address, allow_private=allow_private)
    return parts


def check_address(address: Address, *, allow_private: bool) -> None:
    """Raises BadWebhookError."""
    if what := forbidden(address):
        raise BadWebhookError(f"{address} is {what}.")
    if not allow_private and (what := internal(address)):
        raise BadWebhookError(f"{address} is {what}.", hint="An admin can allow it for this webhook.")


def key_of(secret: str) -> bytes:
    """The bytes that a secret stands for. Raises BadWebhookError, which does not repeat it."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(_PREFIX) or not _LEAST_KEY <= len(key) <= _LONGEST_KEY:
        raise BadWebhookError("That is not a secret of a webhook.", hint=_SECRET_HINT)
    return key


def secret_of(key: bytes) -> str:
    """How a secret is written."""
    return _PREFIX + base64.b64encode(key).decode()


def headers(claim: Claim, now: datetime, secrets: Sequence[str]) -> dict[str, str]:
    """Of one attempt; a signature for each secret."""
    stamp = str(int(now.timestamp()))
    signed = f"{claim.id}.{stamp}.{claim.body}".encode()
    digests = [hmac.digest(key_of(secret), signed, "sha256") for secret in secrets]
    return {
        "content-type": "application/json",
        "user-agent": "storekeeper",
        "webhook-id": claim.id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests),
    }


def verdict(reply: Reply, attempt: int, now: datetime) -> Verdict:
    """What becomes of a notification after that attempt (1, 2, …). Everything but a 2xx is a failure."""
    if 200 <= reply.status < 300:
        return Verdict(status=DeliveryStatus.DELIVERED)
    error = reply.error or _said(reply.status)
    if reply.status == HTTPStatus.GONE:
        return Verdict(status=DeliveryStatus.FAILED, error=error, disable=True)
    if attempt > len(DELAYS):
        return Verdict(status=DeliveryStatus.FAILED, error=error)
    wanted = max(DELAYS[attempt - 1], retry_after(reply.retry_after, now))
    due = now + timedelta(seconds=min(wanted, LONGEST_DELAY))
    return Verdict(status=DeliveryStatus.PENDING, error=error, due_at=due)


def retry_after(header: str, now: datetime) -> float:
    """Seconds that a `Retry-After` asks for, in either of its forms (RFC 9110, section 10.2.3); 0 for anything else."""
    text = header.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return max((moment - now).total_seconds(), 0.0)


def _said(status: int) -> str:
    if 300 <= status < 400:
        return f"It answered {status}; redirects are not followed."
    return f"It answered {status}."


def _split(url: str) -> SplitResult:
    if any(character <= " " or character in "\\\x7f" for character in url) or not url.isascii():
        raise BadWebhookError(
            "The URL must be ASCII, without spaces, control characters or backslashes.",
            hint="Percent-encode what is not; write names in Punycode.",
        )
    try:
        parts = urlsplit(url)
        _ = parts.port  # parsed on access
    except ValueError:
        raise BadWebhookError("That is not a URL.", hint="Write https://host/path.") from None
    return parts
