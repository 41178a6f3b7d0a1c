"""Locks that the system itself takes back from a process that was killed: on a file, or at PostgreSQL.

They are waited for in real time, whatever the clock of the rest says: what holds them lives in the real world.
"""

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from connector.domain.errors import ConnectorError, Locked

_PAUSE = 0.02


@contextmanager
def file_lock(path: Path, refusal: str, *, patience: int) -> Iterator[None]:
    """Hold a file alone, across threads and processes. Raises Locked(refusal) after `patience` seconds."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as failure:
        raise ConnectorError(
            f"{path}: {failure.strerror}; give the connector's user the right to write there."
        ) from None
    try:
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise Locked(refusal) from None
                time.sleep(_PAUSE)
        yield
    finally:
        os.close(handle)


@contextmanager
def advisory_lock(engine: Engine, name: str, refusal: str, *, patience: int) -> Iterator[Connection]:
    """Hold a name alone at PostgreSQL, on a connection of its own that dies with the process.

    The engine must not pool: a pooled connection keeps its locks. Raises Locked(refusal) after `patience` seconds.
    """
    with engine.connect() as connection:
        deadline = time.monotonic() + patience
        while not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key_of(name)}).scalar_one():
            connection.rollback()
            if time.monotonic() >= deadline:
                raise Locked(refusal)
            time.sleep(_PAUSE)
        # Left open, the transaction would keep PostgreSQL from tidying up for as long as the lock is held.
        connection.commit()
        try:
            yield connection
        finally:
            with contextlib.suppress(SQLAlchemyError):
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key_of(name)})
                connection.commit()


def key_of(name: str) -> int:
    """The 64-bit number under which PostgreSQL knows a lock."""
    return int.from_bytes(hashlib.sha256(f"connector/{name}".encode()).digest()[:8], "big", signed=True)
