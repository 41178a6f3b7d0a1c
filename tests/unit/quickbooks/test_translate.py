"""QuickBooks' documents become ours without losing a digit, a sign, a day or a tie."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from connector.adapters.quickbooks.service_days import read_days, service_days, written_days
from connector.adapters.quickbooks.translate import document, is_gone, template
from connector.adapters.quickbooks.values import Unreadable
from connector.domain.ledger import DISCOUNT, SALE, TEXT, RemoteLine
from tests.unit.quickbooks.bodies import invoice, read, sale

OCTOBER = date(2026, 10, 1), date(2026, 10, 31)


def test_an_invoice_keeps_its_amounts_dates_and_names() -> None:
    found = document(
        "Invoice",
        invoice(
            sale(1, "31", "413.00", qty="10", price="41.3", service="2026-10-01", tax="TAX", description="Premium"),
            total="446.04",
            TxnTaxDetail={"TotalTax": Decimal("33.04")},
            ExchangeRate=Decimal("1.0825"),
            PrivateNote="CONNECTOR-0123456789ABCDEF01234567",
        ),
        "EUR",
    )
    assert (found.kind, found.remote_id, found.version, found.number) == ("invoice", "130", "2", "C26-10-00042")
    assert (found.party, found.party_name, found.currency) == ("58", "Alpine Ski House", "USD")
    assert (found.net, found.tax, found.total, found.balance) == tuple(
        map(Decimal, ("413.00", "33.04", "446.04", "446.04"))
    )
    assert (found.day, found.due, found.status, found.emailed) == (
        date(2026, 11, 1),
        date(2026, 12, 1),
        "open",
        False,
    )
    assert found.exchange_rate == Decimal("1.0825")
    assert found.marker == "CONNECTOR-0123456789ABCDEF01234567"
    assert found.lines == (
        RemoteLine("1", "31", "Premium", Decimal("413.00"), Decimal(10), Decimal("41.3"), "TAX", *OCTOBER),
    )


def test_the_companys_own_clock_is_understood() -> None:
    """Half past eleven in the evening at the company is the next day in UTC; the document's day stays."""
    found = document("Invoice", invoice(total="1.00"), "USD")
    assert found.updated_at == datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
    assert found.day == date(2026, 11, 1)


def test_a_price_of_seven_decimals_and_a_large_amount_stay_as_they_are() -> None:
    body = read('{"Amount": 1234567.10, "Qty": 0.1234567, "UnitPrice": 10000003.1415926}')
    line = sale(1, "40", "1234567.10")
    line["SalesItemLineDetail"] |= {"Qty": body["Qty"], "UnitPrice": body["UnitPrice"]}
    found = document("Invoice", invoice(line, total="1234567.10"), "USD").lines[0]
    assert f"{found.amount:f} {found.quantity:f} {found.unit_price:f}" == "1234567.10 0.1234567 10000003.1415926"


def test_credit_memos_and_vendor_credits_are_negative() -> None:
    memo = document("CreditMemo", invoice(sale(1, "31", "10.50", qty="1", price="10.5"), total="10.50"), "USD")
    assert (memo.kind, memo.total, memo.net, memo.balance) == (
        "credit_memo",
        *map(Decimal, ("-10.50", "-10.50", "-10.50")),
    )
    assert [line.amount for line in memo.lines] == [Decimal("-10.50")]
    body = {"Id": "255", "TxnDate": "2026-10-05", "VendorRef": {"value": "30"}, "TotalAmt": Decimal("90.00")}
    credit = document("VendorCredit", body, "USD")
    assert (credit.kind, credit.party, credit.total) == ("bill", "30", Decimal("-90.00"))


@pytest.mark.parametrize("outer", ["0", "57.00"])
def test_the_parts_of_a_bundle_are_lines_of_their_own(outer: str) -> None:
    """Some companies sum the parts in the outer line, some do not; the parts are the same."""
    group = {
        "Id": "1",
        "Amount": Decimal(outer),
        "DetailType": "GroupLineDetail",
        "GroupLineDetail": {
            "GroupItemRef": {"value": "201", "name": "Managed seat"},
            "Quantity": 3,
            "Line": [sale(2, "58", "42.00", qty="3", price="14"), sale(3, "59", "15.00", qty="3", price="5")],
        },
    }
    found = document("Invoice", invoice(group, total="57.00"), "USD")
    assert [(line.number, line.item, line.amount) for line in found.lines] == [
        ("2", "58", Decimal("42.00")),
        ("3", "59", Decimal("15.00")),
    ]


def test_what_a_bundle_costs_beyond_its_parts_stands_on_the_bundle() -> None:
    group = {
        "Id": "1",
        "Amount": Decimal("60.00"),
        "DetailType": "GroupLineDetail",
        "GroupLineDetail": {"GroupItemRef": {"value": "201"}, "Quantity": 3, "Line": [sale(2, "58", "57.00")]},
    }
    found = document("Invoice", invoice(group, total="60.00"), "USD")
    assert [(line.item, line.amount) for line in found.lines] == [("58", Decimal("57.00")), ("201", Decimal("3.00"))]


def test_discounts_texts_and_subtotals() -> None:
    discount = {
        "Id": "4",
        "Amount": Decimal("5.00"),
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": Decimal("5")},
    }
    words = {"Id": "2", "DetailType": "DescriptionOnly", "Description": "As agreed", "DescriptionLineDetail": {}}
    orphan = {**sale(3, "", "7.00"), "Description": "no item"}
    found = document("Invoice", invoice(sale(1, "31", "100.00"), words, orphan, discount, total="95.00"), "USD")
    assert [(line.kind, line.item, line.description, line.amount) for line in found.lines] == [
        (SALE, "31", "", Decimal("100.00")),
        (TEXT, None, "As agreed", Decimal(0)),
        (TEXT, None, "no item", Decimal("7.00")),
        (DISCOUNT, None, "Discount 5 %", Decimal("-5.00")),
    ]


def test_void_paid_and_deleted() -> None:
    void = invoice(sale(1, "31", "0"), total="0", PrivateNote="Voided - CONNECTOR-0123456789ABCDEF01234567")
    assert document("Invoice", void, "USD").status == "void"
    assert document("Invoice", void, "USD").marker == "CONNECTOR-0123456789ABCDEF01234567"
    assert document("Invoice", invoice(total="9.00", Balance=0), "USD").status == "paid"
    assert is_gone({"status": "Deleted", "Id": "979"})
    payment = {"Id": "125", "SyncToken": "1", "TotalAmt": 0, "PrivateNote": "Voided", "CustomerRef": {"value": "20"}}
    assert document("Payment", payment, "USD").status == "void"


def test_ties_between_documents() -> None:
    lines = [{"Amount": 25, "LinkedTxn": [{"TxnId": "67", "TxnType": "Invoice"}, {"TxnId": "68", "TxnType": "Check"}]}]
    payment = {"Id": "125", "TxnDate": "2026-10-05", "TotalAmt": 25, "UnappliedAmt": 5, "Line": lines}
    found = document("Payment", payment, "USD")
    assert (found.status, found.linked) == ("open", (("invoice", "67"), ("check", "68")))
    bill = {"Id": "25", "TxnDate": "2026-10-05", "VendorRef": {"value": "46"}, "TotalAmt": 5, "Balance": 0}
    paid = document("Bill", {**bill, "LinkedTxn": [{"TxnId": "118", "TxnType": "BillPaymentCheck"}]}, "USD")
    assert (paid.status, paid.linked) == ("paid", (("payment", "118"),))
    made = document("Invoice", invoice(total="1.00", RecurDataRef={"value": "4"}), "USD")
    assert made.made_by == "4"


def test_a_template_says_when_it_bills_next() -> None:
    schedule = {"NumInterval": 1, "NextDate": "2026-12-01", "DayOfMonth": "1", "IntervalType": "Monthly"}
    body = invoice(sale(1, "31", "55.00", qty="1", price="55"), total="55.00", RecurDataRef={"value": "6"})
    del body["TxnDate"]
    body["RecurringInfo"] = {"Name": "Seats", "RecurType": "Automated", "Active": True, "ScheduleInfo": schedule}
    found = template({"Invoice": body}, "USD")
    assert found is not None
    assert (found.kind, found.status, found.next_day, found.made_by) == ("template", "open", date(2026, 12, 1), "6")
    assert found.note == "invoice Seats (automated, every 1 monthly)"
    assert found.lines[0].amount == Decimal("55.00")
    body["RecurringInfo"]["RecurType"] = "UnScheduled"
    unscheduled = template({"Invoice": body}, "USD")
    assert unscheduled is not None
    assert unscheduled.next_day is None
    body["RecurringInfo"] |= {"Active": False, "RecurType": "Automated"}
    asleep = template({"Invoice": body}, "USD")
    assert asleep is not None
    assert (asleep.status, asleep.next_day) == ("void", None)
    assert template({"JournalEntry": {"Id": "1"}}, "USD") is None


@pytest.mark.parametrize("body", [{"Id": "1"}, {"TotalAmt": 1}, {"Id": "1", "TotalAmt": "a lot"}])
def test_what_cannot_be_read_is_said(body: dict[str, object]) -> None:
    with pytest.raises(Unreadable, match="Invoice"):
        document("Invoice", body, "USD")


@pytest.mark.parametrize(
    ("service", "description", "expected"),
    [
        ("2026-10-01", "", OCTOBER),
        ("2026-10-31", "", OCTOBER),
        ("2026-10-15", "", (date(2026, 10, 15), date(2026, 10, 31))),
        (None, "Microsoft 365, 2026-10-15 to 2026-11-14", (date(2026, 10, 15), date(2026, 11, 14))),
        ("2026-10-01", "Lizenzen 15.10.2026 – 14.11.2026", (date(2026, 10, 15), date(2026, 11, 14))),
        ("2026-10-01", "2026-11-14 to 2026-10-15", OCTOBER),
        ("2026-10-01", "2026-13-01 to 2026-14-01", OCTOBER),
        (None, "Seats", (None, None)),
    ],
)
def test_the_days_of_a_line(service: str | None, description: str, expected: tuple[date | None, date | None]) -> None:
    assert service_days(date.fromisoformat(service) if service else None, description) == expected


def test_our_own_lines_say_their_days_in_the_private_note() -> None:
    other = date(2026, 10, 15), date(2026, 11, 14)
    said = written_days([(1, *OCTOBER), (2, *OCTOBER), (3, *other), (4, *OCTOBER), (5, None, None)])
    assert said == "days 1-2,4: 2026-10-01..2026-10-31\ndays 3: 2026-10-15..2026-11-14"
    assert read_days(f"CONNECTOR-AB\n{said}\nthanks") == {"1": OCTOBER, "2": OCTOBER, "3": other, "4": OCTOBER}
    lines = [sale(1, "31", "1.00", service="2026-10-01"), sale(3, "31", "1.00", service="2026-10-15")]
    found = document("Invoice", invoice(*lines, total="2.00", PrivateNote=f"mark\n{said}"), "USD")
    assert [(line.first, line.last) for line in found.lines] == [OCTOBER, other]
