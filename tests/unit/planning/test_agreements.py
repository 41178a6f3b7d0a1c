"""Bundles and minimums from files, in numbers worked out by hand."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from connector.domain.document import Plan
from tests.builders import MAPPING, TENANT, Month, ledger_line, vendor_line
from tests.plans import ledger_rows_of, plan_month, post

OTHER = "0b7d1f3d-c8de-461c-db6d-91debd5129f0"
# Ten seats at 45.00 for Business Premium and Exchange together; apart they are 240.00 and 48.00.
BUNDLED = MAPPING.replace("prices:", '- {name: Exchange, product_id: CFQ7TTC0LH16, item: "35"}\nprices:') + (
    'bundles:\n- {name: Managed seat, item: "55", unit_price: 45.00, for: {}, counts: {product_id: CFQ7TTC0LCHC}, '
    "includes: [{product_id: CFQ7TTC0LCHC}, {product_id: CFQ7TTC0LH16}]}\n"
)
ALONE = BUNDLED.replace(", {product_id: CFQ7TTC0LH16}]", "]")


def exchange(price: str) -> dict[str, str]:
    """Ten seats of Exchange, the bundle's other component."""
    return vendor_line(
        SubscriptionId=OTHER, ProductId="CFQ7TTC0LH16", ProductName="Exchange", UnitPrice=price,
        EffectiveUnitPrice=price, Subtotal=f"{Decimal(price) * 10}",
    )  # fmt: skip


@pytest.fixture
def bundle(tmp_path: Path) -> Callable[[str], Month]:
    return lambda price: Month(
        tmp_path, mapping=BUNDLED, ledger=[], vendor=[vendor_line(), exchange(price)], totals={"USD": "240.00"}
    )


def told(plan: Plan) -> list[tuple[str, str]]:
    return [(document.kind, f"{document.total}") for document in plan.documents]


def test_a_bundles_margin_knows_all_its_components(bundle: Callable[[str], Month]) -> None:
    month = bundle("30.00")
    plan = plan_month(month)
    (line,) = plan.documents[0].lines
    assert (line.amount, line.cost, len(line.slices)) == (Decimal("450.00"), Decimal("500.00"), 2)
    assert [held.guard for held in plan.held] == ["negative_margin"]
    assert plan.settled == (("absorbed", "USD", Decimal("300.00")), ("planned", "USD", Decimal("200.00")))
    again = plan_month(month, posted=post(plan))
    assert (told(again), again.settled) == (
        [], (("absorbed", "USD", Decimal("300.00")), ("billed", "USD", Decimal("200.00"))),
    )  # fmt: skip


def test_a_component_that_leaves_its_bundle_is_not_billed_again(bundle: Callable[[str], Month]) -> None:
    month = bundle("4.00")
    posted = post(plan_month(month))
    month.mapping, month.ledger = ALONE, ledger_rows_of(posted)
    assert told(plan_month(month, posted=posted)) == []
    anew = plan_month(month, posted=posted, rebill=True)
    assert told(anew) == [("credit_memo", "450.00"), ("invoice", "498.00")]
    posted += post(anew, 10)
    month.ledger = ledger_rows_of(posted)
    assert told(plan_month(month, posted=posted, rebill=True)) == []


def test_a_bundle_that_people_billed_too_low_is_told_and_put_right(bundle: Callable[[str], Month]) -> None:
    month = bundle("4.00")
    month.ledger = [ledger_line(item_id="55", quantity="8", unit_price="45.00", amount="360.00")]
    plan = plan_month(month)
    (blocked,) = plan.blocked
    assert (told(plan), blocked.reason, blocked.cost) == ([], "differs", Decimal(0))
    assert "people billed less than is due" in blocked.text
    caught_up = plan_month(month, catch_up=blocked.findings)
    assert (told(caught_up), caught_up.blocked) == ([("invoice", "90.00")], ())
    month.ledger += ledger_rows_of(post(caught_up))
    again = plan_month(month, posted=post(caught_up))
    assert (told(again), again.blocked) == ([], ())


def test_a_minimum_is_that_of_the_account_that_holds_in_the_month(tmp_path: Path) -> None:
    usage = vendor_line(
        ProductId="DZH318Z0BPS6", SkuId="000F", ProductName="B2ms", ChargeType="new", TermAndBillingCycle="",
        BillingFrequency="OneTime", UnitPrice="100.00", EffectiveUnitPrice="100.00", Quantity="1",
        BillableQuantity="1", Subtotal="100.00",
    )  # fmt: skip
    moved = (
        f'customers:\n- {{name: Alpine Ski House, tenant_id: {TENANT}, ledger_customer: "58", currency: USD, '
        f'valid_to: 2026-09-30}}\n- {{name: Alpine Ski House, tenant_id: {TENANT}, ledger_customer: "59", '
        'currency: USD, valid_from: 2026-10-01}\nproducts:\n- {name: Azure, category: azure, item: "40"}\n'
        "prices:\n- {for: {}, markup_percent: 20, of: net}\n"
        f"minimums:\n- {{for: {{tenant_id: {TENANT}, category: azure}}, amount: 500.00}}\n"
    )
    plan = plan_month(Month(tmp_path, mapping=moved, ledger=[], vendor=[usage]))
    assert [(one.customer, [f"{line.amount}" for line in one.lines]) for one in plan.documents] == [
        ("59", ["120.00", "380.00"])
    ]
