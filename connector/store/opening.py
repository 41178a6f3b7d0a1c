"""Opens the database that remembers what the connector did, and gives out units of work: all of it, or nothing.

SQLite and PostgreSQL behave alike: one unit of work writes at a time, looking never waits for it. Nothing is read
from or written to the outside while a unit of work is open (design: law 9).
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Lock, local
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from connector.domain.errors import ConnectorError
from connector.ports import Clock
from connector.store.failures import told
from connector.store.locks import key_of
from connector.store.migrating import migrate
from connector.store.sealing import Sealer
from connector.store.tokens import StoredTokens
from connector.store.work import Work

_LOOKING = "connector_looking"
_WAIT = 10
_MAKING = Lock()


class Store:
    """The database, opened. `work()` gives a unit of work that writes, `look()` one that only reads.

    `tokens` stands beside them: a sign-in is written in a transaction of its own, before it is used.
    """

    def __init__(self, engine: Engine, *, where: str, file: Path | None, sealer: Sealer, clock: Clock) -> None:
        self.engine, self.where, self.file, self.clock = engine, where, file, clock
        self._here = local()
        self._lone = _engine(engine.url, NullPool)
        self._looking = engine.execution_options(**{_LOOKING: True})
        self.tokens = StoredTokens(self.work, self.look, self._lone, where=where, file=file, sealer=sealer, clock=clock)

    @classmethod
    def open(cls, url: str, *, key: bytes | None = None, clock: Clock) -> "Store":
        """Open, and upgrade the tables where this version has newer ones.

        `url` is `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`; `key` seals tokens: 32 bytes in base64, or
        two such keys with a comma, the new one first. Raises ConnectorError (of a newer version, damaged, refused),
        Unavailable (not reached) and Locked.
        """
        address = _address(url)
        file = _prepared(address) if address.get_backend_name() == "sqlite" else None
        where = str(file) if file else f"database {address.host or 'localhost'}/{address.database or ''}"
        sealer = Sealer.of(key)
        with told(where):
            migrating = _engine(address, NullPool, foreign_keys=False)
            migrate(migrating, file, where)
            return cls(_engine(address), where=where, file=file, sealer=sealer, clock=clock)

    def work(self) -> AbstractContextManager[Work]:
        """A unit of work: committed at the end of the block, undone by any exception. Others wait meanwhile."""
        return self._unit(self.engine, writes=True)

    def look(self) -> AbstractContextManager[Work]:
        """A unit that only reads, everything as of one moment; writing in it fails."""
        return self._unit(self._looking, writes=False)

    @contextmanager
    def _unit(self, engine: Engine, *, writes: bool) -> Iterator[Work]:
        with told(self.where), Work(engine, self.clock) as work, self._only(writes=writes), work.begin():
            yield work

    @contextmanager
    def _only(self, *, writes: bool) -> Iterator[None]:
        """A thread that asked for a second unit of work would wait for itself."""
        if writes and getattr(self._here, "works", False):
            raise RuntimeError("a unit of work is open in this thread; the two would wait for each other")
        before = getattr(self._here, "works", False)
        self._here.works = writes or before
        try:
            yield
        finally:
            self._here.works = before

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()
        self._lone.dispose()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        raise ConnectorError(_SPELLING) from None
    if address.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return address.set(drivername="postgresql+psycopg")
    if address.drivername == "sqlite" and address.database and address.database != ":memory:":
        return address
    raise ConnectorError(_SPELLING)


_SPELLING = "database: write sqlite:///FILE (four slashes for an absolute path) or postgresql://USER:PASSWORD@HOST/NAME"


def _prepared(address: URL) -> Path:
    """Make SQLite's file and folder, for us alone."""
    file = Path(str(address.database)).absolute()
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _MAKING:
            # A file that is there is not opened: to close it again would take away every lock that SQLite holds on it
            # in this process, and the next process to come would believe to be alone (sqlite.org/howtocorrupt.html).
            if not file.exists():
                os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        if file.stat().st_uid == os.getuid():
            file.chmod(0o600)
    except OSError as failure:
        raise ConnectorError(
            f"{file}: {failure.strerror}; name a place for the database that may be written."
        ) from None
    return file


def _engine(address: URL, pool: type[NullPool] | None = None, *, foreign_keys: bool = True) -> Engine:
    options: dict[str, Any] = {"hide_parameters": True, "pool_pre_ping": True}
    if pool is not None:
        options = {"hide_parameters": True, "poolclass": pool}
    if address.get_backend_name() == "sqlite":
        engine = create_engine(address, connect_args={"isolation_level": None, "timeout": _WAIT}, **options)
        event.listen(engine, "connect", _sqlite_with_keys if foreign_keys else _sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        settings = {"connect_timeout": _WAIT, "application_name": "connector", "client_encoding": "utf8"}
        engine = create_engine(address, connect_args=settings, **options)
        if pool is None:
            event.listen(engine, "begin", _begin_postgres)
    return engine


def _sqlite(connection: Any, _: Any) -> None:
    # FULL: what was committed survives a power cut, which WAL alone does not promise.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={_WAIT * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_with_keys(connection: Any, record: Any) -> None:
    _sqlite(connection, record)
    connection.execute("PRAGMA foreign_keys=ON")


def _begin_sqlite(connection: Connection) -> None:
    looking = connection.get_execution_options().get(_LOOKING, False)
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if looking else 'OFF'}")
    # A reader that becomes a writer would lose what another wrote in between.
    connection.exec_driver_sql("BEGIN" if looking else "BEGIN IMMEDIATE")


def _begin_postgres(connection: Connection) -> None:
    if connection.get_execution_options().get(_LOOKING, False):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_WAIT}s'")
    connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '60s'")
    # One writer at a time, as on SQLite: what was read in a unit of work is still true when it writes.
    schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key_of(f"{schema}/writing")})
