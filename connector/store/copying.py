"""Copies everything the connector remembers into an empty database: a backup, its return, or a move to PostgreSQL.

A backup of either database is a SQLite file with the same tables; sealed sign-ins stay sealed and need their key.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text
from sqlalchemy.engine import RowMapping

from connector.domain.errors import ConnectorError
from connector.store.opening import Store
from connector.store.types import METADATA

_MANY = 1000


def copy(source: Store, target: Store) -> dict[str, int]:
    """Copy all rows as of one moment, all or nothing; return how many there are by table.

    Raises ConnectorError where the target holds anything already.
    """
    counts: dict[str, int] = {}
    with source.look() as looking, target.work() as work:
        read, write = looking.connection(), work.connection()
        tables = METADATA.sorted_tables
        for table in tables:
            if write.execute(select(table).limit(1)).first() is not None:
                raise ConnectorError(f"{target.where}: the database is not empty (table {table.name}); name a new one.")
        for table in tables:
            counts[table.name] = _copied(table, read, write)
        if write.dialect.name == "postgresql":
            for table in tables:
                _go_on_counting(table, write)
    return counts


def _copied(table: Table, read: Connection, write: Connection) -> int:
    count = 0
    for rows in read.execute(select(table)).mappings().partitions(_MANY):
        write.execute(insert(table), _plain(rows))
        count += len(rows)
    return count


def _plain(rows: Sequence[RowMapping]) -> list[dict[str, Any]]:
    return [dict(row) for row in rows]


def _go_on_counting(table: Table, write: Connection) -> None:
    """Numbers that PostgreSQL gives out itself go on behind those that were copied."""
    column = table.autoincrement_column
    if column is None:
        return
    places = {"table": f'"{table.name}"', "column": column.name}
    counter = write.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), places).scalar_one()
    last = write.execute(select(func.max(column))).scalar_one()
    if counter is not None and last is not None:
        write.execute(text("SELECT setval(CAST(:counter AS regclass), :last)"), {"counter": counter, "last": last})
