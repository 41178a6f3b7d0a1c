"""The result on a terminal: says what a finance lead must know, fits the width, and obeys no name."""

import unicodedata
from dataclasses import replace
from decimal import Decimal

import pytest

from connector.domain.finding import Cause
from connector.domain.result import Conservation, Reconciliation
from connector.reports.result_table import WIDTH, to_summary, to_table
from connector.reports.wording import columns
from tests.unit.reports import samples


def with_proof(**changes: Decimal | None) -> Reconciliation:
    """The usual month with another proof."""
    month = samples.month()
    proof: Conservation = replace(month.conservation[0], **changes)  # type: ignore[arg-type]
    return replace(month, conservation=(proof,))


def flat(result: Reconciliation) -> str:
    """The table with its lines joined, so that wrapping does not matter."""
    return " ".join(to_table(result).split())


@pytest.mark.parametrize("result", [samples.month(), samples.hostile(), samples.nothing()])
def test_no_line_is_wider_than_a_terminal(result: Reconciliation) -> None:
    assert [line for line in to_table(result).splitlines() if columns(line) > WIDTH] == []


def test_no_name_steers_the_terminal() -> None:
    text = to_table(samples.hostile(), shown=100).replace("\n", "")
    assert {unicodedata.category(letter) for letter in text} & {"Cc", "Cf", "Cs"} == set()


def test_the_result_and_its_proof_come_first() -> None:
    text = to_table(samples.month())
    assert text.startswith("DIFFERENCES   2026-10-01 to 2026-10-31, vendor invoice G012345678\n")
    assert (
        "Microsoft billed 128,412.77 USD; every cent is accounted for: 126,000.00 for services, 2,425.27 tax, "
        "-12.50 adjustments you named." in flat(samples.month())
    )
    assert text.index("every cent") < text.index("you lose")


def test_a_header_that_is_not_reached_is_no_all_clear() -> None:
    said = flat(with_proof(vendor_header=Decimal("128500.00")))
    assert "is not explained" in said
    assert "87.23 USD is not explained" in said
    assert "Microsoft billed" not in said


def test_without_a_header_nothing_is_called_complete() -> None:
    said = flat(with_proof(vendor_header=None))
    assert "without the invoice's total" in said
    assert "--vendor-total USD=AMOUNT" in said


def test_nothing_found_is_no_all_clear_where_not_all_was_seen() -> None:
    assert "DIFFERENCES: none in what could be seen" in flat(samples.nothing())
    assert "EXPOSURES: none in what could be seen" not in flat(replace(samples.nothing(), result="reconciled"))


def test_a_cent_without_a_place_is_told() -> None:
    assert "4,000.00 USD has no place" in flat(with_proof(verdicts=Decimal("122000.00")))
    assert "0.10 USD has no place" in flat(with_proof(ledger_verdicts=Decimal("150000.00")))


def test_differences_and_exposures_are_never_one_sum() -> None:
    said = flat(samples.month())
    assert "you lose 3,168.40 USD 3 findings; 44.00 comes back every period" in said
    assert "customers are over-charged 410.00 USD 1 finding" in said
    assert "at risk 2,000.00 USD 1 finding" in said
    assert "5,168.40" not in said
    assert "2,758.40" not in said


def test_tax_is_summed_on_its_own() -> None:
    month = samples.month()
    tax = samples.finding("tax_differs", "32.68", "Contoso", number=9)
    said = flat(replace(month, findings=(*month.findings, tax)))
    assert "you lose 3,168.40 USD 3 findings" in said
    assert "summed on its own: Tax is not what the rule says: you lose 32.68 USD" in said


def test_the_summary_has_one_line_for_each_kind() -> None:
    text = to_summary(samples.month(), where=("Details: out.html",))
    assert "     2 × Charged by Microsoft, billed to nobody" in text
    assert "1 × Billed twice" in text
    assert "Fabrikam" not in text
    assert text.endswith("Details: out.html\n")


def test_findings_say_who_what_how_much_and_what_to_do() -> None:
    text = to_table(samples.month())
    assert "  • Contoso (52)" in text
    assert "you lose 3,112.40 USD\n" in text
    assert "expected 10 × 22.00 → 220.00 USD; billed nothing" in text
    assert "because 10 seats due, 8 billed" in text
    assert "customer over-charged 410.00 USD" in text
    assert "2,000.00 USD cost at risk" in text
    assert "What to do: Bill the expected amount" in text
    assert text.index("Contoso (52)") < text.index("Fabrikam (53)") < text.index("Woodgrove Bank (54)")


def test_what_is_not_shown_is_counted_with_its_money() -> None:
    many = tuple(samples.finding("unbilled_charge", "10.00", f"Customer {n}", number=n) for n in range(8))
    said = flat(replace(samples.month(), findings=many))
    assert "and 3 more: you lose 30.00 USD" in said


def test_what_tolerances_hide_is_told() -> None:
    text = to_table(samples.month())
    assert "Kept silent by your tolerances" in text
    assert "0.02 USD   3 differences" in text


def test_notes_reasons_and_places_are_told() -> None:
    text = to_table(replace(samples.month(), because=("no header",)), where=("Everything: out.json",))
    assert "  - no header\n" in text
    assert "Note: 2 ledger lines of September" in text
    assert text.endswith("Everything: out.json\n")


def test_several_causes_show_their_parts() -> None:
    causes = (Cause("quantity", Decimal("40"), "seats"), Cause("price", Decimal("4"), "price"))
    one = replace(samples.month().findings[0], causes=causes)
    said = flat(replace(samples.month(), findings=(one,)))
    assert "because 40.00: seats because 4.00: price" in said
    assert "because of quantity 40.00, price 4.00" in said
