"""Own items and minimums of customers who are billed by the quarter or year: on the invoice of that quarter or year."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connector.bootstrap import reconcile_files
from connector.bootstrap.planning import plan_files
from connector.domain.document import Document
from connector.domain.period import Period
from connector.domain.posted import Posted
from connector.domain.result import Reconciliation
from connector.domain.rules import Mapping, Template
from connector.engine.planning.itemising import Sources, itemise
from tests.builders import MAPPING, TENANT, Month, ledger_line, vendor_line
from tests.desk import HERE
from tests.plans import ledger_rows_of, post, request_of
from tests.unit.planning.test_spans import charged, plan_of

DESK = "own_items:\n- {for: {}, item: '60', description: Service desk, unit_price: 25.00}\n"
MONTHS = ("2026-10", "2026-11", "2026-12")
Open = Callable[..., Month]


def used(number: int, amount: str) -> dict[str, str]:
    """The Azure usage of a month."""
    return charged(
        number, f"G{number}", ProductId="DZH318Z0BPS6", SkuId="000F", ProductName="B2ms", ChargeType="new",
        TermAndBillingCycle="", BillingFrequency="OneTime", UnitPrice=amount, EffectiveUnitPrice=amount, Quantity="1",
        BillableQuantity="1", Subtotal=amount, SubscriptionId="0b7d1f3d-c8de-461c-db6d-91debd5129f0",
    )  # fmt: skip


@pytest.fixture
def quarter(tmp_path: Path) -> Open:
    """Ten seats in each of three months, billed in a rhythm of the customer's own."""

    def made(words: str = "frequency: quarterly", more: str = DESK, months: tuple[int, ...] = (10, 11, 12)) -> Month:
        mapping = MAPPING.replace("currency: USD}", f"currency: USD, {words}}}")
        products = '- {name: Azure, category: azure, item: "40"}\nprices:'
        return Month(
            tmp_path, mapping=mapping.replace("prices:", products) + more, ledger=[],
            vendor=[charged(number, f"G{number}") for number in months],
        )  # fmt: skip

    return made


def compared(month: Month, name: str, posted: list[Posted], total: str = "200.00") -> Reconciliation:
    """A month's charges beside what was posted."""
    month.ledger = ledger_rows_of(posted) or [ledger_line(status="void")]
    month.write()
    asked = request_of(month, totals={"USD": Decimal(total)}, needs_ledger=True)
    return reconcile_files(replace(asked, month=Period.month(name))).result


def told(result: Reconciliation) -> tuple[str, list[tuple[str, str]]]:
    return result.result, [(one.kind, f"{one.impact:f}") for one in result.findings]


def lines(documents: tuple[Document, ...], item: str = "60") -> list[tuple[str, str, str, str]]:
    return [
        (f"{line.amount:f}", "" if line.quantity is None else f"{line.quantity:f}", str(line.first), str(line.last))
        for one in documents
        for line in one.lines
        if line.item == item
    ]


RECONCILED: tuple[str, list[tuple[str, str]]] = "reconciled", []


def test_an_own_item_is_one_line_on_the_quarters_invoice(quarter: Open) -> None:
    month = quarter()
    posted: list[Posted] = []
    for name in MONTHS[:2]:
        assert plan_of(month, name, posted=posted).documents == ()
        # Until the quarter is over the month is not due, and nothing is missing.
        assert told(compared(month, name, posted)) == RECONCILED
    december = plan_of(month, "2026-12", posted=posted)
    assert [(one.net, str(one.covers)) for one in december.documents] == [
        (Decimal("795.00"), "2026-10-01 to 2026-12-31")
    ]
    assert lines(december.documents) == [("75.00", "1", "2026-10-01", "2026-12-31")]
    assert told(compared(month, "2026-12", posted)) == (
        "differences", [("unbilled_charge", "240.00"), ("unbilled_charge", "75.00")],
    )  # fmt: skip
    posted += post(december)
    for name in MONTHS:
        assert plan_of(month, name, posted=posted).documents == ()
        assert told(compared(month, name, posted)) == RECONCILED
    assert plan_of(month, "2026-12", posted=posted, rebill=True).documents == ()


def test_what_was_billed_by_the_month_before_is_not_billed_again(quarter: Open) -> None:
    month = quarter("frequency: as_vendor")
    posted = post(plan_of(month, "2026-11"))
    assert lines(tuple(one.document for one in posted)) == [("25.00", "1", "2026-11-01", "2026-11-30")]
    month.mapping = month.mapping.replace("as_vendor", "quarterly")
    december = plan_of(month, "2026-12", posted=posted)
    # What is due on both sides of it stands on two lines.
    assert lines(december.documents) == [
        ("25.00", "1", "2026-10-01", "2026-10-31"), ("25.00", "1", "2026-12-01", "2026-12-31"),
    ]  # fmt: skip
    posted += post(december, 10)
    assert plan_of(month, "2026-12", posted=posted).documents == ()
    assert told(compared(month, "2026-12", posted)) == RECONCILED


def test_a_quarter_that_is_billed_stays_so_when_its_rules_are_edited(quarter: Open) -> None:
    month = quarter()
    posted = post(plan_of(month, "2026-12"))
    month.mapping = month.mapping.replace("item: '60'", "item: '61'")
    assert lines(plan_of(month, "2026-12", posted=posted).documents, "61") == []
    # Another service beside it is new, and is billed.
    month.mapping += "- {for: {}, item: '62', description: Backup, unit_price: 5.00}\n"
    added = plan_of(month, "2026-12", posted=posted)
    assert lines(added.documents, "61") == []
    assert lines(added.documents, "62") == [("15.00", "1", "2026-10-01", "2026-12-31")]


def test_a_price_that_changes_within_the_quarter_makes_two_lines(quarter: Open) -> None:
    dearer = (
        DESK.replace("25.00", "25.00, valid_to: 2026-11-30")
        + "- {for: {}, item: '60', description: Service desk, unit_price: 30.00, valid_from: 2026-12-01}\n"
    )
    month = quarter(more=dearer)
    december = plan_of(month, "2026-12")
    assert lines(december.documents) == [
        ("50.00", "1", "2026-10-01", "2026-11-30"), ("30.00", "1", "2026-12-01", "2026-12-31"),
    ]  # fmt: skip
    assert told(compared(month, "2026-12", post(december))) == RECONCILED


@pytest.mark.parametrize(
    ("words", "item", "amount"),
    [
        # Only the quarter's last month is an end; a year ends in December, or with the month before the rule began.
        ("frequency: annual", "unit_price: 25.00", ["300.00", "1", "2026-01-01", "2026-12-31"]),
        ("frequency: annual, valid_from: 2026-11-01", "unit_price: 25.00", None),
        ("frequency: quarterly", "unit_price: 75.00, frequency: quarterly", ["75.00", "1", "2026-10-01", "2026-12-31"]),
        ("frequency: quarterly", "unit_price: 99.00, once: 2026-10-05", ["99.00", "1", "2026-10-01", "2026-10-31"]),
        ("frequency: annual", "unit_price: 75.00, frequency: quarterly", ["300.00", "1", "2026-01-01", "2026-12-31"]),
        ("frequency: monthly", "unit_price: 25.00", ["25.00", "1", "2026-12-01", "2026-12-31"]),
    ],
)
def test_each_item_is_due_with_the_span_it_begins_in(
    quarter: Open, words: str, item: str, amount: list[str] | None
) -> None:
    month = quarter(words, DESK.replace("unit_price: 25.00", item))
    december = plan_of(month, "2026-12")
    assert lines(december.documents) == ([tuple(amount)] if amount else [])
    posted = post(december)
    assert plan_of(month, "2026-12", posted=posted).documents == ()
    if amount:
        assert told(compared(month, "2026-12", posted)) == RECONCILED


def test_a_quarter_that_people_billed_is_not_billed_again(quarter: Open) -> None:
    month = quarter()
    posted = post(plan_of(month, "2026-12"))
    month.ledger = ledger_rows_of(posted)
    month.write()
    asked = replace(request_of(month), month=Period.month("2026-12"))
    assert plan_files(asked, start=date(2026, 1, 1)).plan.documents == ()


def test_nothing_before_the_start_of_posting_is_billed_with_the_quarter(quarter: Open) -> None:
    month = quarter()
    month.ledger = [ledger_line(status="void")]
    month.write()
    plan = plan_files(replace(request_of(month), month=Period.month("2026-12")), start=date(2026, 11, 1)).plan
    assert lines(plan.documents) == [("50.00", "1", "2026-11-01", "2026-12-31")]


MINIMUM = f"minimums:\n- {{for: {{tenant_id: {TENANT}, category: azure}}, amount: 500.00}}\n"


def test_minimums_are_topped_up_month_by_month_on_the_quarters_invoice(quarter: Open) -> None:
    """Usage of 120.00, 960.00 and 360.00: 380.00 and 140.00 are missing to 500.00 in October and December."""
    month = quarter(more=MINIMUM)
    month.vendor += [used(10, "100.00"), used(11, "800.00"), used(12, "300.00")]
    for name, total in (("2026-10", "300.00"), ("2026-11", "1000.00")):
        assert plan_of(month, name).documents == ()
        assert told(compared(month, name, [], total)) == RECONCILED
    december = plan_of(month, "2026-12")
    topped = [
        (f"{line.amount:f}", str(line.first), str(line.last))
        for one in december.documents
        for line in one.lines
        if line.category == "own"
    ]
    assert topped == [("380.00", "2026-10-01", "2026-10-31"), ("140.00", "2026-12-01", "2026-12-31")]
    assert [row[0] for row in lines(december.documents, "40") if row[2] == "2026-11-01"] == ["960.00"]
    assert [one.net for one in december.documents] == [Decimal("2680.00")]
    posted = post(december)
    for name, total in zip(MONTHS, ("300.00", "1000.00", "500.00"), strict=True):
        assert plan_of(month, name, posted=posted).documents == ()
        assert told(compared(month, name, posted, total)) == RECONCILED
    # What comes late for October is less to top up, and is made up with the quarter.
    month.vendor.append(used(10, "50.00"))
    late = plan_of(month, "2026-12", posted=posted)
    assert sum(one.net for one in late.documents) == Decimal("0.00")
    assert plan_of(month, "2026-12", posted=posted + post(late, 20)).documents == ()


def test_in_advance_the_next_quarters_own_items_are_one_line(quarter: Open) -> None:
    month = quarter("frequency: quarterly, bills: advance", months=(12,))
    plan = plan_of(month, "2026-12")
    by_start = {str(one.period): one for one in plan.documents}
    assert lines((by_start["2026-12-01 to 2026-12-31"],)) == [("25.00", "1", "2026-12-01", "2026-12-31")]
    assert lines((by_start["2027-01-01 to 2027-03-31"],)) == [("75.00", "1", "2027-01-01", "2027-03-31")]
    posted = post(plan)
    assert plan_of(month, "2026-12", posted=posted).documents == ()
    assert told(compared(month, "2026-12", posted)) == RECONCILED
    january = vendor_line(InvoiceNumber="G01", ChargeStartDate="1/1/2027", ChargeEndDate="1/31/2027")
    month.vendor.append(january)
    assert plan_of(month, "2027-01", posted=posted).documents == ()
    assert told(compared(month, "2027-01", posted)) == RECONCILED


def test_in_advance_a_service_that_begins_within_the_quarter_is_billed_to_its_end(quarter: Open) -> None:
    new = DESK.replace("25.00", "25.00, valid_from: 2026-11-01")
    month = quarter("frequency: quarterly, bills: advance", new, months=(10, 11))
    november = plan_of(month, "2026-11")
    assert {str(one.period): lines((one,)) for one in november.documents} == {
        "2026-11-01 to 2026-11-30": [("25.00", "1", "2026-11-01", "2026-11-30")],
        "2026-12-01 to 2026-12-31": [("25.00", "1", "2026-12-01", "2026-12-31")],
    }
    posted = post(november)
    assert plan_of(month, "2026-11", posted=posted).documents == ()
    month.vendor.append(charged(12, "G12"))
    december = plan_of(month, "2026-12", posted=posted).documents
    assert lines(tuple(one for one in december if one.period.start.month == 12)) == []


def test_an_annex_shows_each_months_own_days(quarter: Open) -> None:
    (document,) = plan_of(quarter(), "2026-12").documents
    (line,) = (one for one in document.lines if one.item == "60")
    rows = itemise(document, Sources([], []), Template("t", HERE), Mapping()).charges
    own = [(f"{one.amount:f}", str(one.first), str(one.last)) for one in rows if one.line == line.number]
    assert own == [
        ("25.00", "2026-10-01", "2026-10-31"), ("25.00", "2026-11-01", "2026-11-30"),
        ("25.00", "2026-12-01", "2026-12-31"),
    ]  # fmt: skip
