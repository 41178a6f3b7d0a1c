"""What only data reveals as a tie is told with both rules, file and line, in words and as evidence."""

from pathlib import Path

import pytest

from tests.golden.test_findings import EXHIBITS, reconcile


@pytest.mark.parametrize(("exhibit", "lines"), [("ambiguous_mapping", (5, 6)), ("ambiguous_entitlement", (8, 9))])
def test_both_rules_are_named(tmp_path: Path, exhibit: str, lines: tuple[int, int]) -> None:
    folder = EXHIBITS / exhibit
    _, result = reconcile(folder, (folder / "mappings.yaml").read_text(encoding="utf-8"), tmp_path)
    (finding,) = (each for each in result["findings"] if each["kind"] == "ambiguous_mapping")
    file = f"{tmp_path}/mappings/mappings.yaml"
    (cause,) = finding["causes"]
    assert cause["text"] == f"these claim it with equal right: {file}:{lines[0]}:3 and {file}:{lines[1]}:3"
    assert [(one["ref"], one["line"]) for one in finding["evidence"] if one["source"] == "mapping"] == [
        (file, line) for line in lines
    ]
