"""Every kind of finding has its page, and the numbers on it are those that the engine gives for its exhibit."""

import json
import re
from decimal import Decimal

import pytest

from connector.domain.kinds import KINDS as NAMED
from tests.architecture.house import ROOT, modules

PAGES = ROOT / "docs" / "findings"
EXHIBITS = ROOT / "tests" / "golden" / "findings"
# Some kinds are named for what is still to come; those the engine tells need a page.
ENGINE = "".join(module.text for module in modules() if module.name.startswith("connector.engine"))
KINDS = sorted(kind for kind in NAMED if f'"{kind}"' in ENGINE)
WATCHES = ROOT / "tests" / "golden" / "watches"
HEADINGS = ("## Example", "## What to do")
# tests/golden holds the engine to these amounts.
WITH_EXHIBIT = sorted(kind for kind in KINDS if (EXHIBITS / kind / "expected.json").exists())


def test_every_kind_of_finding_has_a_page_and_every_page_a_kind() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} - {"README"} == set(KINDS)
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\]\((\w+)\.md\)", index)) == sorted(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_page_has_its_parts(kind: str) -> None:
    text = (PAGES / f"{kind}.md").read_text(encoding="utf-8")
    assert [heading for heading in HEADINGS if f"\n{heading}\n" not in text] == []


@pytest.mark.parametrize("kind", WITH_EXHIBIT)
def test_the_example_has_the_amount_of_its_exhibit(kind: str) -> None:
    expected = json.loads((EXHIBITS / kind / "expected.json").read_text(encoding="utf-8"))
    example = (PAGES / f"{kind}.md").read_text(encoding="utf-8").split("\n## Example\n")[1].split("\n## ")[0]
    impacts = [one["impact"] for one in expected["findings"] or () if one["kind"] == kind and one.get("impact")]
    assert [impact for impact in impacts if f"{abs(Decimal(impact)):,}" not in example] == []


@pytest.mark.parametrize("kind", sorted(kind for kind in KINDS if (WATCHES / kind / "steps.json").exists()))
def test_the_example_of_a_watch_has_the_amounts_of_its_exhibit(kind: str) -> None:
    days = json.loads((WATCHES / kind / "steps.json").read_text(encoding="utf-8"))["days"]
    example = (PAGES / f"{kind}.md").read_text(encoding="utf-8").split("\n## Example\n")[1].split("\n## ")[0]
    impacts = {one["impact"] for day in days for one in day.get("told", ()) if one["kind"] == kind}
    assert [impact for impact in impacts if f"{abs(Decimal(impact)):,}" not in example] == []


def test_links_within_the_docs_lead_somewhere() -> None:
    lost = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in (ROOT / "docs").rglob("*.md")
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert lost == []
