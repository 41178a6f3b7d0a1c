"""Microsoft's invoice in the partner's own books: a bill, or a vendor credit where Microsoft owes the money."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.document import Document
from connector.domain.period import Period
from connector.engine.vendor_bills import bills

OCTOBER = Period.month("2026-10")


def header(number: str, total: str, kind: str = "invoice", **changes: Any) -> dict[str, Any]:
    """A header of October as it is kept."""
    return {
        "invoice": number, "currency": "USD", "total": Decimal(total), "tax": None, "document_type": kind,
        "amends": None, "invoice_date": date(2026, 11, 8), "period_start": OCTOBER.start, "period_end": OCTOBER.last,
        **changes,
    }  # fmt: skip


def made(*headers: dict[str, Any]) -> list[Document]:
    return list(bills(headers, OCTOBER, "books-us", "56"))


@pytest.mark.parametrize(
    ("row", "kind", "amounts"),
    [
        (header("G1", "110.00", tax=Decimal("10.00")), "bill", ["100.00", "10.00"]),
        (header("G1", "-110.00", tax=Decimal("-10.00")), "vendor_credit", ["100.00", "10.00"]),
        # Of a note the kind says that it gives back, whichever sign its total has.
        (header("G2", "40.00", "credit_note", amends="G1"), "vendor_credit", ["40.00"]),
        (header("G2", "-40.00", "credit_note", amends="G1"), "vendor_credit", ["40.00"]),
        (header("G2", "110.00", "void_note", amends="G1", tax=Decimal("10.00")), "vendor_credit", ["100.00", "10.00"]),
    ],
)
def test_what_microsoft_owes_is_a_vendor_credit(row: dict[str, Any], kind: str, amounts: list[str]) -> None:
    (document,) = made(row)
    assert (document.kind, document.split, document.customer) == (kind, row["invoice"], "56")
    assert [f"{line.amount:f}" for line in document.lines] == amounts
    assert document.net == document.total * (-1 if kind == "vendor_credit" else 1)


def test_a_note_that_came_after_its_month_was_posted_is_entered_with_the_next() -> None:
    late = header("G2", "40.00", "credit_note", amends="G1", invoice_date=date(2026, 11, 20))
    first, again = (list(bills([late], month, "books-us", "56")) for month in (OCTOBER, Period.month("2026-11")))
    assert (first, len(first)) == (again, 1)
    for known in (late, header("G1", "110.00")):
        assert list(bills([known], Period.month("2026-12"), "books-us", "56")) == []
    assert list(bills([late], Period.month("2026-09"), "books-us", "56")) == []
    assert list(bills([header("G1", "110.00")], Period.month("2026-11"), "books-us", "56")) == []


def test_an_invoice_over_nothing_is_no_document() -> None:
    assert made(header("G1", "0.00")) == []


def test_a_note_without_a_period_belongs_to_the_month_of_its_invoice() -> None:
    nowhere = {"period_start": None, "period_end": None}
    (_, note) = made(header("G1", "110.00"), header("G2", "40.00", "credit_note", amends="G1", **nowhere))
    assert (note.kind, str(note.period)) == ("vendor_credit", str(OCTOBER))
    assert made(header("G3", "40.00", "credit_note", amends="G0", **nowhere)) == []
