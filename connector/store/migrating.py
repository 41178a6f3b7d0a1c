"""Brings the tables of a database up to what this version of the connector knows, one at a time and all or nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from connector.domain.errors import ConnectorError
from connector.store.locks import file_lock, key_of
from connector.store.types import METADATA

VERSIONS = Path(__file__).parent / "migrations"
# Another program's alembic may live in the same schema.
VERSION_TABLE = "connector_schema"
OPTIONS: dict[str, Any] = {
    "target_metadata": METADATA,
    "version_table": VERSION_TABLE,
    "render_as_batch": True,
    "compare_type": True,
    "compare_server_default": True,
}
_PATIENCE = 120
# What migrations speak to (alembic.op) is one for the whole process.
_ONE_AT_A_TIME = Lock()


@cache
def scripts() -> ScriptDirectory:
    """All migrations there are."""
    config = Config()
    config.set_main_option("script_location", str(VERSIONS))
    return ScriptDirectory.from_config(config)


def migrate(engine: Engine, file: Path | None, where: str, *, to: str = "heads") -> None:
    """Upgrade to the newest tables (or to revision `to`), under a lock; `file` is SQLite's.

    Raises ConnectorError where the database was written by a newer version, Locked where another upgrade never ends.
    """
    with _ONE_AT_A_TIME:
        if to == "heads" and _is_current(engine, where):
            return
        with _alone(engine, file, where) as connection:
            _refuse_newer(connection, where)
            _upgrade(connection, to)
            if connection.dialect.name == "sqlite":
                broken = connection.execute(text("PRAGMA foreign_key_check")).first()
                if broken is not None:
                    raise ConnectorError(f"{where}: after the upgrade a row of {broken[0]} lacks its other half.")


def revisions(connection: Connection) -> frozenset[str]:
    """The migrations that a database has had."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return frozenset(context.get_current_heads())


def _is_current(engine: Engine, where: str) -> bool:
    with engine.connect() as connection:
        return _refuse_newer(connection, where) == frozenset(scripts().get_heads())


def _refuse_newer(connection: Connection, where: str) -> frozenset[str]:
    there = revisions(connection)
    unknown = there - {script.revision for script in scripts().walk_revisions()}
    if unknown:
        raise ConnectorError(
            f"{where}: a newer version of the connector wrote this database (its tables are at {min(unknown)}); "
            "install that version, or restore the backup made before it."
        )
    return there


@contextmanager
def _alone(engine: Engine, file: Path | None, where: str) -> Iterator[Connection]:
    refusal = f"{where}: another process has been upgrading the tables for {_PATIENCE} seconds; wait until it ends."
    if file is not None:
        with file_lock(file.with_name(f"{file.name}.lock"), refusal, patience=_PATIENCE), engine.begin() as connection:
            yield connection
    else:
        with engine.begin() as connection:
            connection.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE}s'"))
            # Given back with the end of the transaction, however it ends.
            schema = connection.execute(text("SELECT current_schema()")).scalar_one()
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key_of(f"{schema}/tables")})
            yield connection


def _upgrade(connection: Connection, to: str) -> None:
    script = scripts()

    def steps(revision: Any, _: Any) -> Any:
        return script._upgrade_revs(to, revision)  # noqa: SLF001 - alembic.command.upgrade does it so

    config = Config()
    config.set_main_option("script_location", str(VERSIONS))
    with EnvironmentContext(config, script, fn=steps, as_sql=False, destination_rev=to) as environment:
        environment.configure(connection=connection, **OPTIONS)
        environment.run_migrations()
