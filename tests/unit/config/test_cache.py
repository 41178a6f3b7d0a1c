"""A checked mapping is kept, and never taken for another one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from connector.config import cache, mappings
from connector.domain.errors import InvalidConfig
from connector.domain.rules import Mapping
from tests.unit.config.people import customer

DESIGN = Path(__file__).parent / "design.yaml"
Read = Callable[..., Mapping]


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often a mapping was really read and checked."""
    counted: list[int] = []
    really = mappings._checked
    monkeypatch.setattr(mappings, "_checked", lambda *given: (counted.append(1), really(*given))[1])
    return counted


def test_an_unchanged_mapping_is_the_same_without_being_checked(tmp_path: Path, checks: list[int]) -> None:
    first = mappings.read_mappings(DESIGN, cache=tmp_path)
    second = mappings.read_mappings(DESIGN, cache=tmp_path)
    assert checks == [1]
    assert second == first
    assert (second.warnings, second.digest) == (first.warnings, first.digest)
    assert first.warnings


def test_any_change_is_noticed(read: Read, tmp_path: Path, checks: list[int]) -> None:
    kept = tmp_path / "cache"
    text = f"customers:\n{customer(ledger='books-us')}"
    assert len(read(text, cache=kept).customers) == 1
    read(text + "# a remark\n", cache=kept)
    read(text, "", cache=kept)
    with pytest.raises(InvalidConfig, match="there is no ledger"):
        read(text, ledgers=("books-eu",), cache=kept)
    assert checks == [1, 1, 1, 1]


def test_a_change_of_the_program_is_noticed() -> None:
    before = cache.key([b"x"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "read_bytes", lambda self: b"other code")
        assert cache.key([b"x"]) != before


def test_a_broken_mapping_is_not_kept(read: Read, tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig):
        read("prices: 5\n", cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("damage", [b"", b"\x93", b"\xc1", b"not msgpack at all", b"\x91" * 100_000])
def test_damage_only_costs_time(tmp_path: Path, damage: bytes, checks: list[int]) -> None:
    first = mappings.read_mappings(DESIGN, cache=tmp_path)
    for file in tmp_path.iterdir():
        file.write_bytes(damage)
    assert mappings.read_mappings(DESIGN, cache=tmp_path) == first
    assert checks == [1, 1]


def test_a_folder_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert mappings.read_mappings(DESIGN, cache=tmp_path / "file" / "below").customers


def test_only_its_owner_may_read_it_and_old_ones_go(read: Read, tmp_path: Path) -> None:
    kept = tmp_path / "cache"
    for number in range(7):
        read(f"prices: []\n# {number}\n", cache=kept)
    files = list(kept.iterdir())
    assert len(files) == 4
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert kept.stat().st_mode & 0o777 == 0o700


def test_the_usual_folder_follows_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cache.sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.usual_folder() == tmp_path / "csp-ledger-connector"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    assert cache.usual_folder() == Path.home() / ".cache" / "csp-ledger-connector"
