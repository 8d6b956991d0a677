"""Tokens of the application whose users look at their own storage: JWTs of its issuer, by the keys that it publishes."""

import threading
from typing import Any

import jwt

from storekeeper.access.model import TokenRefusedError
from storekeeper.infra.web import Principal, Role
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.errors import SettingsError, UnavailableError
from storekeeper.settings import Settings

VIA = "application"
# Public-key algorithms only: with a shared secret whoever can check a token can make one (RFC 8725, 3.1).
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
KEYS_SECONDS = 600.0
PATIENCE_SECONDS = 30.0  # between fetches for keys that are not known, which anybody can name
_OPTIONS: Any = {
    "require": ["iss", "aud", "exp"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


class ApplicationTokens:
    """Reads them; makes none. Safe to share between threads."""

    def __init__(self, clock: Clock, *, issuer: str, audience: str, jwks_url: str, owner_claim: str) -> None:
        self._clock = clock
        self._issuer, self._audience, self._owner_claim = issuer, audience, owner_claim
        self._source = jwt.PyJWKClient(jwks_url, timeout=5)
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = float("-inf")
        self._lock = threading.Lock()

    def issued(self, token: str) -> bool:
        """Whether it says that it comes from the application's issuer. Nothing is verified yet."""
        try:
            claims = jwt.decode(token, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            return False
        return bool(claims.get("iss") == self._issuer)

    def read(self, token: str) -> Principal:
        """A user who sees what belongs to the owner that the token names. Raises TokenRefusedError, UnavailableError."""
        try:
            key = self._key(str(jwt.get_unverified_header(token).get("kid", "")))
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._audience,
                issuer=self._issuer,
                options=_OPTIONS,
            )
        except jwt.InvalidTokenError as error:
            raise TokenRefusedError(f"The application's token does not hold: {error}.") from None
        now = self._clock.now().timestamp()
        if now >= float(claims["exp"]) or now < float(claims.get("nbf", 0)):
            raise TokenRefusedError("The application's token is not valid at this time.")
        owner = claims.get(self._owner_claim)
        if not isinstance(owner, str) or not owner:
            raise TokenRefusedError(f"The application's token names no owner in {self._owner_claim!r}.")
        return Principal(id=f"{VIA}:{owner}", email=owner, role=Role.USER, via=VIA)

    def _key(self, key_id: str) -> jwt.PyJWK:
        with self._lock:
            age = self._clock.monotonic() - self._fetched
            if age > KEYS_SECONDS or (key_id not in self._keys and age > PATIENCE_SECONDS):
                self._fetch()
            if key_id not in self._keys:
                raise TokenRefusedError(
                    "The application's token is signed by a key that its issuer does not publish."
                )
            return self._keys[key_id]

    def _fetch(self) -> None:
        try:
            found = jwt.PyJWKSet.from_dict(self._source.fetch_data())
        except (jwt.PyJWTError, AttributeError, TypeError, ValueError) as error:
            if self._keys:
                return  # they may still be good; asked again with the next token
            raise UnavailableError(
                f"The keys of the application's issuer can not be had: {error}", retry_after=5
            ) from None
        self._keys = {str(key.key_id or ""): key for key in found.keys}
        self._fetched = self._clock.monotonic()


def application_tokens(clock: Clock, settings: Settings) -> ApplicationTokens | None:
    """None where no application brings users of its own. Raises SettingsError."""
    given = (settings.application_issuer, settings.application_audience, settings.application_jwks_url)
    if not any(given):
        return None
    if not all(given):
        raise SettingsError("application_issuer, application_audience and application_jwks_url go together")
    if not settings.application_jwks_url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise SettingsError("application_jwks_url does not begin with https://")
    return ApplicationTokens(
        clock,
        issuer=settings.application_issuer,
        audience=settings.application_audience,
        jwks_url=settings.application_jwks_url,
        owner_claim=settings.application_owner_claim,
    )
