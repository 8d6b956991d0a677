"""Who was found out a moment ago is not looked up again, and not known any longer than it is true."""

import pytest

from storekeeper.access.model import Scope
from storekeeper.access.service.recent_callers import RecentCallers
from storekeeper.infra.web import Principal, Role

ADDRESS = "198.51.100.1"
ADA = "ada@example.com"
SOMEBODY = Principal(id="1", email=ADA, role=Role.USER, via="token")


@pytest.fixture
def ada(add):
    add("boss@example.com", Role.ADMIN)
    return add(ADA, Role.ADMIN)


@pytest.fixture
def session(access, ada, password, cookie):
    """A cookie whose owner was found out just now."""
    value = access.sign_in.start_session(ada.email, password, address=ADDRESS)
    assert cookie(value)
    return value


@pytest.fixture
def token(access, ada, password, bearer):
    """An access token whose owner was found out just now."""
    value = access.sign_in.start_tokens(ada.email, password, address=ADDRESS).access_token
    assert bearer(value)
    return f"Bearer {value}"


@pytest.fixture
def key(access, ada, bearer):
    """An API key that was looked up just now."""
    _, value = access.keys.create("ci", [Scope.READ], owner=ada.email, actor=ada.email)
    assert bearer(value)
    return f"Bearer {value}"


def test_they_are_known_for_a_second(access, clock, session, token, key, cookie):
    assert access.recall("", session) == cookie(session)
    assert access.recall(token).via == "token"
    assert access.recall(key).via == "key"
    clock.advance(0.9)
    assert access.recall(token)
    clock.advance(0.1)
    assert [access.recall("", session), access.recall(token), access.recall(key)] == [None] * 3


def test_only_by_the_same_words(access, session, token):
    assert access.recall(token, session) is None
    assert access.recall(session) is None
    assert access.recall("", token) is None
    assert access.recall("") is None


CHANGES = {
    "disabled": lambda access, _: access.users.change(ADA, disabled=True, actor="boss"),
    "another role": lambda access, _: access.users.change(ADA, role=Role.READONLY, actor="boss"),
    "a new password": lambda access, _: access.users.reset_password(ADA, actor="boss"),
    "a password of one's own": lambda access, principal: access.users.change_own_password(
        principal.id, "tide-pool-lantern", "lantern-in-a-tide-pool"
    ),
    "signed out": lambda access, principal: access.sessions.end_session(
        principal.id, principal.session_id, email=ADA
    ),
    "signed in anew": lambda access, principal: access.sign_in.start_session(
        ADA, "tide-pool-lantern", address=ADDRESS, replacing=principal.session_id
    ),
    "a key revoked": lambda access, _: access.keys.revoke(access.keys.page().items[0].id, actor="boss"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_of_effect_at_once(access, change, session, token, key):
    CHANGES[change](access, access.recall("", session))
    assert [access.recall("", session), access.recall(token), access.recall(key)] == [None] * 3


def test_who_was_looked_up_before_a_change_is_not_remembered_after_it(clock):
    recent = RecentCallers(clock)
    before = recent.changes
    recent.forget()
    recent.remember("Bearer a", "", SOMEBODY, changes=before)
    assert recent.recall("Bearer a") is None
    recent.remember("Bearer a", "", SOMEBODY, changes=recent.changes)
    assert recent.recall("Bearer a") == SOMEBODY
