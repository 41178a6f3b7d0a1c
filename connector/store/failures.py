"""Says in one sentence what is wrong with the database and what to do about it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from connector.domain.errors import ConnectorError, Unavailable

# What SQLite says, by a part of its words.
_SQLITE = (
    ("locked", Unavailable, "another process is writing for longer than ten seconds; try again"),
    ("disk is full", ConnectorError, "the disk is full; make room, nothing was written"),
    ("disk i/o", ConnectorError, "the disk does not answer as it should; look at its health before you go on"),
    ("readonly", ConnectorError, "the file may not be written; give the connector's user the right to write"),
    ("read-only", ConnectorError, "the file may not be written; give the connector's user the right to write"),
    ("unable to open", ConnectorError, "the file cannot be opened; see that its folder exists and may be written"),
    ("not a database", ConnectorError, "the file is no database; name another file, or restore a backup"),
    ("already exists", ConnectorError, "another program's tables are in it; give the connector a file of its own"),
    ("malformed", ConnectorError, "the file is damaged; restore a backup"),
)
# Classes of SQLSTATE (PostgreSQL, appendix A).
_POSTGRES = (
    ("28", ConnectorError, "the user or its password was refused; correct `database`"),
    ("3D", ConnectorError, "there is no such database; create it, or correct `database`"),
    ("3F", ConnectorError, "there is no such schema; create it, or correct `database`"),
    ("42P07", ConnectorError, "another program's tables are in it; give the connector a database or schema of its own"),
    ("42501", ConnectorError, "the user lacks a right there; let it create tables in its schema"),
    ("53", Unavailable, "the server is short of room or connections; try again"),
    ("55P03", Unavailable, "another process is writing for too long; try again"),
    ("57", Unavailable, "the server is stopping or ended the work; try again"),
    ("40", Unavailable, "two processes wrote at once and this one gave way; try again"),
    ("25P03", Unavailable, "the work stood still for too long and was undone; try again"),
    ("08", Unavailable, "the connection was lost; try again"),
)


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn the database's own failures into ours; `where` names it without a password."""
    try:
        yield
    except PoolTimeout:
        raise Unavailable(f"{where}: all connections are in use; try again.") from None
    except DBAPIError as failure:
        if (ours := _ours(failure, where)) is None:
            raise
        raise ours from None


def _ours(failure: DBAPIError, where: str) -> ConnectorError | None:
    if isinstance(failure, IntegrityError):
        return None
    state = getattr(failure.orig, "sqlstate", None)
    words = str(failure.orig).lower()
    if state is not None:
        for start, kind, text in _POSTGRES:
            if state.startswith(start):
                return kind(f"{where}: {text}.")
        return None
    for part, kind, text in _SQLITE:
        if part in words:
            return kind(f"{where}: {text}.")
    if "password authentication failed" in words or ("role" in words and "does not exist" in words):
        return ConnectorError(f"{where}: {_POSTGRES[0][2]}.")
    if "does not exist" in words:
        return ConnectorError(f"{where}: {_POSTGRES[1][2]}.")
    if isinstance(failure, OperationalError) and failure.connection_invalidated is not None:
        return Unavailable(f"{where}: the database cannot be reached; see that it runs, then try again.")
    return None
