"""A backup holds everything, proves itself, comes back on either database, and never overwrites anything."""

import sqlite3
import tarfile
from pathlib import Path

import pytest

from connector.bootstrap.backups import back_up, restore
from connector.bootstrap.storing import open_store
from connector.config.settings import Settings, read_settings
from connector.domain.errors import ConnectorError, UnreadableInput
from connector.ports import Token
from tests.databases import KEY, StillClock, schema_at

CLOCK = StillClock()


def office(folder: Path, database: str = "") -> Settings:
    folder.mkdir(exist_ok=True)
    lines = ["company: {name: Northwind}", "secret_key: ${KEY}", "backup: {keep: 2}"]
    lines += ["database: ${DB}"] if database else []
    (folder / "config.yaml").write_text("\n".join(lines))
    return read_settings(folder / "config.yaml", {"KEY": KEY.decode(), "DB": database})


def filled(folder: Path) -> Settings:
    settings = office(folder)
    with open_store(settings, CLOCK) as store:
        with store.work() as unit:
            unit.watermarks.set("partner_center", "done/audit", "x")
            unit.audit.add("jane", "approve", "plan", "p1")
        store.tokens.save("a", Token("a", "refresh", "a-very-secret-token"))
    for name, content in {
        "warehouse/000001-ab/manifest.json": b"{}",
        "warehouse/000001-ab/charges/0.parquet": b"PAR1" * 1000,
        "warehouse/.derived/again.parquet": b"can be made again",
        "warehouse/.unfinished-1/x": b"half",
        "raw/ab/abcdef.json.gz": b"\x1f\x8b",
        "raw/.room-1/x": b"half",
        "reports/2026-10.html": b"<p>",
    }.items():
        path = settings.state / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return settings


@pytest.fixture
def source(tmp_path: Path) -> Settings:
    return filled(tmp_path / "source")


def files(folder: Path) -> dict[str, bytes]:
    found = [path for top in ("warehouse", "raw", "reports") for path in (folder / top).rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_what_was_backed_up_comes_back(source: Settings, tmp_path: Path) -> None:
    made = back_up(source, None, CLOCK)
    assert made.file.parent == source.state / "backups"
    assert made.file.stat().st_mode & 0o777 == 0o600
    target = office(tmp_path / "target")
    restore(target, made.file, CLOCK)
    kept = {name: content for name, content in files(source.state).items() if "/." not in name}
    assert files(target.state) == kept
    assert len(kept) == 4
    with open_store(target, CLOCK) as store, store.look() as unit:
        assert unit.watermarks.get("partner_center", "done/audit") == "x"
        token = store.tokens.load("a")
        assert token is not None
        assert token.value == "a-very-secret-token"


def test_it_moves_to_postgres(source: Settings, tmp_path: Path, postgres: str) -> None:
    made = back_up(source, tmp_path / "move.tar", CLOCK)
    moved = office(tmp_path / "source", schema_at(postgres))
    # The folders stay where they are; only the database moves.
    restore(moved, made.file, CLOCK, database_only=True)
    with open_store(moved, CLOCK) as store, store.look() as unit:
        assert [entry.who for entry in unit.audit.entries()] == ["jane"]
    again = back_up(moved, tmp_path / "again.tar", CLOCK)
    assert again.rows == made.rows


def test_nothing_is_overwritten(source: Settings, tmp_path: Path) -> None:
    made = back_up(source, tmp_path / "a.tar", CLOCK)
    with pytest.raises(ConnectorError, match="is not empty"):
        restore(source, made.file, CLOCK)
    before = files(source.state)
    with pytest.raises(ConnectorError, match="not empty"):
        restore(source, made.file, CLOCK, database_only=True)
    with pytest.raises(ConnectorError, match="there already"):
        back_up(source, tmp_path / "a.tar", CLOCK)
    assert files(source.state) == before


@pytest.mark.parametrize("where", [1, 2, 3, 4])
def test_a_backup_that_was_damaged_is_refused_whole(source: Settings, tmp_path: Path, where: int) -> None:
    made = back_up(source, tmp_path / "a.tar", CLOCK)
    content = bytearray(made.file.read_bytes())
    content[len(content) * where // 5] ^= 1
    (tmp_path / "b.tar").write_bytes(content)
    target = office(tmp_path / "target")
    with pytest.raises(UnreadableInput, match=r"backup"):
        restore(target, tmp_path / "b.tar", CLOCK)
    assert not target.state.exists() or list(target.state.iterdir()) == []


def test_a_backup_that_was_cut_off_is_refused(source: Settings, tmp_path: Path) -> None:
    made = back_up(source, tmp_path / "a.tar", CLOCK)
    for share in (3, 2):
        (tmp_path / "b.tar").write_bytes(made.file.read_bytes()[: made.file.stat().st_size // share])
        with pytest.raises(UnreadableInput, match="backup"):
            restore(office(tmp_path / "target"), tmp_path / "b.tar", CLOCK)


def test_members_that_lead_elsewhere_are_refused(source: Settings, tmp_path: Path) -> None:
    made = back_up(source, tmp_path / "a.tar", CLOCK)
    evil = tmp_path / "evil.tar"
    with tarfile.open(made.file) as good, tarfile.open(evil, "w") as bad:
        for entry in good:
            content = good.extractfile(entry)
            assert content is not None
            text = content.read()
            if entry.name in ("manifest.json", "raw/ab/abcdef.json.gz"):
                entry.name = entry.name.replace("raw/ab", "raw/../../..")
                text = text.replace(b"raw/ab", b"raw/../../..")
                entry.size = len(text)
            import io

            bad.addfile(entry, io.BytesIO(text))
    with pytest.raises(UnreadableInput, match="no plain file"):
        restore(office(tmp_path / "target"), evil, CLOCK)
    assert not (tmp_path / "abcdef.json.gz").exists()


def test_old_backups_are_deleted_and_others_left_alone(source: Settings, tmp_path: Path) -> None:
    clock = StillClock()
    (source.state / "backups").mkdir()
    (source.state / "backups" / "mine.tar").write_text("x")
    for _ in range(4):
        clock.sleep(60)
        made = back_up(source, None, clock)
    assert len(made.deleted) == 1
    assert len(list((source.state / "backups").glob("connector-*.tar"))) == 2
    assert (source.state / "backups" / "mine.tar").exists()
    assert [path.name for path in (source.state / "backups").iterdir() if path.name.startswith(".")] == []


def test_the_database_in_it_is_readable_by_others_and_holds_no_sign_in_in_clear(
    source: Settings, tmp_path: Path
) -> None:
    made = back_up(source, tmp_path / "a.tar", CLOCK)
    assert b"a-very-secret-token" not in made.file.read_bytes()
    with tarfile.open(made.file) as archive:
        archive.extract("connector.db", tmp_path, filter="data")
    with sqlite3.connect(tmp_path / "connector.db") as connection:
        assert connection.execute("SELECT owner FROM token").fetchall() == [("a",)]
    connection.close()
