"""Users, sign-in, tokens and keys; the only place of access where transactions start."""

from storekeeper.access.service.access import AccessService

__all__ = ["AccessService"]
