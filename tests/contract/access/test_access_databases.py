"""The same story of users, sign-ins, tokens and keys on SQLite and on PostgreSQL."""

import threading

import pytest

from storekeeper.access import AccessService, Scope
from storekeeper.access.model import LastAdminError, TokenRefusedError, UserExistsError
from storekeeper.access.service.passwords import Passwords
from storekeeper.audit import AuditTrail
from storekeeper.infra.web import Role
from storekeeper.kernel.clock import ManualClock
from storekeeper.settings import Settings

ADDRESS = "198.51.100.1"
PASSWORD = "tide-pool-lantern"
ADMIN = "admin@example.com"


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def access(database, clock):
    service = AccessService(
        database,
        AuditTrail(database, clock),
        clock,
        settings=Settings(secret_key="k" * 64),
        passwords=Passwords(time_cost=1, memory_kib=64),
    )
    service.ensure_admin(ADMIN, PASSWORD)
    return service


def _bearer(access, token):
    return access.authenticate(authorization=f"Bearer {token}", session_cookie="")


def _together(*actions):
    """Run all at once, and say what each raised."""
    raised = []

    def run(action):
        try:
            action()
        except Exception as error:  # noqa: BLE001 - handed to the test
            raised.append(type(error))

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_users_are_kept_found_and_changed(access):
    user, _ = access.users.create("ada@example.com", Role.USER, actor=ADMIN)
    assert access.users.get("ada@example.com") == access.users.get(user.id) == user
    with pytest.raises(UserExistsError):
        access.users.create("ada@example.com", Role.USER, actor=ADMIN)
    changed = access.users.change(user.id, role=Role.READONLY, disabled=True, actor=ADMIN)
    assert (changed.role, changed.disabled, changed.created_at) == (Role.READONLY, True, user.created_at)
    found = access.users.page(containing="ADA", sort="-last_seen_at")
    assert (found.items, found.next_cursor) == ([changed], None)


def test_never_seen_sorts_last_both_ways(access):
    access.users.create("ada@example.com", Role.USER, actor=ADMIN)
    access.sign_in.start_session(ADMIN, PASSWORD, address=ADDRESS)
    for sort in ("last_seen_at", "-last_seen_at"):
        assert [user.email for user in access.users.page(sort=sort).items] == [ADMIN, "ada@example.com"]


def test_sessions_are_kept_touched_and_ended(access, clock):
    cookie = access.sign_in.start_session(ADMIN, PASSWORD, address=ADDRESS)
    clock.advance(120)
    principal = access.authenticate(authorization="", session_cookie=cookie)
    assert (principal.email, principal.role) == (ADMIN, Role.ADMIN)
    (session,) = access.sessions.of_user(principal.id)
    assert (session.id, session.seen_at) == (principal.session_id, clock.now())
    access.sessions.end_session(principal.id, session.id, email=ADMIN)
    assert access.authenticate(authorization="", session_cookie=cookie) is None


def test_tokens_rotate_and_families_end(access, clock):
    pair = access.sign_in.start_tokens(ADMIN, PASSWORD, address=ADDRESS)
    assert _bearer(access, pair.access_token).email == ADMIN
    following = access.sessions.refresh(pair.refresh_token)
    clock.advance(31)
    for token in (pair.refresh_token, following.refresh_token):
        with pytest.raises(TokenRefusedError):
            access.sessions.refresh(token)
    access.forget_expired()


def test_keys_are_kept_used_and_revoked(access, clock):
    key, secret = access.keys.create(
        "edge", [Scope.INGEST], owner=ADMIN, actor=ADMIN, buckets=["photos"], expires_in_days=1
    )
    assert access.keys.page(sort="-expires_at").items == [key]
    assert _bearer(access, secret).scopes == {"ingest"}
    assert access.keys.page().items[0].last_used_at == clock.now()
    access.keys.revoke(key.id, actor=ADMIN)
    with pytest.raises(TokenRefusedError):
        _bearer(access, secret)


def test_two_admins_can_not_disable_each_other_at_once(access):
    other, _ = access.users.create("other@example.com", Role.ADMIN, actor=ADMIN)
    raised = _together(
        lambda: access.users.change(other.id, disabled=True, actor=ADMIN),
        lambda: access.users.change(ADMIN, disabled=True, actor=other.email),
    )
    assert raised == [LastAdminError]
    assert [user.disabled for user in access.users.page().items].count(False) == 1


def test_a_refresh_token_used_by_many_at_once_serves_all_within_the_grace(access):
    pair = access.sign_in.start_tokens(ADMIN, PASSWORD, address=ADDRESS)
    assert _together(*[lambda: access.sessions.refresh(pair.refresh_token)] * 8) == []
