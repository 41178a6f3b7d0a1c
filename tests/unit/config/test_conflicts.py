"""Rules that claim the same thing are told; rules that follow one another are not."""

from collections.abc import Callable

import pytest

from connector.domain.rules import Mapping
from tests.unit.config.people import ALPINE, BELLOWS, customer

Read = Callable[..., Mapping]
Told = Callable[..., list[str]]


def prices(*rules: str) -> str:
    return "prices:\n" + "".join(f"- {{{rule}}}\n" for rule in rules)


@pytest.mark.parametrize(
    "rules",
    [
        ("for: {}, markup_percent: 1", "for: {}, markup_percent: 2, valid_from: 2026-01-01"),
        ("for: {}, markup_percent: 1, valid_from: 2025-01-01", "for: {}, markup_percent: 2, valid_from: 2026-01-01"),
        ("for: {}, markup_percent: 1, valid_to: 2025-12-31", "for: {}, markup_percent: 2, valid_from: 2026-01-01"),
        ("for: {}, markup_percent: 2, valid_from: 2026-01-01", "for: {}, markup_percent: 1, valid_to: 2025-12-31"),
        (
            "for: {}, markup_percent: 1",
            "for: {}, markup_percent: 2, valid_from: 2026-03-01, valid_to: 2026-03-31",
            "for: {}, markup_percent: 3, valid_from: 2026-04-01",
        ),
        ("for: {category: azure}, markup_percent: 1", "for: {category: license}, markup_percent: 1"),
        (
            "for: {product_id: A}, markup_percent: 1",
            "for: {product_id: A, term: P1Y}, markup_percent: 1",
            "for: {product_id: A, billing_plan: monthly}, markup_percent: 1",
        ),
    ],
)
def test_rules_that_follow_each_other_or_differ_in_scope_agree(read: Read, rules: tuple[str, ...]) -> None:
    assert len(read(prices(*rules)).prices) == len(rules)


@pytest.mark.parametrize(
    "rules",
    [
        ("for: {}, markup_percent: 1", "for: {}, markup_percent: 1"),
        ("for: {}, markup_percent: 1", "for: {}, markup_percent: 2, priority: 1"),
        ("for: {}, markup_percent: 1, valid_to: 2026-01-01", "for: {}, markup_percent: 2, valid_from: 2026-01-01"),
        (
            "for: {}, markup_percent: 1, valid_from: 2026-01-01, valid_to: 2026-12-31",
            "for: {}, markup_percent: 2, valid_from: 2026-02-01, valid_to: 2026-02-28",
            "for: {}, markup_percent: 3, valid_from: 2027-01-01",
        ),
        (
            "for: {}, markup_percent: 1, valid_from: 2026-01-01, valid_to: 2026-12-31",
            "for: {}, markup_percent: 2, valid_from: 2027-02-01",
            "for: {}, markup_percent: 3, valid_from: 2026-06-01, valid_to: 2026-06-30",
        ),
        (
            "for: {product_id: a, sku_id: '2'}, markup_percent: 1",
            "for: {sku_id: '0002', product_id: A}, pass_through: true",
        ),
    ],
)
def test_rules_of_one_scope_at_one_time_are_told_once(problems: Told, rules: tuple[str, ...]) -> None:
    told = problems(prices(*rules))
    assert len(told) == 1
    assert "0.yaml:" in told[0]


def test_a_long_rule_reaches_over_several_that_follow(problems: Told) -> None:
    told = problems(
        prices(
            "for: {}, markup_percent: 1, valid_from: 2026-01-01, valid_to: 2026-12-31",
            "for: {}, markup_percent: 2, valid_from: 2026-02-01, valid_to: 2026-02-28",
            "for: {}, markup_percent: 3, valid_from: 2026-03-01, valid_to: 2026-03-31",
        )
    )
    assert len(told) == 2
    assert all("0.yaml:2:3" in text for text in told)


def test_a_tenant_may_move_to_another_ledger_customer_later(read: Read) -> None:
    text = f"customers:\n{customer()}" + customer(valid_from="2026-07-01")
    assert len(read(text).customers) == 2


def test_conflicts_are_found_across_files(problems: Told) -> None:
    told = problems(f"customers:\n{customer()}", f"customers:\n{customer('Another name')}")
    assert len(told) == 1
    assert "0.yaml:2:3" in told[0]


TWO_GROUPS = "customers:\n" + customer(groups="[gold, silver]")


@pytest.mark.parametrize(
    "rules",
    [
        ("for: {group: gold}, markup_percent: 1, priority: 1", "for: {group: silver}, markup_percent: 2"),
        ("for: {group: gold, category: license}, markup_percent: 1", "for: {group: silver}, markup_percent: 2"),
        (
            "for: {group: gold}, markup_percent: 1, valid_to: 2025-12-31",
            "for: {group: silver}, markup_percent: 2, valid_from: 2026-01-01",
        ),
        (
            "for: {group: gold}, markup_percent: 1",
            "for: {group: gold}, markup_percent: 1, priority: 2, valid_from: 2026-01-01",
            "for: {group: silver}, markup_percent: 2, valid_from: 2026-01-01",
        ),
        (
            "for: {group: gold}, markup_percent: 1",
            "for: {group: silver}, markup_percent: 2",
            f"for: {{tenant_id: {ALPINE}}}, markup_percent: 3",
        ),
    ],
    ids=["priority", "narrower", "one after the other", "superseded", "settled by the customer's own rule"],
)
def test_two_groups_without_a_tie(read: Read, rules: tuple[str, ...]) -> None:
    assert len(read(TWO_GROUPS + prices(*rules)).prices) == len(rules)


@pytest.mark.parametrize(
    "rules",
    [
        ("for: {group: gold}, markup_percent: 1, priority: 1", "for: {group: silver}, markup_percent: 2, priority: 1"),
        (
            "for: {group: gold}, markup_percent: 1",
            "for: {group: silver}, markup_percent: 2",
            f"for: {{tenant_id: {ALPINE}, category: azure}}, markup_percent: 3",
        ),
        (
            "for: {group: gold}, markup_percent: 1",
            "for: {group: silver}, markup_percent: 2",
            f"for: {{tenant_id: {ALPINE}}}, markup_percent: 3, valid_to: 2026-01-31",
        ),
    ],
    ids=["equal priority", "own rule for other products", "own rule only for a while"],
)
def test_two_groups_with_a_tie(problems: Told, rules: tuple[str, ...]) -> None:
    told = problems(TWO_GROUPS + prices(*rules))
    assert len(told) == 1
    assert "are equally narrow, and Alpine Ski House" in told[0]
    assert "give one of them a higher priority" in told[0]


def test_a_tie_needs_a_customer_in_both_groups(read: Read) -> None:
    one_each = f"customers:\n{customer(groups='[gold]')}{customer('Bellows', BELLOWS, groups='[silver]')}"
    both = ("for: {group: gold}, markup_percent: 1", "for: {group: silver}, markup_percent: 2")
    assert len(read(one_each + prices(*both)).prices) == 2


def test_a_component_shared_by_the_bundles_of_two_groups_is_a_tie(problems: Told) -> None:
    bundle = (
        "- {{name: {0}, item: '{0}', unit_price: 5, for: {{group: {0}}}, "
        "counts: {{product_id: A}}, includes: [{{product_id: A}}]}}\n"
    )
    told = problems(TWO_GROUPS + "bundles:\n" + bundle.format("gold") + bundle.format("silver"))
    assert len(told) == 1
    assert "write a rule for the customer itself" in told[0]
