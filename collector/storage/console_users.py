"""Who may sign in to the console: a name and the argon2id hash of a password."""

from __future__ import annotations

import hashlib
import time

import argon2
import msgspec
import sqlalchemy as sa

from . import tables

_hasher = argon2.PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4)
"""argon2id, RFC 9106 section 4, the profile for little memory: 64 MiB."""

_DECOY = "$argon2id$v=19$m=65536,t=3,p=4$GDJ7pWVQPBA2hJq3ggwW8w$7+rwkIKTvSlz2NWTuVVbB3a2OMMJr4KLp5CVzOMWJ3g"
"""A hash of the same cost whose password was thrown away: checked for unknown names, so that they take as long."""

_user = tables.console_user.c


class ConsoleUser(msgspec.Struct, frozen=True):
    """`stamp` changes with the password: a session that carries an older one is over."""

    name: str
    stamp: str


def set_password(connection: sa.Connection, name: str, password: str) -> None:
    """Create the user, or give the user a new password, which ends every session of theirs. The caller commits."""
    hashed = _hasher.hash(password)
    changed = connection.execute(sa.update(tables.console_user).where(_user.name == name).values(password_hash=hashed)).rowcount
    if not changed:
        row = {"name": name, "password_hash": hashed, "created_at": time.time_ns() // 1_000}
        connection.execute(tables.console_user.insert().values(row))


def verify_password(connection: sa.Connection, name: str, password: str) -> ConsoleUser | None:
    """Return the user if the password is theirs. An unknown name costs the same time as a wrong password."""
    stored = _stored_hash(connection, name)
    try:
        _hasher.verify(stored or _DECOY, password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError, UnicodeEncodeError):
        return None
    return ConsoleUser(name, _stamp(stored)) if stored else None


def find_user(connection: sa.Connection, name: str) -> ConsoleUser | None:
    """Return the user of that name, for checking a session."""
    stored = _stored_hash(connection, name)
    return ConsoleUser(name, _stamp(stored)) if stored else None


def has_users(connection: sa.Connection) -> bool:
    """Say whether anybody can sign in at all; on the first start nobody can."""
    return connection.execute(sa.select(_user.name).limit(1)).first() is not None


def _stored_hash(connection: sa.Connection, name: str) -> str | None:
    if "\x00" in name or not name.isprintable():
        return None
    return connection.execute(sa.select(_user.password_hash).where(_user.name == name)).scalar()


def _stamp(password_hash: str) -> str:
    return hashlib.sha256(password_hash.encode()).hexdigest()[:16]
