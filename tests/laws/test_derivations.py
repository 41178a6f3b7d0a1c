"""Every amount can be worked out again from what `explain` prints, by arithmetic that is none of the connector's."""

import random
import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from connector.bootstrap import explaining
from connector.domain.derivation import Derivation, Explanation
from connector.domain.line_rows import LEDGER, VENDOR
from connector.jobs.explain import Explainer
from connector.reports.explanation_json import to_document
from connector.reports.explanation_text import to_text
from tests.builders import TENANT, MadeUp, Month, ledger_line, make_world, vendor_line
from tests.laws.test_conservation import rework_ledger, rework_vendor

TOKEN = re.compile(r"\s*(round|-?\d+(?:\.\d+)?|[()+−×/,])")


class Sums:
    """Reads a formula: round(a, n), brackets, × and / before + and −, from left to right."""

    def __init__(self, formula: str) -> None:
        self.tokens = TOKEN.findall(formula)
        assert "".join(self.tokens) == formula.replace(" ", ""), formula

    def take(self, *wanted: str) -> str:
        token = self.tokens.pop(0)
        assert not wanted or token in wanted, (token, wanted)
        return token

    def result(self) -> Fraction:
        value = self.sum_()
        assert not self.tokens
        return value

    def sum_(self) -> Fraction:
        value = self.product()
        while self.tokens and self.tokens[0] in "+−":
            value += self.product() if self.take() == "+" else -self.product()
        return value

    def product(self) -> Fraction:
        value = self.single()
        while self.tokens and self.tokens[0] in "×/":
            value = value * self.single() if self.take() == "×" else value / self.single()
        return value

    def single(self) -> Fraction:
        token = self.take()
        if token == "(":
            value = self.sum_()
            self.take(")")
            return value
        if token == "round":
            self.take("(")
            value = self.sum_()
            self.take(",")
            scale = 10 ** int(self.take())
            self.take(")")
            half_up = (abs(value) * scale * 2 + 1) // 2
            return Fraction(half_up if value >= 0 else -half_up, scale)
        return Fraction(token)


def evaluated(formula: str) -> Fraction:
    return Sums(formula).result()


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("round(20.00 × (100 + 18) / 100, 2)", "23.60"),
        ("round(0.125 × 1, 2)", "0.13"),
        ("round(0 − 0.125, 2)", "-0.13"),
        ("0 − 2 × 3 + 10 / 4", "-3.5"),
        ("round(1 / 3, 0) × 0.05", "0"),
    ],
)
def test_the_reader_of_formulas_can_count(formula: str, result: str) -> None:
    assert evaluated(formula) == Fraction(result)


def derivations(explanation: Explanation) -> Iterator[Derivation]:
    for comparison in explanation.comparisons:
        yield from comparison.derivations


def hold(explanation: Explanation) -> int:
    """Every sum gives what stands beside it, in the text and in the JSON; count them."""
    count = 0
    for one in derivations(explanation):
        for each in one.sums:
            assert evaluated(each.formula) == Fraction(each.result), each
            assert each.formula in to_text(explanation)
            count += 1
        if one.sums:
            assert one.sums[-1].result == one.amount
        else:
            assert (one.amount, one.status) == (None, one.status)
            assert one.status not in ("priced",)
    written = to_document(explanation)
    for comparison in written["comparisons"]:
        for piece in comparison["slices"]:
            assert all(evaluated(each["formula"]) == Fraction(each["result"]) for each in piece["sums"])
    return count


def explain_everything(explainer: Explainer) -> int:
    """Explain each line by its place, and hold what is printed to the arithmetic."""
    count = 0
    for row in explainer.lines:
        explanation = explainer.explain(f"{row.source}:{row.source_line}")
        if row.side == VENDOR:
            charges = [charge for one in derivations(explanation) for charge in one.charges]
            assert row in charges, row
            count += hold(explanation)
        else:
            assert row in [line for each in explanation.comparisons for line in each.ledger_lines], row
    return count


@pytest.mark.parametrize("seed", range(3))
def test_the_formula_of_every_line_gives_its_amount(seed: int, tmp_path: Path) -> None:
    world = make_world(tmp_path, 500 + seed, customers=12)
    if seed % 2:
        rework_vendor(tmp_path, random.Random(seed), 10)
        rework_ledger(tmp_path, random.Random(seed), 10)
    with explaining(world.request(vendor=tuple(sorted((tmp_path / "vendor").iterdir())))) as explainer:
        assert explain_everything(explainer) > 30


def test_every_finding_and_subscription_is_explained(world: MadeUp) -> None:
    with explaining(world.request()) as explainer:
        for finding in explainer.result.findings:
            explanation = explainer.explain(finding.fingerprint[:12])
            hold(explanation)
            told = [one for comparison in explanation.comparisons for one in comparison.findings]
            if explanation.comparisons:
                assert finding in told, finding
                assert finding.fingerprint in to_text(explanation)
            else:
                assert finding.kind in ("record_set_aside", "incomplete_vendor_file"), finding
        for subscription in sorted({row.subscription_id for row in explainer.lines if row.subscription_id}):
            explanation = explainer.explain(subscription.upper())
            assert explanation.comparisons
            hold(explanation)


def month_of(folder: Path, mapping: str, **changes: Any) -> MadeUp:
    month = Month(folder, mapping=mapping, **changes).write()
    arguments = {
        "vendor": ["vendor.csv"],
        "ledger": ["=ledger.csv"],
        "mappings": "mappings",
        "vendor_total": month.totals,
    }
    return MadeUp(month.folder, {"arguments": arguments})


CUSTOMER = f'- {{name: A, tenant_id: {TENANT}, ledger_customer: "58", currency: CUR}}\n'
RULES = {
    "markup": ("markup_percent: 12.5", "USD"),
    "margin": ("margin_percent: 17", "USD"),
    "discount": ("discount_from_list_percent: 3.33", "USD"),
    "pass_through": ("pass_through: true", "USD"),
    "unit_price": ("unit_price: 22.505", "USD"),
    "cycle": ("unit_price: 22.5, per: cycle", "USD"),
    "steps of 5 cents": ("markup_percent: 12.5, round_to: 0.05", "USD"),
    "volume": ("tiers: volume, unit_price: [{from: 1, is: 20}, {from: 10, is: 18.25}]", "USD"),
    "graduated": ("tiers: graduated, unit_price: [{from: 1, is: 20}, {from: 5, is: 18.33}]", "USD"),
    "into euros": ("markup_percent: 12.5", "EUR"),
    "graduated into euros": ("tiers: graduated, unit_price: [{from: 1, is: 20}, {from: 5, is: 18.33}]", "EUR"),
    "into yen": ("unit_price: 22.5", "JPY"),
}


PLANS: dict[str, dict[str, str]] = {
    "month": {},
    "part": {
        "ChargeType": "addQuantity", "ChargeStartDate": "10/15/2026", "EffectiveUnitPrice": "10.967742",
        "Subtotal": "109.68", "Total": "109.68",
    },
    "price": {
        "ChargeType": "addQuantity", "ChargeStartDate": "10/15/2026", "EffectiveUnitPrice": "10.967742",
        "Subtotal": "109.68", "Total": "109.68", "SubscriptionStartDate": "",
    },
    "year": {"ChargeEndDate": "9/30/2027", "BillingFrequency": "Annual", "SubscriptionStartDate": "10/1/2026"},
    "azure": {
        "ProductId": "DZH318Z0BPS6", "ProductName": "Azure plan", "TermAndBillingCycle": "", "BillingFrequency": "",
    },
}  # fmt: skip


def test_every_kind_of_rule_prints_a_sum(tmp_path: Path) -> None:
    """A customer for each rule, a charge of each plan for each customer."""
    customers, prices, lines = "customers:\n", "prices:\n", []
    for number, (rule, currency) in enumerate(RULES.values()):
        tenant = f"5d1f0c9e-8a55-4d5e-9a53-{number:012}"
        customers += CUSTOMER.replace(TENANT, tenant).replace("CUR", currency).replace("58", str(number))
        prices += f"- {{for: {{tenant_id: {tenant}}}, {rule}}}\n"
        lines += [
            vendor_line(**changes, CustomerId=tenant, SubscriptionId=f"9d7d1f3d-c8de-461c-{at:04}-{number:012}")
            for at, changes in enumerate(PLANS.values())
        ]
    mapping = customers + prices
    mapping += (
        'products:\n- {name: P, product_id: CFQ7TTC0LCHC, item: "31"}\n- {name: Z, category: azure, item: "40"}\n'
    )
    mapping += "fx:\n- {from: USD, to: EUR, source: fixed, rate: 0.9137, margin_percent: 1.5}\n"
    mapping += "- {from: USD, to: JPY, source: fixed, rate: 151.37}\n"
    world = month_of(tmp_path, mapping, vendor=lines, totals={})
    shares = set()
    with explaining(world.request()) as explainer:
        charges = [row for row in explainer.lines if row.side == VENDOR]
        assert len(charges) == len(RULES) * len(PLANS)
        for row in charges:
            explanation = explainer.explain(f"vendor.csv:{row.source_line}")
            (one,) = derivations(explanation)
            hold(explanation)
            assert one.amount if one.status == "priced" else row.product == "Azure plan", row
            assert {rule.about for rule in one.decisions} >= {"customer", "item", "price"}
            shares |= {reading.share_by for reading in one.readings}
    assert shares == {"cycle", "dates", "price"}


def test_a_rule_names_the_one_that_would_have_won_without_it(tmp_path: Path) -> None:
    mapping = "customers:\n" + CUSTOMER.replace("CUR", "USD").replace("}", ", groups: [gold]}")
    mapping += (
        'products:\n- {name: P, product_id: CFQ7TTC0LCHC, item: "31"}\n- {name: L, category: license, item: "9"}\n'
    )
    mapping += "prices:\n- {for: {}, markup_percent: 10}\n- {for: {group: gold}, markup_percent: 20}\n"
    mapping += f"- {{for: {{tenant_id: {TENANT}}}, unit_price: 24}}\n"
    world = month_of(tmp_path, mapping)
    with explaining(world.request()) as explainer:
        (one,) = derivations(explainer.explain("G012345678:2"))
        decided = {rule.about: rule for rule in one.decisions}
    assert decided["price"].answer.startswith("unit_price 24 a month")
    assert decided["price"].place.endswith("mapping.yaml:9:3")
    assert decided["price"].otherwise.startswith("markup_percent 20")
    assert decided["price"].otherwise_place.endswith("mapping.yaml:8:3")
    assert (decided["item"].answer[:7], decided["item"].otherwise[:6]) == ("item 31", "item 9")
    assert decided["customer"].otherwise == "no customer: it would be unmapped"


@pytest.mark.parametrize(
    ("reference", "meant"),
    [
        ("vendor.csv:2", "Microsoft's line"),
        ("G012345678:2", "Microsoft's line"),
        ("ledger.csv:2", "ledger line"),
        ("INV-1001", "ledger document INV-1001"),
        ("inv-1001:1", "ledger line INV-1001"),
        ("9D7D1F3D-C8DE-461C-DB6D-91DEBD5129F0", "subscription 9d7d"),
    ],
)
def test_a_reference_may_be_written_in_many_ways(reference: str, meant: str, tmp_path: Path) -> None:
    world = month_of(tmp_path, Month(tmp_path).mapping, ledger=[ledger_line(amount="230.00")])
    with explaining(world.request()) as explainer:
        explanation = explainer.explain(reference)
        assert explanation.meant.startswith(meant)
        (comparison,) = explanation.comparisons
        assert (comparison.expected, comparison.actual) == (Decimal(240), Decimal(230))
        assert [finding.kind for finding in comparison.findings] == ["price_differs"]
        assert {row.side for row in comparison.ledger_lines} == {LEDGER}
