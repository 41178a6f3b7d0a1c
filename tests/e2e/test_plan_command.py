"""`connector plan`: from files and from what was imported, in every format, with the right exit code."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from connector.cli.main import run
from connector.reports.plan_schema import schema
from tests.builders import MAPPING, Month, ledger_line


@pytest.fixture
def month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Month:
    """Ten seats for October at 24.00; the ledger bills eight of them by hand."""
    monkeypatch.chdir(tmp_path)
    made = Month(tmp_path, ledger=[ledger_line(quantity="8", amount="192.00")]).write()
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "rules.yaml").write_text(MAPPING.replace("percent: 20", "percent: 10"), encoding="utf-8")
    return made


FILES = ("plan", "--vendor", "vendor.csv", "--mappings", "mappings")


def planned(capsys: pytest.CaptureFixture[str], *words: str, exit_code: int = 1) -> dict[str, Any]:
    assert run([*words, "--format", "json"]) == exit_code
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.validate(result, schema())
    return result


def test_a_plan_reads_like_a_diff_and_ends_with_1(month: Month, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*FILES, "--start", "2026-10"]) == 1
    said = capsys.readouterr()
    assert "+ Alpine Ski House (58)" in said.out
    assert "Business Premium, 10 × 24.00, 2026-10-01 to 2026-10-31" in said.out
    assert "Note: no ledger lines were read" in said.out


def test_beside_hand_made_invoices_only_a_person_asks_for_more(
    month: Month, capsys: pytest.CaptureFixture[str]
) -> None:
    files = (*FILES, "--ledger", "ledger.csv", "--start", "2026-10")
    plan = planned(capsys, *files, exit_code=0)
    (blocked,) = plan["blocked"]
    assert (plan["documents"], blocked["reason"], blocked["cost"]) == ([], "differs", "40.00")
    (finding,) = blocked["findings"]
    caught_up = planned(capsys, *files, "--catch-up", finding)
    assert [document["total"] for document in caught_up["documents"]] == ["48.00"]
    assert run([*files, "--catch-up", "abcdef"]) == 2
    assert f"there are: {finding}." in capsys.readouterr().err


def test_an_edit_of_the_mapping_is_compared(month: Month, capsys: pytest.CaptureFixture[str]) -> None:
    plan = planned(capsys, *FILES, "--ledger", "ledger.csv", "--start", "2026-10", "--compare", "old", exit_code=0)
    assert [(one["old"], one["new"], one["difference"]) for one in plan["effects"]] == [("220.00", "240.00", "20.00")]


@pytest.mark.parametrize(("form", "begins"), [("html", b"<!DOCTYPE html>"), ("xlsx", b"PK")])
def test_a_page_and_a_workbook_are_written(month: Month, form: str, begins: bytes) -> None:
    assert run([*FILES, "--start", "2026-10", "--format", form, "--output", f"plan.{form}"]) == 1
    assert Path(f"plan.{form}").read_bytes().startswith(begins)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ((*FILES,), 2, "--start is missing: give the first month that is ever posted"),
        (("plan", "--start", "2026-10"), 2, "there is nothing to plan"),
        (("plan", "--vendor", "vendor.csv", "--start", "2026-10"), 2, "--mappings is missing"),
        ((*FILES, "--start", "October"), 2, "'October' is not a month; write it like 2026-10"),
        ((*FILES, "--start", "2026-10", "--period", "2026-11"), 2, "no vendor invoice has a billing period that ends"),
        ((*FILES, "--start", "2026-10", "--format", "xlsx"), 2, "--format xlsx writes a file"),
    ],
)
def test_what_is_missing_is_said(
    month: Month, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, says: str
) -> None:
    assert run([*words]) == code
    assert says in capsys.readouterr().err


def test_what_was_imported_is_planned_under_the_settings_terms(
    month: Month, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("config.yaml").write_text(
        "company: {name: Northwind}\nposting: {mode: review, start: 2026-10, limits: {documents: 500}}\n",
        encoding="utf-8",
    )
    assert run(["import", "vendor.csv"]) == 0
    capsys.readouterr()
    plan = planned(capsys, "plan", "--period", "2026-10")
    assert [document["total"] for document in plan["documents"]] == ["240.00"]
    assert [held["guard"] for held in plan["held"]] == ["review"]
    later = planned(capsys, "plan", "--start", "2026-11", exit_code=0)
    assert [one["reason"] for one in later["blocked"]] == ["before_start"]
