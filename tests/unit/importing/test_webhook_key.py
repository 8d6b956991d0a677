"""MinIO sends its webhook's token as it is: an API key is one with `Bearer ` before it and without."""

import contextlib

import pytest

from engines import open_database
from storekeeper.access import AccessService, Scope
from storekeeper.access.model import TokenRefusedError
from storekeeper.access.service.passwords import Passwords
from storekeeper.audit import AuditTrail
from storekeeper.infra.web import Role
from storekeeper.kernel.clock import ManualClock
from storekeeper.settings import Settings


@pytest.fixture
def access(tmp_path):
    with contextlib.closing(open_database(tmp_path)) as database:
        clock = ManualClock()
        passwords = Passwords(time_cost=1, memory_kib=64)
        settings = Settings(secret_key="k" * 64)
        yield AccessService(
            database, AuditTrail(database, clock), clock, settings=settings, passwords=passwords
        )


def test_a_key_without_a_scheme(access):
    access.users.create("ann@example.com", Role.ADMIN, "tide-pool-lantern", actor="system")
    key, secret = access.keys.create("minio", [Scope.INGEST], owner="ann@example.com", actor="system")
    for authorization in (secret, f"Bearer {secret}"):
        principal = access.authenticate(authorization=authorization, session_cookie="")
        assert (principal.id, principal.scopes) == (key.id, {"ingest"})
    with pytest.raises(TokenRefusedError):
        access.authenticate(authorization=secret + "x", session_cookie="")
    assert access.authenticate(authorization="Basic sk_x", session_cookie="") is None
