"""The only reader of environment and configuration files. Read once, validated once, frozen.

Order, last wins: defaults, `storekeeper.toml`, environment `STOREKEEPER_*`, command line. A secret may be given as
`NAME_FILE`, the path of a file that holds it. Unknown names are errors: a typing mistake must not pass silently.
"""

import os
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from storekeeper.kernel.errors import SettingsError

PREFIX = "STOREKEEPER_"
OF_THE_CLIENT = frozenset(
    {"STOREKEEPER_URL", "STOREKEEPER_TOKEN"}
)  # read by storekeeper_client, not by a server
CONFIG_FILE = "storekeeper.toml"
MOST_DAYS = 3650
MOST_IN_BATCH = 10_000  # as many as a client keeps by default


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every setting with its default; `docs/reference/settings.md` explains each."""

    data_dir: Path = Path("storekeeper-data")
    database_url: str = ""
    analytics_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    trusted_proxies: str = ""
    secret_key: str = ""
    encryption_key: str = ""
    admin_email: str = "admin@localhost"
    admin_password: str = ""
    log_format: str = "console"
    log_level: str = "info"
    metrics_key: str = ""
    analytics_memory: int = 2_000_000_000
    raw_retention_days: int = 30
    rollup_retention_days: int = 365
    health_retention_days: int = 30
    archive_bucket: str = ""
    cache_ttl: float = 300.0
    success_sampling_rate: float = 1.0
    error_sampling_rate: float = 1.0
    batch_size: int = 50
    flush_interval: float = 30.0
    application_issuer: str = ""
    application_audience: str = ""
    application_jwks_url: str = ""
    application_owner_claim: str = "sub"

    def __repr__(self) -> str:
        return f"Settings(data_dir={str(self.data_dir)!r}, host={self.host!r}, port={self.port})"


SECRETS = frozenset(
    {"secret_key", "encryption_key", "admin_password", "metrics_key", "database_url", "analytics_url"}
)


def load(
    environ: Mapping[str, str] | None = None, *, config: Path | None = None, **overrides: Any
) -> Settings:
    """The settings in force. `overrides` are the command line's; None among them means not given.

    Raises SettingsError naming every unknown or malformed setting.
    """
    environ = os.environ if environ is None else environ  # noqa: TID251 - this is the one place
    values = _from_file(
        config or Path(environ.get(PREFIX + "CONFIG", CONFIG_FILE)), required=config is not None
    )
    values |= _from_environment(environ)
    values |= {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{error}", hint="See docs/reference/settings.md for names and forms.") from None
    return _checked(_with_derived(settings))


def _decode(_kind: type[Path], value: Any) -> Path:
    return Path(value)  # the only type that msgspec does not know


def _from_file(path: Path, *, required: bool) -> dict[str, Any]:
    if not path.exists():
        if required:
            raise SettingsError(f"{path} does not exist")
        return {}
    try:
        return tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from None


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in environ.items():
        if not name.startswith(PREFIX) or name == PREFIX + "CONFIG" or name in OF_THE_CLIENT:
            continue
        field = name.removeprefix(PREFIX).lower()
        if field.removesuffix("_file") in SECRETS and field.endswith("_file"):
            values[field.removesuffix("_file")] = _secret_in(Path(value), name)
        else:
            values[field] = value
    return values


def _secret_in(path: Path, name: str) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise SettingsError(f"{name} points to {path}, which can not be read: {error.strerror}") from None


def _with_derived(settings: Settings) -> Settings:
    data = settings.data_dir.expanduser().absolute()
    return msgspec.structs.replace(
        settings,
        data_dir=data,
        database_url=settings.database_url or f"sqlite:///{data}/control.db",
        analytics_url=settings.analytics_url or f"chdb:///{data}/analytics",
        public_url=(settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/"),
    )


def _checked(settings: Settings) -> Settings:
    if not 0 <= settings.port <= 65535:
        raise SettingsError(f"port {settings.port} is not between 0 and 65535")
    if not 1 <= settings.raw_retention_days <= settings.rollup_retention_days <= MOST_DAYS:
        raise SettingsError(
            f"raw_retention_days and rollup_retention_days must be 1 to {MOST_DAYS}, the first not above the second"
        )
    if not 1 <= settings.health_retention_days <= MOST_DAYS:
        raise SettingsError(f"health_retention_days must be 1 to {MOST_DAYS}")
    _check_metering(settings)
    if settings.log_format not in ("console", "json"):
        raise SettingsError(f"log_format {settings.log_format!r} is neither console nor json")
    if not settings.database_url.startswith(("sqlite:///", "postgresql://")):
        raise SettingsError("database_url is neither sqlite:///… nor postgresql://…")
    if not settings.analytics_url.startswith(("chdb:///", "clickhouse://", "clickhouses://")):
        raise SettingsError("analytics_url is neither chdb:///… nor clickhouse://…")
    return settings


def _check_metering(settings: Settings) -> None:
    """Raises SettingsError; what is no number at all is between nothing."""
    for name, low, high in (
        ("cache_ttl", 0, 86_400),
        ("success_sampling_rate", 0, 1),
        ("error_sampling_rate", 0, 1),
        ("batch_size", 1, MOST_IN_BATCH),
        ("flush_interval", 1, 3600),
    ):
        if not low <= getattr(settings, name) <= high:
            raise SettingsError(f"{name} {getattr(settings, name)} is not between {low} and {high}")


def with_keys(settings: Settings) -> Settings:
    """The same settings with signing and sealing keys: those given, or those kept in `data_dir/keys` (mode 0600).

    Creates the data directory (0700) and missing keys. Losing `encryption.key` loses the sealed credentials.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return msgspec.structs.replace(
        settings,
        secret_key=settings.secret_key or _kept_key(settings.data_dir / "keys" / "secret.key"),
        encryption_key=settings.encryption_key or _kept_key(settings.data_dir / "keys" / "encryption.key"),
    )


def _kept_key(path: Path) -> str:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return path.read_text().strip()
