import stat

import pytest

from storekeeper import settings
from storekeeper.kernel.errors import SettingsError


def load(tmp_path, environ=None, **overrides):
    return settings.load({"STOREKEEPER_DATA_DIR": str(tmp_path), **(environ or {})}, **overrides)


def test_defaults_live_under_the_data_directory(tmp_path):
    found = load(tmp_path)
    assert found.database_url == f"sqlite:///{tmp_path}/control.db"
    assert found.analytics_url == f"chdb:///{tmp_path}/analytics"
    assert found.public_url == "http://127.0.0.1:8080"


def test_environment_wins_over_file_and_command_line_over_both(tmp_path):
    config = tmp_path / "storekeeper.toml"
    config.write_text('port = 1000\nhost = "file"\nlog_level = "debug"\n')
    found = settings.load({"STOREKEEPER_PORT": "2000", "STOREKEEPER_HOST": "env"}, config=config, host="flag")
    assert (found.port, found.host, found.log_level) == (2000, "flag", "debug")


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"STOREKEEPER_PROT": "1"}, "prot"),
        ({"STOREKEEPER_PORT": "x"}, "port"),
        ({"STOREKEEPER_PORT": "70000"}, "70000"),
        ({"STOREKEEPER_LOG_FORMAT": "xml"}, "xml"),
        ({"STOREKEEPER_DATABASE_URL": "mysql://x"}, "database_url"),
        ({"STOREKEEPER_ANALYTICS_URL": "duckdb://x"}, "analytics_url"),
        ({"STOREKEEPER_SECRET_KEY_FILE": "/nowhere/key"}, "/nowhere/key"),
        ({"STOREKEEPER_PORT_FILE": "/x"}, "port_file"),
        ({"STOREKEEPER_CACHE_TTL": "-1"}, "cache_ttl"),
        ({"STOREKEEPER_CACHE_TTL": "nan"}, "cache_ttl"),
        ({"STOREKEEPER_SUCCESS_SAMPLING_RATE": "1.1"}, "success_sampling_rate"),
        ({"STOREKEEPER_ERROR_SAMPLING_RATE": "-0.1"}, "error_sampling_rate"),
        ({"STOREKEEPER_BATCH_SIZE": "0"}, "batch_size"),
        ({"STOREKEEPER_BATCH_SIZE": "2.5"}, "batch_size"),
        ({"STOREKEEPER_FLUSH_INTERVAL": "0"}, "flush_interval"),
        ({"STOREKEEPER_FLUSH_INTERVAL": "30s"}, "flush_interval"),
    ],
)
def test_wrong_settings_are_named(tmp_path, environ, words):
    with pytest.raises(SettingsError, match=words):
        load(tmp_path, environ)


def test_what_clients_are_told_and_how_long_reads_are_kept(tmp_path):
    found = load(tmp_path)
    assert (found.cache_ttl, found.success_sampling_rate, found.error_sampling_rate) == (300, 1, 1)
    assert (found.batch_size, found.flush_interval) == (50, 30)
    found = load(
        tmp_path,
        {
            "STOREKEEPER_CACHE_TTL": "0",
            "STOREKEEPER_SUCCESS_SAMPLING_RATE": "0.1",
            "STOREKEEPER_ERROR_SAMPLING_RATE": "0",
            "STOREKEEPER_BATCH_SIZE": "500",
            "STOREKEEPER_FLUSH_INTERVAL": "2.5",
        },
    )
    assert (found.cache_ttl, found.success_sampling_rate, found.error_sampling_rate) == (0, 0.1, 0)
    assert (found.batch_size, found.flush_interval) == (500, 2.5)


def test_unknown_keys_in_the_file_are_errors(tmp_path):
    config = tmp_path / "storekeeper.toml"
    config.write_text("prot = 1\n")
    with pytest.raises(SettingsError, match="prot"):
        settings.load({}, config=config)
    config.write_text("port = = 1\n")
    with pytest.raises(SettingsError, match="not valid TOML"):
        settings.load({}, config=config)
    with pytest.raises(SettingsError, match="does not exist"):
        settings.load({}, config=tmp_path / "missing.toml")


def test_what_belongs_to_the_client_is_left_to_it(tmp_path):
    load(tmp_path, {"STOREKEEPER_URL": "http://127.0.0.1:8080", "STOREKEEPER_TOKEN": "sk_x.y"})


def test_a_secret_may_come_from_a_file(tmp_path):
    (tmp_path / "pw").write_text("hunter2hunter2\n")
    assert (
        load(tmp_path, {"STOREKEEPER_ADMIN_PASSWORD_FILE": str(tmp_path / "pw")}).admin_password
        == "hunter2hunter2"
    )


def test_keys_are_made_once_and_private(tmp_path):
    data = tmp_path / "data"
    first = settings.with_keys(load(data))
    second = settings.with_keys(load(data))
    assert len(first.secret_key) == 64
    assert (first.secret_key, first.encryption_key) == (second.secret_key, second.encryption_key)
    assert first.secret_key != first.encryption_key
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (data / "keys").iterdir()} == {0o600}


def test_given_keys_are_not_written_down(tmp_path):
    found = settings.with_keys(
        load(tmp_path, {"STOREKEEPER_SECRET_KEY": "s" * 32, "STOREKEEPER_ENCRYPTION_KEY": "e" * 32})
    )
    assert found.secret_key == "s" * 32
    assert not (tmp_path / "keys").exists()


def test_settings_show_no_secret(tmp_path):
    assert "topsecret" not in repr(
        load(
            tmp_path,
            {
                "STOREKEEPER_SECRET_KEY": "topsecret",
                "STOREKEEPER_DATABASE_URL": "postgresql://u:topsecret@h/d",
            },
        )
    )
