"""Users of the console: a name and the argon2id hash of a password; and which of their sessions are over."""

from __future__ import annotations

import hashlib
import time

import argon2
import msgspec
import sqlalchemy as sa

from . import tables
from .write.upsert import insert_new

MOST_SIGN_OUTS = 100
"""Sign-outs that are remembered one by one for a user; one more ends all sessions of the user instead. Nothing is forgotten
by the clock, which may be wrong for a while: a session that was signed out would come back."""

_hasher = argon2.PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4)
"""argon2id, RFC 9106 section 4, the profile for little memory: 64 MiB."""

_DECOY = "$argon2id$v=19$m=65536,t=3,p=4$GDJ7pWVQPBA2hJq3ggwW8w$7+rwkIKTvSlz2NWTuVVbB3a2OMMJr4KLp5CVzOMWJ3g"
"""A hash of the same cost whose password was thrown away: checked for unknown names, so that they take as long."""

_user = tables.console_user.c
_out = tables.console_sign_out.c


class ConsoleUser(msgspec.Struct, frozen=True):
    """`stamp` changes with the password and with the generation of sessions: a session that carries an older one is over."""

    name: str
    stamp: str


def set_password(connection: sa.Connection, name: str, password: str) -> None:
    """Create the user, or give the user a new password, which ends every session of theirs. The caller commits."""
    hashed = _hasher.hash(password)
    connection.execute(sa.delete(tables.console_sign_out).where(_out.name == name))
    changed = connection.execute(sa.update(tables.console_user).where(_user.name == name).values(password_hash=hashed)).rowcount
    if not changed:
        row = {"name": name, "password_hash": hashed, "created_at": time.time_ns() // 1_000}
        connection.execute(tables.console_user.insert().values(row))


def verify_password(connection: sa.Connection, name: str, password: str) -> ConsoleUser | None:
    """Return the user if the password is theirs. An unknown name costs the same time as a wrong password."""
    stored = _stored(connection, name)
    try:
        _hasher.verify(stored.password_hash if stored else _DECOY, password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError, UnicodeEncodeError):
        return None
    return _to_user(name, stored) if stored else None


def find_user(connection: sa.Connection, name: str) -> ConsoleUser | None:
    """Return the user of that name, for checking a session."""
    stored = _stored(connection, name)
    return _to_user(name, stored) if stored else None


def is_signed_out(connection: sa.Connection, name: str, session_id: str) -> bool:
    found = sa.select(_out.session_id).where(_out.name == name, _out.session_id == session_id)
    return connection.execute(found).first() is not None


def sign_out(connection: sa.Connection, name: str, session_id: str) -> None:
    """Revoke a session, whichever collector it is shown to. The caller commits."""
    here = _user.name == name
    if connection.execute(sa.select(_user.name).where(here).with_for_update()).first() is None:
        return  # somebody removed has no sessions
    of_user = sa.select(sa.func.count()).where(_out.name == name)
    if connection.execute(of_user).scalar_one() >= MOST_SIGN_OUTS:
        connection.execute(sa.update(tables.console_user).where(here).values(generation=_user.generation + 1))
        connection.execute(sa.delete(tables.console_sign_out).where(_out.name == name))
        return
    insert_new(connection, tables.console_sign_out, [{"name": name, "session_id": session_id}])


def has_users(connection: sa.Connection) -> bool:
    """Say whether anybody can sign in at all; on the first start nobody can."""
    return connection.execute(sa.select(_user.name).limit(1)).first() is not None


def _stored(connection: sa.Connection, name: str) -> sa.Row[str, int] | None:
    if "\x00" in name or not name.isprintable():
        return None
    return connection.execute(sa.select(_user.password_hash, _user.generation).where(_user.name == name)).first()


def _to_user(name: str, stored: sa.Row[str, int]) -> ConsoleUser:
    generation = f"\n{stored.generation}" if stored.generation else ""
    return ConsoleUser(name, hashlib.sha256((stored.password_hash + generation).encode()).hexdigest()[:16])
