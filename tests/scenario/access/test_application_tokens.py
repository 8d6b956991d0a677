"""Users of the application come with its own tokens, verified by the keys that its issuer publishes over HTTP."""

import json
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from storekeeper.access.model import TokenRefusedError
from storekeeper.access.service.application_tokens import PATIENCE_SECONDS, application_tokens
from storekeeper.infra.web import Role
from storekeeper.infra.web.principal import Access, check
from storekeeper.kernel.errors import NotAllowedError, SettingsError, UnavailableError
from storekeeper.settings import Settings

ISSUER, AUDIENCE = "https://login.example.com", "storekeeper"


@cache
def rsa_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """Publishes keys; counts how often it is asked."""

    def __init__(self):
        self.keys, self.asked, self.status = {}, 0, 200
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.asked += 1
                body = json.dumps({"keys": issuer.published()}).encode()
                self.send_response(issuer.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/keys"

    def add(self, name, key=None):
        self.keys[name] = key or rsa_key()

    def published(self):
        kinds = {
            rsa.RSAPrivateKey: jwt.algorithms.RSAAlgorithm,
            ec.EllipticCurvePrivateKey: jwt.algorithms.ECAlgorithm,
        }
        return [
            next(of for kind, of in kinds.items() if isinstance(key, kind)).to_jwk(
                key.public_key(), as_dict=True
            )
            | {"kid": name, "use": "sig"}
            for name, key in self.keys.items()
        ]

    def token(self, clock, *, key="first", algorithm="RS256", **claims):
        now = int(clock.now().timestamp())
        whole = {"iss": ISSUER, "aud": AUDIENCE, "exp": now + 60, "sub": "ann"} | claims
        return jwt.encode(
            {name: value for name, value in whole.items() if value is not None},
            self.keys.get(key, key),
            algorithm=algorithm,
            headers={"kid": key if key in self.keys else "first"},
        )


@pytest.fixture
def issuer():
    issuer = Issuer()
    issuer.add("first")
    yield issuer
    issuer.server.shutdown()
    issuer.server.server_close()


@pytest.fixture
def tokens(issuer, clock):
    settings = Settings(
        application_issuer=ISSUER, application_audience=AUDIENCE, application_jwks_url=issuer.url
    )
    return application_tokens(clock, settings)


def test_its_user_is_the_owner_that_the_token_names(tokens, issuer, clock):
    principal = tokens.read(issuer.token(clock))
    assert (principal.email, principal.role, principal.via) == ("ann", Role.USER, "application")
    check(principal, Access.OWN)
    for access in (Access.READ, Access.ADMIN, Access.INGEST, Access.METRICS):
        with pytest.raises(NotAllowedError):
            check(principal, access)


def test_keys_are_fetched_once_and_again_for_a_new_one(tokens, issuer, clock):
    for _ in range(3):
        tokens.read(issuer.token(clock))
    assert issuer.asked == 1
    issuer.add("second", ec.generate_private_key(ec.SECP256R1()))
    fresh = issuer.token(clock, key="second", algorithm="ES256")
    with pytest.raises(TokenRefusedError, match="does not publish"):
        tokens.read(fresh)  # anybody can name a key: no fetch for each
    clock.advance(PATIENCE_SECONDS + 1)
    assert tokens.read(fresh).email == "ann"
    assert issuer.asked == 2


def test_known_keys_hold_while_the_issuer_is_away(tokens, issuer, clock):
    tokens.read(issuer.token(clock))
    issuer.status = 500
    clock.advance(3600)
    assert tokens.read(issuer.token(clock)).email == "ann"


def test_without_keys_it_is_the_server_that_is_unwell(tokens, issuer, clock):
    issuer.status = 500
    with pytest.raises(UnavailableError):
        tokens.read(issuer.token(clock))


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"exp": 1},
        {"exp": None},
        {"sub": ""},
        {"sub": None},
        {"nbf": 4102444800},
        {"aud": None},
    ],
)
def test_what_does_not_hold_is_refused(tokens, issuer, clock, claims):
    with pytest.raises(TokenRefusedError):
        tokens.read(issuer.token(clock, **claims))


def test_a_shared_secret_or_no_signature_is_no_signature(tokens, issuer, clock):
    for forged in (
        issuer.token(clock, key="a secret that is long enough to be one", algorithm="HS256"),
        issuer.token(clock, key="", algorithm="none"),
        issuer.token(clock)[:-4] + "AAAA",
    ):
        with pytest.raises(TokenRefusedError):
            tokens.read(forged)


def test_only_its_own_issuer_s_tokens_are_its_business(tokens, issuer, clock):
    assert tokens.issued(issuer.token(clock))
    assert not tokens.issued(issuer.token(clock, iss="https://elsewhere.example.com"))
    assert not tokens.issued("a.b.c")


@pytest.mark.parametrize(
    "given",
    [
        {"application_issuer": ISSUER},
        {
            "application_issuer": ISSUER,
            "application_audience": "a",
            "application_jwks_url": "http://keys.example.com",
        },
    ],
)
def test_half_a_configuration_is_an_error(clock, given):
    with pytest.raises(SettingsError):
        application_tokens(clock, Settings(**given))


def test_without_any_there_is_no_application(clock):
    assert application_tokens(clock, Settings()) is None
