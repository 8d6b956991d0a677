"""The calls of the API for people."""

from typing import Any

from storekeeper_client import model
from storekeeper_client.model import Page

from .caller import Caller, at


class UserCalls(Caller):
    """The calls, for `Client`."""

    def users(self) -> list[model.User]:
        return self._all("/api/users", Page[model.User])

    def user(self, id_or_email: str) -> model.User:
        return self.call("GET", at("/api/users", id_or_email), model.User)

    def add_user(self, email: str, *, role: str, password: str = "") -> model.User:
        """Without a password the server makes one and tells it in `generated_password`, once."""
        body = {"email": email, "role": role} | ({"password": password} if password else {})
        return self.call("POST", "/api/users", model.User, body=body)

    def edit_user(self, id_or_email: str, **fields: Any) -> model.User:
        """`role`, `disabled`."""
        return self.call("PATCH", at("/api/users", id_or_email), model.User, body=fields)

    def reset_password(self, id_or_email: str) -> str:
        """The new password, told once."""
        return self.call("POST", at("/api/users", id_or_email, "reset-password"), dict[str, str])["password"]
