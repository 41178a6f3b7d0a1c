"""`connector rotate-keys` seals every sign-in with the new key, or none, and proves that the old one can go."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from connector.cli.main import run
from connector.ports import Token
from connector.store import Store
from tests.databases import KEY, OTHER_KEY

THIRD_KEY = b"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
OWNERS = ("entra/contoso/app/refresh", "quickbooks/books-us/refresh")


class Desk:
    """The command at a database, with the keys that the settings name."""

    def __init__(self, folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.file, self.environment = folder / "config.yaml", monkeypatch
        self.file.write_text("company: {name: Northwind}\ndatabase: ${DATABASE}\nsecret_key: ${KEY}\n")
        self.environment.setenv("DATABASE", url)

    def rotate(self, *keys: bytes) -> int:
        self.environment.setenv("KEY", b",".join(keys).decode())
        return run(["rotate-keys", "--by", "jane", "--format", "json", "--config", str(self.file)])


@pytest.fixture
def desk(tmp_path: Path, url: str, opened: Callable[..., Store], monkeypatch: pytest.MonkeyPatch) -> Desk:
    store = opened(url)
    for owner in OWNERS:
        store.tokens.save(owner, Token(owner, "refresh", f"hush {owner}", previous="older"))
    return Desk(tmp_path, url, monkeypatch)


def test_a_new_key_takes_over_and_the_old_one_goes(
    desk: Desk, url: str, opened: Callable[..., Store], capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.rotate(OTHER_KEY) == 2
    assert OWNERS[0] in capsys.readouterr().err
    assert desk.rotate(OTHER_KEY, KEY) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"schema": "connector.rotate_keys/1", "sign_ins": 2, "sealed_anew": True}
    assert desk.rotate(OTHER_KEY) == 0
    assert json.loads(capsys.readouterr().out)["sealed_anew"] is False
    store = opened(url, key=OTHER_KEY)
    found = [store.tokens.load(owner) for owner in OWNERS]
    assert [(one.value, one.previous) for one in found if one] == [(f"hush {owner}", "older") for owner in OWNERS]
    with store.look() as unit:
        (entry,) = unit.audit.entries()
    assert (entry.who, entry.action, entry.subject_kind) == ("jane", "rotate keys", "secret_key")
    assert entry.detail == {"sign_ins": "2"}
    assert OTHER_KEY.decode() not in json.dumps([entry.subject, *entry.detail.values()])


def test_where_one_does_not_open_none_is_changed(
    desk: Desk, url: str, opened: Callable[..., Store], capsys: pytest.CaptureFixture[str]
) -> None:
    opened(url, key=THIRD_KEY).tokens.save("quickbooks/books-zz", Token("quickbooks/books-zz", "refresh", "lost"))
    assert desk.rotate(OTHER_KEY, KEY) == 2
    assert "quickbooks/books-zz opens with neither key" in capsys.readouterr().err
    store = opened(url)
    assert all(store.tokens.load(owner) for owner in OWNERS)
    with store.look() as unit:
        assert list(unit.audit.entries()) == []


def test_without_a_key_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.yaml").write_text("company: {name: Northwind}\n")
    assert run(["rotate-keys", "--config", str(tmp_path / "config.yaml")]) == 2
    assert "there is no secret_key" in capsys.readouterr().err
