"""An Azure charge is split along its usage without losing anything, and only where a rule asks for it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.domain.errors import Place
from connector.domain.rules import SubscriptionRule, Validity
from connector.domain.tables import CHARGES
from connector.engine.expecting.usage_parts import has_tag, split, split_charges
from connector.warehouse.tables import Warehouse
from connector.warehouse.workspace import Workspace

PLAN = "e4b4a0c7-5c0f-4f5d-8d6e-3a9b7c2d1e55"
LAB = "7c2d90b6-1a4e-4c3b-8f57-6e0d2b9a4c22"
SHARED = ("G1", PLAN, "DZH318Z0BQ35", "00TG")
PLACE = Place(Path("mappings.yaml").name, 1, 1)


def rule(**named: Any) -> SubscriptionRule:
    """An exception that puts what it names on item 41."""
    return SubscriptionRule(place=PLACE, item="41", **named)


def charge(subtotal: str, quantity: str = "100", tax: str = "0") -> dict[str, Any]:
    """An Azure charge as the tables give it, with its key."""
    names = ("invoice", "subscription_id", "product_id", "sku_id")
    return {
        **dict.fromkeys(CHARGES),
        **dict(zip(names, SHARED, strict=True)),
        **{f"shared_{name}": value for name, value in zip(names, SHARED, strict=True)},
        "charge_start": date(2026, 10, 1),
        "currency": "USD",
        "unit_price": Decimal("0.10"),
        "subtotal": Decimal(subtotal),
        "tax": Decimal(tax),
        "total": Decimal(subtotal) + Decimal(tax),
        "quantity": Decimal(quantity),
    }


def usage(amount: str, entitlement: str = "other", group: str = "rg-web", tags: str | None = None) -> dict[str, Any]:
    """Usage rows of one kind, summed."""
    summed = {"amount": Decimal(amount), "quantity": Decimal(amount), "rows": 1, "earned_credit_percent": None}
    return {"entitlement": entitlement, "group": group, "tagged": tags, **summed}


def parts_of(
    whole: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], *rules: SubscriptionRule
) -> dict[str | None, dict[str, Any]]:
    """The parts of one charge by their name."""
    return {row["part"]: row for row in split_charges([whole], {SHARED: rows}, rules)}


@pytest.mark.parametrize("subtotal", ["85.00", "0.01", "-85.01", "100.005", "0"])
@pytest.mark.parametrize(
    "amounts", [("1", "1", "1"), ("10.5", "0.0000001", "-2"), ("-1", "-2", "-4"), ("1", "-1", "0")]
)
def test_parts_sum_to_the_charge(subtotal: str, amounts: tuple[str, str, str]) -> None:
    """Whatever the usage says, refunds included, amounts and quantity of the parts are the charge's."""
    whole = charge(subtotal, quantity="1234.56789", tax="7.13")
    rows = [usage(amounts[0]), usage(amounts[1], LAB), usage(amounts[2], group="rg-lab")]
    parts = parts_of(whole, rows, rule(entitlement_id=LAB), rule(resource_group="RG-Lab"))
    assert set(parts) == {None, "0", "1"}
    for column in ("subtotal", "tax", "total", "quantity"):
        assert sum(part[column] for part in parts.values()) == whole[column]
    assert all(part["total"] == part["subtotal"] + part["tax"] for part in parts.values())
    assert {part["unit_price"] for part in parts.values()} == {Decimal("0.10")}


def test_the_part_that_earned_credit_keeps_it() -> None:
    """51.00 after 15 % and 40.00 without credit are 60.00 and 40.00 of list, and so is the quantity shared."""
    earned = {**usage("51"), "earned_credit_percent": Decimal(15)}
    parts = parts_of(charge("91.00", quantity="1000"), [earned, usage("40", LAB)], rule(entitlement_id=LAB))
    assert (parts[None]["subtotal"], parts["0"]["subtotal"]) == (Decimal("51.00"), Decimal("40.00"))
    assert (parts[None]["quantity"], parts["0"]["quantity"]) == (600, 400)


def test_a_part_costs_what_its_usage_costs() -> None:
    """Amount and quantity follow the usage's amounts, to the cent by largest remainder."""
    parts = parts_of(charge("100.00"), [usage("2"), usage("1", LAB)], rule(entitlement_id=LAB))
    assert (parts[None]["subtotal"], parts["0"]["subtotal"]) == (Decimal("66.67"), Decimal("33.33"))
    assert parts["0"]["quantity"] == Decimal("33.3333333333")


def test_usage_that_two_rules_mean_is_a_tie() -> None:
    """The tie names both rules; the usage that only the subscription's rule means is left to that rule."""
    rules = rule(subscription_id=PLAN), rule(entitlement_id=LAB)
    parts = parts_of(charge("85.00"), [usage("51"), usage("34", LAB)], *rules)
    assert {name: part["subtotal"] for name, part in parts.items()} == {None: Decimal(51), "0,1": Decimal(34)}


def test_a_rule_must_fit_in_all_it_names_and_in_time() -> None:
    """A group of another entitlement, and a rule that ended before the charge began, claim nothing."""
    elsewhere = rule(entitlement_id=LAB, resource_group="rg-web")
    past = rule(resource_group="rg-web", validity=Validity(end=date(2026, 10, 1)))
    assert set(parts_of(charge("85.00"), [usage("85")], elsewhere, past)) == {None}


@pytest.mark.parametrize(
    ("tags", "wanted", "has"),
    [
        ('{"costcenter":"4711"}', "costcenter=4711", True),
        ('{"costcenter":"4711"}', "CostCenter:4711", True),
        ('{"costcenter":"4711"}', "costcenter", True),
        ('{"costcenter":"4711"}', "costcenter=47", False),
        ('{"costcenter":"4711"}', "cost", False),
        ('"a": "b","env": "Prod"', "env=Prod", True),
        ('"a": "b","env": "Prod"', "env=prod", False),
        ('{"a:b":"c=d"}', "a:b=c=d", True),
        ("not JSON", "not JSON", False),
        (None, "env", False),
    ],
)
def test_tags_are_read_as_azure_writes_them(tags: str | None, wanted: str, *, has: bool) -> None:
    """Names without regard to case, values with it, with braces and without."""
    assert has_tag(tags, wanted) is has


@pytest.fixture
def tables() -> Iterator[Workspace]:
    """A bench with nothing read."""
    with Warehouse.temporary() as warehouse:
        yield Workspace(warehouse)


def held(tables: Workspace, name: str, rows: list[dict[str, Any]]) -> Any:
    """Rows as a table of the warehouse's shape."""
    schema = {column: str(kind) for column, kind in tables.table(name).schema().items()}
    return tables.take(f"own_{name}", [{**dict.fromkeys(schema), **row} for row in rows], schema)


@pytest.mark.parametrize("rules", [(), (rule(subscription_id=PLAN),), (rule(entitlement_id=LAB),)])
def test_without_rules_or_without_usage_the_charges_stay_as_they_are(
    tables: Workspace, rules: tuple[SubscriptionRule, ...]
) -> None:
    """The same rows come back, with no part named."""
    names = set(CHARGES)
    charges = held(
        tables, "charges", [{k: v for k, v in charge("85.00").items() if k in names} | {"category": "azure"}]
    )
    before, after = list(tables.rows(charges)), list(tables.rows(split(tables, charges, rules)))
    assert after == [{**row, "part": None} for row in before]


def test_only_azure_charges_with_usage_are_split(tables: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A licence, a credit and a charge of another sku stay whole beside the parts, and nothing is lost."""
    own = {key: value for key, value in charge("85.00").items() if key in CHARGES} | {"category": "azure"}
    rows = [
        own,
        {**own, "category": "license"},
        {**own, "charge_type": "customerCredit"},
        {**own, "sku_id": "00TH"},
        {**own, "category": None},
    ]
    charges = held(tables, "charges", rows)
    shared = {name: own[name] for name in ("invoice", "subscription_id", "product_id", "sku_id")}
    used = held(
        tables,
        "usage",
        [
            {**shared, "entitlement_id": LAB, "resource_group": "RG-Lab", "amount": Decimal(34)},
            {**shared, "entitlement_id": "other", "resource_group": "rg-web", "amount": Decimal(51)},
        ],
    )
    monkeypatch.setattr(tables, "table", {"usage": used}.__getitem__)
    after = list(tables.rows(split(tables, charges, [rule(resource_group="rg-lab")])))
    assert sum(row["subtotal"] for row in after) == 5 * Decimal("85.00")
    assert sorted(str(row["part"]) for row in after) == ["0", *["None"] * 5]
    assert next(row["subtotal"] for row in after if row["part"] == "0") == Decimal("34.00")
