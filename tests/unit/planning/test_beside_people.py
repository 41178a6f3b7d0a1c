"""Beside what people bill by hand, and after what they do to our documents, nothing is billed twice, in numbers."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connector.bootstrap import FilesRequest, plan_files, reconcile_files
from connector.domain.document import CREDIT_MEMO, Plan
from connector.domain.errors import ConnectorError
from connector.domain.finding import Finding
from connector.domain.posted import Posted
from tests.builders import MAPPING, ROOT, Month, ledger_line, vendor_line
from tests.plans import ledger_rows_of, plan_month, post, request_of, write_ledger

EXHIBITS = ROOT / "tests" / "golden" / "findings"
OTHER = "0b7d1f3d-c8de-461c-db6d-91debd5129f0"


@pytest.fixture
def month(tmp_path: Path) -> Month:
    """Ten seats for October at 24.00, and a ledger without a line that counts."""
    return Month(tmp_path, ledger=[])


def findings(month: Month) -> list[Finding]:
    """What a reconciliation of the month says of the ledger."""
    return list(reconcile_files(request_of(month.write(), totals={"USD": Decimal(200)})).result.findings)


def net(plan: Plan) -> list[Decimal]:
    return [document.net for document in plan.documents]


def test_what_people_billed_is_not_planned(month: Month) -> None:
    month.ledger = [ledger_line()]
    plan = plan_month(month)
    assert (plan.documents, plan.settled) == ((), (("billed", "USD", Decimal("200.00")),))


def test_what_people_billed_in_part_is_a_finding_and_never_topped_up_silently(month: Month) -> None:
    month.ledger = [ledger_line(quantity="8", amount="192.00")]
    (found,) = findings(month)
    plan = plan_month(month)
    assert plan.documents == ()
    assert [(one.reason, one.cost, one.findings) for one in plan.blocked] == [
        ("differs", Decimal("40.00"), (found.fingerprint,))
    ]
    assert plan.settled == (("billed", "USD", Decimal("160.00")), ("differs", "USD", Decimal("40.00")))
    caught_up = plan_month(month, catch_up=(found.fingerprint[:8],))
    assert net(caught_up) == [Decimal("48.00")]
    assert caught_up.settled == (("billed", "USD", Decimal("160.00")), ("planned", "USD", Decimal("40.00")))
    posted = post(caught_up)
    month.ledger += ledger_rows_of(posted)
    assert findings(month) == []
    again = plan_month(month, posted=posted, catch_up=(found.fingerprint,))
    assert (again.documents, again.blocked, again.settled) == ((), (), (("billed", "USD", Decimal("200.00")),))


@pytest.mark.parametrize(
    ("lines", "given_back"),
    [
        ([ledger_line(quantity="12", amount="288.00")], "48.00"),
        ([ledger_line(), ledger_line(document_number="INV-2")], "240.00"),
    ],
    ids=["too many seats", "twice"],
)
def test_what_people_billed_too_much_is_given_back_by_a_credit_memo(
    month: Month, lines: list[dict[str, str]], given_back: str
) -> None:
    month.ledger = lines
    (found,) = findings(month)
    (memo,) = plan_month(month, catch_up=(found.fingerprint,)).documents
    assert (memo.kind, memo.total) == (CREDIT_MEMO, Decimal(given_back))
    month.ledger = lines + ledger_rows_of(post([memo]))
    assert sum((each.impact for each in findings(month)), Decimal(0)) == 0


def test_catch_up_names_what_there_is(month: Month) -> None:
    month.ledger = [ledger_line(quantity="8", amount="192.00")]
    with pytest.raises(ConnectorError, match=r"--catch-up 123456: it is no finding .* there are: [0-9a-f]{16}"):
        plan_month(month, catch_up=("123456",))


def test_in_another_currency_only_a_person_can_put_it_right(month: Month) -> None:
    month.ledger = [ledger_line(currency="EUR")]
    (found,) = findings(month)
    assert found.kind == "currency_mismatch"
    plan = plan_month(month)
    assert (plan.documents, [one.reason for one in plan.blocked]) == ((), ["differs"])
    with pytest.raises(ConnectorError, match="taken back by hand"):
        plan_month(month, catch_up=(found.fingerprint,))


def test_seats_added_to_a_cycle_that_was_billed_by_hand_are_billed_by_us(month: Month) -> None:
    month.ledger = [ledger_line(service_start="2026-09-21", service_end="2026-10-20", document_date="2026-09-21")]
    change = {
        "ChargeType": "addQuantity", "ChargeStartDate": "10/11/2026", "ChargeEndDate": "10/20/2026",
        "ReferenceId": "c1", "SubscriptionStartDate": "9/21/2026", "SubscriptionEndDate": "9/20/2027",
    }  # fmt: skip
    month.vendor = [
        vendor_line(**change, EffectiveUnitPrice="-6.6667", Quantity="10", BillableQuantity="10", Subtotal="-66.66"),
        vendor_line(**change, EffectiveUnitPrice="6.6667", Quantity="13", BillableQuantity="13", Subtotal="86.66"),
        vendor_line(ChargeStartDate="10/21/2026", ChargeEndDate="11/20/2026", SubscriptionStartDate="9/21/2026"),
    ]
    (document,) = plan_month(month, start=date(2026, 10, 1)).documents
    assert [(line.quantity, line.amount) for line in document.lines] == [
        (Decimal(3), Decimal("24.00")), (Decimal(10), Decimal("240.00")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "planned", "blocked"),
    [
        # The old product to the day of the change: the new one is open. For the whole month: a person decides.
        ({"amount": "45.00", "service_end": "2026-10-15"}, ["240.00"], []),
        ({}, [], ["0", "0"]),
        ({"amount": "46.50", "quantity": "5"}, [], ["23.00", "40.00"]),
        ({"currency": "EUR"}, [], ["30.00", "160.00"]),
    ],
    ids=["followed", "not followed", "half", "another currency"],
)
def test_a_product_that_was_changed_beside_hand_made_invoices(
    tmp_path: Path, changes: dict[str, str], planned: list[str], blocked: list[str]
) -> None:
    folder = EXHIBITS / "product_change_not_followed"
    rows = list(csv.DictReader((folder / "ledger.csv").read_text(encoding="utf-8").splitlines()))
    ledger = write_ledger(tmp_path / "ledger.csv", [{**row, **changes} for row in rows])
    asked = FilesRequest((folder / "vendor.csv",), (("", ledger),), folder / "mappings.yaml")
    plan = plan_files(asked, start=date(2020, 1, 1)).plan
    assert [f"{amount}" for amount in net(plan)] == planned
    assert [f"{one.cost}" for one in plan.blocked] == blocked
    assert sum((amount for _, _, amount in plan.settled), Decimal(0)) == Decimal("190.00")


@pytest.mark.parametrize("exhibit", ["bundle_drift", "product_change_not_followed"])
def test_what_only_a_person_can_put_right_is_not_planned(exhibit: str) -> None:
    folder = EXHIBITS / exhibit
    seen = folder / "subscriptions.jsonl"
    asked = FilesRequest(
        vendor=(folder / "vendor.csv",),
        ledgers=(("", folder / "ledger.csv"),),
        mappings=folder / "mappings.yaml",
        subscriptions=(seen,) if seen.exists() else (),
    )
    assert exhibit in {found.kind for found in reconcile_files(asked).result.findings}
    assert plan_files(asked, start=date(2020, 1, 1)).plan.documents == ()


def test_what_people_billed_on_an_item_that_explains_nothing_holds_the_document(month: Month) -> None:
    month.mapping = MAPPING.replace("prices:", '- {name: Exchange, product_id: CFQ7TTC0LH16, item: "35"}\nprices:')
    month.ledger = [ledger_line(item_id="35", reference="")]
    plan = plan_month(month)
    assert net(plan) == [Decimal("240.00")]
    assert [(one.guard, one.key, one.text) for one in plan.held] == [
        (
            "unexplained",
            plan.documents[0].key,
            "people billed 240.00 USD on item 35 (INV-1001) for 2026-10-01 to 2026-10-31, which no charge explains; "
            "see that it is not the same under another item",
        )
    ]
    month.ledger = [ledger_line(item_id="35", reference="", service_start="2026-09-01", service_end="2026-09-30")]
    assert plan_month(month).held == ()


def test_what_has_no_cycle_is_not_billed_again_where_people_billed_it_on_other_days(month: Month) -> None:
    bought = {
        "SubscriptionId": OTHER, "ProductId": "DG7GMGF0D7HX", "ProductName": "Office", "ChargeType": "purchase",
        "TermAndBillingCycle": "One-Time", "BillingFrequency": "OneTime", "ChargeStartDate": "10/5/2026",
        "ChargeEndDate": "10/5/2026", "UnitPrice": "300.00", "EffectiveUnitPrice": "300.00", "Quantity": "2",
        "BillableQuantity": "2", "Subtotal": "600.00", "SubscriptionStartDate": "", "SubscriptionEndDate": "",
    }  # fmt: skip
    month.vendor = [vendor_line(**bought)]
    month.mapping = MAPPING.replace("prices:", '- {name: Office, product_id: DG7GMGF0D7HX, item: "36"}\nprices:')
    month.ledger = [ledger_line(item_id="36", reference=OTHER, quantity="2", unit_price="360.00", amount="720.00")]
    plan = plan_month(month)
    assert (plan.documents, plan.settled) == ((), (("billed", "USD", Decimal("600.00")),))


@pytest.mark.parametrize(
    ("exhibit", "by_itself", "bills"),
    [
        ("billed_before_it_began", "", ["-210.00"]),
        # What the plan bills by itself is not put right a second time.
        ("credit_and_price", "credit_not_passed_on", ["-55.00", "10.00"]),
        ("duplicate_of_a_referenced_line_without_reference", "", ["-465.00"]),
    ],
)
def test_after_catching_up_the_ledger_is_right(tmp_path: Path, exhibit: str, by_itself: str, bills: list[str]) -> None:
    folder = EXHIBITS / exhibit
    asked = FilesRequest((folder / "vendor.csv",), (("", folder / "ledger.csv"),), folder / "mappings.yaml")
    found = reconcile_files(asked).result.findings
    wanted = tuple(one.fingerprint for one in found if one.measures == "difference" and one.kind != by_itself)
    plan = plan_files(asked, start=date(2020, 1, 1), catch_up=wanted).plan
    assert sorted(net(plan)) == [Decimal(amount) for amount in bills]
    rows = list(csv.DictReader((folder / "ledger.csv").read_text(encoding="utf-8").splitlines()))
    ledger = write_ledger(tmp_path / "ledger.csv", rows + ledger_rows_of(post(plan)))
    after = reconcile_files(FilesRequest(asked.vendor, (("", ledger),), asked.mappings)).result.findings
    assert [(one.kind, one.impact) for one in after if one.measures == "difference"] == []


def test_nothing_before_the_first_month_is_planned(month: Month) -> None:
    plan = plan_month(month, start=date(2026, 11, 1))
    assert (plan.documents, [(one.reason, one.cost) for one in plan.blocked]) == (
        (), [("before_start", Decimal("200.00"))],
    )  # fmt: skip
    month.vendor.append(vendor_line(SubscriptionId=OTHER, ChargeStartDate="9/1/2026", ChargeEndDate="9/30/2026"))
    plan = plan_month(month, start=date(2026, 10, 1))
    assert (net(plan), [(one.reason, one.cost) for one in plan.blocked]) == (
        [Decimal("240.00")], [("before_start", Decimal("200.00"))],
    )  # fmt: skip


@pytest.fixture(scope="module")
def posted(tmp_path_factory: pytest.TempPathFactory) -> list[Posted]:
    """The month as it was posted."""
    return post(plan_month(Month(tmp_path_factory.mktemp("posted"), ledger=[])))


@pytest.mark.parametrize("what", ["discounted", "void", "renumbered"])
def test_after_finance_touched_our_document_nothing_is_billed_again(
    month: Month, posted: list[Posted], what: str
) -> None:
    (row,) = ledger_rows_of(posted)
    changed = {
        "discounted": {**row, "amount": "216.00", "unit_price": "21.60"},
        "void": {**row, "status": "void"},
        "renumbered": {**row, "document_number": "INV-77"},
    }
    month.ledger = [changed[what]]
    plan = plan_month(month, posted=posted)
    assert (plan.documents, plan.settled) == ((), (("billed", "USD", Decimal("200.00")),))


def test_rebill_takes_back_what_stands_and_holds_what_is_gone(month: Month, posted: list[Posted]) -> None:
    (row,) = ledger_rows_of(posted)
    month.ledger = [{**row, "amount": "216.00", "unit_price": "21.60"}]
    assert net(plan_month(month, posted=posted, rebill=True)) == [Decimal("-216.00"), Decimal("240.00")]
    month.ledger = [{**row, "document_number": "INV-1", "item_id": "99"}]
    plan = plan_month(month, posted=posted, rebill=True)
    assert (net(plan), [held.guard for held in plan.held]) == ([Decimal("240.00")], ["gone"])


def test_what_was_voided_and_moved_to_another_customer_is_billed_there(month: Month, posted: list[Posted]) -> None:
    (row,) = ledger_rows_of(posted)
    month.ledger = [{**row, "status": "void"}]
    month.mapping = MAPPING.replace('"58"', '"77"')
    plan = plan_month(month, posted=posted, rebill=True)
    assert [(one.customer, one.net) for one in plan.documents] == [("77", Decimal("240.00"))]
    assert [held.guard for held in plan.held] == ["gone"]
    month.ledger += ledger_rows_of(anew := post(plan, 2))
    assert plan_month(month, posted=posted + anew, rebill=True).documents == ()


def test_own_items_of_a_customer_who_was_voided_and_moved_are_billed_there(month: Month) -> None:
    other = "6e2f0c9e-8a55-4d5e-9a53-0c8a3a4ecb22"
    month.mapping = MAPPING.replace(
        "products:", f'- {{name: Other, tenant_id: {other}, ledger_customer: "61"}}\nproducts:'
    )
    month.mapping += (
        f"own_items:\n- {{for: {{tenant_id: {other}}}, item: '60', description: Desk, unit_price: 25.00}}\n"
    )
    billed = post(plan_month(month))
    month.ledger = [{**row, "status": "void" * (row["customer_id"] == "61")} for row in ledger_rows_of(billed)]
    month.mapping = month.mapping.replace('"61"', '"62"')
    assert plan_month(month, posted=billed).documents == ()
    plan = plan_month(month, posted=billed, rebill=True)
    assert [(one.customer, one.net) for one in plan.documents] == [("62", Decimal("25.00"))]
    assert [held.guard for held in plan.held] == ["gone"]
    anew = post(plan, 3)
    month.ledger += ledger_rows_of(anew)
    assert plan_month(month, posted=billed + anew, rebill=True).documents == ()


def test_what_people_billed_in_place_of_a_voided_document_is_not_billed_anew(
    month: Month, posted: list[Posted]
) -> None:
    (row,) = ledger_rows_of(posted)
    month.ledger = [{**row, "status": "void"}, {**row, "document_number": "INV-9"}]
    assert plan_month(month, posted=posted, rebill=True).documents == ()
    # Nor does it hold what comes late.
    month.vendor.append(vendor_line(SubscriptionId="0b7d1f3d-c8de-461c-db6d-91debd5129f0", Subtotal="200.00"))
    late = plan_month(month, posted=posted)
    assert (net(late), late.held) == ([Decimal("240.00")], ())


def test_hand_made_lines_of_the_month_count_as_the_month_before(month: Month) -> None:
    month.ledger = [ledger_line(service_start="2026-09-01", service_end="2026-09-30", amount="192.00", quantity="8")]
    (change,) = plan_month(month).changes
    assert (change.before, change.total, change.percent) == (Decimal("192.00"), Decimal("240.00"), Decimal("25.0"))


def test_a_customer_on_hold_is_blocked_with_its_reason(month: Month) -> None:
    month.mapping = MAPPING.replace("currency: USD}", "currency: USD, hold: contract not signed yet}")
    plan = plan_month(month)
    assert (plan.documents, [(one.reason, one.text, one.cost) for one in plan.blocked]) == (
        (), [("hold", "contract not signed yet", Decimal("200.00"))],
    )  # fmt: skip
