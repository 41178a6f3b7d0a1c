"""The database is opened for us alone, safely set up, and says in one sentence what is wrong with it."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from connector.bootstrap.storing import open_store
from connector.config.credentials import Secret
from connector.config.values import Company, Settings
from connector.domain.errors import ConnectorError, Unavailable
from connector.store import Store
from connector.store.watermarks import WatermarkRow
from tests.databases import KEY, StillClock
from tests.unit.store.test_migrating import bare
from tests.unit.store.test_tokens import ROOT


def test_sqlite_survives_a_power_cut_and_is_ours_alone(tmp_path: Path, opened: Callable[..., Store]) -> None:
    store = opened(f"sqlite:///{tmp_path / 'new' / 'connector.db'}")
    with store.engine.connect() as connection:
        asked = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "new").iterdir()} == {0o600}


def test_the_settings_choose_the_place(tmp_path: Path, clock: StillClock) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o755)
    common = {"company": Company("Us"), "file": tmp_path / "config.yaml", "state": state, "mappings": tmp_path}
    with open_store(Settings(**common, secret_key=Secret(KEY.decode())), clock) as store:
        assert store.file == state / "connector.db"
    assert state.stat().st_mode & 0o777 == 0o700
    for address in (f"sqlite:///{tmp_path / 'other.db'}", "sqlite:///other.db"):
        with open_store(Settings(**common, database=Secret(address)), clock) as store:
            assert store.file == tmp_path / "other.db"


def test_postgres_is_taken_by_its_usual_spellings(postgres: str, opened: Callable[..., Store]) -> None:
    for start in ("postgresql://", "postgres://", "postgresql+psycopg://"):
        store = opened(postgres.replace("postgresql://", start))
        with store.engine.connect() as connection:
            assert connection.exec_driver_sql("SHOW client_encoding").scalar_one() == "UTF8"
        with store.engine.connect() as connection:
            assert connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar_one() == "1min"


def test_a_failing_statement_shows_no_values(store: Store) -> None:
    def double() -> None:
        with store.work() as work:
            for _ in range(2):
                statement = "INSERT INTO watermark VALUES ('s', 'n', :value, '2026-10-01 00:00:00.000000')"
                work.connection().execute(text(statement), {"value": "CANARY"})

    with pytest.raises(IntegrityError) as caught:
        double()
    assert "CANARY" not in str(caught.value)
    assert "hidden" in str(caught.value)


def test_foreign_keys_hold(store: Store) -> None:
    def orphan() -> None:
        with store.work() as work:
            statement = "INSERT INTO telling VALUES ('f', 's', 'info', '1', 'USD', '{}', 'r', '2026-10-01 00:00:00')"
            work.connection().execute(text(statement.replace("'1'", "1" if store.file is None else "'1'")))

    with pytest.raises(IntegrityError):
        orphan()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://a/b", "sqlite://", "sqlite:///:memory:", "oracle://x"])
def test_other_addresses_are_refused(url: str, clock: StillClock) -> None:
    with pytest.raises(ConnectorError, match="write sqlite:///FILE"):
        Store.open(url, clock=clock)


def test_a_file_that_is_no_database_is_named(tmp_path: Path, clock: StillClock) -> None:
    file = tmp_path / "connector.db"
    file.write_bytes(b"no database at all, only words " * 100)
    with pytest.raises(ConnectorError, match=r"connector\.db: the file is no database"):
        Store.open(f"sqlite:///{file}", clock=clock)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, clock: StillClock) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConnectorError, match=r"name a place for the database that may be written"):
        Store.open(f"sqlite:///{tmp_path / 'file' / 'connector.db'}", clock=clock)


def test_a_writer_that_never_ends_makes_others_give_way(
    tmp_path: Path, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.store.opening._WAIT", 0.05)
    with Store.open(f"sqlite:///{tmp_path / 'connector.db'}", clock=clock) as store:
        with closing(sqlite3.connect(tmp_path / "connector.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Unavailable, match="another process is writing"), store.work() as work:
                work.watermarks.set("a", "b", "c")
            with store.look() as work:
                assert work.watermarks.get("a", "b") is None
        with store.work() as work:
            work.watermarks.set("a", "b", "c")


def test_a_server_that_is_not_there_is_named_without_its_password(clock: StillClock) -> None:
    with pytest.raises(Unavailable, match=r"database localhost/books: the database cannot be reached") as caught:
        Store.open("postgresql://me:CANARY@localhost:1/books", clock=clock)
    assert "CANARY" not in str(caught.value)


def test_a_refused_user_and_a_missing_database_are_told(postgres: str, clock: StillClock) -> None:
    with pytest.raises(ConnectorError, match="the user or its password was refused"):
        Store.open(postgres.replace("postgresql://postgres", "postgresql://nobody"), clock=clock)
    with pytest.raises(ConnectorError, match="there is no such database"):
        Store.open(postgres.replace("/postgres?", "/nowhere?"), clock=clock)


def test_another_programs_tables_are_left_alone(url: str, opened: Callable[..., Store]) -> None:
    engine, _ = bare(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE run (something INTEGER)"))
    with pytest.raises(ConnectorError, match="another program's tables are in it"):
        opened(url)


def test_looking_sees_one_moment(store: Store) -> None:
    with store.look() as looking:
        assert looking.watermarks.get("a", "b") is None
        with store.work() as work:
            work.watermarks.set("a", "b", "c")
        assert looking.get(WatermarkRow, ("a", "b"), populate_existing=True) is None


def test_a_thread_does_not_wait_for_itself(store: Store) -> None:
    with store.work() as work:
        work.watermarks.set("a", "b", "c")
        with pytest.raises(RuntimeError, match="a unit of work is open"), store.work():
            pass
        with store.look() as looking:
            assert looking.watermarks.get("a", "b") is None
            with pytest.raises(RuntimeError, match="a unit of work is open"), store.work():
                pass
    with store.work() as work:
        assert work.watermarks.get("a", "b") == "c"


def test_opening_it_once_more_takes_no_lock_away_from_the_first(tmp_path: Path) -> None:
    """Else another process would believe to be alone, and take the first one's journal away."""
    url = f"sqlite:///{tmp_path / 'connector.db'}"
    count = (
        "import sys; from connector.store import Store; from connector.adapters.clock import SystemClock\n"
        "with Store.open(sys.argv[1], clock=SystemClock()) as store, store.work() as unit:\n"
        "    unit.watermarks.set('a', sys.argv[2], 'x')"
    )
    with Store.open(url, clock=StillClock()) as first:
        for name in ("1", "2", "3"):
            Store.open(url, clock=StillClock()).close()
            subprocess.run([sys.executable, "-c", count, url, name], check=True, cwd=ROOT)
            with first.look() as unit:
                assert name in unit.watermarks.of("a")
            with first.work() as unit:
                unit.watermarks.set("b", name, "y")
    with Store.open(url, clock=StillClock()) as again, again.look() as unit:
        assert (len(unit.watermarks.of("a")), len(unit.watermarks.of("b"))) == (3, 3)
