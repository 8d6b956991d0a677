"""What the doctor finds, and what it advises."""

import os
from datetime import timedelta

import pytest

from storekeeper.cli.local import checks
from storekeeper.infra.lock import DataDirectoryLock
from storekeeper.kernel.clock import ManualClock
from storekeeper.settings import load
from storekeeper_client.testing import FakeServer


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "data").mkdir(mode=0o700)
    return load({}, data_dir=tmp_path / "data")


@pytest.mark.parametrize("version", [(3, 51, 3), (3, 53, 0), (3, 44, 6), (3, 50, 7)])
def test_a_repaired_sqlite_is_well(version):
    assert checks.sqlite(version).state == "ok"


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 44, 5), (3, 45, 0), (3, 50, 6), (3, 51, 2)])
def test_a_sqlite_that_corrupts_its_file_fails(version):
    found = checks.sqlite(version)

    assert found.state == "fail"
    assert "pysqlite3" in found.advice


def test_the_sqlite_in_use_is_well():
    assert checks.sqlite().state == "ok"


def test_a_private_data_directory_is_well(settings):
    assert checks.data_directory(settings.data_dir).state == "ok"


def test_a_data_directory_that_is_open_to_others_is_warned_of(settings):
    settings.data_dir.chmod(0o755)

    found = checks.data_directory(settings.data_dir)

    assert (found.state, found.advice) == ("warn", f"chmod 700 {settings.data_dir}")


def test_no_data_directory_yet_is_only_warned_of(tmp_path):
    found = list(checks.examine(load({}, data_dir=tmp_path / "none"), ManualClock()))

    assert {check.state for check in found} == {"ok", "warn"}
    assert not (tmp_path / "none").exists()


def test_a_file_in_its_place_fails(tmp_path):
    (tmp_path / "file").touch()

    assert checks.data_directory(tmp_path / "file").state == "fail"


def test_keys_that_others_can_read_fail(settings):
    keys = settings.data_dir / "keys"
    keys.mkdir()
    (keys / "secret.key").touch(0o600)
    (keys / "encryption.key").touch(0o600)
    assert checks.keys(settings).state == "ok"

    (keys / "encryption.key").chmod(0o640)
    found = checks.keys(settings)

    assert (found.state, found.advice) == ("fail", f"chmod 600 {keys / 'encryption.key'}")


def test_missing_keys_are_named(settings):
    assert "encryption.key" in checks.keys(settings).detail


def test_keys_from_settings_are_somebody_elses(tmp_path):
    given = load({}, data_dir=tmp_path, secret_key="s" * 32, encryption_key="e" * 32)

    assert checks.keys(given).detail == "given by settings"


def test_a_clock_behind_what_was_written_fails():
    now = ManualClock().now()

    assert checks.clock_sanity(now, now + timedelta(minutes=1)).state == "ok"
    found = checks.clock_sanity(now, now + timedelta(hours=3))
    assert found.state == "fail"
    assert "3h later" in found.detail


def test_databases_are_not_made_by_looking(settings):
    found = {check.name: check for check in checks.examine(settings, ManualClock())}

    assert found["Control database"].detail == "not made yet"
    assert found["Analytics"].detail == "not made yet"
    assert not (settings.data_dir / "control.db").exists()
    assert not (settings.data_dir / "analytics").exists()


def test_a_control_database_that_is_none_fails(settings):
    (settings.data_dir / "control.db").write_text("this is no database, however long one looks at it")

    found = next(checks.control_database(settings, ManualClock()))

    assert found.state == "fail"
    assert "not a database" in found.detail


def test_a_running_server_is_asked(tmp_path):
    with FakeServer() as server, DataDirectoryLock(tmp_path):
        server.answer("GET", "/health", {"status": "ok"})
        found = checks.analytics(load({}, data_dir=tmp_path, public_url=server.url))

    assert found.state == "ok"
    assert server.url in found.detail


def test_a_running_server_that_does_not_answer_rightly_fails(tmp_path):
    with FakeServer() as server, DataDirectoryLock(tmp_path):
        server.refuse("GET", "/health", "unavailable", 503, detail="Not now.")
        found = checks.analytics(load({}, data_dir=tmp_path, public_url=server.url))

    assert found.state == "fail"
    assert str(os.getpid()) in found.detail


def test_a_server_elsewhere_is_only_warned_of(tmp_path, free_port):
    with DataDirectoryLock(tmp_path):
        found = checks.analytics(load({}, data_dir=tmp_path, port=free_port()))

    assert found.state == "warn"
