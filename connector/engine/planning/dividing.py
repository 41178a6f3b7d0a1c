"""Divides usage over what the customer's template asks for: resource groups, meters, Azure subscriptions, tags.

Microsoft's monthly charge for Azure names none of them; its daily usage does. The charge's amount and cost are shared
out over the daily rows in proportion to what they cost, by largest remainder, so that the shares sum to the charge.
Usage without daily rows stays whole.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from connector.domain.document import SliceRef
from connector.domain.money import ZERO, allocate, from_minor, to_minor
from connector.domain.rules import Mapping as Rules
from connector.domain.rules import SubscriptionRule, Template
from connector.engine.expecting.usage_parts import part_of, whole_weights
from connector.engine.planning.pieces import DIVIDED, Piece, label_of

# Vendor invoice, subscription, product, sku: what charge and usage share.
Meter = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class UsageSum:
    """Daily usage of one charge summed by what tells it apart; `tags` as Microsoft writes them."""

    meter: Meter
    azure_subscription: str
    azure_subscription_name: str
    resource_group: str
    meter_name: str
    tags: str
    amount: Decimal
    quantity: Decimal
    rows: int


class Usage:
    """All usage of a month, by charge."""

    def __init__(self, sums: Iterable[UsageSum], rules: Rules) -> None:
        self._rules: Sequence[SubscriptionRule] = rules.subscriptions
        self._by_meter: dict[Meter, list[UsageSum]] = defaultdict(list)
        for one in sums:
            self._by_meter[one.meter].append(one)

    def of(self, piece: Piece, ref: SliceRef) -> list[UsageSum]:
        """The usage behind a charge, or behind the part of it that exceptions claim."""
        of = piece.of
        found = self._by_meter.get((ref.invoice, of.subscription_id or "", of.product_id or "", of.sku_id or ""), [])
        return [one for one in found if not ref.part or self._part(one, piece) == ref.part]

    def _part(self, one: UsageSum, piece: Piece) -> str:
        row = {
            "entitlement": one.azure_subscription,
            "group": one.resource_group.lower(),
            "tagged": one.tags,
        }
        charge = {"subscription_id": piece.of.subscription_id}
        return label_of(part_of(row, charge, self._rules, piece.period.start), self._rules)


def divide(piece: Piece, template: Template, usage: Usage) -> list[Piece]:
    """The shares of a piece that stand on lines, or in documents, of their own."""
    of = piece.of
    if of.category != "azure" or of.kind == "own":
        split = _split_of(piece, template.split_by)
        return [replace(piece, split=split)] if split else [piece]
    shares: dict[tuple[str, str], list[SliceRef]] = defaultdict(list)
    for ref in piece.refs:
        for key, share in _shares(piece, ref, template, usage):
            shares[key].append(share)
    made = []
    for (split, group), refs in sorted(shares.items()):
        worth = to_minor(sum((ref.amount for ref in refs), ZERO), of.currency)
        cost = sum((ref.cost for ref in refs), ZERO)
        made.append(replace(piece, refs=tuple(refs), worth=worth, cost=cost, split=split, group=group))
    return made


def _shares(
    piece: Piece, ref: SliceRef, template: Template, usage: Usage
) -> Iterable[tuple[tuple[str, str], SliceRef]]:
    """Share one charge out over the values that its usage has for the document and for the line."""
    by_value: dict[tuple[str, str], list[UsageSum]] = defaultdict(list)
    for one in usage.of(piece, ref):
        by_value[values_of(one, template)].append(one)
    if not by_value:
        yield (_split_of(piece, template.split_by), ""), ref
        return
    values = sorted(by_value)
    if len(values) == 1:
        yield values[0], ref
        return
    measures = [
        [sum((Fraction(getattr(one, name)) for one in by_value[value]), Fraction(0)) for value in values]
        for name in ("amount", "quantity", "rows")
    ]
    weights = whole_weights(measures)
    currency = piece.of.currency
    amounts = allocate(to_minor(ref.amount, currency), weights)
    costs = _costs(ref.cost, weights)
    for value, amount, cost in zip(values, amounts, costs, strict=True):
        part = f"{ref.part}{DIVIDED}{DIVIDED.join(value)}"
        yield value, replace(ref, part=part, cost=cost, amount=from_minor(amount, currency))


def _costs(cost: Decimal, weights: Sequence[int]) -> list[Decimal]:
    digits = cost.as_tuple().exponent
    places = max(2, -digits if isinstance(digits, int) else 2)
    return [Decimal(part).scaleb(-places) for part in allocate(int(cost.scaleb(places)), weights)]


def _split_of(piece: Piece, split_by: str) -> str:
    """The value that decides on which document a piece stands that usage says nothing of."""
    if split_by == "category":
        return piece.of.category
    if split_by == "reference":
        return piece.of.subscription_id or ""
    return ""


def values_of(one: UsageSum, template: Template) -> tuple[str, str]:
    """The value of usage that decides on its document, and the one that decides on its line."""
    return _usage_split(one, template.split_by), _usage_group(one, template.usage)


def _usage_split(one: UsageSum, split_by: str) -> str:
    if split_by == "azure_subscription":
        return one.azure_subscription
    if split_by.startswith("tag:"):
        return tag_value(one.tags, split_by.removeprefix("tag:"))
    if split_by == "category":
        return "azure"
    return one.meter[1] if split_by == "reference" else ""


def _usage_group(one: UsageSum, usage: str) -> str:
    if usage == "by_meter":
        return one.meter_name
    if usage == "by_subscription":
        return one.azure_subscription_name or one.azure_subscription
    if usage == "by_resource_group":
        return one.resource_group.lower()
    return ""


def tag_value(tags: str, name: str) -> str:
    """The value of a tag, empty where there is none; Azure compares names of tags without regard to case."""
    text = tags.strip()
    if not text:
        return ""
    try:
        # Some exports leave out the braces.
        read: Mapping[str, object] = json.loads(
            text if text.startswith("{") else f"{{{text}}}", parse_float=str, parse_int=str
        )
    except ValueError:
        return ""
    return next((str(value) for key, value in read.items() if str(key).lower() == name.lower()), "")
