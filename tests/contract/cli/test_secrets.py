"""Secrets come in by ways that others on the machine do not see, and are kept for their owner only."""

import json
import stat

import pytest

BUCKET = {"id": "b1", "name": "photos", "url": "s3://photos"}
TOKENS = {"accessToken": "a1", "refreshToken": "r1", "expiresIn": 600, "role": "admin"}
ADD = ("bucket", "add", "photos", "s3://photos", "--no-test", "--access-key-id", "AKIA")


@pytest.fixture
def credentials(tmp_path):
    return tmp_path / "config" / "storekeeper" / "credentials.json"


def test_a_buckets_secret_from_a_file(ran, server, tmp_path):
    server.answer("POST", "/api/buckets", BUCKET)
    (tmp_path / "secret").write_text("hush\n")

    assert ran(*ADD, "--secret-file", str(tmp_path / "secret")).status == 0
    assert server.asked[0].body["secretAccessKey"] == "hush"


def test_a_buckets_secret_from_standard_input(ran, server):
    server.answer("POST", "/api/buckets", BUCKET)

    assert ran(*ADD, "--secret-file", "-", typed="hush\n").status == 0
    assert server.asked[0].body["secretAccessKey"] == "hush"


def test_a_missing_secret_file_is_named(ran, tmp_path):
    refused = ran(*ADD, "--secret-file", str(tmp_path / "none"))

    assert refused.status == 2
    assert "No such file" in refused.err


def test_only_what_was_given_is_sent(ran, server):
    server.answer("POST", "/api/buckets", BUCKET)

    ran("bucket", "add", "photos", "s3://photos", "--no-test", "--scan-cron", "")

    assert server.asked[0].body == {"name": "photos", "url": "s3://photos", "scanCron": ""}


def test_signing_in_is_kept_used_renewed_and_forgotten(run, server, credentials):
    server.answer("POST", "/api/auth/token", TOKENS)
    signed = run("login", server.url, "--email", "ann@example.com", "--password-stdin", typed="hush\n")
    assert (signed.status, signed.err) == (0, "")
    assert server.asked[0].body == {"email": "ann@example.com", "password": "hush"}
    assert stat.S_IMODE(credentials.stat().st_mode) == 0o600
    assert "hush" not in credentials.read_text()

    server.refuse("GET", "/api/me", "token-refused", 401)
    server.answer("GET", "/api/me", {"email": "ann@example.com", "role": "admin"})
    server.answer("POST", "/api/auth/refresh", TOKENS | {"refreshToken": "r2"})
    assert "ann@example.com" in run("whoami").out
    assert json.loads(credentials.read_text())["tokens"]["refreshToken"] == "r2"

    server.answer("POST", "/api/auth/logout", status=204)
    assert run("logout").status == 0
    assert server.asked[-1].body == {"refreshToken": "r2"}
    assert not credentials.exists()


def test_a_wrong_password_is_not_allowed_and_keeps_nothing(run, server, credentials):
    server.refuse("POST", "/api/auth/token", "wrong-credentials", 401, detail="Wrong email or password.")

    refused = run("login", server.url, "--email", "ann@example.com", "--password-stdin", typed="no\n")

    assert refused.status == 4
    assert "Wrong email or password." in refused.err
    assert not credentials.exists()


def test_logging_out_works_without_the_server(run, server, credentials, environ):
    server.answer("POST", "/api/auth/token", TOKENS)
    run("login", server.url, "--email", "ann@example.com", "--password-stdin", typed="hush\n")
    server.refuse("POST", "/api/auth/logout", "unavailable", 503, detail="Not now.")

    ended = run("logout")

    assert ended.status == 0
    assert "Not now" in ended.out
    assert not credentials.exists()


def test_a_broken_credentials_file_is_told(run, credentials):
    credentials.parent.mkdir(parents=True)
    credentials.write_text("{")

    refused = run("whoami")

    assert refused.status == 2
    assert "credentials.json" in refused.err


def test_odd_signs_in_names_do_not_reach_the_terminal(ran, server):
    evil = BUCKET | {"name": "a\x1b[2Jb", "url": "s3://[red]x[/red]"}
    server.answer("GET", "/api/buckets", {"items": [evil], "nextCursor": None})

    shown = ran("bucket", "list").out

    assert "\x1b" not in shown
    assert "a\\x1b[2Jb" in shown
    assert "s3://[red]x[/red]" in shown
