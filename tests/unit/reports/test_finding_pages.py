"""Every kind of finding is explained on a page of its own."""

import re
from pathlib import Path

import pytest

from connector.domain.kinds import KINDS
from connector.engine.watching import watches

PAGES = Path(__file__).resolve().parents[3] / "docs" / "findings"
WATCHED = frozenset(one.KIND for one in watches())
# What is told ahead has its days; what is told of a month has what it leaves out.
TOLD = ("When it is told", "When it is not told")
PARTS = ("Example", "What to do", *TOLD)


def words(text: str) -> str:
    """The text on one line, so that line ends do not matter."""
    return " ".join(text.split())


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_kind_has_its_page(name: str) -> None:
    kind, page = KINDS[name], (PAGES / f"{name}.md").read_text(encoding="utf-8")
    head = f"# {kind.title}\n\n`{name}` · {kind.measures} · usually {kind.severity}"
    assert page.startswith((f"{head}\n", f"{head}, "))
    assert kind.meaning in words(page)
    assert kind.advice in words(page)
    parts = [part for part in re.findall(r"^## (.*)$", page, re.M) if part in PARTS]
    assert parts[:2] == list(PARTS[:2])
    # Some kinds are told by both; their pages say what is left out.
    assert parts[2:] in ([[TOLD[0]], [TOLD[1]], list(TOLD)] if name in WATCHED else [[TOLD[1]]])
    assert ("`connector watch` tells it" in words(page)) == (name in WATCHED)
    assert re.search(r"\d", page.split("## Example")[1].split("##")[0]), "an example without numbers"


def test_no_page_is_for_a_kind_that_does_not_exist() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} - {"README"} == KINDS.keys()


def test_the_list_names_every_page() -> None:
    listed = re.findall(r"\[(\w+)\]\((\w+)\.md\)", (PAGES / "README.md").read_text(encoding="utf-8"))
    assert {name for name, _ in listed} == KINDS.keys()
    assert all(name == target for name, target in listed)
