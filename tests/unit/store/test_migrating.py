"""Any database, empty or of an earlier version, comes to the same tables, and those are what the code speaks of."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.pool import NullPool

from connector.domain.errors import ConnectorError
from connector.store import Store, migrating
from connector.store.opening import _address, _engine
from connector.store.types import METADATA
from tests.databases import StillClock
from tests.unit.store.test_tokens import ROOT

REVISIONS = [script.revision for script in migrating.scripts().walk_revisions()]


def bare(url: str) -> tuple[Engine, Path | None]:
    """An engine as migrations take it, and SQLite's file."""
    address = _address(url)
    if address.get_backend_name() != "sqlite":
        return _engine(address, NullPool), None
    file = Path(str(address.database))
    file.parent.mkdir(exist_ok=True)
    return _engine(address, NullPool, foreign_keys=False), file


def shape(engine: Engine) -> dict[str, object]:
    """All tables with their columns, keys, indexes and triggers."""
    found: dict[str, object] = {}
    there = inspect(engine)
    for table in sorted(there.get_table_names()):
        columns = [(c["name"], str(c["type"]), c["nullable"]) for c in there.get_columns(table)]
        indexes = sorted(str(index) for index in there.get_indexes(table))
        found[table] = (columns, there.get_pk_constraint(table), indexes, there.get_foreign_keys(table))
    return found


def test_the_migrations_make_what_the_code_speaks_of(store: Store) -> None:
    with store.engine.begin() as connection:
        context = MigrationContext.configure(connection, opts=migrating.OPTIONS)
        missing = compare_metadata(context, METADATA)
        ops = produce_migrations(context, METADATA).upgrade_ops
        assert ops is not None
        assert missing == [], f"\n{render_python_code(ops)}"


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_earlier_database_is_brought_up(url: str, revision: str, opened: Callable[..., Store]) -> None:
    engine, file = bare(url)
    migrating.migrate(engine, file, "here", to=revision)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO watermark VALUES ('a', 'b', 'kept', '2026-10-01 00:00:00.000000')"))
    store = opened(url)
    with store.look() as work:
        assert work.watermarks.get("a", "b") == "kept"
    with store.engine.connect() as connection:
        assert migrating.revisions(connection) == set(migrating.scripts().get_heads())


def test_step_by_step_and_at_once_make_the_same(url: str, tmp_path: Path, opened: Callable[..., Store]) -> None:
    engine, file = bare(url)
    for revision in reversed(REVISIONS):
        migrating.migrate(engine, file, "here", to=revision)
    if file is not None:
        assert shape(engine) == shape(opened(f"sqlite:///{tmp_path / 'other.db'}").engine)
    assert set(METADATA.tables) | {migrating.VERSION_TABLE} == set(shape(engine))


def test_a_newer_database_is_refused(url: str, opened: Callable[..., Store]) -> None:
    with opened(url).engine.begin() as connection:
        connection.execute(text("DELETE FROM connector_schema"))
        connection.execute(text("INSERT INTO connector_schema VALUES ('9999')"))
    with pytest.raises(ConnectorError, match=r"a newer version of the connector wrote this database .* 9999"):
        opened(url)


def test_an_upgrade_that_fails_leaves_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, file = bare(url)

    def fail(*_: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr("connector.store.append_only.op.execute", fail)
    with pytest.raises(ArithmeticError):
        migrating.migrate(engine, file, "here")
    assert shape(engine) == {}


def test_several_open_an_empty_database_at_once(url: str) -> None:
    program = (
        "import sys\nfrom connector.store import Store\nfrom tests.databases import StillClock\n"
        "Store.open(sys.argv[1], clock=StillClock()).close()"
    )
    other = subprocess.Popen([sys.executable, "-c", program, url], cwd=ROOT)
    threads = [threading.Thread(target=lambda: Store.open(url, clock=StillClock()).close()) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert other.wait() == 0
    with Store.open(url, clock=StillClock()) as store, store.look() as work:
        assert work.runs.latest() == ()
