"""Itemises a document: every charge and every day's usage behind each line, with what the customer pays for it.

Microsoft's monthly charge for usage, and what it is billed as, are shared out over its daily rows in proportion to what
these cost, by largest remainder: the rows sum to the charge to the cent.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from connector.domain.annex import Annex, ItemisedCharge, ItemisedUsage
from connector.domain.document import Document, DocumentLine, SliceRef
from connector.domain.money import ZERO, allocate, exponent, from_minor, to_minor, trimmed
from connector.domain.rules import Mapping as Rules
from connector.domain.rules import Template
from connector.engine.expecting.usage_parts import part_of, whole_weights
from connector.engine.planning.cutting import MONTH_MARK
from connector.engine.planning.dividing import Meter, UsageSum, values_of
from connector.engine.planning.pieces import DIVIDED, ITEM, item_days, label_of

Row = Mapping[str, Any]
_TYPES = {
    "new": "new", "renew": "renewal", "cyclecharge": "cycle", "addquantity": "seats added",
    "removequantity": "seats removed", "cancelimmediate": "cancelled", "convert": "changed product",
    "movequantity": "moved", "changebillingplan": "changed billing", "customercredit": "credit",
    "extendterm": "extended",
}  # fmt: skip


class Sources:
    """The rows behind documents: charges by invoice and hash, and the daily usage under them."""

    def __init__(self, charges: Iterable[Row], usage: Iterable[Row]) -> None:
        self.charges: dict[tuple[str, str], Row] = {}
        for row in charges:
            self.charges.setdefault((row["invoice"] or "", row["row_hash"] or ""), row)
        self.usage: dict[Meter, list[Row]] = defaultdict(list)
        for row in sorted(usage, key=_usage_order):
            self.usage[_meter(row)].append(row)


def itemise(document: Document, sources: Sources, template: Template, rules: Rules) -> Annex:
    """All that stands behind a document."""
    charges: list[ItemisedCharge] = []
    usage: list[ItemisedUsage] = []
    for line in document.lines:
        if line.slices and line.slices[0].row_hash.startswith(ITEM):
            charges += _items(line)
            continue
        for ref in line.slices:
            row = sources.charges.get((ref.invoice, ref.row_hash)) if ref.invoice else None
            charges.append(_charge(line, ref, row))
            if row is not None and row["category"] == "azure":
                usage += _usage(line, ref, row, _Choice(sources, template, rules), document.currency)
    return Annex(tuple(charges), tuple(usage))


def _items(line: DocumentLine) -> Iterator[ItemisedCharge]:
    """The months behind a line with an own item."""
    for ref, days in zip(line.slices, item_days(line), strict=False):
        yield ItemisedCharge(
            line.number, line.product, "", "", days.start, days.last, line.quantity, ref.amount, "", ref.cost,
            ref.currency,
        )  # fmt: skip


def _charge(line: DocumentLine, ref: SliceRef, row: Row | None) -> ItemisedCharge:
    if row is None:
        only = len(line.slices) == 1
        return ItemisedCharge(
            line.number, line.product, ref.subscription_id, "", line.first, line.last,
            line.quantity if only else None, ref.amount, "", ref.cost, ref.currency,
        )  # fmt: skip
    kind = (row["charge_type"] or "").lower().replace(" ", "").replace("_", "")
    listed = _before_credit(row)
    if listed is not None and ref.cost < 0:
        # Microsoft's quantities and list prices have no sign.
        listed = -abs(listed)
    part, _, month = ref.part.partition(DIVIDED)[0].partition(MONTH_MARK)
    return ItemisedCharge(
        line=line.number,
        product=row["product_name"] or row["sku_name"] or row["product_id"] or "",
        subscription_id=row["subscription_id"] or "",
        charge_type=_TYPES.get(kind, row["charge_type"] or ""),
        first=line.first if month else row["charge_start"] or row["subscription_start"],
        last=line.last if month else row["charge_end"],
        quantity=None if row["quantity"] is None else trimmed(row["quantity"], 0),
        amount=ref.amount,
        invoice=ref.invoice,
        cost=ref.cost,
        cost_currency=ref.currency,
        before_credit=None if listed is None or part or DIVIDED in ref.part else listed,
        tenant=row["customer_name"] or "",
        part=ref.part.replace(DIVIDED, " ").strip(),
    )


def _before_credit(row: Row) -> Decimal | None:
    """What a charge would cost without partner earned credit; None where none was earned."""
    if "earned credit" not in (row["price_adjustment"] or "").lower() or not row["unit_price"]:
        return None
    rate = row["exchange_rate"] if row["pricing_currency"] not in (None, row["currency"]) else None
    whole = Fraction(row["quantity"] or ZERO) * Fraction(row["unit_price"]) * Fraction(rate or 1)
    places = exponent(row["currency"])
    cents = (2 * whole.numerator * 10**places + whole.denominator) // (2 * whole.denominator)
    return Decimal(cents).scaleb(-places)


class _Choice:
    """Which of a charge's usage rows are behind which part of it."""

    def __init__(self, sources: Sources, template: Template, rules: Rules) -> None:
        self._sources, self._template, self._rules = sources, template, rules

    def of(self, ref: SliceRef, charge: Row) -> Sequence[Row]:
        rows = self._sources.usage.get(_meter(charge), [])
        claim, divided, values = ref.part.partition(DIVIDED)
        return [
            row
            for row in rows
            if (not claim or self._claim(row, charge) == claim)
            and (not divided or DIVIDED.join(values_of(_summed(row), self._template)) == values)
        ]

    def _claim(self, row: Row, charge: Row) -> str:
        seen = {
            "entitlement": row["entitlement_id"],
            "group": (row["resource_group"] or "").lower(),
            "tagged": row["tags"],
        }
        rules = self._rules.subscriptions
        return label_of(part_of(seen, charge, rules, charge["charge_start"]), rules)


def _usage(line: DocumentLine, ref: SliceRef, charge: Row, choice: _Choice, currency: str) -> Iterator[ItemisedUsage]:
    rows = choice.of(ref, charge)
    if not rows:
        return
    measures = [
        [Fraction(row["amount"] or 0) for row in rows],
        [Fraction(row["quantity"] or 0) for row in rows],
        [Fraction(1)] * len(rows),
    ]
    weights = whole_weights(measures)
    amounts = allocate(to_minor(ref.amount, currency), weights)
    costs = allocate(to_minor(ref.cost, ref.currency), weights)
    for row, amount, cost in zip(rows, amounts, costs, strict=True):
        yield ItemisedUsage(
            line=line.number,
            day=row["usage_date"] or row["charge_start"],
            azure_subscription=row["entitlement_name"] or row["entitlement_id"] or "",
            resource_group=row["resource_group"] or "",
            resource=(row["resource_uri"] or "").rsplit("/", 1)[-1],
            meter_category=row["meter_category"] or "",
            meter=row["meter_name"] or "",
            region=row["meter_region"] or "",
            quantity=None if row["quantity"] is None else trimmed(row["quantity"], 0),
            unit=row["unit"] or "",
            amount=from_minor(amount, currency),
            cost=from_minor(cost, ref.currency),
            tags=row["tags"] or "",
        )


def _meter(row: Row) -> Meter:
    return row["invoice"] or "", row["subscription_id"] or "", row["product_id"] or "", row["sku_id"] or ""


def _summed(row: Row) -> UsageSum:
    meter = f"{row['meter_category'] or ''} - {row['meter_name'] or ''}".strip(" -")
    return UsageSum(
        _meter(row), row["entitlement_id"] or "", row["entitlement_name"] or "", row["resource_group"] or "", meter,
        row["tags"] or "", row["amount"] or ZERO, row["quantity"] or ZERO, 1,
    )  # fmt: skip


def _usage_order(row: Row) -> tuple[object, ...]:
    return (
        str(row["usage_date"] or ""), row["entitlement_id"] or "", row["resource_group"] or "",
        row["meter_category"] or "", row["meter_name"] or "", row["resource_uri"] or "", row["row_hash"] or "",
    )  # fmt: skip
