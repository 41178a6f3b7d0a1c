"""The relational arithmetic and the plain-Decimal oracle agree on random charges and rules, to the cent."""

import calendar
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain import rules
from connector.domain.errors import Place
from connector.domain.period import add_months
from connector.domain.tables import CHARGES
from connector.jobs.reconcile import reconcile
from connector.jobs.request import Request
from connector.warehouse import Warehouse
from connector.warehouse.workspace import Workspace
from tests.oracle import MINOR, Deal, Line, Plan, printed, worth

ARROW = {"text": pa.string(), "day": pa.date32(), "number": pa.decimal128(38, 22), "count": pa.int64()}
SCHEMA = pa.schema([(name, ARROW[kind]) for name, kind in CHARGES.items()])
HERE = Place("oracle.yaml", 1)
RATE, MARGIN = Decimal("0.9137"), Decimal("1.5")
CROSS = Fraction(RATE) * (1 + Fraction(MARGIN) / 100)

prices = st.decimals(Decimal("0.5"), 500, places=2) | st.decimals(Decimal("0.5"), 500, places=4)
seats = st.integers(1, 400).map(Decimal)
percents = st.decimals(0, 60, places=2)


@dataclass(frozen=True, slots=True)
class Case:
    """One subscription with its lines, its rule and its plan."""

    lines: tuple[Line, ...]
    deal: Deal
    plan: Plan


class Bench(Workspace):
    """A workspace that lets us read the expected slices of a run."""

    def __init__(self, warehouse: Warehouse) -> None:
        super().__init__(warehouse)
        self.expected: list[dict[str, Any]] = []

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        table = super().keep(name, expression)
        if name == "expected":
            self.expected = list(self.rows(table))
        return table


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    category = draw(st.sampled_from(["license", "license", "license", "azure"]))
    months = 1 if category == "azure" else draw(st.sampled_from([1, 1, 1, 12]))
    start = date(2026, draw(st.integers(1, 11)), draw(st.integers(1, 28)))
    if months == 1:
        cycle_days = calendar.monthrange(start.year, start.month)[1]
    else:
        start = start.replace(year=draw(st.sampled_from([2025, 2026, 2027])))
        cycle_days = (add_months(start, 12) - start).days
    cost = draw(st.sampled_from(["USD", "USD", "EUR", "JPY", "KWD"]))
    sell = "EUR" if cost == "USD" and draw(st.booleans()) else cost
    return Plan(category, months, start, cycle_days, cost, sell)


@st.composite
def deals(draw: st.DrawFn, plan: Plan) -> Deal:
    ways = ["markup", "margin", "discount", "pass_through"]
    ways += ["unit_price", "tiers"] if plan.category != "azure" else []
    way = draw(st.sampled_from(ways))
    given: dict[str, Any] = {"cross": Fraction(1) if plan.cost_currency == plan.sell_currency else CROSS}
    if way == "tiers":
        starts = [Decimal(1), Decimal(draw(st.integers(2, 50))), Decimal(draw(st.integers(51, 300)))]
        given["tiers"] = tuple((start, draw(prices)) for start in starts)
    else:
        given[way] = {"pass_through": True}.get(way) or draw(prices if way == "unit_price" else percents)
    if way in ("unit_price", "tiers"):
        given["per"] = draw(st.sampled_from(["month", "cycle"]))
    if way in ("markup", "margin"):
        given["of"] = draw(st.sampled_from([None, "net", "list"]))
    if way != "pass_through" and plan.category != "azure":
        steps = ["1", "5"] if plan.sell_currency == "JPY" else ["0.05", "0.25", "0.01", "1"]
        given["round_to"] = draw(st.none() | st.sampled_from(steps).map(Decimal))
        given["free"] = draw(st.sampled_from([0, 0, 0, 5, 60]))
    return Deal(**given)


def seat_line(
    plan: Plan, kind: str, first: date, quantity: Decimal, listed: Decimal, sign: int, ref: str | None
) -> Line:
    last = add_months(plan.cycle_start, plan.months) - timedelta(days=1)
    part = Fraction(1) if first == plan.cycle_start else Fraction((last - first).days + 1, plan.cycle_days)
    effective = printed(Fraction(listed) * part, 13)
    subtotal = printed(Fraction(listed) * part * Fraction(quantity) * sign, MINOR[plan.cost_currency])
    return Line(kind, first, last, quantity, listed, effective, subtotal, sign, ref)


@st.composite
def licence_lines(draw: st.DrawFn, plan: Plan, credit: bool) -> tuple[Line, ...]:
    held, listed = draw(seats), draw(prices)
    lines = [
        seat_line(plan, draw(st.sampled_from(["new", "renew", "cycleCharge"])), plan.cycle_start, held, listed, 1, None)
    ]
    if draw(st.booleans()):
        # Microsoft 365 E5: the same quantity a second time, at another price.
        other = listed + draw(st.decimals(1, 50, places=2))
        lines.append(seat_line(plan, lines[0].charge_type, plan.cycle_start, held, other, 1, None))
    length = (add_months(plan.cycle_start, plan.months) - plan.cycle_start).days
    offsets = draw(st.lists(st.integers(1, length - 1), max_size=3, unique=True))
    for number, offset in enumerate(sorted(offsets)):
        after = draw(seats.filter(held.__ne__))
        kind = "addQuantity" if after > held else "removeQuantity"
        day = plan.cycle_start + timedelta(days=offset)
        for one in list(lines[: 2 if len(lines) > 1 and lines[1].first == plan.cycle_start else 1]):
            lines.append(seat_line(plan, kind, day, held, one.unit_price, -1, f"event-{number}"))
            lines.append(seat_line(plan, kind, day, after, one.unit_price, 1, f"event-{number}"))
        held = after
    if credit:
        amount = -draw(st.decimals(1, 900, places=MINOR[plan.cost_currency]))
        lines.append(
            Line("customerCredit", plan.cycle_start, plan.cycle_start, Decimal(1), -amount, -amount, amount, -1)
        )
    return tuple(draw(st.permutations(lines)))


@st.composite
def usage_lines(draw: st.DrawFn, plan: Plan) -> tuple[Line, ...]:
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        quantity, listed = draw(st.decimals(Decimal("0.01"), 2000, places=2)), draw(prices)
        earned = draw(st.booleans())
        effective = printed(Fraction(listed) * (Fraction(85, 100) if earned else 1), 12)
        sign = draw(st.sampled_from([1, 1, 1, -1]))
        subtotal = printed(Fraction(quantity) * Fraction(effective) * sign, MINOR[plan.cost_currency])
        if not subtotal:
            continue
        last = add_months(plan.cycle_start, 1) - timedelta(days=1)
        lines.append(Line("usage", plan.cycle_start, last, quantity, listed, effective, subtotal, sign, None, earned))
    return tuple(lines)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    plan = draw(plans())
    deal = draw(deals(plan))
    credit = not deal.unit_price and not deal.tiers and draw(st.booleans())
    lines = draw(usage_lines(plan) if plan.category == "azure" else licence_lines(plan, credit))
    return Case(lines, deal, plan)


def guid(number: int, kind: int) -> str:
    return f"{number:08x}-0000-4000-8000-{kind:012x}"


def product(number: int) -> str:
    return f"CFQ7TTC{number:05d}"


def charge(number: int, case: Case, one: Line, position: int) -> dict[str, object]:
    plan = case.plan
    row: dict[str, object] = dict.fromkeys(CHARGES)
    row.update(
        invoice="G1", customer_id=guid(number, 1), customer_name=f"Customer {number}", subscription_id=guid(number, 2),
        order_id="order", product_id=product(number), sku_id="0001", charge_type=one.charge_type,
        category=plan.category, charge_start=one.first, charge_end=one.last, quantity=one.quantity,
        unit_price=one.unit_price, effective_unit_price=one.effective * one.sign, subtotal=one.subtotal,
        tax=Decimal(0), total=one.subtotal, currency=plan.cost_currency, pricing_currency=plan.cost_currency,
        exchange_rate=Decimal(1), reference_id=one.reference, source="oracle", line=position,
        row_hash=f"{position:016}",
        price_adjustment='["15.0% Partner earned credit for services managed"]' if one.earned_credit else None,
    )  # fmt: skip
    if plan.category != "azure":
        row.update(
            term="P1Y", billing_plan="monthly" if plan.months == 1 else "annual",
            subscription_start=add_months(plan.cycle_start, -12),
        )  # fmt: skip
    return row


def mapping(all_cases: Sequence[Case]) -> rules.Mapping:
    customers, subscriptions, products, price_rules = [], [], [], []
    for number, case in enumerate(all_cases):
        deal, selector = case.deal, rules.Selector(product_id=product(number))
        customers.append(
            rules.CustomerRule(
                f"Customer {number}", guid(number, 1), None, str(number), HERE, currency=case.plan.sell_currency
            )
        )
        products.append(rules.ProductRule(f"Product {number}", selector, (("", f"item {number}"),), HERE))
        if deal.free:
            subscriptions.append(
                rules.SubscriptionRule(HERE, subscription_id=guid(number, 2), free_quantity=Decimal(deal.free))
            )
        price_rules.append(
            rules.PriceRule(
                selector, HERE, markup_percent=deal.markup, margin_percent=deal.margin, unit_price=deal.unit_price,
                per=deal.per, tiers=tuple(rules.Tier(*tier) for tier in deal.tiers),
                discount_from_list_percent=deal.discount, pass_through=deal.pass_through, of=deal.of,
                round_to=deal.round_to,
            )
        )  # fmt: skip
    crossing = rules.FxRule("USD", "EUR", "fixed", HERE, rate=RATE, margin_percent=MARGIN)
    return rules.Mapping(
        tuple(customers), tuple(subscriptions), products=tuple(products), prices=tuple(price_rules), fx=(crossing,)
    )


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(max_examples=8)
@given(st.lists(cases(), min_size=25, max_size=60))
def test_what_is_expected_is_what_the_oracle_says(all_cases: list[Case]) -> None:
    rows: list[dict[str, object]] = []
    for number, case in enumerate(all_cases):
        for one in case.lines:
            rows.append(charge(number, case, one, len(rows) + 1))
    if not rows:
        return
    with Warehouse.temporary() as warehouse:
        arrays = [pa.array([row[name] for row in rows], SCHEMA.field(name).type) for name in SCHEMA.names]
        warehouse.write("charges", [pa.record_batch(arrays, schema=SCHEMA)])
        bench = Bench(warehouse)
        reconcile(bench, mapping(all_cases), Request())
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in bench.expected:
        assert row["status"] == "priced", row
        found[row["subscription_id"]] += Decimal(int(row["expected"])).scaleb(-MINOR[row["sell_currency"]])
    for number, case in enumerate(all_cases):
        assert found[guid(number, 2)] == worth(case.lines, case.deal, case.plan), case
