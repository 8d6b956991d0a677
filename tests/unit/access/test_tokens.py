"""Access tokens, refresh tokens and API keys: what they prove, and how they end."""

import jwt
import pytest

from storekeeper.access.model import Scope, TokenRefusedError, UnknownApiKeyError
from storekeeper.infra.crypto import derive
from storekeeper.infra.web import Role
from storekeeper.kernel.errors import BadInputError

ADDRESS = "198.51.100.1"
KEY = derive("k" * 64, "access token")


@pytest.fixture
def ada(add):
    return add("ada@example.com", Role.ADMIN)


@pytest.fixture
def boss(add):
    """A second admin, so that the first may be changed."""
    return add("boss@example.com", Role.ADMIN)


@pytest.fixture
def pair(access, ada, password):
    return access.sign_in.start_tokens(ada.email, password, address=ADDRESS)


def _refused(bearer, token):
    with pytest.raises(TokenRefusedError):
        bearer(token)


# Access tokens


def test_an_access_token_proves_its_user_for_ten_minutes(ada, bearer, clock, pair):
    principal = bearer(pair.access_token)
    assert (principal.id, principal.email, principal.role, principal.via) == (
        ada.id, ada.email, Role.ADMIN, "token",
    )  # fmt: skip
    assert (pair.expires_in, pair.role) == (600, Role.ADMIN)
    clock.advance(599)
    assert bearer(pair.access_token)
    clock.advance(1)
    _refused(bearer, pair.access_token)


def test_its_claims_are_those_of_an_access_token(pair):
    header = jwt.get_unverified_header(pair.access_token)
    claims = jwt.decode(pair.access_token, options={"verify_signature": False})
    assert (header["typ"], header["alg"]) == ("at+jwt", "HS256")
    assert claims["exp"] - claims["iat"] == 600
    assert {"iss", "aud", "sub", "jti", "ep"} <= claims.keys()


@pytest.mark.parametrize(
    ("change", "header", "key", "algorithm"),
    [
        ({}, {}, b"another key that is 32 bytes long", "HS256"),
        ({}, {"typ": "JWT"}, KEY, "HS256"),
        ({}, {}, KEY, "HS384"),
        ({}, {}, None, "none"),
        ({"aud": "elsewhere"}, {}, KEY, "HS256"),
        ({"iss": "elsewhere"}, {}, KEY, "HS256"),
        ({"exp": None}, {}, KEY, "HS256"),
        ({"ep": None}, {}, KEY, "HS256"),
    ],
)
@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
def test_a_forged_or_foreign_token_is_refused(bearer, pair, change, header, key, algorithm):
    claims = jwt.decode(pair.access_token, options={"verify_signature": False}) | change
    claims = {name: value for name, value in claims.items() if value is not None}
    _refused(bearer, jwt.encode(claims, key, algorithm=algorithm, headers={"typ": "at+jwt"} | header))


def test_the_same_claims_signed_by_this_server_are_accepted(bearer, pair):
    claims = jwt.decode(pair.access_token, options={"verify_signature": False})
    assert bearer(jwt.encode(claims, KEY, algorithm="HS256", headers={"typ": "at+jwt"}))


@pytest.mark.parametrize("change", [{"role": Role.READONLY}, {"disabled": True}])
def test_a_change_of_the_user_ends_access_tokens_at_once(access, ada, bearer, boss, change, pair):
    access.users.change(ada.id, actor=boss.email, **change)
    _refused(bearer, pair.access_token)


def test_another_scheme_or_another_kind_of_bearer_is_nobody(access, bearer):
    assert access.authenticate(authorization="Basic YWRhOmFkYQ==", session_cookie="") is None
    assert bearer("the-key-for-metrics") is None
    assert access.authenticate(authorization="", session_cookie="made up") is None


# Refresh tokens


def test_a_refresh_token_is_used_up_by_use(access, bearer, clock, pair):
    following = access.sessions.refresh(pair.refresh_token)
    assert following.refresh_token != pair.refresh_token
    assert bearer(following.access_token)
    clock.advance(600)
    assert bearer(access.sessions.refresh(following.refresh_token).access_token)


def test_within_the_grace_the_old_one_still_works_and_both_lines_go_on(access, clock, pair):
    one = access.sessions.refresh(pair.refresh_token)
    clock.advance(30)
    other = access.sessions.refresh(pair.refresh_token)
    clock.advance(600)
    assert access.sessions.refresh(one.refresh_token)
    assert access.sessions.refresh(other.refresh_token)


def test_reuse_after_the_grace_ends_the_whole_family_and_no_other(
    access, actions, ada, clock, pair, password
):
    unrelated = access.sign_in.start_tokens(ada.email, password, address=ADDRESS)
    following = access.sessions.refresh(pair.refresh_token)
    clock.advance(31)
    for token in (pair.refresh_token, following.refresh_token):
        with pytest.raises(TokenRefusedError):
            access.sessions.refresh(token)
    assert access.sessions.refresh(unrelated.refresh_token)
    assert ("anonymous", "auth.refresh-reused", ada.email) in actions()


def test_a_family_ends_thirty_days_after_its_sign_in(access, clock, pair):
    token = pair.refresh_token
    for _ in range(29):
        clock.advance(86400)
        token = access.sessions.refresh(token).refresh_token
    clock.advance(86400)
    with pytest.raises(TokenRefusedError):
        access.sessions.refresh(token)


def test_a_new_role_shows_in_the_next_pair(access, ada, bearer, boss, pair):
    access.users.change(ada.id, role=Role.READONLY, actor=boss.email)
    following = access.sessions.refresh(pair.refresh_token)
    assert following.role is Role.READONLY
    assert bearer(following.access_token).role is Role.READONLY


def test_signing_out_ends_the_family_once(access, actions, ada, clock, pair):
    following = access.sessions.refresh(pair.refresh_token)
    access.sessions.end_family(following.refresh_token)
    access.sessions.end_family(following.refresh_token)
    access.sessions.end_family("unknown")
    with pytest.raises(TokenRefusedError):
        access.sessions.refresh(pair.refresh_token)
    assert actions().count((ada.email, "auth.sign-out", ada.email)) == 1


def _disable(access, ada, password):
    access.users.change(ada.id, disabled=True, actor="system")
    access.users.change(ada.id, disabled=False, actor="system")


def _reset(access, ada, password):
    access.users.reset_password(ada.id, actor="system")


def _change(access, ada, password):
    access.users.change_own_password(ada.id, password, "new-tide-lantern")


@pytest.mark.parametrize("change", [_disable, _reset, _change])
def test_disabling_and_a_new_password_end_every_sign_in(
    access, ada, bearer, boss, change, cookie, pair, password
):
    session = access.sign_in.start_session(ada.email, password, address=ADDRESS)
    change(access, ada, password)
    assert cookie(session) is None
    _refused(bearer, pair.access_token)
    with pytest.raises(TokenRefusedError):
        access.sessions.refresh(pair.refresh_token)


def test_the_session_that_changes_the_password_stays(access, ada, cookie, password):
    own = access.sign_in.start_session(ada.email, password, address=ADDRESS)
    other = access.sign_in.start_session(ada.email, password, address=ADDRESS)
    access.users.change_own_password(ada.id, password, "new-tide-lantern", but_session=cookie(own).session_id)
    assert cookie(own) is not None
    assert cookie(other) is None


# API keys


def _key(access, ada, *scopes, **options):
    return access.keys.create("nightly", list(scopes), owner=ada.email, actor=ada.email, **options)


def test_a_key_acts_within_its_scopes(access, ada, bearer):
    key, secret = _key(access, ada, Scope.READ, Scope.METRICS)
    assert secret.startswith(f"sk_{key.id}.")
    principal = bearer(secret)
    assert (principal.id, principal.email, principal.via) == (key.id, ada.email, "key")
    assert principal.scopes == {"read", "metrics"}


def test_a_key_never_outgrows_the_present_role_of_its_owner(access, ada, bearer, boss):
    _, secret = _key(access, ada, Scope.ADMIN, Scope.READ, Scope.INGEST)
    access.users.change(ada.id, role=Role.READONLY, actor=boss.email)
    principal = bearer(secret)
    assert (principal.role, principal.scopes) == (Role.READONLY, {"read"})
    access.users.change(ada.id, disabled=True, actor=boss.email)
    _refused(bearer, secret)


def test_a_key_ends_by_time_and_by_revocation(access, ada, bearer, clock):
    _, brief = _key(access, ada, Scope.READ, expires_in_days=1)
    lasting, secret = _key(access, ada, Scope.READ)
    clock.advance(86399)
    assert bearer(brief)
    clock.advance(1)
    _refused(bearer, brief)
    assert bearer(secret)
    access.keys.revoke(lasting.id, actor=ada.email)
    _refused(bearer, secret)
    with pytest.raises(UnknownApiKeyError):
        access.keys.revoke(lasting.id, actor=ada.email)


def test_a_wrong_secret_for_a_known_key_is_refused(access, ada, bearer):
    key, secret = _key(access, ada, Scope.READ)
    other, _ = _key(access, ada, Scope.READ)
    tail = secret.partition(".")[2]
    for wrong in (f"sk_{key.id}.", f"sk_{key.id}", f"sk_{key.id}.{tail}x", f"sk_{other.id}.{tail}", "sk_."):
        _refused(bearer, wrong)


def test_last_use_is_written_down_at_most_once_a_minute(access, ada, bearer, clock):
    _, secret = _key(access, ada, Scope.READ)

    def used():
        return access.keys.page().items[0].last_used_at

    assert used() is None
    bearer(secret)
    first = used()
    assert first == clock.now()
    clock.advance(59)
    bearer(secret)
    assert used() == first
    clock.advance(1)
    bearer(secret)
    assert used() == clock.now()


def test_last_seen_of_a_user_follows_sessions_and_tokens(access, ada, bearer, clock, pair):
    clock.advance(61)
    bearer(pair.access_token)
    assert access.users.get(ada.id).last_seen_at == clock.now()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"scopes": []}, "scopes"),
        ({"expires_in_days": 0}, "expiresInDays"),
        ({"expires_in_days": -1}, "expiresInDays"),
        ({"buckets": ["photos"]}, "buckets"),
    ],
)
def test_bad_input_makes_no_key_and_names_the_field(access, ada, change, field):
    wanted = {"name": "ci", "scopes": [Scope.READ], "owner": ada.email, "actor": ada.email} | change
    with pytest.raises(BadInputError) as refused:
        access.keys.create(wanted.pop("name"), wanted.pop("scopes"), **wanted)
    assert [fault["key"] for fault in refused.value.extra["errors"]] == [field]
    assert access.keys.page().items == []


def test_a_key_for_ingest_may_be_bound_to_buckets(access, ada, bearer):
    key, secret = _key(access, ada, Scope.INGEST, buckets=["photos", "logs", "photos"])
    assert key.buckets == ["logs", "photos"]
    assert access.keys.page().items == [key]
    assert bearer(secret).buckets == {"photos", "logs"}


def test_keys_are_audited_by_name_and_id(access, actions, ada, audit):
    key, _ = _key(access, ada, Scope.READ)
    access.keys.revoke(key.id, actor="boss@example.com")
    assert actions()[-2:] == [
        (ada.email, "token.create", "nightly"),
        ("boss@example.com", "token.revoke", "nightly"),
    ]
    assert {"id": key.id} in [record.details for record in audit.page(action="token").items]
