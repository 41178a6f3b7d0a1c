"""Splits an Azure charge along its daily usage, where a resource group, tag or entitlement is billed differently.

Microsoft's monthly charge for an Azure plan names neither the Azure subscription (entitlement) nor resource groups
nor tags; its daily-rated usage does. A charge's amount is shared out over the exceptions that its usage rows meet,
in proportion to what those rows cost, so that the parts sum to the charge exactly; its quantity in proportion to what
they would cost without partner earned credit, so that the part that earned the credit keeps it. Charges without usage
rows stay whole: for them only exceptions by subscription count.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from math import lcm
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir

from connector.domain.money import EXACT, allocate, exponent
from connector.domain.rules import SubscriptionRule
from connector.engine.mapping import by_usage

_SHARED = ("invoice", "subscription_id", "product_id", "sku_id")
_CREDIT = "customercredit"
# Finer than Microsoft's own quantities, so that list amounts divide to the cent.
_QUANTITY_PLACES = 10

Row = Mapping[str, Any]


class _Tables(Protocol):
    """What splitting needs of the tables: to read one, keep one, bring rows in and get rows out."""

    def table(self, name: str) -> ir.Table: ...

    def keep(self, name: str, expression: ir.Table) -> ir.Table: ...

    def take(self, name: str, rows: Iterable[Mapping[str, object]], columns: Mapping[str, str]) -> ir.Table: ...

    def rows(self, expression: ir.Table) -> Iterator[dict[str, Any]]: ...


def split(tables: _Tables, charges: ir.Table, rules: Sequence[SubscriptionRule]) -> ir.Table:
    """Give the charges with a column `part`, those that usage splits replaced by their parts.

    `part` holds the positions in `rules` of the exceptions that claim the part, joined by commas: more than one is
    a tie, null means that no usage says anything. Subtotal, tax, total and quantity of the parts sum to the charge's;
    unit prices stay.
    """
    whole = charges.mutate(part=ibis.null("string"))
    special = [rule for rule in rules if by_usage(rule)]
    if not special:
        return whole
    usage = tables.table("usage")
    of_usage = _keyed(charges.filter(_may_split(charges)))
    named = _keyed(usage.filter(_named_in(usage, special)))
    met = named.semi_join(of_usage, _keys()).select(*_keys()).distinct()
    met = tables.keep("usage_met", met)
    if not any(True for _ in tables.rows(met.limit(1))):
        return whole
    weights = _weights(tables.rows(_summed(_keyed(usage).semi_join(met, _keys()), special)))
    split_up = of_usage.semi_join(met, _keys())
    schema = {**{name: str(kind) for name, kind in charges.schema().items()}, "part": "string"}
    parts = tables.take("usage_parts", split_charges(tables.rows(split_up), weights, rules), schema)
    others = charges.filter(~_may_split(charges))
    unmet = of_usage.anti_join(met, _keys()).drop(*_keys())
    columns = list(schema)
    untouched = [table.mutate(part=ibis.null("string")).select(*columns) for table in (others, unmet)]
    return ibis.union(*untouched, parts.select(*columns))


def split_charges(
    charges: Iterable[Row], weights: Mapping[tuple[str, ...], Sequence[Row]], rules: Sequence[SubscriptionRule]
) -> Iterator[dict[str, Any]]:
    """Split each charge along its usage; `weights` are usage rows summed, by (invoice, subscription, product, sku)."""
    for charge in charges:
        day = charge["charge_start"] or charge["subscription_start"]
        shares: dict[str | None, list[Row]] = defaultdict(list)
        for row in weights.get(_key_of(charge), ()):
            shares[part_of(row, charge, rules, day)].append(row)
        yield from _parts(charge, shares)


def _may_split(charges: ir.Table) -> ir.BooleanValue:
    kind = charges.charge_type.fill_null("").lower().replace(" ", "").replace("_", "")
    return (charges.category.fill_null("") == "azure") & (kind != _CREDIT)


def _keys() -> list[str]:
    return [f"shared_{name}" for name in _SHARED]


def _keyed(table: ir.Table) -> ir.Table:
    # Unbilled lines have no invoice yet; an empty one joins where a null would not.
    return table.mutate(**{f"shared_{name}": table[name].fill_null("") for name in _SHARED})


def _key_of(row: Row) -> tuple[str, ...]:
    return tuple(row[key] for key in _keys())


def _named_in(usage: ir.Table, special: Sequence[SubscriptionRule]) -> ir.BooleanValue:
    """Usage that some rule could mean; tags are only looked through, reading them comes later."""
    entitlements = sorted({rule.entitlement_id.lower() for rule in special if rule.entitlement_id})
    groups = sorted({rule.resource_group.lower() for rule in special if rule.resource_group})
    found: ir.BooleanValue = ibis.literal(value=False)
    if entitlements:
        found = found | usage.entitlement_id.fill_null("").isin(entitlements)
    if groups:
        found = found | usage.resource_group.fill_null("").lower().isin(groups)
    if any(rule.tag for rule in special):
        found = found | usage.tags.notnull()
    return found


def _summed(usage: ir.Table, special: Sequence[SubscriptionRule]) -> ir.Table:
    """Sum usage by charge and by what the rules look at, and by nothing else."""
    nothing = ibis.null("string")
    usage = usage.mutate(
        entitlement=usage.entitlement_id if any(rule.entitlement_id for rule in special) else nothing,
        group=usage.resource_group.lower() if any(rule.resource_group for rule in special) else nothing,
        tagged=usage.tags if any(rule.tag for rule in special) else nothing,
    )
    return usage.group_by([*_keys(), "entitlement", "group", "tagged", "earned_credit_percent"]).aggregate(
        amount=usage.amount.sum(), quantity=usage.quantity.sum(), rows=usage.count()
    )


def _weights(rows: Iterable[Row]) -> dict[tuple[str, ...], list[Row]]:
    weights: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        weights[_key_of(row)].append(row)
    return weights


def part_of(row: Row, charge: Row, rules: Sequence[SubscriptionRule], day: date | None) -> str | None:
    """The exceptions that claim a usage row of a charge, by their positions; None where usage says nothing."""
    claims = [
        position
        for position, rule in enumerate(rules)
        if (day is None or day in rule.validity) and _claims(rule, row, charge["subscription_id"])
    ]
    # Without a rule that only usage can meet, the exceptions by subscription are enough.
    if not any(by_usage(rules[position]) for position in claims):
        return None
    return ",".join(str(position) for position in claims)


def _claims(rule: SubscriptionRule, row: Row, subscription: str | None) -> bool:
    """Whether a rule means a usage row: all that the rule names must fit."""
    pairs = (
        (rule.subscription_id, subscription),
        (rule.entitlement_id, row["entitlement"]),
        (rule.resource_group, row["group"]),
    )
    if any(want and want.lower() != (have or "").lower() for want, have in pairs):
        return False
    return not rule.tag or has_tag(row["tagged"], rule.tag)


def has_tag(tags: str | None, wanted: str) -> bool:
    """Whether Microsoft's tags hold `name=value` (or `name:value`); a name alone means any value.

    Azure compares the names of tags without regard to case, their values with it.
    """
    text = (tags or "").strip()
    if not text:
        return False
    try:
        # Some exports leave out the braces.
        read = json.loads(text if text.startswith("{") else f"{{{text}}}", parse_float=str, parse_int=str)
    except ValueError:
        return False
    for name, value in read.items():
        have, asked = str(name).lower(), wanted.lower()
        if asked == have:
            return True
        if asked[: len(have)] == have and wanted[len(have)] in "=:":
            return wanted[len(have) + 1 :].strip() == str(value)
    return False


def _parts(charge: Row, shares: Mapping[str | None, Sequence[Row]]) -> Iterator[dict[str, Any]]:
    names = sorted(shares, key=lambda name: name or "")
    measures = [[_sum_of(shares[name], measure) for name in names] for measure in ("amount", "quantity", "rows")]
    weights = whole_weights(measures)
    before_credit = whole_weights([[_before_credit(shares[name]) for name in names], *measures])
    money = exponent(charge["currency"])
    divided = {
        "subtotal": _divide(charge["subtotal"], weights, money),
        "tax": _divide(charge["tax"], weights, money),
        "quantity": _divide(charge["quantity"], before_credit, _QUANTITY_PLACES),
    }
    rest = None
    if charge["total"] is not None:
        rest = _divide(charge["total"] - (charge["subtotal"] or 0) - (charge["tax"] or 0), weights, money)
    for index, name in enumerate(names):
        part = {column: value for column, value in charge.items() if column not in _keys()}
        part |= {column: values[index] for column, values in divided.items()}
        if rest is not None:
            part["total"] = (part["subtotal"] or 0) + (part["tax"] or 0) + (rest[index] or 0)
        yield {**part, "part": name}


def _sum_of(rows: Iterable[Row], measure: str) -> Fraction:
    return sum((Fraction(row[measure] or 0) for row in rows), start=Fraction(0))


def _before_credit(rows: Iterable[Row]) -> Fraction:
    """What usage would cost had it earned no credit: what it costs, and the percentage that was taken off."""
    total = Fraction(0)
    for row in rows:
        kept = 1 - Fraction(row["earned_credit_percent"] or 0) / 100
        total += Fraction(row["amount"] or 0) / (kept if kept > 0 else 1)
    return total


def whole_weights(measures: Sequence[list[Fraction]]) -> list[int]:
    """The first measure that does not cancel out, as whole weights; their sum is positive."""
    weights = next(measure for measure in measures if sum(measure))
    scale = lcm(*(weight.denominator for weight in weights)) * (1 if sum(weights) > 0 else -1)
    return [int(weight * scale) for weight in weights]


def _divide(amount: Decimal | None, weights: Sequence[int], places: int) -> tuple[Decimal | None, ...]:
    """Share out an amount by largest remainder, in steps as fine as the amount itself and at least `places`."""
    if amount is None:
        return (None,) * len(weights)
    number = Fraction(amount)
    while (number * 10**places).denominator != 1:
        places += 1
    with localcontext(EXACT):
        return tuple(Decimal(part).scaleb(-places) for part in allocate(int(number * 10**places), weights))
