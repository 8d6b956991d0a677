"""Passwords become sessions or tokens; guessing does not get far."""

import pytest

from storekeeper.access import AccessService, Scope
from storekeeper.access.model import LimitReachedError, WrongCredentialsError
from storekeeper.access.service.passwords import Passwords
from storekeeper.infra.web import Role
from storekeeper.settings import Settings

ADDRESS = "198.51.100.1"


def _fail(access, email, address=ADDRESS):
    with pytest.raises(WrongCredentialsError) as failed:
        access.sign_in.start_session(email, "guessed-wrong", address=address)
    return failed.value


def test_a_session_names_its_user_and_carries_a_token_against_forgery(access, add, cookie, password):
    ada = add("ada@example.com", Role.READONLY)
    first = cookie(access.sign_in.start_session("ADA@example.com", password, address=ADDRESS))
    second = cookie(access.sign_in.start_session("ada@example.com", password, address=ADDRESS))
    assert (first.id, first.email, first.role, first.via) == (ada.id, ada.email, Role.READONLY, "session")
    assert len(first.csrf_token) == 64
    assert first.csrf_token != second.csrf_token
    assert first.session_id != second.session_id


def test_an_unknown_user_a_wrong_password_and_a_disabled_user_look_the_same(access, add, password):
    add("admin@example.com", Role.ADMIN)
    ada = add("ada@example.com")
    access.users.change(ada.id, disabled=True, actor="system")
    with pytest.raises(WrongCredentialsError) as disabled:
        access.sign_in.start_session(ada.email, password, address=ADDRESS)
    problems = [disabled.value, _fail(access, "admin@example.com"), _fail(access, "nobody@example.com")]
    assert len({str(problem.problem()) for problem in problems}) == 1


def test_an_account_is_guessed_at_ten_times_then_has_to_wait(access, add, clock, password):
    add("ada@example.com")
    for guess in range(10):
        _fail(access, "ada@example.com", address=f"198.51.100.{guess}")
    with pytest.raises(LimitReachedError) as refused:
        access.sign_in.start_session("Ada@example.com", password, address="203.0.113.9")
    assert refused.value.retry_after == 30
    clock.advance(29)
    with pytest.raises(LimitReachedError):
        access.sign_in.start_session("ada@example.com", password, address="203.0.113.9")
    clock.advance(1)
    assert access.sign_in.start_session("ada@example.com", password, address="203.0.113.9")


def test_one_address_can_not_try_many_accounts(access):
    for guess in range(60):
        _fail(access, f"user{guess}@example.com")
    with pytest.raises(LimitReachedError) as refused:
        access.sign_in.start_tokens("another@example.com", "guessed-wrong", address=ADDRESS)
    assert "address" in refused.value.detail
    _fail(access, "another@example.com", address="198.51.100.2")


def test_signing_in_rightly_uses_up_nothing(access, add, password):
    add("ada@example.com")
    for _ in range(80):
        access.sign_in.start_session("ada@example.com", password, address=ADDRESS)
    assert '"account";r=10' in access.sign_in.allowance("ada@example.com", ADDRESS)["RateLimit"]
    _fail(access, "ada@example.com")
    left = access.sign_in.allowance("ada@example.com", ADDRESS)
    assert left["RateLimit"] == '"account";r=9;t=30, "address";r=59;t=5'
    assert left["RateLimit-Policy"] == '"account";q=10;w=300, "address";q=60;w=300'


def test_a_new_session_replaces_the_one_of_the_same_browser(access, add, cookie, password):
    add("ada@example.com")
    old = access.sign_in.start_session("ada@example.com", password, address=ADDRESS)
    new = access.sign_in.start_session(
        "ada@example.com", password, address=ADDRESS, replacing=cookie(old).session_id
    )
    assert cookie(old) is None
    assert cookie(new) is not None


def test_a_session_ends_by_idleness_by_age_and_by_signing_out(access, add, clock, cookie, password):
    ada = add("ada@example.com")
    idle, used, ended = (access.sign_in.start_session(ada.email, password, address=ADDRESS) for _ in range(3))
    access.sessions.end_session(ada.id, cookie(ended).session_id, email=ada.email)
    assert cookie(ended) is None
    for _ in range(27):
        clock.advance(6 * 3600)
        assert cookie(used) is not None
    assert cookie(idle) is None
    clock.advance(6 * 3600)
    assert cookie(used) is None


def test_nobody_ends_the_session_of_another(access, add, cookie, password):
    ada, eve = add("ada@example.com"), add("eve@example.com")
    session = access.sign_in.start_session(ada.email, password, address=ADDRESS)
    access.sessions.end_session(eve.id, cookie(session).session_id, email=eve.email)
    assert cookie(session) is not None


def test_own_sessions_are_listed_with_where_they_are(access, add, clock, password):
    ada = add("ada@example.com")
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    access.sign_in.start_session(ada.email, password, address=ADDRESS, browser=agent)
    assert [(session.browser, session.address) for session in access.sessions.of_user(ada.id)] == [
        ("Firefox on Linux", ADDRESS)
    ]
    clock.advance(12 * 3600)
    assert access.sessions.of_user(ada.id) == []


def test_what_expired_is_forgotten(access, add, clock, database, password):
    add("ada@example.com")
    access.sign_in.start_session("ada@example.com", password, address=ADDRESS)
    access.sign_in.start_tokens("ada@example.com", password, address=ADDRESS)
    count = "SELECT (SELECT count(*) FROM web_session), (SELECT count(*) FROM refresh_token)"
    for days, left in ((6, (1, 1)), (2, (0, 1)), (23, (0, 0))):
        clock.advance(days * 86400)
        access.forget_expired()
        with database.engine.connect() as connection:
            assert tuple(connection.exec_driver_sql(count).one()) == left


def test_a_hash_of_older_parameters_is_replaced_when_its_owner_signs_in(
    access, add, audit, clock, database, password
):
    add("ada@example.com")
    stronger = Passwords(time_cost=2, memory_kib=64)
    later = AccessService(database, audit, clock, settings=Settings(secret_key="k" * 64), passwords=stronger)
    later.sign_in.start_session("ada@example.com", password, address=ADDRESS)
    with database.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT password_hash FROM user_account").scalar_one()
    assert not stronger.is_outdated(stored)
    assert later.sign_in.start_session("ada@example.com", password, address=ADDRESS)


def test_no_secret_is_stored_as_it_is(access, add, password, tmp_path):
    add("admin@example.com", Role.ADMIN)
    session = access.sign_in.start_session("admin@example.com", password, address=ADDRESS)
    pair = access.sign_in.start_tokens("admin@example.com", password, address=ADDRESS)
    _, key = access.keys.create("ci", [Scope.READ], owner="admin@example.com", actor="admin@example.com")
    secrets = [session, pair.access_token, pair.refresh_token, key.partition(".")[2], password]
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"admin@example.com" in stored
    assert not [secret for secret in secrets if secret.encode() in stored]


def test_sign_ins_are_audited_and_a_password_typed_as_address_is_not_written_down(
    access, add, actions, password
):
    add("ada@example.com")
    _fail(access, "ada@example.com")
    _fail(access, "my-secret-password")
    access.sign_in.start_session("ada@example.com", password, address=ADDRESS)
    assert actions()[1:] == [
        ("anonymous", "auth.sign-in-failed", "ada@example.com"),
        ("anonymous", "auth.sign-in-failed", "unknown"),
        ("ada@example.com", "auth.sign-in", "ada@example.com"),
    ]
