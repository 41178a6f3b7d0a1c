"""Billing by the month, quarter or year, and in advance, against what Microsoft charges."""

import calendar
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.bootstrap import reconcile_files
from connector.bootstrap.planning import plan_files
from connector.domain.document import CREDIT_MEMO, Plan
from connector.domain.period import Period
from connector.domain.posted import Posted
from connector.reports.plan_json import document_json
from connector.reports.plan_reading import document_of
from tests.builders import MAPPING, SUBSCRIPTION, TENANT, Month, ledger_line, vendor_line
from tests.desk import Desk, charge, customer, piece, post
from tests.plans import START, ledger_rows_of, plan_month, request_of
from tests.plans import post as post_all

YEAR = piece(charge("2400.00", "y1"), worth="2880.00", unit=2_880_000, months=12, billing_plan="annual",
             period=Period(date(2026, 10, 1), date(2027, 10, 1)))  # fmt: skip


ADVANCE = "bills: advance"


def charged(number: int, invoice: str, **changes: str) -> dict[str, str]:
    """The charge of a month."""
    last = calendar.monthrange(2026, number)[1]
    dates = {"ChargeStartDate": f"{number}/1/2026", "ChargeEndDate": f"{number}/{last}/2026"}
    return vendor_line(InvoiceNumber=invoice, **{**dates, **changes})


def mapping(words: str) -> str:
    return MAPPING.replace("currency: USD}", f"currency: USD, {words}}}")


def test_a_year_paid_ahead_is_billed_in_twelve_parts_that_sum_to_it() -> None:
    posted = []
    total = Decimal(0)
    for number in range(1, 13):
        month = Period.month(f"{2026 + (number + 8) // 12}-{(number + 8) % 12 + 1:02d}")
        at = Desk(customers=(customer(frequency="monthly"),), period=month)
        plan = at.plan([YEAR], posted)
        (document,) = plan.documents
        assert document.total == Decimal("240.00")
        assert (document.lines[0].quantity, document.lines[0].unit_price) == (Decimal(10), Decimal("24.00"))
        assert sum((amount for _, _, amount in plan.settled), Decimal(0)) == Decimal(2400)
        posted += post([document], number)
        total += document.total
        assert at.plan([YEAR], posted).documents == ()
    assert total == Decimal("2880.00")


def test_what_was_charged_for_a_quarter_is_due_with_it_also_where_the_next_rule_bills_by_the_month(
    tmp_path: Path,
) -> None:
    name = f'name: Alpine Ski House, tenant_id: {TENANT}, ledger_customer: "58", currency: USD'
    rules = (
        f"customers:\n- {{{name}, frequency: quarterly, valid_to: 2026-11-30}}\n"
        f"- {{{name}, valid_from: 2026-12-01}}\nproducts:"
    )
    month = Month(tmp_path, mapping=rules + MAPPING.partition("products:")[2], ledger=[])
    month.vendor = [charged(10, "G10"), charged(11, "G11")]
    assert plan_month(month).documents == ()
    # People billed November by hand, which is not billed again.
    month.vendor.append(charged(12, "G12"))
    month.ledger = [ledger_line(service_start="2026-11-01", service_end="2026-11-30")]
    (december,) = plan_month(month).documents
    assert [str(line.first) for line in december.lines] == ["2026-10-01", "2026-12-01"]
    # What the rule of then bills by the month waits for no quarter.
    month.vendor = [vendor_line(ChargeStartDate="1/1/2027", ChargeEndDate="1/31/2027")]
    month.ledger = [ledger_line(status="void")]
    found = reconcile_files(request_of(month.write())).result.findings
    assert [(one.kind, one.impact) for one in found] == [("unbilled_charge", Decimal("240.00"))]


def test_months_of_a_quarter_that_was_billed_are_not_billed_again_by_the_month() -> None:
    december = Period.month("2026-12")
    billed = Desk(customers=(customer(frequency="quarterly"),), period=december).plan([YEAR])
    assert [document.total for document in billed.documents] == [Decimal("720.00")]
    monthly = Desk(customers=(customer(frequency="monthly"),), period=december)
    plan = monthly.plan([YEAR], post(billed.documents))
    assert (plan.documents, {one.reason for one in plan.blocked}) == ((), {"rebill"})


def test_the_rest_of_a_year_is_due_in_another_month() -> None:
    plan = Desk(customers=(customer(frequency="monthly"),)).plan([YEAR])
    assert plan.settled == (("planned", "USD", Decimal("200.00")), ("timing", "USD", Decimal("2200.00")))


def test_as_the_vendor_charges_a_year_is_billed_at_once() -> None:
    assert [document.total for document in Desk().plan([YEAR]).documents] == [Decimal("2880.00")]


def test_a_quarter_is_billed_in_its_last_month(tmp_path: Path) -> None:
    month = Month(tmp_path, mapping=mapping("frequency: quarterly"), ledger=[], vendor=[charged(10, "G10")])
    october = plan_month(month)
    assert (october.documents, october.settled) == ((), (("timing", "USD", Decimal("200.00")),))
    month.vendor += [charged(11, "G11", Quantity="12", BillableQuantity="12", Subtotal="240.00"), charged(12, "G12")]
    december = plan_month(month)
    assert [(one.total, str(one.covers)) for one in december.documents] == [
        (Decimal("768.00"), "2026-10-01 to 2026-12-31")
    ]
    assert [(str(line.first), str(line.last)) for line in december.documents[0].lines] == [
        ("2026-10-01", "2026-10-31"), ("2026-11-01", "2026-11-30"), ("2026-12-01", "2026-12-31"),
    ]  # fmt: skip
    assert document_of(document_json(december.documents[0])) == december.documents[0]
    # Only December's own invoice is accounted for in December.
    assert december.settled == (("planned", "USD", Decimal("200.00")),)
    assert plan_month(month, posted=post_all(december)).documents == ()


@pytest.fixture
def advance(tmp_path: Path) -> Month:
    """A customer who is billed in advance, with October's charge."""
    return Month(tmp_path, mapping=mapping(ADVANCE), ledger=[], vendor=[charged(10, "G10")])


def subscription(tmp_path: Path, quantity: int, status: str = "active", **changes: object) -> Path:
    """A subscriptions file with one that was seen at the end of October."""
    path = tmp_path / "subscriptions.jsonl"
    state = {
        "id": SUBSCRIPTION, "customerId": TENANT, "observedAt": "2026-10-31T20:00:00Z", "quantity": quantity,
        "status": status, "offerId": "CFQ7TTC0LCHC:0002:CFQ7TTC0K5J2", "autoRenewEnabled": True,
        "commitmentEndDate": "2027-02-28T00:00:00Z", "termDuration": "P1Y", "billingCycle": "monthly",
        "productType": {"id": "OnlineServicesNCE"}, "creationDate": "2026-03-01T00:00:00Z", **changes,
    }  # fmt: skip
    path.write_text(json.dumps(state) + "\n", encoding="utf-8")
    return path


def test_the_next_month_is_billed_from_the_seats_on_file(advance: Month, tmp_path: Path) -> None:
    plan = plan_month(advance, subscriptions=(subscription(tmp_path, 12),))
    assert [(one.period.start, one.day, one.total) for one in plan.documents] == [
        (date(2026, 10, 1), date(2026, 10, 31), Decimal("240.00")),
        (date(2026, 11, 1), date(2026, 11, 1), Decimal("288.00")),
    ]
    ended = plan_month(advance, subscriptions=(subscription(tmp_path, 12, "deleted"),))
    assert [one.total for one in ended.documents] == [Decimal("240.00")]
    # Only Microsoft's own charges are accounted for.
    assert plan.settled == (("planned", "USD", Decimal("200.00")),)


@pytest.fixture(scope="module")
def billed_ahead(tmp_path_factory: pytest.TempPathFactory) -> list[Posted]:
    """October, and November in advance."""
    folder = tmp_path_factory.mktemp("ahead")
    return post_all(plan_month(Month(folder, mapping=mapping(ADVANCE), ledger=[], vendor=[charged(10, "G10")])))


@pytest.mark.parametrize(
    ("seats", "kind", "amount"), [("10", "", "0"), ("12", "invoice", "48.00"), ("8", CREDIT_MEMO, "48.00")]
)
def test_microsofts_charges_settle_what_was_billed_in_advance(
    advance: Month, billed_ahead: list[Posted], seats: str, kind: str, amount: str
) -> None:
    cost = f"{int(seats) * 20}.00"
    advance.vendor.append(charged(11, "G11", Quantity=seats, BillableQuantity=seats, Subtotal=cost))
    plan = plan_month(advance, posted=billed_ahead)
    settled = [one for one in plan.documents if one.period.start == date(2026, 11, 1)]
    assert [(one.kind, one.total) for one in settled] == ([(kind, Decimal(amount))] if kind else [])
    assert plan.settled == (("planned" if kind else "billed", "USD", Decimal(cost)),)
    # December is billed ahead with the seats of November; nothing is held for a margin.
    ahead = [one for one in plan.documents if one.period.start == date(2026, 12, 1)]
    assert [one.total for one in ahead] == [Decimal(seats) * 24]
    assert plan.held == ()
    if kind == "invoice":
        everything = billed_ahead + post_all(plan, 10)
        # A line that comes late for November is billed by itself, and nothing else again.
        late = charged(11, "G11", SubscriptionId="0b7d1f3d-c8de-461c-db6d-91debd5129f0", Subtotal="200.00")
        advance.vendor.append(late)
        again = plan_month(advance, posted=everything)
        assert [one.net for one in again.documents] == [Decimal("240.00"), Decimal("240.00")]
        assert plan_month(advance, posted=everything + post_all(again, 20)).documents == ()


def test_what_was_billed_in_advance_and_never_charged_is_given_back(advance: Month, billed_ahead: list[Posted]) -> None:
    advance.vendor.append(charged(11, "G11", SubscriptionId="0b7d1f3d-c8de-461c-db6d-91debd5129f0"))
    november = [one for one in plan_month(advance, posted=billed_ahead).documents if one.period.start.month == 11]
    assert sorted(one.net for one in november) == [Decimal("0.00")]


def year_paid(start: int, seats: str, invoice: str) -> dict[str, str]:
    """A charge for a year from November on, at 220.00 a seat."""
    return vendor_line(
        InvoiceNumber=invoice, BillingFrequency="Annual", ChargeType="new" if start == 2025 else "renew",
        ChargeStartDate=f"11/1/{start}", ChargeEndDate=f"10/31/{start + 1}", SubscriptionStartDate="11/1/2025",
        SubscriptionEndDate=f"10/31/{start + 1}", UnitPrice="220.00", EffectiveUnitPrice="220.00", Quantity=seats,
        BillableQuantity=seats, Subtotal=f"{int(seats) * 220}.00",
    )  # fmt: skip


def plan_of(month: Month, name: str, **changes: Any) -> Plan:
    """Plan another month than the newest."""
    posted: list[Posted] = changes.pop("posted", [])
    month.ledger = ledger_rows_of(posted) or [ledger_line(status="void")]
    month.write()
    rebill: bool = changes.pop("rebill", False)
    asked = replace(request_of(month, **changes), month=Period.month(name))
    return plan_files(asked, start=START, posted=posted, rebill=rebill).plan


def test_a_year_that_will_be_renewed_is_billed_in_advance_and_settled(tmp_path: Path) -> None:
    other = charged(10, "G10", SubscriptionId="0b7d1f3d-c8de-461c-db6d-91debd5129f0", ProductId="CFQ7TTC0LH16")
    month = Month(tmp_path, mapping=mapping(ADVANCE), ledger=[], vendor=[year_paid(2025, "10", "G01"), other])
    renews = subscription(tmp_path, 10, billingCycle="annual", commitmentEndDate="2026-10-31T00:00:00Z")
    october = plan_of(month, "2026-10", subscriptions=(renews,))
    (ahead,) = (one for one in october.documents if one.period.start == date(2026, 11, 1))
    (line,) = (one for one in ahead.lines if one.reference == SUBSCRIPTION)
    assert (line.first, line.last, line.amount) == (date(2026, 11, 1), date(2027, 10, 31), Decimal("2640.00"))
    posted = post_all(october)
    month.vendor.append(year_paid(2026, "12", "G11"))
    november = plan_of(month, "2026-11", posted=posted, subscriptions=(renews,))
    (settled,) = (one for one in november.documents if one.period.start == date(2026, 11, 1))
    assert [one.amount for one in settled.lines if one.reference == SUBSCRIPTION] == [Decimal("528.00")]
    # Unless something on file says that it renews by itself, a year is billed when Microsoft charges it.
    ends = subscription(tmp_path, 10, billingCycle="annual", commitmentEndDate="2026-10-31T00:00:00Z",
                        autoRenewEnabled=False)  # fmt: skip
    for known in ((), (ends,)):
        later = plan_of(month, "2026-10", subscriptions=known)
        assert not [line for one in later.documents for line in one.lines if line.reference == SUBSCRIPTION]


def test_what_was_billed_in_advance_is_billed_anew_only_when_asked(advance: Month, billed_ahead: list[Posted]) -> None:
    advance.mapping = advance.mapping.replace("markup_percent: 20", "markup_percent: 30")
    advance.ledger = ledger_rows_of(billed_ahead)
    assert plan_month(advance, posted=billed_ahead).documents == ()
    plan = plan_month(advance, posted=billed_ahead, rebill=True)
    told = sorted((one.period.start.month, one.kind, one.total) for one in plan.documents)
    assert told == [
        (10, "credit_memo", Decimal("240.00")), (10, "invoice", Decimal("260.00")),
        (11, "credit_memo", Decimal("240.00")), (11, "invoice", Decimal("260.00")),
    ]  # fmt: skip
    everything = billed_ahead + post_all(plan, 10)
    advance.ledger = ledger_rows_of(everything)
    for rebill in (False, True):
        assert plan_month(advance, posted=everything, rebill=rebill).documents == ()


def test_a_month_that_was_settled_is_billed_anew_whole(advance: Month, billed_ahead: list[Posted]) -> None:
    advance.vendor.append(charged(11, "G11", Quantity="12", BillableQuantity="12", Subtotal="240.00"))
    everything = billed_ahead + post_all(plan_month(advance, posted=billed_ahead), 10)
    advance.ledger = ledger_rows_of(everything)
    assert plan_month(advance, posted=everything, rebill=True).documents == ()
    advance.mapping = advance.mapping.replace("markup_percent: 20", "markup_percent: 30")
    assert plan_month(advance, posted=everything).documents == ()
    plan = plan_month(advance, posted=everything, rebill=True)
    november = [one for one in plan.documents if one.period.start.month == 11]
    assert sorted((one.kind, one.total) for one in november) == [
        ("credit_memo", Decimal("48.00")), ("credit_memo", Decimal("240.00")), ("invoice", Decimal("312.00")),
    ]  # fmt: skip
    everything += post_all(plan, 20)
    advance.ledger = ledger_rows_of(everything)
    for rebill in (False, True):
        assert plan_month(advance, posted=everything, rebill=rebill).documents == ()


def test_an_invoice_in_two_parts_settles_what_was_billed_in_advance_to_the_same_sum(
    advance: Month, billed_ahead: list[Posted]
) -> None:
    added = {"ChargeType": "addQuantity", "ChargeStartDate": "11/16/2026", "ChargeEndDate": "11/30/2026"}
    october, change = advance.vendor, {"InvoiceNumber": "G11", "ReferenceId": "c1", **added}
    november = [
        vendor_line(**change, EffectiveUnitPrice="-10.00", Quantity="10", BillableQuantity="10", Subtotal="-100.00"),
        charged(11, "G11"),
        vendor_line(**change, EffectiveUnitPrice="10.00", Quantity="14", BillableQuantity="14", Subtotal="140.00"),
    ]

    def billed(plan: Plan) -> Decimal:
        return sum((one.net for one in plan.documents if one.period.start.month == 11), Decimal(0))

    advance.vendor = october + november[:1]
    first = plan_month(advance, posted=billed_ahead)
    advance.vendor = october + november
    second = plan_month(advance, posted=billed_ahead + post_all(first, 10))
    # Four seats for half a month, on top of the ten that were billed in advance.
    assert (billed(first), billed(first) + billed(second)) == (Decimal("-360.00"), Decimal("48.00"))


def test_an_edit_after_microsoft_charged_what_was_billed_in_advance_bills_nothing(
    advance: Month, billed_ahead: list[Posted]
) -> None:
    advance.vendor.append(charged(11, "G11"))
    december = post_all(plan_month(advance, posted=billed_ahead), 10)
    everything = billed_ahead + december
    advance.mapping = advance.mapping.replace("markup_percent: 20", "markup_percent: 30")
    advance.ledger = ledger_rows_of(everything)
    assert plan_month(advance, posted=everything).documents == ()
    anew = plan_month(advance, posted=everything, rebill=True)
    assert sorted((one.period.start.month, one.kind, one.total) for one in anew.documents) == [
        (11, "credit_memo", Decimal("240.00")), (11, "invoice", Decimal("260.00")),
        (12, "credit_memo", Decimal("240.00")), (12, "invoice", Decimal("260.00")),
    ]  # fmt: skip
    # Two seats more than expected are billed as the ten were.
    advance.vendor[-1] = charged(11, "G11", Quantity="12", BillableQuantity="12", Subtotal="240.00")
    (more,) = plan_month(advance, posted=everything).documents
    assert (more.period.start.month, more.net) == (11, Decimal("48.00"))


def test_a_past_month_leaves_to_the_next_what_was_billed_in_advance_for_it(
    advance: Month, billed_ahead: list[Posted]
) -> None:
    advance.vendor.append(charged(11, "G11"))
    for rebill in (False, True):
        assert plan_of(advance, "2026-10", posted=billed_ahead, rebill=rebill).documents == ()


def test_what_cannot_be_billed_is_not_projected(advance: Month) -> None:
    strange = charged(10, "G10", SubscriptionId="0b7d1f3d-c8de-461c-db6d-91debd5129f0", ProductId="CFQ7TTC0LH16")
    advance.vendor.append(strange)
    assert [(one.reason, one.cost) for one in plan_month(advance).blocked] == [("unmapped", Decimal("200.00"))]


def test_what_begins_within_a_quarter_is_billed_to_its_end_and_settled_month_by_month(tmp_path: Path) -> None:
    begun = {"SubscriptionStartDate": "10/1/2026", "SubscriptionEndDate": "9/30/2027"}
    more = {**begun, "Quantity": "12", "BillableQuantity": "12", "Subtotal": "240.00"}
    month = Month(tmp_path, mapping=mapping(f"{ADVANCE}, frequency: quarterly"), ledger=[])
    month.vendor = [charged(10, "G10", **begun)]
    posted = post_all(plan_of(month, "2026-10"))
    assert [(str(one.document.period), one.document.net) for one in posted] == [
        ("2026-10-01 to 2026-10-31", Decimal("240.00")), ("2026-11-01 to 2026-12-31", Decimal("480.00")),
    ]  # fmt: skip
    month.vendor.append(charged(11, "G11", **more))
    posted += post_all(plan_of(month, "2026-11", posted=posted), 10)
    assert [one.document.net for one in posted[2:]] == [Decimal("48.00")]
    assert plan_of(month, "2026-11", posted=posted).documents == ()
    # What was billed ahead for more than the month stays when it is billed anew; its settlement takes the new price.
    month.mapping = month.mapping.replace("markup_percent: 20", "markup_percent: 30")
    assert plan_of(month, "2026-11", posted=posted).documents == ()
    anew = plan_of(month, "2026-11", posted=posted, rebill=True)
    assert [one.net for one in anew.documents] == [Decimal("-48.00"), Decimal("72.00")]
    assert plan_of(month, "2026-11", posted=posted + post_all(anew, 20), rebill=True).documents == ()
