"""Services that share a database share its folder, or do not start."""

from pathlib import Path

import pytest

from connector.bootstrap.backups import back_up, restore
from connector.bootstrap.serving import Service, Ways
from connector.bootstrap.shared_folder import refuse_another_folder
from connector.bootstrap.storing import open_store
from connector.config.settings import Settings, read_settings
from connector.domain.errors import ConnectorError
from tests.databases import KEY, StillClock, schema_at

CLOCK = StillClock()


def an_office(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv("KEY", KEY.decode())
    monkeypatch.setenv("DATABASE", url)
    (folder / "config.yaml").write_text(
        "company: {name: Northwind}\nsecret_key: ${KEY}\ndatabase: ${DATABASE}\nhttp: {listen: '127.0.0.1:0'}\n"
    )
    return read_settings(folder / "config.yaml")


def look(settings: Settings) -> None:
    settings.state.mkdir(exist_ok=True)
    with open_store(settings, CLOCK) as store:
        refuse_another_folder(settings, store)


def test_a_second_folder_is_refused_and_a_shared_one_is_not(
    tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = schema_at(postgres)
    first, second = (an_office(tmp_path / name, url, monkeypatch) for name in ("first", "second"))
    look(first)
    look(first)
    with pytest.raises(ConnectorError, match="is not the folder that this database is used with") as refused:
        Service(Ways(second.file, {}))
    # In full knowledge, one goes on with another.
    words = str(refused.value).split("write ")[1].split(" ")
    (second.state / ".mark").write_text(words[0])
    look(second)


def test_what_was_restored_together_belongs_together(
    tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = an_office(tmp_path / "old", schema_at(postgres), monkeypatch)
    look(old)
    (old.state / "raw" / "ab").mkdir(parents=True)
    (old.state / "raw" / "ab" / "abcdef.json.gz").write_bytes(b"\x1f\x8b")
    made = back_up(old, tmp_path / "copy.tar", CLOCK)
    new = an_office(tmp_path / "new", schema_at(postgres), monkeypatch)
    restore(new, made.file, CLOCK)
    look(new)
    # The database alone, brought to another folder, is not enough.
    bare = an_office(tmp_path / "bare", schema_at(postgres), monkeypatch)
    restore(bare, made.file, CLOCK, database_only=True)
    with pytest.raises(ConnectorError, match="by `connector restore`"):
        look(bare)


def test_sqlite_lies_with_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = an_office(tmp_path / "one", f"sqlite:///{tmp_path / 'c.db'}", monkeypatch)
    look(settings)
    assert not (settings.state / ".mark").exists()
