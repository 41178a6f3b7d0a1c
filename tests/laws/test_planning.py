"""The laws of planning: no order, no repetition and no split import changes what is billed; every cent has a place."""

import csv
import gzip
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.bootstrap.planning import plan_files
from connector.domain.document import Plan
from connector.domain.errors import ConnectorError
from connector.domain.money import exponent, round_half_up, to_minor
from connector.domain.posted import Posted
from connector.domain.rules import Template
from connector.engine.reconciliation.shapes import Charge, Slice
from tests.builders import LEDGER_LINE, MadeUp, differences_from_truth, make_world, tell
from tests.desk import HERE, Desk, customer, piece, post, used, worth_of
from tests.desk import usage as usage_slice
from tests.plans import START, ledger_rows_of, plan_world, totals, write_ledger, write_ledgers
from tests.plans import post as post_all

TENANTS = ("5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11", "6e2f0c9e-8a55-4d5e-9a53-0c8a3a4ecb12")
BLOCKED = ("unmapped_customer", "unmapped_product", "unpriced_charge", "charge_without_customer")
LINES = ("per_charge", "per_subscription", "per_product", "per_category")


@dataclass(frozen=True)
class Row:
    """A line of Microsoft's invoice, and exactly what it is worth by the rule."""

    name: str
    cost: Decimal
    worth: Fraction


@dataclass(frozen=True)
class Event:
    """Rows that are netted to one slice, and what else is known of it."""

    rows: tuple[Row, ...]
    kind: str
    tenant: int
    subscription: int
    status: str
    seats: int

    def slice(self, known: frozenset[str]) -> Slice | None:
        """The slice of those rows that are known already."""
        rows = [row for row in self.rows if row.name in known]
        if not rows:
            return None
        worth = worth_of(row.worth for row in rows)
        charges = [Charge(row.cost, row.name, "vendor.csv", 1, "", "G1") for row in rows]
        shape = usage_slice if self.kind == "usage" else piece
        own = shape(*charges, worth=f"{worth}", customer_id=TENANTS[self.tenant], status=self.status)
        own = replace(own, subscription_id=f"sub-{self.subscription}", ledger_customer=f"{58 + self.tenant}")
        if self.kind == "seats":
            own = replace(own, seats=self.seats * (-1000 if worth < 0 else 1000), unit=to_minor(worth, "USD") * 100)
        return replace(own, item=None) if self.status in BLOCKED else own


amounts = st.decimals(Decimal("-300"), 900, places=2)
weights = st.sampled_from([Fraction(6, 5), Fraction(23, 20), Fraction(100, 82), Fraction(7, 6)])


@st.composite
def events(draw: st.DrawFn) -> list[Event]:
    made = []
    for number in range(draw(st.integers(1, 7))):
        count = draw(st.sampled_from([1, 1, 2, 3]))
        markup = draw(weights)
        costs = [draw(amounts) for _ in range(count)]
        rows = tuple(Row(f"r{number}-{n}", cost, Fraction(cost) * markup) for n, cost in enumerate(costs))
        status = draw(st.sampled_from(["priced", "priced", "priced", "priced", "absorbed", *BLOCKED]))
        made.append(
            Event(
                rows,
                draw(st.sampled_from(["seats", "seats", "usage", "part"])),
                draw(st.integers(0, 1)),
                draw(st.integers(0, 2)),
                status,
                draw(st.integers(1, 400)),
            )
        )
    return made


def desk(lines: str = "per_subscription", split_by: str = "none") -> Desk:
    template = Template("mine", HERE, lines=lines, split_by=split_by)
    rules = tuple(
        customer(tenant_id=tenant, ledger_customer=f"{58 + number}", template="mine")
        for number, tenant in enumerate(TENANTS)
    )
    rows = (used("3.10", "rg-a", tags='{"t": "x"}'), used("1.27", "rg-b"), used("0.0000001", "rg-c"))
    sums = tuple(
        replace(row, meter=("G1", f"sub-{number}", *row.meter[2:])) for row in rows for number in range(2)
    )  # fmt: skip
    return Desk(customers=rules, templates=(template,), usage=sums)


def all_rows(found: Sequence[Event]) -> frozenset[str]:
    return frozenset(row.name for event in found for row in event.rows)


def slices(found: Sequence[Event], known: frozenset[str] | None = None) -> list[Slice]:
    names = all_rows(found) if known is None else known
    return [made for event in found if (made := event.slice(names)) is not None]


def net(plans: Sequence[Plan]) -> dict[tuple[str, str, str], Decimal]:
    return totals(document for plan in plans for document in plan.documents)


@given(found=events(), lines=st.sampled_from(LINES), split=st.sampled_from(["none", "category", "reference", "tag:t"]))
@settings(max_examples=60)
def test_every_cent_has_a_place_and_every_line_its_amount(found: list[Event], lines: str, split: str) -> None:
    plan = desk(lines, split).plan(slices(found))
    cost = sum((row.cost for event in found for row in event.rows), Decimal(0))
    assert sum((amount for _, _, amount in plan.settled), Decimal(0)) == cost
    blocked = [event for event in found if event.status in BLOCKED]
    assert sum((one.cost for one in plan.blocked), Decimal(0)) == sum(
        (row.cost for event in blocked for row in event.rows), Decimal(0)
    )
    due: dict[str, Decimal] = defaultdict(Decimal)
    for event in found:
        if event.status == "priced":
            due[f"{58 + event.tenant}"] += worth_of(row.worth for row in event.rows)
    assert {customer: total for (_, customer, _), total in net([plan]).items()} == {
        customer: total for customer, total in due.items() if total
    }
    for document in plan.documents:
        sign = 1 if document.kind == "invoice" else -1
        assert document.total >= 0
        for line in document.lines:
            assert sum((ref.amount for ref in line.slices), Decimal(0)) == line.amount * sign
            assert -line.amount.as_tuple().exponent == exponent(document.currency)  # type: ignore[operator]
            if line.quantity is not None and line.unit_price is not None:
                assert round_half_up(line.quantity * line.unit_price, 2) == line.amount
            else:
                assert line.quantity is line.unit_price is None
    refs = [ref for document in plan.documents for line in document.lines for ref in line.slices]
    assert len(refs) == len(set(refs))


@given(found=events(), order=st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_no_order_changes_a_plan(found: list[Event], order: object) -> None:
    one = desk().plan(slices(found))
    shuffled = slices(found)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    other = desk().plan([replace(each, charges=tuple(reversed(each.charges))) for each in shuffled])
    assert (one, one.plan_id) == (other, other.plan_id)


@given(found=events(), lines=st.sampled_from(LINES))
@settings(max_examples=40)
def test_planning_after_posting_gives_nothing(found: list[Event], lines: str) -> None:
    first = desk(lines).plan(slices(found))
    posted = post(first.documents)
    again = desk(lines).plan(slices(found), posted)
    assert again.documents == ()
    other = desk(LINES[LINES.index(lines) - 1], "category").plan(slices(found), posted)
    assert other.documents == ()


@given(found=events(), data=st.data())
@settings(max_examples=60)
def test_an_import_in_two_parts_bills_the_same(found: list[Event], data: st.DataObject) -> None:
    names = sorted(all_rows(found))
    early = frozenset(name for name in names if data.draw(st.booleans(), name))
    first = desk().plan(slices(found, early))
    posted = post(first.documents)
    second = desk().plan(slices(found), posted)
    assert net([first, second]) == net([desk().plan(slices(found))])
    keys = [document.key for plan in (first, second) for document in plan.documents]
    assert len(keys) == len(set(keys))
    assert desk().plan(slices(found), posted + post(second.documents, 50)).documents == ()


@dataclass(frozen=True)
class CleanMonth:
    """A made-up month without defects, planned where nothing is billed yet, and the plan as a ledger has it."""

    world: MadeUp
    plan: Plan
    posted: list[Posted]
    ledgers: tuple[tuple[str, Path], ...]


def clean_month(folder: Path, seed: int) -> CleanMonth:
    world = make_world(folder / "world", seed, customers=15, defects=False)
    plan = plan_world(world)
    posted = post_all(plan)
    return CleanMonth(world, plan, posted, write_ledgers(folder / "ledgers", posted))


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> CleanMonth:
    return clean_month(tmp_path_factory.mktemp("clean"), 3)


def test_a_clean_month_that_is_planned_and_posted_is_reconciled(month: CleanMonth, tmp_path: Path) -> None:
    for one in (month, clean_month(tmp_path, 8)):
        outcome = one.world.reconcile(ledgers=one.ledgers)
        assert outcome.result.result == "reconciled", [tell(finding) for finding in outcome.result.findings]
        lines = {each.currency: each.vendor_lines for each in outcome.result.conservation}
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for _, currency, amount in one.plan.settled:
            sums[currency] += amount
        assert dict(sums) == lines
        assert {document.currency for document in one.plan.documents} == set(lines)


@pytest.mark.parametrize("known", [True, False], ids=["ours", "hand-made"])
def test_what_stands_in_the_ledger_leaves_nothing_to_bill(month: CleanMonth, known: bool) -> None:
    plan = plan_world(month.world, posted=month.posted if known else [], ledgers=month.ledgers)
    assert (plan.documents, plan.blocked) == ((), ())


def test_beside_hand_made_invoices_of_a_clean_month_nothing_is_billed(month: CleanMonth) -> None:
    plan = plan_world(month.world, ledgers=month.world.request().ledgers)
    assert (plan.documents, plan.blocked, plan.held) == ((), (), ())


def test_files_that_come_in_two_parts_bill_the_same(month: CleanMonth, tmp_path: Path) -> None:
    chance = Random(3)
    parts = []
    for path in sorted((month.world.folder / "vendor").glob("*3221.jsonl.gz")):
        lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
        early = tmp_path / path.name
        early.write_bytes(gzip.compress(b"".join(line for line in lines if chance.random() < 0.5)))
        parts.append(early)
    first = plan_world(month.world, vendor=tuple(parts))
    second = plan_world(month.world, posted=post_all(first))
    assert net([first, second]) == net([month.plan])


def test_a_month_with_defects_that_is_planned_and_posted_keeps_exactly_those_that_no_billing_removes(
    tmp_path: Path,
) -> None:
    world = make_world(tmp_path / "world", 11, customers=15)
    plan = plan_world(world)
    outcome = world.reconcile(ledgers=write_ledgers(tmp_path / "ledgers", post_all(plan)))
    differences = [finding for finding in outcome.result.findings if finding.measures == "difference"]
    assert [tell(finding) for finding in differences] == []
    kinds = {finding.kind for finding in outcome.result.findings}
    remaining = [told for told in world.truth["findings"] if told["kind"] in kinds]
    missing, beside = differences_from_truth({"findings": remaining}, outcome.result.findings)
    assert (missing, [tell(finding) for finding in beside]) == ([], [])


def test_catching_up_leaves_nothing_to_find(tmp_path: Path) -> None:
    kinds = (
        "bundle_drift", "cancelled_still_billed", "credit_not_passed_on", "duplicate_billing", "fx_differs",
        "orphan_billing", "partial_period_unbilled", "price_differs", "product_change_not_followed",
        "quantity_over_billed", "quantity_under_billed", "trial_converted", "unbilled_charge",
    )  # fmt: skip
    world = make_world(tmp_path / "world", 12, customers=12, defects=kinds)
    request = world.request(needs_ledger=False)
    with pytest.raises(ConnectorError) as refused:
        plan_files(request, start=START, catch_up=("none",))
    names = re.findall(r"[0-9a-f]{16}", f"{refused.value}")
    assert len(names) > 8
    posted = post_all(plan_files(request, start=START, catch_up=tuple(names)).plan, 90_000)
    ledgers = []
    for name, path in request.ledgers:
        rows = csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())
        own = ledger_rows_of(one for one in posted if one.document.ledger == name)
        kept = [{column: row[column] for column in LEDGER_LINE} for row in rows]
        ledgers.append((name, write_ledger(tmp_path / path.name, kept + own)))
    after = world.reconcile(ledgers=tuple(ledgers)).result.findings
    assert [tell(finding) for finding in after if finding.measures == "difference"] == []
