"""Tells of each row in which snapshot it came, and which sheet that was, so that two editions can be held together."""

from collections.abc import Sequence
from pathlib import Path

from connector.domain.tables import TABLES
from connector.warehouse.snapshots import Snapshot, current_parts

EDITION = ("edition_market", "edition_view", "edition_month", "edition_seen_at")
"""The columns that are added; text."""
_TYPES = {"text": "VARCHAR", "day": "DATE", "number": "DECIMAL(38, 22)", "count": "BIGINT", "flag": "BOOLEAN"}


def dated_view(name: str, snapshots: Sequence[Snapshot]) -> str:
    """Write the SQL for a view `NAME_dated` of the snapshots' files that count, with EDITION beside each row."""
    listed = ", ".join(f'"{column}"' for column in TABLES[name])
    current = set(current_parts(snapshots, name))
    parts = []
    for snapshot in snapshots:
        paths = [path for table, _, path in snapshot.parts if table == name and path in current]
        if paths:
            files = ", ".join(_text(str(path)) for path in paths)
            told = ", ".join(
                f'{value} AS "{column}"' for column, value in zip(EDITION, _edition(snapshot), strict=True)
            )
            parts.append(f"SELECT {listed}, {told} FROM read_parquet([{files}], hive_partitioning = false)")  # noqa: S608
    if not parts:
        nulls = [f'CAST(NULL AS {_TYPES[kind]}) AS "{column}"' for column, kind in TABLES[name].items()]
        nulls += [f'CAST(NULL AS VARCHAR) AS "{column}"' for column in EDITION]
        parts.append(f"SELECT {', '.join(nulls)} WHERE false")
    return f'CREATE OR REPLACE VIEW "{name}_dated" AS {" UNION ALL ".join(parts)}'


def _edition(snapshot: Snapshot) -> list[str]:
    origin = snapshot.origins[0] if snapshot.origins else {}
    told = [origin.get(key) for key in ("market", "view", "month")]
    return [f"CAST({_text(value)} AS VARCHAR)" for value in (*told, snapshot.observed_at)]


def _text(value: object) -> str:
    if value is None:
        return "NULL"
    written = str(value) if not isinstance(value, Path) else value.as_posix()
    return "'{}'".format(written.replace("'", "''"))
