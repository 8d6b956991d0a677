"""Pure decisions about sessions, tokens, keys, addresses and links."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.access.model import Scope, User
from storekeeper.access.rules import credentials as rules
from storekeeper.access.rules.credentials import Refresh
from storekeeper.infra.web import Role

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "idle", "holds"),
    [
        (timedelta(hours=1), timedelta(minutes=1), True),
        (timedelta(days=6, hours=23), timedelta(minutes=1), True),
        (timedelta(days=7), timedelta(minutes=1), False),
        (timedelta(days=1), timedelta(hours=11, minutes=59), True),
        (timedelta(days=1), timedelta(hours=12), False),
    ],
)
def test_a_session_ends_by_idleness_and_by_age(age, idle, holds):
    assert rules.session_holds(created_at=NOW - age, seen_at=NOW - idle, now=NOW) is holds


@pytest.mark.parametrize(
    ("used", "left", "verdict"),
    [
        (None, timedelta(days=1), Refresh.ROTATE),
        (timedelta(seconds=30), timedelta(days=1), Refresh.ROTATE),
        (timedelta(seconds=31), timedelta(days=1), Refresh.REUSED),
        (None, timedelta(0), Refresh.EXPIRED),
    ],
)
def test_what_becomes_of_a_refresh_token(used, left, verdict):
    used_at = None if used is None else NOW - used
    assert rules.refresh_verdict(used_at=used_at, expires_at=NOW + left, now=NOW) is verdict


@given(st.sampled_from(Role), st.frozensets(st.sampled_from(Scope)))
def test_a_key_never_allows_more_than_its_scopes_or_its_owners_role(role, scopes):
    in_force = rules.scopes_in_force(role, scopes)
    assert in_force <= scopes
    assert role is Role.ADMIN or not in_force & {Scope.ADMIN, Scope.INGEST}


@pytest.mark.parametrize(
    ("role", "disabled", "admins", "leaves_none"),
    [
        (Role.ADMIN, False, 1, False),
        (Role.READONLY, False, 1, True),
        (Role.ADMIN, True, 1, True),
        (Role.USER, True, 2, False),
    ],
)
def test_the_last_admin(role, disabled, admins, leaves_none):
    admin = User(id="1", email="a@b", role=Role.ADMIN, disabled=False, created_at=NOW, last_seen_at=None)
    assert rules.leaves_no_admin(admin, role=role, disabled=disabled, enabled_admins=admins) is leaves_none


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" Ada@Example.COM ", "ada@example.com"),
        ("admin@localhost", "admin@localhost"),
        ("ada", ""),
        ("a@b@c", ""),
        ("ada @example.com", ""),
        ("a@" + "b" * 260, ""),
        ("ada@exam\x00ple.com", ""),
    ],
)
def test_email_addresses(typed, stored):
    assert rules.normalized_email(typed) == stored


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/buckets/photos?range=7d", "/buckets/photos?range=7d"),
        ("/", "/"),
        ("//evil.example/x", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.example", "/"),
        ("buckets", "/"),
        ("", "/"),
        ("/sign-in?next=/sign-in", "/"),
    ],
)
def test_sign_in_leads_only_to_pages_of_this_server(wanted, leads_to):
    assert rules.local_path(wanted) == leads_to


@given(st.text())
def test_no_text_at_all_leads_elsewhere(wanted):
    target = rules.local_path(wanted)
    assert target.startswith("/")
    assert not target.startswith(("//", "/\\"))


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
            "Chrome on Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.0", "A program"),
        ("", "A program"),
    ],
)
def test_browsers_are_told_apart(agent, name):
    assert rules.browser_name(agent) == name
