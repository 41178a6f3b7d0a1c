"""What was billed in advance and would be billed otherwise today: told month by month, and nothing that settles.

Ten seats at 24.00 (20.00 + 20 %) are billed from January on in December; by 30 % they would be 26.00 each.
"""

import random
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from connector.bootstrap import reconcile_files
from connector.domain.document import Plan
from connector.domain.finding import Finding
from connector.domain.period import Period
from connector.domain.posted import Posted, PostedBook
from tests.builders import MAPPING, Month, vendor_line
from tests.crash.network import Ledger, Profile
from tests.crash.simulation import CLOCK, STORE
from tests.plans import ledger_rows_of, post, request_of
from tests.unit.jobs.test_approving import approve
from tests.unit.planning.test_services import DESK
from tests.unit.planning.test_spans import plan_of

OTHER = "0b7d1f3d-c8de-461c-db6d-91debd5129f0"
DEARER = "markup_percent: 20", "markup_percent: 30"


def charged(month: str, seats: int = 10, **changes: str) -> dict[str, str]:
    """The charge of a month."""
    days = Period.month(month)
    return vendor_line(
        InvoiceNumber=f"G{month}", Quantity=f"{seats}", BillableQuantity=f"{seats}", Subtotal=f"{seats * 20}.00",
        **{"ChargeStartDate": f"{days.start:%m/%d/%Y}", "ChargeEndDate": f"{days.last:%m/%d/%Y}", **changes},
    )  # fmt: skip


class Books:
    """A customer billed in advance, with December's charges billed and the next span with them."""

    def __init__(self, folder: Path, frequency: str, *more: dict[str, str], rules: str = DESK) -> None:
        words = f"currency: USD, bills: advance, frequency: {frequency}}}"
        self.month = Month(
            folder, mapping=MAPPING.replace("currency: USD}", words) + rules, ledger=[],
            vendor=[charged("2026-12"), *more],
        )  # fmt: skip
        self.posted: list[Posted] = []
        self.post("2026-12")

    def post(self, month: str) -> None:
        """Plan a month and post it."""
        made = post(plan_of(self.month, month, posted=self.posted), 10 * len(self.posted) + 1)
        self.posted += [replace(one, remote_id=one.number) for one in made]

    def edit(self, before: str, after: str) -> None:
        """Edit the mapping."""
        assert before in self.month.mapping
        self.month.mapping = self.month.mapping.replace(before, after)

    def changed(self, name: str) -> list[Finding]:
        """What a comparison of a month tells of changes since posting."""
        self.month.ledger = ledger_rows_of(self.posted)
        self.month.write()
        asked = replace(
            request_of(self.month), month=Period.month(name), posted=PostedBook(tuple(self.posted)),
        )  # fmt: skip
        return [one for one in reconcile_files(asked).result.findings if one.kind == "changed_after_posting"]

    def impacts(self, name: str) -> list[str]:
        return [f"{one.impact:f}" for one in self.changed(name)]


@pytest.fixture
def ahead(tmp_path: Path) -> Books:
    return Books(tmp_path, "quarterly")


@pytest.mark.parametrize("frequency", ["quarterly", "annual"])
def test_another_price_is_told_for_each_month_of_the_quarter_or_year(tmp_path: Path, frequency: str) -> None:
    ahead = Books(tmp_path, frequency)
    ahead.month.vendor += [charged("2027-01"), charged("2027-02")]
    assert (ahead.impacts("2027-01"), ahead.impacts("2027-02")) == ([], [])
    ahead.edit(*DEARER)
    january, february = (ahead.changed(name) for name in ("2027-01", "2027-02"))
    for number, (one,) in enumerate((january, february), 1):
        assert (f"{one.impact:f}", one.first, one.last) == (
            "20.00", Period.month(f"2027-{number:02}").start, Period.month(f"2027-{number:02}").last,
        )  # fmt: skip
        # Ten seats, and the service desk, of that month alone.
        assert (one.expected.amount, one.actual.amount) == (Decimal("285.00"), Decimal("265.00"))
        assert sum(cause.amount for cause in one.causes) == one.impact
    assert january[0].fingerprint != february[0].fingerprint
    # What was billed for December itself is told as ever.
    assert ahead.impacts("2026-12") == ["20.00"]


def test_seats_that_the_settlement_bills_are_no_change(ahead: Books) -> None:
    ahead.month.vendor.append(charged("2027-01", 12))
    assert ahead.impacts("2027-01") == []
    ahead.edit(*DEARER)
    # Two seats more are settled at the price that was billed: 26.00 instead of 24.00 for each of twelve.
    assert ahead.impacts("2027-01") == ["24.00"]
    ahead.post("2027-01")
    assert ahead.posted[-1].document.net == Decimal("48.00")
    assert ahead.impacts("2027-01") == ["24.00"]
    ahead.edit(*reversed(DEARER))
    assert ahead.impacts("2027-01") == []


def test_what_ended_is_given_back_and_no_change(ahead: Books) -> None:
    ahead.month.vendor.append(charged("2027-01", SubscriptionId=OTHER))
    assert ahead.impacts("2027-01") == []
    ahead.edit(*DEARER)
    assert ahead.impacts("2027-01") == []


def test_own_items_of_the_span_are_told_as_well(ahead: Books) -> None:
    ahead.month.vendor.append(charged("2027-01"))
    ahead.edit("unit_price: 25.00", "unit_price: 30.00")
    assert ahead.impacts("2027-01") == ["5.00"]
    ahead.edit(DESK.replace("25.00", "30.00"), "")
    assert ahead.impacts("2027-01") == ["-25.00"]
    # Another service beside it is billed by itself.
    ahead.month.mapping += DESK + "- {for: {}, item: '62', description: Backup, unit_price: 5.00}\n"
    assert ahead.impacts("2027-01") == []


def test_billing_anew_puts_own_items_right_once(ahead: Books) -> None:
    ahead.month.vendor.append(charged("2027-01"))
    ahead.edit("unit_price: 25.00", "unit_price: 30.00")
    anew = plan_of(ahead.month, "2027-01", posted=ahead.posted, rebill=True)
    assert [one.net for one in anew.documents] == [Decimal("5.00")]
    ahead.posted += [replace(one, remote_id=one.number) for one in post(anew, 90)]
    assert ahead.impacts("2027-01") == []
    for rebill in (False, True):
        assert plan_of(ahead.month, "2027-01", posted=ahead.posted, rebill=rebill).documents == ()


def test_billing_anew_gives_back_own_items_that_ended_once(ahead: Books) -> None:
    """Three months of the service desk were billed in advance; from January on there is none."""
    ahead.month.vendor.append(charged("2027-01"))
    ahead.edit(DESK, "")
    assert ahead.impacts("2027-01") == ["-25.00"]
    assert plan_of(ahead.month, "2027-01", posted=ahead.posted).documents == ()
    (back,) = plan_of(ahead.month, "2027-01", posted=ahead.posted, rebill=True).documents
    assert (back.kind, back.net, [line.item for line in back.lines]) == ("credit_memo", Decimal("-25.00"), ["60"])
    assert back.lines[0].description.endswith("2027-01-01 to 2027-01-31 (billed in advance and not due)")
    ahead.posted += [replace(one, remote_id=one.number) for one in post([back], 90)]
    assert ahead.impacts("2027-01") == []
    for rebill in (False, True):
        assert plan_of(ahead.month, "2027-01", posted=ahead.posted, rebill=rebill).documents == ()
    # Back again, it is billed anew where a person asks.
    ahead.month.mapping += DESK
    (anew,) = plan_of(ahead.month, "2027-01", posted=ahead.posted, rebill=True).documents
    assert anew.net == Decimal("25.00")


def test_own_items_of_a_customer_who_moved_are_not_given_back(ahead: Books) -> None:
    ahead.month.vendor.append(charged("2027-01"))
    ahead.edit('ledger_customer: "58"', 'ledger_customer: "77"')
    plan = plan_of(ahead.month, "2027-01", posted=ahead.posted, rebill=True)
    assert [line.amount for one in plan.documents for line in one.lines if line.item == "60"] == []


def test_what_bills_own_items_anew_can_be_approved_and_only_once(ahead: Books) -> None:
    STORE.bring_back(STORE.empty)
    store, ledger = STORE, Ledger("look", Profile("calm"), random.Random(1))
    ledger.calm = True
    assert approve(store, ledger, *(one.document for one in ahead.posted)).refused == ()
    ahead.month.vendor.append(charged("2027-01"))
    ahead.edit("unit_price: 25.00", "unit_price: 30.00")
    (document,) = plan_of(ahead.month, "2027-01", posted=ahead.posted, rebill=True).documents
    with store.work() as unit:
        CLOCK.seconds += 1
        plan_id = unit.plans.save(Plan(document.period, (document,)))
        other = unit.plans.save(Plan(document.period, (replace(document, sequence=2),)))
        CLOCK.seconds += 1
    assert approve(store, ledger, document, plan_id=plan_id).refused == ()
    ((_, why),) = approve(store, ledger, replace(document, sequence=2), plan_id=other).refused
    assert why == f"bills in addition to what {document.key} bills, which was approved since; plan again"


def test_in_a_months_document_too_only_the_price_is_a_change(tmp_path: Path) -> None:
    """Of two subscriptions billed ahead one was charged as expected; the other's two seats are not settled yet."""
    ahead = Books(tmp_path, "monthly", charged("2026-12", SubscriptionId=OTHER))
    ahead.month.vendor += [charged("2027-01"), charged("2027-01", 12, SubscriptionId=OTHER)]
    assert ahead.impacts("2027-01") == []
    ahead.edit(*DEARER)
    assert ahead.impacts("2027-01") == ["44.00"]


def test_what_comes_late_is_no_part_of_a_change(ahead: Books) -> None:
    ahead.edit(*DEARER)
    ahead.month.vendor.append(charged("2026-12", 1, SubscriptionId=OTHER))
    assert ahead.impacts("2026-12") == ["20.00"]
