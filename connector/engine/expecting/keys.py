"""The distinct keys a rate depends on, found by the query engine so that rules are resolved once for each.

Dates become the last day on which any rule began or ended, so that a year of charges needs few keys.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

import ibis
import ibis.expr.types as ir

from connector.domain import rules
from connector.engine.mapping import Offer
from connector.engine.rates import PricePoint, Rate

FIRST_DAY = date(1970, 1, 1)
KEY_TYPES = {
    "key_rate": "decimal(38, 22)", "key_unit_price": "decimal(38, 22)", "key_effective": "decimal(38, 22)",
    "key_term_start": "date", "key_start": "date", "key_priced_from": "date",
    "key_days": "int64", "key_of_days": "int64", "key_seats": "int64",
    "by_amount": "boolean", "is_credit": "boolean", "is_free": "boolean",
}  # fmt: skip
KEY = (
    "customer_id", "reseller_mpn_id", "named_subscription", "product_id", "sku_id", "category", "term",
    "billing_plan", "promotion_id", "currency", "pricing_currency", "key_rate", "key_term_start", "key_start",
    "key_priced_from", "key_unit_price", "key_effective", "key_days", "key_of_days", "key_seats", "by_amount",
    "is_credit", "is_free", "part",
)  # fmt: skip


def boundaries(mapping: rules.Mapping, sheet_starts: Iterable[date]) -> tuple[date, ...]:
    """Every day on which some rule begins to hold or has ceased to, and on which a price sheet row begins."""
    days: set[date] = set(sheet_starts)
    for group in (
        mapping.customers, mapping.subscriptions, mapping.resellers, mapping.products, mapping.prices,
        mapping.bundles, mapping.taxes, mapping.fx,
    ):  # fmt: skip
        for rule in group:
            days.update(day for day in (rule.validity.start, rule.validity.end) if day)
    return tuple(sorted(days))


def with_keys(lines: ir.Table, named: frozenset[str], days: tuple[date, ...], by_quantity: bool) -> ir.Table:
    """Add the key columns to normalised lines.

    `named` are subscriptions with rules of their own; `by_quantity` says that some price depends on the quantity.
    """
    subscription = (
        ibis.ifelse(lines.subscription_id.isin(sorted(named)), lines.subscription_id, ibis.null("string"))
        if named
        else ibis.null("string")
    )
    return price_keys(lines.mutate(named_subscription=subscription), days, by_quantity)


def price_keys(lines: ir.Table, days: tuple[date, ...], by_quantity: bool) -> ir.Table:
    """Add the columns that a price depends on, dates and numbers; see with_keys."""
    seats = ~lines.by_amount
    nothing = ibis.null("decimal(38, 22)")
    # An amount is priced without its unit price, unless a rule names a unit price for it.
    unit_price = ibis.ifelse(lines.by_amount & ~lines.is_credit, nothing, lines.unit_price)
    return lines.mutate(
        key_start=_since(lines.first, days),
        key_priced_from=_since(lines.priced_from, days),
        key_term_start=_since(lines.subscription_start, days),
        key_unit_price=unit_price,
        key_effective=ibis.ifelse(seats, lines.effective_unit_price.abs(), nothing),
        key_rate=ibis.ifelse(lines.pricing_currency != lines.currency, lines.exchange_rate, nothing),
        key_days=ibis.ifelse(seats, lines.days, 1).cast("int64"),
        key_of_days=ibis.ifelse(seats, lines.of_days, 1).cast("int64"),
        key_seats=(lines.milli_seats.abs() if by_quantity else ibis.literal(0)).cast("int64"),
    )


def _since(day: ir.Value, days: tuple[date, ...]) -> ir.Value:
    cases = [(day >= boundary, ibis.literal(boundary)) for boundary in reversed(days)]
    first = ibis.literal(FIRST_DAY)
    known = ibis.cases(*cases, else_=first) if cases else first
    return ibis.ifelse(day.isnull(), ibis.null("date"), known)


def offer_of(key: Mapping[str, object]) -> Offer:
    """Read a key row as an offer."""
    text = {name: value if isinstance(value, str) else None for name, value in key.items()}
    start, term_start, priced_from = key["key_start"], key["key_term_start"], key["key_priced_from"]
    return Offer(
        tenant_id=text["customer_id"],
        reseller_mpn_id=text["reseller_mpn_id"],
        subscription_id=text["named_subscription"],
        product_id=text["product_id"],
        sku_id=text["sku_id"],
        category=text["category"] or "",
        term=text["term"],
        billing_plan=text["billing_plan"],
        promotion_id=text["promotion_id"],
        cycle_start=start if isinstance(start, date) else FIRST_DAY,
        term_start=term_start if isinstance(term_start, date) else None,
        part=text["part"],
        priced_from=priced_from if isinstance(priced_from, date) else None,
    )


def point_of(key: Mapping[str, object]) -> PricePoint:
    """Read a key row as a price point."""
    numbers = {name: value if isinstance(value, Decimal) else None for name, value in key.items()}
    days, of_days, seats = (int(str(key[name])) for name in ("key_days", "key_of_days", "key_seats"))
    return PricePoint(
        currency=str(key["currency"]),
        pricing_currency=key["pricing_currency"] if isinstance(key["pricing_currency"], str) else None,
        exchange_rate=numbers["key_rate"],
        unit_price=numbers["key_unit_price"],
        effective=numbers["key_effective"],
        share=Fraction(days, of_days or 1),
        priced_by_amount=bool(key["by_amount"]),
        is_credit=bool(key["is_credit"]),
        free_of_charge=bool(key["is_free"]),
        quantity=Decimal(seats) / 1000 if seats else None,
    )


def rate_columns(rate: Rate, exponent: int) -> dict[str, object]:
    """The part of a rate that amounts are computed with, as whole numbers.

    `scale` is what a unit price (10^-4) times thousandths of seats must be divided by to give minor units;
    `amount_of` the same for millionths of an amount times the factor's numerator.
    """
    return {
        "method": rate.method,
        "status": rate.status,
        "unit": rate.unit,
        "whole": rate.whole,
        "bare_unit": rate.bare_unit,
        "scale": 1000 * 10 ** (4 - exponent) if exponent <= 4 else 1000,
        "factor_of": Decimal(rate.factor.numerator),
        "amount_of": Decimal(rate.factor.denominator * 10 ** (6 - exponent)),
        "on_list": rate.base == "list",
        "free_milli": int(rate.free * 1000),
        "micro_of": 10 ** (6 - exponent),
        "is_plain": _is_plain(rate),
        "ledger": rate.ledger,
        "item": rate.item,
        "sell_currency": rate.currency,
    }


def _is_plain(rate: Rate) -> bool:
    """Whether nothing but the amount and the days of a charge need be looked at when they agree."""
    plain = rate.floor is None and rate.tax_percent is None and rate.bundle is None and not rate.free
    return plain and rate.frequency == "as_vendor"


RATE_SCHEMA = {"key": "int64", "rate_id": "int64", "form": "int64", "ledger_customer": "string"}
FORM_SCHEMA = {
    "form": "int64", "method": "string", "status": "string", "unit": "int64", "whole": "int64", "bare_unit": "int64",
    "scale": "int64", "factor_of": "decimal(38, 0)", "amount_of": "decimal(38, 0)", "on_list": "boolean",
    "free_milli": "int64", "micro_of": "int64", "is_plain": "boolean",
    "ledger": "string", "item": "string", "sell_currency": "string",
}  # fmt: skip
