"""Access tokens: short JWTs of one fixed algorithm (RFC 8725, RFC 9068)."""

from datetime import datetime
from typing import Any

import jwt

from storekeeper.access.model import Account, TokenPair, TokenRefusedError
from storekeeper.access.rules import credentials as rules
from storekeeper.infra.crypto import derive
from storekeeper.kernel.clock import Clock
from storekeeper.kernel.ids import new_id

_ALGORITHM = "HS256"
_TYPE = "at+jwt"
_ISSUER = "storekeeper"
_AUDIENCE = "storekeeper-api"
_REQUIRED = ["iss", "aud", "exp", "iat", "sub", "jti", "ep"]
_OPTIONS: Any = {
    "require": _REQUIRED,
    # The library would ask the system's clock; ours is asked below.
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


class AccessTokens:
    """Makes and reads access tokens. They carry no role: that is looked up at each use."""

    def __init__(self, clock: Clock, secret_key: str) -> None:
        self._clock = clock
        self._key = derive(secret_key, "access token")

    def pair(self, account: Account, refresh_token: str) -> TokenPair:
        life = int(rules.ACCESS_LIFE.total_seconds())
        return TokenPair(
            access_token=self._signed(account, self._clock.now()),
            refresh_token=refresh_token,
            expires_in=life,
            role=account.user.role,
        )

    def read(self, token: str) -> tuple[str, int]:
        """(user id, epoch) of a token that is genuine and in time. Raises TokenRefusedError."""
        try:
            decoded = jwt.decode_complete(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                issuer=_ISSUER,
                options=_OPTIONS,
            )
        except jwt.InvalidTokenError:
            raise TokenRefusedError("The access token was not made by this server.") from None
        claims = decoded["payload"]
        if decoded["header"].get("typ") != _TYPE:
            raise TokenRefusedError("This is not an access token.")
        if self._clock.now().timestamp() >= claims["exp"]:
            raise TokenRefusedError(
                "The access token has expired.", hint="Get a new one with the refresh token."
            )
        return str(claims["sub"]), int(claims["ep"])

    def _signed(self, account: Account, now: datetime) -> str:
        claims = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "iat": int(now.timestamp()),
            "exp": int((now + rules.ACCESS_LIFE).timestamp()),
            "sub": account.user.id,
            "jti": new_id(now),
            "ep": account.epoch,
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM, headers={"typ": _TYPE})
