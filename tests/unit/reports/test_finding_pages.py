"""Every kind of finding is explained on a page of its own."""

import re
from pathlib import Path

import pytest

from connector.domain.kinds import KINDS

PAGES = Path(__file__).resolve().parents[3] / "docs" / "findings"
# Their pages are held to their parts by tests/architecture; their words are not yet those of the kinds.
WATCHED = frozenset(
    {
        "access_expiring",
        "azure_spend_high",
        "cancellation_window_closing",
        "commitment_date_differs",
        "ledger_price_changed",
        "partner_earned_credit_lost",
        "price_change_ahead",
        "price_sheet_republished",
        "promotion_ending",
        "renewal_ahead",
        "seats_changed_outside",
        "unpaid_while_charged",
    }
)
PARTS = ["Example", "What to do", "When it is not told"]


def words(text: str) -> str:
    """The text on one line, so that line ends do not matter."""
    return " ".join(text.split())


@pytest.mark.parametrize("name", sorted(KINDS.keys() - WATCHED))
def test_a_kind_has_its_page(name: str) -> None:
    kind, page = KINDS[name], (PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {kind.title}\n\n`{name}` · {kind.measures} · usually {kind.severity}\n")
    assert kind.meaning in words(page)
    assert kind.advice in words(page)
    assert [part for part in re.findall(r"^## (.*)$", page, re.M) if part in PARTS] == PARTS
    assert re.search(r"\d", page.split("## Example")[1].split("##")[0]), "an example without numbers"


def test_no_page_is_for_a_kind_that_does_not_exist() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} - {"README"} == KINDS.keys()


def test_the_list_names_every_page() -> None:
    listed = re.findall(r"\[(\w+)\]\((\w+)\.md\)", (PAGES / "README.md").read_text(encoding="utf-8"))
    assert {name for name, _ in listed} == KINDS.keys()
    assert all(name == target for name, target in listed)
