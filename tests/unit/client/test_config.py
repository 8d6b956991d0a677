"""Where the client finds the server and who it is."""

import stat

import pytest

from storekeeper_client import Tokens, config
from storekeeper_client.config import BrokenConfigError, Config

TOKENS = Tokens(access_token="a", refresh_token="r")


@pytest.fixture
def environ(tmp_path):
    return {"XDG_CONFIG_HOME": str(tmp_path)}


def test_without_anything_it_is_the_local_server(environ):
    assert config.read(environ) == Config(url="http://127.0.0.1:8080")


def test_what_is_kept_is_found_again_and_private(environ):
    kept = Config(url="https://keeper.example.com", email="ann@example.com", tokens=TOKENS)

    place = config.save(kept, environ)

    assert config.read(environ) == kept
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert [path.name for path in place.parent.iterdir()] == ["credentials.json"]


def test_forgetting_removes_it(environ):
    place = config.save(Config(tokens=TOKENS), environ)

    config.forget(environ)
    config.forget(environ)

    assert not place.exists()


def test_what_is_kept_for_one_server_is_not_sent_to_another(environ):
    config.save(Config(url="https://one.example.com", tokens=TOKENS), environ)

    assert config.read(environ | {"STOREKEEPER_URL": "https://two.example.com"}).tokens is None
    assert config.read(environ | {"STOREKEEPER_URL": "https://one.example.com/"}).tokens == TOKENS


def test_a_token_in_the_environment_wins(environ):
    config.save(Config(url="https://one.example.com", tokens=TOKENS), environ)

    found = config.read(environ | {"STOREKEEPER_TOKEN": "sk_1.x"})

    assert (found.url, found.token, found.tokens) == ("https://one.example.com", "sk_1.x", None)


def test_a_broken_file_is_named(environ):
    place = config.path(environ)
    place.parent.mkdir(parents=True)
    place.write_text("{")

    with pytest.raises(BrokenConfigError, match=r"credentials\.json"):
        config.read(environ)


def test_secrets_are_not_shown(environ):
    assert "secret" not in repr(
        Config(token="secret", tokens=Tokens(access_token="secret", refresh_token="secret"))
    )
