"""Users, sessions, refresh tokens and API keys in the control database. Secrets are stored as hashes only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec.structs import asdict

from storekeeper.access.model import Account, ApiKey, RefreshToken, Scope, Session, User, UserExistsError
from storekeeper.infra.db import Connection, Timestamp, metadata
from storekeeper.infra.web.principal import Role

user_account = sa.Table(
    "user_account",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("email", sa.String(254), nullable=False, unique=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("password_hash", sa.String(256), nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("created_at", Timestamp, nullable=False),
    sa.Column("last_seen_at", Timestamp),
)


def _owner() -> sa.Column[Any]:
    return sa.Column(
        "user_id", sa.ForeignKey(user_account.c.id, ondelete="CASCADE"), nullable=False, index=True
    )


web_session = sa.Table(
    "web_session",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    _owner(),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("browser", sa.String(64), nullable=False),
    sa.Column("created_at", Timestamp, nullable=False, index=True),
    sa.Column("seen_at", Timestamp, nullable=False),
)

refresh_token = sa.Table(
    "refresh_token",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("family", sa.String(36), nullable=False, index=True),
    _owner(),
    sa.Column("expires_at", Timestamp, nullable=False, index=True),
    sa.Column("used_at", Timestamp),
)

api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    _owner(),
    sa.Column("name", sa.String(128), nullable=False),
    sa.Column("secret_hash", sa.String(64), nullable=False),
    sa.Column("scopes", sa.String(64), nullable=False),
    sa.Column("buckets", sa.JSON, nullable=False),
    sa.Column("created_at", Timestamp, nullable=False),
    sa.Column("expires_at", Timestamp),
    sa.Column("last_used_at", Timestamp),
)

_USER_ORDER = {name: user_account.c[name] for name in ("id", "email", "role", "last_seen_at")}
_KEY_ORDER = {name: api_key.c[name] for name in ("id", "name", "expires_at", "last_used_at")}


# Users


def insert_user(connection: Connection, account: Account) -> None:
    """Raises UserExistsError when the email address is taken."""
    values = asdict(account.user) | {"password_hash": account.password_hash, "epoch": account.epoch}
    try:
        connection.execute(user_account.insert().values(values))
    except sa.exc.IntegrityError:
        raise UserExistsError(f"There is a user {account.user.email} already.") from None


def has_users(connection: Connection) -> bool:
    return connection.execute(sa.select(user_account.c.id).limit(1)).first() is not None


def account(connection: Connection, id_or_email: str) -> Account | None:
    query = user_account.select().where(
        sa.or_(user_account.c.id == id_or_email, user_account.c.email == id_or_email)
    )
    row = connection.execute(query).mappings().first()
    return _account(row) if row else None


def find_users(
    connection: Connection, *, containing: str = "", sort: str = "id", offset: int = 0, limit: int = 100
) -> list[User]:
    """`sort` is id (the order of creation), email, role or last_seen_at; with a leading `-` falling."""
    query = user_account.select().order_by(*_ordering(sort, _USER_ORDER)).offset(offset).limit(limit)
    if containing:
        query = query.where(user_account.c.email.contains(containing, autoescape=True))
    return [_account(row).user for row in connection.execute(query).mappings()]


def lock_enabled_admins(connection: Connection) -> int:
    """How many there are. Nobody else can change that before this transaction ends."""
    query = sa.select(user_account.c.id).where(user_account.c.role == Role.ADMIN, ~user_account.c.disabled)
    return len(connection.execute(query.with_for_update()).all())


def change_user(connection: Connection, user_id: str, *, role: Role, disabled: bool) -> None:
    """Also ends the epoch, and with it every access token."""
    connection.execute(
        user_account.update()
        .where(user_account.c.id == user_id)
        .values(role=role, disabled=disabled, epoch=user_account.c.epoch + 1)
    )


def change_password(connection: Connection, user_id: str, password_hash: str) -> None:
    """Also ends the epoch, and with it every access token."""
    connection.execute(
        user_account.update()
        .where(user_account.c.id == user_id)
        .values(password_hash=password_hash, epoch=user_account.c.epoch + 1)
    )


def replace_hash(connection: Connection, user_id: str, *, old: str, new: str) -> None:
    """The same password under newer parameters; without effect when it was changed meanwhile."""
    same = sa.and_(user_account.c.id == user_id, user_account.c.password_hash == old)
    connection.execute(user_account.update().where(same).values(password_hash=new))


def user_seen(connection: Connection, user_id: str, now: datetime) -> None:
    connection.execute(user_account.update().where(user_account.c.id == user_id).values(last_seen_at=now))


# Sessions


def insert_session(connection: Connection, session: Session) -> None:
    connection.execute(web_session.insert().values(asdict(session)))


def session_with_account(connection: Connection, session_id: str) -> tuple[Session, Account] | None:
    query = _with_account(web_session).where(web_session.c.id == session_id)
    row = connection.execute(query).mappings().first()
    return (_session(row), _account(row, "account_")) if row else None


def sessions_of(connection: Connection, user_id: str) -> list[Session]:
    """Last seen first."""
    query = (
        web_session.select().where(web_session.c.user_id == user_id).order_by(web_session.c.seen_at.desc())
    )
    return [_session(row) for row in connection.execute(query).mappings()]


def session_seen(connection: Connection, session_id: str, now: datetime) -> None:
    connection.execute(web_session.update().where(web_session.c.id == session_id).values(seen_at=now))


def delete_session(connection: Connection, user_id: str, session_id: str) -> bool:
    """Whether there was one."""
    own = sa.and_(web_session.c.id == session_id, web_session.c.user_id == user_id)
    return connection.execute(web_session.delete().where(own)).rowcount > 0


def delete_sign_ins(connection: Connection, user_id: str, *, but_session: str = "") -> None:
    """End all sessions and refresh tokens of a user, but for one session."""
    others = sa.and_(web_session.c.user_id == user_id, web_session.c.id != but_session)
    connection.execute(web_session.delete().where(others))
    connection.execute(refresh_token.delete().where(refresh_token.c.user_id == user_id))


def purge(connection: Connection, *, sessions_before: datetime, now: datetime) -> None:
    """Forget what is too old to be of use to anyone."""
    connection.execute(web_session.delete().where(web_session.c.created_at < sessions_before))
    connection.execute(refresh_token.delete().where(refresh_token.c.expires_at < now))


# Refresh tokens


def insert_refresh_token(connection: Connection, token: RefreshToken) -> None:
    connection.execute(refresh_token.insert().values(asdict(token)))


def lock_refresh_token(connection: Connection, token_id: str) -> tuple[RefreshToken, Account] | None:
    """Two calls with one token take turns."""
    query = _with_account(refresh_token).where(refresh_token.c.id == token_id)
    row = connection.execute(query.with_for_update(of=refresh_token)).mappings().first()
    return (_refresh_token(row), _account(row, "account_")) if row else None


def refresh_token_used(connection: Connection, token_id: str, now: datetime) -> None:
    unused = sa.and_(refresh_token.c.id == token_id, refresh_token.c.used_at.is_(None))
    connection.execute(refresh_token.update().where(unused).values(used_at=now))


def delete_family(connection: Connection, family: str) -> None:
    connection.execute(refresh_token.delete().where(refresh_token.c.family == family))


# API keys


def insert_key(connection: Connection, key: ApiKey, *, user_id: str, secret_hash: str) -> None:
    connection.execute(
        api_key.insert().values(
            id=key.id,
            user_id=user_id,
            name=key.name,
            secret_hash=secret_hash,
            scopes=",".join(key.scopes),
            buckets=key.buckets,
            created_at=key.created_at,
            expires_at=key.expires_at,
            last_used_at=key.last_used_at,
        )
    )


def key_with_account(connection: Connection, key_id: str) -> tuple[ApiKey, str, Account] | None:
    """The key, the hash of its secret, and the account of the one who made it."""
    row = connection.execute(_with_account(api_key).where(api_key.c.id == key_id)).mappings().first()
    return (_key(row), row["secret_hash"], _account(row, "account_")) if row else None


def find_keys(connection: Connection, *, sort: str = "id", offset: int = 0, limit: int = 100) -> list[ApiKey]:
    """`sort` is id (the order of creation), name, expires_at or last_used_at; with a leading `-` falling."""
    query = _with_account(api_key).order_by(*_ordering(sort, _KEY_ORDER)).offset(offset).limit(limit)
    return [_key(row) for row in connection.execute(query).mappings()]


def key_used(connection: Connection, key_id: str, now: datetime) -> None:
    connection.execute(api_key.update().where(api_key.c.id == key_id).values(last_used_at=now))


def delete_key(connection: Connection, key_id: str) -> None:
    connection.execute(api_key.delete().where(api_key.c.id == key_id))


# Rows


def _with_account(table: sa.Table) -> sa.Select[Any]:
    of_account = [column.label(f"account_{column.name}") for column in user_account.c]
    return sa.select(*table.c, *of_account).join(user_account, user_account.c.id == table.c.user_id)


def _ordering(sort: str, columns: dict[str, sa.Column[Any]]) -> Sequence[sa.ColumnElement[Any]]:
    column = columns.get(sort.removeprefix("-"), columns["id"])
    falling = sort.startswith("-")
    return [column.desc().nulls_last() if falling else column.asc().nulls_last(), columns["id"].asc()]


def _account(row: sa.RowMapping, prefix: str = "") -> Account:
    user = User(
        id=row[f"{prefix}id"],
        email=row[f"{prefix}email"],
        role=Role(row[f"{prefix}role"]),
        disabled=row[f"{prefix}disabled"],
        created_at=row[f"{prefix}created_at"],
        last_seen_at=row[f"{prefix}last_seen_at"],
    )
    return Account(user=user, password_hash=row[f"{prefix}password_hash"], epoch=row[f"{prefix}epoch"])


def _session(row: sa.RowMapping) -> Session:
    return Session(**{name: row[name] for name in Session.__struct_fields__})


def _refresh_token(row: sa.RowMapping) -> RefreshToken:
    return RefreshToken(**{name: row[name] for name in RefreshToken.__struct_fields__})


def _key(row: sa.RowMapping) -> ApiKey:
    return ApiKey(
        id=row["id"],
        name=row["name"],
        scopes=[Scope(name) for name in row["scopes"].split(",")],
        buckets=row["buckets"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        created_by=row["account_email"],
    )
