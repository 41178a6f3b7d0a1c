"""`connector findings`: what is wrong with a command is said before anything is changed."""

from pathlib import Path

import pytest

from connector.cli.main import run


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("31/12/2027", "expected a day like 2026-12-31"),
        ("2020-01-01", "that day is over, so nothing would be accepted"),
    ],
)
def test_a_finding_is_accepted_until_a_day_to_come(until: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["findings", "accept", "0e03448f86bc0683", "--reason", "agreed", "--until", until]) == 2
    assert f"--until {until}: {said}" in capsys.readouterr().err


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("words", [["watch", "--on"], ["reconcile", "--as-known-on"]])
def test_a_day_at_an_end_of_the_calendar_is_no_day(
    words: list[str], day: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text("company: {name: Northwind Cloud Partners}\n", encoding="utf-8")
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "rules.yaml").write_text("customers: []\n", encoding="utf-8")
    assert run([*words, day]) == 2
    assert f"{day}: expected a day like" in capsys.readouterr().err
