"""`connector init --profile-from`: what is no table is refused rather than drafted from."""

from pathlib import Path

import pytest

from connector.cli.main import run


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("folder", None, "this is a folder; name one of its files"),
        ("rules.yaml", "customers:\n- name: Alpine, Fabrikam\n", "holds no table: a line has 3 columns at most"),
        ("page.xls", "<html><table><tr><td>Amount</td></tr></table></html>", "this is a web page"),
        ("empty.csv", "", "the file is empty"),
    ],
)
def test_what_is_no_table_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: str | None, said: str
) -> None:
    path = tmp_path / name
    if content is None:
        path.mkdir()
        (path / "a.csv").write_text("Date,Type,No.,Buyer,Net\n2026-11-02,Invoice,R-1,Alpine,4.00\n", encoding="utf-8")
    else:
        path.write_text(content, encoding="utf-8")
    assert run(["init", "--profile-from", str(path)]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""
