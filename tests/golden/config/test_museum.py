"""Every folder here holds a file with one kind of mistake, and the exact sentence a person reads about it."""

import json
from pathlib import Path

import pytest

from connector.config.mappings import read_mappings
from connector.config.settings import read_settings
from connector.domain.errors import InvalidConfig

HERE = Path(__file__).parent
EXHIBITS = sorted(path.parent for path in HERE.glob("*/*/broken.yaml"))


def reaction(folder: Path) -> str:
    """What reading the broken file says; `broken.yaml` of the current folder is read."""
    given = folder / "environment.json"
    environment = json.loads(given.read_text()) if given.exists() else {}
    broken = Path("broken.yaml")
    with pytest.raises(InvalidConfig) as caught:
        read_settings(broken, environment) if folder.parent.name == "settings" else read_mappings(broken)
    assert caught.value.exit_code == 3
    return str(caught.value)


@pytest.mark.parametrize("folder", EXHIBITS, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_the_mistake_is_told_with_its_place_and_what_was_expected(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert reaction(folder).splitlines() == (folder / "expected.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("folder", EXHIBITS, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_no_message_shows_a_secret(folder: Path) -> None:
    told = (folder / "expected.txt").read_text(encoding="utf-8")
    assert "hunter2" not in told
    assert "correct-horse" not in told


def test_the_museum_is_open() -> None:
    assert len(EXHIBITS) > 120
    assert {folder.parent.name for folder in EXHIBITS} == {"mappings", "settings"}
