"""Users are made, changed and disabled; every change is audited."""

import pytest

from storekeeper.access.model import (
    LastAdminError,
    LimitReachedError,
    UnknownUserError,
    UserExistsError,
    WeakPasswordError,
    WrongCredentialsError,
)
from storekeeper.infra.web import Role
from storekeeper.kernel.errors import BadInputError, SettingsError

ADDRESS = "198.51.100.1"


def test_the_first_start_makes_an_admin_and_later_ones_do_not(access):
    made = access.ensure_admin("Admin@LocalHost", "")
    assert access.sign_in.start_session("admin@localhost", made, address=ADDRESS)
    assert access.users.get("admin@localhost").role is Role.ADMIN
    assert access.ensure_admin("other@localhost", "") is None
    assert len(access.users.page().items) == 1


def test_a_given_admin_password_is_used_and_not_returned(access, password):
    assert access.ensure_admin("admin@localhost", password) is None
    assert access.sign_in.start_session("admin@localhost", password, address=ADDRESS)


def test_a_weak_admin_password_stops_the_start_and_names_the_setting(access):
    with pytest.raises(SettingsError, match="8 characters") as stopped:
        access.ensure_admin("admin@localhost", "admin")
    assert "admin_password" in stopped.value.hint
    assert access.users.page().items == []


def test_a_user_is_found_by_id_and_by_address_however_written(access, add):
    ada = add("ada@example.com")
    assert access.users.get(ada.id) == access.users.get("ADA@example.com ") == ada
    with pytest.raises(UnknownUserError):
        access.users.get("bob@example.com")


def test_an_address_is_taken_once(access, add):
    add("ada@example.com")
    with pytest.raises(UserExistsError):
        add("ADA@example.com")


@pytest.mark.parametrize(
    ("email", "given", "error"),
    [("no address", "", BadInputError), ("ada@example.com", "short", WeakPasswordError)],
)
def test_bad_input_makes_no_user(access, email, given, error):
    with pytest.raises(error):
        access.users.create(email, Role.USER, given, actor="system")
    assert access.users.page().items == []


def test_the_last_enabled_admin_stays(access, add):
    first, second = add("first@example.com", Role.ADMIN), add("second@example.com", Role.ADMIN)
    access.users.change(second.id, disabled=True, actor=first.email)
    with pytest.raises(LastAdminError):
        access.users.change(first.id, role=Role.READONLY, actor=first.email)
    with pytest.raises(LastAdminError):
        access.users.change(first.id, disabled=True, actor=first.email)
    access.users.change(second.id, disabled=False, actor=first.email)
    assert access.users.change(first.id, role=Role.READONLY, actor=first.email).role is Role.READONLY


def test_a_reset_password_replaces_the_old_one(access, add, password):
    ada = add("ada@example.com")
    _, made = access.users.reset_password(ada.email, actor="admin@localhost")
    with pytest.raises(WrongCredentialsError):
        access.sign_in.start_session(ada.email, password, address=ADDRESS)
    assert access.sign_in.start_session(ada.email, made, address=ADDRESS)


def test_changing_the_own_password_needs_the_current_one(access, add, password):
    ada = add("ada@example.com")
    with pytest.raises(WrongCredentialsError):
        access.users.change_own_password(ada.id, "guessed-wrong", "new-tide-lantern")
    with pytest.raises(WeakPasswordError):
        access.users.change_own_password(ada.id, password, "short")
    access.users.change_own_password(ada.id, password, "new-tide-lantern")
    assert access.sign_in.start_session(ada.email, "new-tide-lantern", address=ADDRESS)


def test_the_current_password_can_not_be_guessed_through_an_open_session(access, add, clock, password):
    ada = add("ada@example.com")
    for _ in range(10):
        with pytest.raises(WrongCredentialsError):
            access.users.change_own_password(ada.id, "guessed-wrong", "new-tide-lantern")
    with pytest.raises(LimitReachedError) as refused:
        access.users.change_own_password(ada.id, password, "new-tide-lantern")
    clock.advance(refused.value.retry_after)
    access.users.change_own_password(ada.id, password, "new-tide-lantern")


def test_pages_of_users_are_sorted_searched_and_continued(access, add):
    for name in ("carol", "ada", "bob"):
        add(f"{name}@example.com")
    first = access.users.page(sort="email", limit=2)
    assert [user.email for user in first.items] == ["ada@example.com", "bob@example.com"]
    rest = access.users.page(sort="email", limit=2, cursor=first.next_cursor)
    assert ([user.email for user in rest.items], rest.next_cursor) == (["carol@example.com"], None)
    assert access.users.page(sort="-email").items[0].email == "carol@example.com"
    assert [user.email for user in access.users.page(containing="BO").items] == ["bob@example.com"]
    assert access.users.page(containing="%").items == []


def test_every_change_is_audited_and_a_change_of_nothing_is_not(access, add, actions, password):
    add("admin@example.com", Role.ADMIN)
    ada = add("ada@example.com")
    access.users.change(ada.id, role=Role.READONLY, actor="admin@example.com")
    access.users.change(ada.id, role=Role.READONLY, actor="admin@example.com")
    access.users.reset_password(ada.id, actor="key:k1")
    assert actions() == [
        ("system", "user.create", "admin@example.com"),
        ("system", "user.create", "ada@example.com"),
        ("admin@example.com", "user.update", "ada@example.com"),
        ("key:k1", "user.password", "ada@example.com"),
    ]
