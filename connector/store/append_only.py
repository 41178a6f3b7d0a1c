"""Makes a table that can only grow: the database itself refuses to change or delete what was written.

Migrations call this; what a released migration does through it never changes.
"""

from alembic import op

_SQLITE = """CREATE TRIGGER {table}_keeps_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"""
_REFUSE = """CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"""
_POSTGRES = (
    "CREATE TRIGGER {table}_keeps BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} EXECUTE FUNCTION {table}_refuse()"
)


def append_only(table: str) -> None:
    """Refuse every UPDATE and DELETE of a table from now on (and TRUNCATE, where there is such a thing)."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(_SQLITE.format(table=table, verb=verb))
    else:
        op.execute(_REFUSE.format(table=table))
        op.execute(_POSTGRES.format(table=table))
