"""Programs at the API: the shapes of answers, and what a caller may rely on."""

import pytest

PROBLEM = "application/problem+json"


@pytest.fixture
def signed_in(program, admin):
    """The API as the first admin."""
    pair = program.post("/api/auth/token", json=admin).json()
    program.headers["Authorization"] = f"Bearer {pair['accessToken']}"
    return program


def test_tokens_for_a_password(program, admin):
    answer = program.post("/api/auth/token", json=admin)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    pair = answer.json()
    assert pair.keys() == {"accessToken", "refreshToken", "expiresIn", "role"}
    assert (pair["expiresIn"], pair["role"]) == (600, "admin")
    following = program.post("/api/auth/refresh", json={"refreshToken": pair["refreshToken"]})
    assert following.json().keys() == pair.keys()
    assert program.post("/api/auth/logout", json={"refreshToken": pair["refreshToken"]}).status_code == 204
    ended = program.post("/api/auth/refresh", json={"refreshToken": following.json()["refreshToken"]})
    assert (ended.status_code, ended.json()["type"]) == (401, "/problems/token-refused")


def test_a_wrong_password_is_a_problem_with_what_is_left(program, admin):
    answer = program.post("/api/auth/token", json=admin | {"password": "guessed-wrong"})
    assert (answer.status_code, answer.headers["content-type"]) == (401, PROBLEM)
    assert answer.json()["type"] == "/problems/wrong-password"
    assert '"account";r=9' in answer.headers["ratelimit"]
    assert "retry-after" not in answer.headers


@pytest.mark.parametrize("body", [{}, {"email": 1, "password": []}, [], "text"])
def test_a_malformed_sign_in_is_bad_input(program, body):
    answer = program.post("/api/auth/token", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM)


def test_who_am_i(signed_in, access_service):
    me = signed_in.get("/api/me").json()
    admin = access_service.users.get("admin@example.com")
    assert me == {"id": admin.id, "email": admin.email, "role": "admin", "via": "token"}


def test_the_own_password(signed_in, admin):
    change = {"current": admin["password"], "new": "new-tide-lantern"}
    assert signed_in.put("/api/me/password", json=change).status_code == 204
    assert signed_in.get("/api/me").status_code == 401


def test_a_key_can_not_change_its_owners_password(signed_in, admin):
    made = signed_in.post("/api/tokens", json={"name": "ci", "scopes": ["admin"]}).json()
    signed_in.headers["Authorization"] = f"Bearer {made['secret']}"
    assert signed_in.get("/api/users").status_code == 200
    change = {"current": admin["password"], "new": "new-tide-lantern"}
    assert signed_in.put("/api/me/password", json=change).status_code == 403


def test_users(signed_in):
    made = signed_in.post("/api/users", json={"email": "Ada@example.com", "role": "user"})
    assert made.status_code == 201
    user = made.json()
    assert user.keys() == {"id", "email", "role", "disabled", "createdAt", "lastSeenAt", "generatedPassword"}
    del user["generatedPassword"]
    assert signed_in.get("/api/users/ada@example.com").json() == user
    assert signed_in.get(f"/api/users/{user['id']}").json() == user
    page = signed_in.get("/api/users?limit=1").json()
    assert [item["email"] for item in page["items"]] == ["admin@example.com"]
    assert signed_in.get("/api/users", params={"cursor": page["nextCursor"]}).json() == {
        "items": [user],
        "nextCursor": None,
    }
    changed = signed_in.patch(
        "/api/users/ada@example.com", json={"role": "readonly", "disabled": True}
    ).json()
    assert changed == user | {"role": "readonly", "disabled": True}
    reset = signed_in.post("/api/users/ada@example.com/reset-password")
    assert (reset.status_code, reset.json().keys()) == (200, {"password"})


def test_a_user_with_a_given_password_is_told_none(signed_in, program):
    body = {"email": "ada@example.com", "role": "user", "password": "tide-pool-lantern"}
    assert "generatedPassword" not in signed_in.post("/api/users", json=body).json()
    weak = signed_in.post("/api/users", json=body | {"email": "bob@example.com", "password": "password"})
    assert (weak.status_code, weak.json()["type"]) == (400, "/problems/weak-password")
    assert weak.json()["errors"][0]["key"] == "password"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "slug"),
    [
        ("GET", "/api/users/nobody@example.com", None, 404, "unknown-user"),
        ("PATCH", "/api/users/admin@example.com", {"role": "user"}, 409, "last-admin"),
        ("PATCH", "/api/users/admin@example.com", {"role": "emperor"}, 400, "bad-input"),
        ("POST", "/api/users", {"email": "admin@example.com", "role": "user"}, 409, "user-exists"),
        ("POST", "/api/users", {"email": "nobody", "role": "user"}, 400, "bad-input"),
        ("POST", "/api/tokens", {"name": "x", "scopes": ["everything"]}, 400, "bad-input"),
        ("DELETE", "/api/tokens/nothing", None, 404, "unknown-api-key"),
    ],
)
def test_what_is_refused_says_why(signed_in, method, path, body, status, slug):
    answer = signed_in.request(method, path, json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert answer.json()["type"] == f"/problems/{slug}"
    assert answer.json()["detail"]


def test_keys(signed_in):
    body = {"name": "edge", "scopes": ["ingest"], "buckets": ["photos"], "expiresInDays": 30}
    made = signed_in.post("/api/tokens", json=body)
    assert made.status_code == 201
    key = made.json()
    secret = key.pop("secret")
    assert secret.startswith(f"sk_{key['id']}.")
    assert key.keys() == {
        "id", "name", "scopes", "buckets", "createdAt", "expiresAt", "lastUsedAt", "createdBy",
    }  # fmt: skip
    assert key["createdBy"] == "admin@example.com"
    assert signed_in.get("/api/tokens").json() == {"items": [key], "nextCursor": None}
    assert signed_in.delete(f"/api/tokens/{key['id']}").status_code == 204
    assert signed_in.get("/api/tokens").json()["items"] == []


def test_what_a_key_does_is_audited_under_its_id(signed_in, audit):
    key = signed_in.post("/api/tokens", json={"name": "ci", "scopes": ["admin"]}).json()
    signed_in.headers["Authorization"] = f"Bearer {key['secret']}"
    signed_in.post("/api/users", json={"email": "ada@example.com", "role": "user"})
    (record,) = audit.page(actor=f"key:{key['id']}").items
    assert (record.action, record.target) == ("user.create", "ada@example.com")


def test_the_address_is_the_one_that_a_trusted_proxy_names(access_service):
    assert access_service.client_address("10.0.0.1", "1.1.1.1, 198.51.100.7") == "198.51.100.7"
    assert access_service.client_address("203.0.113.1", "198.51.100.7") == "203.0.113.1"


def test_the_schema_describes_every_route_of_the_api(program):
    paths = program.get("/schema").json()["paths"]
    assert {"/api/auth/token", "/api/me", "/api/users", "/api/users/{user}", "/api/tokens"} <= paths.keys()
    assert not [path for path in paths if path.startswith(("/settings", "/sign"))]
