"""People at a browser: every form is found on a page, filled in and sent as a browser without JavaScript does."""

import pytest
from lxml import html

from storekeeper.infra.web import Role


def _form(page, action):
    """The fields of the form that leads to `action`, as they stand on the page."""
    document = html.fromstring(page.text)
    (form,) = [form for form in document.forms if (form.method, form.action) == ("POST", action)]
    return dict(form.form_values())


def _send(browser, page, action, **fields):
    return browser.post(action, data=_form(page, action) | fields)


def _words(page):
    return " ".join(html.fromstring(page.text).text_content().split())


def _secret(page):
    """What stands in the notice to be copied."""
    return html.fromstring(page.text).xpath("//*[contains(@class, 'notice')]//code")[0].text_content()


@pytest.fixture
def signed_in(browser, admin):
    """A browser of the first admin, or of someone else."""

    def signed_in(email=admin["email"], password=admin["password"]):
        fresh = browser()
        answer = _send(fresh, fresh.get("/sign-in"), "/sign-in", email=email, password=password)
        assert answer.status_code == 303, answer.text
        return fresh

    return signed_in


def test_whoever_is_not_signed_in_is_led_to_sign_in_and_back(browser, admin):
    fresh = browser()
    turned_away = fresh.get("/settings/users?q=ada&sort=-role")
    assert turned_away.status_code in (302, 303)
    page = fresh.get(turned_away.headers["location"])
    answer = _send(fresh, page, "/sign-in", **admin)
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings/users?q=ada&sort=-role")
    assert fresh.get(answer.headers["location"]).status_code == 200


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(browser, admin):
    fresh = browser()
    answer = _send(fresh, fresh.get("/sign-in"), "/sign-in", **admin)
    name, _, rest = answer.headers["set-cookie"].partition("=")
    attributes = {part.strip().lower() for part in rest.split(";")[1:]}
    assert name == "__Host-session"
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= attributes
    assert not any(attribute.startswith("domain") for attribute in attributes)


def test_signing_in_twice_gives_a_new_session_and_a_planted_one_is_not_taken_over(browser, admin, signed_in):
    planted = browser()
    planted.cookies.set("__Host-session", "planted-by-someone", domain="storekeeper.test")
    assert planted.get("/sign-in").status_code == 200
    answer = _send(planted, planted.get("/sign-in"), "/sign-in", **admin)
    assert "planted-by-someone" not in answer.headers["set-cookie"]


def test_a_signed_in_person_needs_no_sign_in_page(signed_in):
    answer = signed_in().get("/sign-in?next=//evil.example")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_wrong_password_says_so_and_keeps_what_was_typed(browser):
    fresh = browser()
    typed = {"email": "admin@example.com", "password": "guessed-wrong", "next": "/settings/me"}
    answer = _send(fresh, fresh.get("/sign-in"), "/sign-in", **typed)
    assert answer.status_code == 401
    assert "do not belong together" in _words(answer)
    assert "guessed-wrong" not in answer.text
    assert _form(answer, "/sign-in")["email"] == "admin@example.com"
    assert _form(answer, "/sign-in")["next"] == "/settings/me"
    assert '"account";r=9' in answer.headers["ratelimit"]


def test_a_password_of_odd_characters_arrives_as_it_was_typed(access_service, signed_in):
    odd = " +%26=&;ü€🔑 true null 00"
    access_service.users.create("ada@example.com", Role.USER, odd, actor="system")
    assert signed_in("ada@example.com", odd).get("/settings/me").status_code == 200


def test_guessing_is_stopped_on_the_page_and_in_the_api_together(browser, clock, program, admin):
    fresh = browser()
    wrong = {"email": admin["email"], "password": "guessed-wrong"}
    for _ in range(5):
        assert _send(fresh, fresh.get("/sign-in"), "/sign-in", **wrong).status_code == 401
        assert program.post("/api/auth/token", json=wrong).status_code == 401
    page, api = (
        _send(fresh, fresh.get("/sign-in"), "/sign-in", **admin),
        program.post("/api/auth/token", json=admin),
    )
    assert (page.status_code, api.status_code) == (429, 429)
    assert page.headers["retry-after"] == api.headers["retry-after"] == "30"
    assert api.json()["type"] == "/problems/sign-in-limit"
    clock.advance(30)
    assert program.post("/api/auth/token", json=admin).status_code == 200


def test_another_site_can_neither_sign_in_nor_send_forms(browser, admin, signed_in):
    fresh = browser()
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert fresh.post("/sign-in", data=admin, headers=elsewhere).status_code == 403
    insider = signed_in()
    form = _form(insider.get("/settings/users"), "/settings/users") | {
        "email": "eve@example.com",
        "role": "admin",
    }
    assert insider.post("/settings/users", data=form, headers=elsewhere).status_code == 403
    stale = form | {"csrf_token": _form(signed_in().get("/settings/users"), "/settings/users")["csrf_token"]}
    assert insider.post("/settings/users", data=stale).status_code == 403
    assert insider.post("/settings/users", data=form).status_code == 200


def test_signing_out_ends_the_session_and_the_cookie(signed_in):
    leaving = signed_in()
    cookie = leaving.cookies["__Host-session"]
    answer = _send(leaving, leaving.get("/settings/me"), "/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert "__Host-session" not in leaving.cookies
    leaving.cookies.set("__Host-session", cookie, domain="storekeeper.test")
    assert leaving.get("/settings/me").status_code in (302, 303)


def test_a_new_user_is_told_a_password_once_and_can_use_it(signed_in):
    admin = signed_in()
    made = _send(
        admin, admin.get("/settings/users"), "/settings/users", email="Ada@example.com", role="readonly"
    )
    password = _secret(made)
    assert made.headers["cache-control"] == "no-store"
    assert password not in admin.get("/settings/users").text
    ada = signed_in("ada@example.com", password)
    assert "readonly" in _words(ada.get("/settings/me"))
    assert ada.get("/settings/users").status_code == 403


def test_a_mistake_in_a_form_stands_beside_its_field(signed_in):
    admin = signed_in()
    page = admin.get("/settings/users")
    answer = _send(admin, page, "/settings/users", email="admin@example.com", role="user")
    assert answer.status_code == 409
    assert "already" in html.fromstring(answer.text).get_element_by_id("error-email").text_content()
    assert _form(answer, "/settings/users")["role"] == "user"


def test_a_user_is_given_another_role_disabled_and_enabled(access_service, signed_in):
    ada, password = access_service.users.create("ada@example.com", Role.USER, actor="system")
    admin, other = signed_in(), signed_in(ada.email, password)
    here = f"/settings/users/{ada.id}"
    answer = _send(admin, admin.get("/settings/users"), f"{here}/role", role="readonly")
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings/users")
    assert "ada@example.com is readonly from now on." in _words(admin.get("/settings/users"))
    assert "readonly" in _words(other.get("/settings/me"))
    _send(admin, admin.get("/settings/users"), f"{here}/disable")
    assert other.get("/settings/me").status_code in (302, 303)
    _send(admin, admin.get("/settings/users"), f"{here}/enable")
    assert access_service.users.get(ada.id).disabled is False


def test_the_last_admin_is_kept_with_a_reason(access_service, signed_in):
    admin, me = signed_in(), access_service.users.get("admin@example.com")
    _send(admin, admin.get("/settings/users"), f"/settings/users/{me.id}/role", role="user")
    assert "is the last enabled admin" in _words(admin.get("/settings/users"))
    assert access_service.users.get(me.id).role == "admin"


def test_a_reset_password_is_shown_once(access_service, signed_in):
    ada, old = access_service.users.create("ada@example.com", Role.USER, actor="system")
    admin = signed_in()
    made = _send(admin, admin.get("/settings/users"), f"/settings/users/{ada.id}/reset-password")
    assert _secret(made) != old
    assert signed_in(ada.email, _secret(made)).get("/settings/me").status_code == 200


def test_users_are_found_sorted_and_paged(access_service, signed_in):
    for number in range(60):
        access_service.users.create(
            f"user{number:02}@example.com", Role.USER, "tide-pool-lantern", actor="system"
        )
    admin = signed_in()

    def emails(page):
        rows = html.fromstring(page.text).xpath("//*[@id='users']//tbody//th")
        return [row.text_content().split()[0] for row in rows]

    first = admin.get("/settings/users?sort=-email")
    assert emails(first)[0] == "user59@example.com"
    assert len(emails(first)) == 50
    following = html.fromstring(first.text).xpath("//*[@id='users']//nav//a/@href")[-1]
    assert (
        emails(admin.get("/settings/users" + following.removeprefix("/settings/users")))[-1]
        == "admin@example.com"
    )
    assert emails(admin.get("/settings/users?q=user07")) == ["user07@example.com"]


def test_the_own_password_is_changed_and_other_browsers_are_signed_out(admin, signed_in):
    here, elsewhere = signed_in(), signed_in()
    action = "/settings/me/password"
    wrong = _send(here, here.get("/settings/me"), action, current="guessed-wrong", new="new-tide-lantern")
    assert (
        "not your password" in html.fromstring(wrong.text).get_element_by_id("error-current").text_content()
    )
    weak = _send(here, here.get("/settings/me"), action, current=admin["password"], new="password")
    assert "attackers" in html.fromstring(weak.text).get_element_by_id("error-new").text_content()
    answer = _send(here, here.get("/settings/me"), action, current=admin["password"], new="new-tide-lantern")
    assert answer.status_code == 303
    assert "The password is changed." in _words(here.get("/settings/me"))
    assert elsewhere.get("/settings/me").status_code in (302, 303)
    signed_in(password="new-tide-lantern")


def test_another_browser_is_signed_out_from_the_list(access_service, signed_in):
    here, elsewhere = signed_in(), signed_in()
    page = here.get("/settings/me")
    (action,) = [form.action for form in html.fromstring(page.text).forms if form.action.endswith("/end")]
    _send(here, page, action)
    assert elsewhere.get("/settings/me").status_code in (302, 303)
    assert here.get("/settings/me").status_code == 200


def test_an_api_key_is_made_shown_once_used_and_revoked(program, signed_in):
    admin = signed_in()
    page = admin.get("/settings/tokens")
    form = _form(page, "/settings/tokens") | {"name": "nightly report", "scopes": ["read", "metrics"]}
    made = admin.post("/settings/tokens", data=form)
    secret = _secret(made)
    assert secret not in admin.get("/settings/tokens").text
    program.headers["Authorization"] = f"Bearer {secret}"
    assert program.get("/api/me").json()["via"] == "key"
    page = admin.get("/settings/tokens")
    (action,) = [form.action for form in html.fromstring(page.text).forms if form.action.endswith("/revoke")]
    assert _send(admin, page, action).headers["location"] == "/settings/tokens"
    assert program.get("/api/me").status_code == 401


def test_an_api_key_needs_a_name_and_a_scope(signed_in):
    admin = signed_in()
    form = _form(admin.get("/settings/tokens"), "/settings/tokens")
    answer = admin.post("/settings/tokens", data=form | {"name": "", "scopes": []})
    assert answer.status_code == 400
    assert "Choose at least one." in _words(answer)
    one = admin.post("/settings/tokens", data=form | {"name": "one", "scopes": "ingest", "buckets": "a, b"})
    assert _secret(one).startswith("sk_")


def test_the_settings_start_with_oneself(signed_in):
    assert signed_in().get("/settings").headers["location"] == "/settings/me"
