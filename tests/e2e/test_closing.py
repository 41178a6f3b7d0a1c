"""A month is reported, closed, and what becomes of it later is shown against what was frozen."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connector.cli.main import run
from tests.builders import Month, as_csv, ledger_line, vendor_line

CONFIG = """\
company: {name: Northwind Cloud Partners}
ledgers:
  books-us: {kind: quickbooks, realm_id: "9341452398374", client_id: a, client_secret: "${SECRET}"}
"""
Say = Callable[..., dict[str, Any]]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command in the folder of a closed month, and give what it prints as JSON."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SECRET", "s3cret-of-the-app")
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    Month(tmp_path).write()

    def command(*words: str, exit_code: int = 0) -> dict[str, Any]:
        code = run([*words, "--format", "json"])
        printed = capsys.readouterr()
        assert code == exit_code, printed.err
        found: dict[str, Any] = json.loads(printed.out) if printed.out.startswith("{") else {"stderr": printed.err}
        return found

    command("import", "vendor.csv", "--vendor-total", "USD=200.00")
    return command


LEDGER = ("--ledger", "ledger.csv")


def test_a_month_is_closed_and_a_later_change_is_shown(say: Say, tmp_path: Path) -> None:
    report = say("report", "month", *LEDGER)
    assert (report["result"], report["month"], report["changed_since"]) == ("reconciled", "2026-10", [])
    assert report["inputs"]
    closed = say("close", "2026-10", "--by", "jane", *LEDGER)
    assert (closed["number"], closed["result"], closed["closed_by"]) == (1, "reconciled", "jane")
    assert closed["mapping_digest"] == report["mapping_digest"]

    assert "closed on" in say("close", "2026-10", "--by", "max", *LEDGER, exit_code=2)["stderr"]
    assert say("close", "2026-10", "--by", "max", "--reason", "new credit", *LEDGER)["number"] == 2

    assert say("report", "month", *LEDGER)["changed_since"] == []
    (tmp_path / "ledger.csv").write_text(as_csv([ledger_line(amount="180.00")]), encoding="utf-8")
    later = say("report", "month", "--month", "2026-10", *LEDGER, exit_code=1)
    moved = {what for what, *_ in (one["what"] for one in later["changed_since"])}
    assert {"result", "proof", "finding"} <= moved
    assert "as closed on" in later["against"]


def test_a_month_that_is_not_audited_is_closed_only_with_a_reason(say: Say, tmp_path: Path) -> None:
    (tmp_path / "vendor.csv").write_text(as_csv([vendor_line(InvoiceNumber="G012345699")]), encoding="utf-8")
    say("import", "vendor.csv", "--vendor-total", "USD=999.00")
    assert "not audited" in say("close", "2026-10", "--by", "jane", *LEDGER, exit_code=2)["stderr"]
    forced = say("close", "2026-10", "--by", "jane", "--reason", "the file is late", *LEDGER)
    assert forced["result"] == "not_audited"


def test_a_month_is_held_against_what_was_known_before(say: Say) -> None:
    say("import", "vendor.csv", "--vendor-total", "USD=200.00")
    report = say("report", "month", "--against", "2999-01-01", *LEDGER)
    assert report["changed_since"] == []
    assert "as known before 2999-01-02" in report["against"]


def test_people_are_told_that_a_month_is_closed_with_its_workbook(say: Say, tmp_path: Path) -> None:
    settings = CONFIG + "alerts: {folder: mails, to: [jane@northwind.example]}\n"
    (tmp_path / "config.yaml").write_text(settings, encoding="utf-8")
    say("close", "2026-10", "--by", "jane", *LEDGER)
    assert run(["alert"]) == 0
    (mail,) = [path.read_text(encoding="utf-8") for path in (tmp_path / "mails").iterdir()]
    for told in ("October 2026 is closed", "reconciled", "Closed by:", "connector-2026-10-1.xlsx"):
        assert told in mail
