"""Charges brought to whole numbers and narrow rows once, so that a large month can be priced again and again.

Nothing here depends on the mapping: the rows are made when lines are taken in and stay as long as the lines do.
A position is what one customer holds under one subscription; its number stands for both.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from connector.engine.expecting.expecting import Rates
from connector.engine.expecting.keys import KEY, KEY_TYPES, price_keys
from connector.engine.expecting.normalising import KNOWN_CHARGE_TYPES, normalise
from connector.engine.expecting.slices import with_events
from connector.engine.expecting.whole import divided
from connector.engine.rates import Rate

_OFFER = (
    "product_id", "sku_id", "category", "term", "billing_plan", "promotion_id", "currency", "pricing_currency",
    "key_rate", "key_term_start", "key_start",
)  # fmt: skip
USAGE_KEY = ("standing_for", *_OFFER)
SEAT_KEY = (*USAGE_KEY, "key_unit_price", "key_effective", "key_days", "key_of_days", "key_seats")
_TEXT = ("customer_id", "product_id", "sku_id", "category", "term", "billing_plan", "promotion_id", "currency",
         "pricing_currency", "type", "kind", "event")  # fmt: skip
_NUMBERS = ("exchange_rate", "unit_price", "effective_unit_price", "subtotal")
_WHOLE = ("alone", "sign", "milli_seats", "days", "of_days", "net_micro", "list_micro")
_FLAGS = ("by_amount", "is_credit", "is_free")
_DAYS = ("first", "next_start", "subscription_start")
RATE_COLUMNS = {
    "rate_id": "int64", "traits": "int64", "unit": "int64", "scale": "int64", "factor_of": "int64",
    "amount_of": "int64", "on_list": "boolean", "micro_of": "int64",
}  # fmt: skip
TRAITS = {
    "traits": "int64", "item": "string", "category": "string", "currency": "string", "sell_currency": "string",
}  # fmt: skip


def positions(charges: ir.Table) -> ir.Table:
    """Number what each customer holds: `customer_id`, `subscription_id`, `position`."""
    held = charges.select("customer_id", "subscription_id").distinct()
    order = [held.customer_id, held.subscription_id]
    return held.mutate(position=ibis.row_number().over(order_by=order).cast("int64"))


def plain_charges(charges: ir.Table, numbered: ir.Table) -> ir.Table:
    """Normalised charges with the number of their position, and no more columns than a price depends on."""
    lines = with_events(normalise(charges))
    there = numbered.rename(at_customer="customer_id", at_subscription="subscription_id")
    lines = lines.join(
        there,
        [
            lines.customer_id.identical_to(there.at_customer),
            lines.subscription_id.identical_to(there.at_subscription),
        ],
    )
    # Only these two ways of billing are plain; the rest is judged piece by piece.
    plain = ~lines.is_credit & ~lines.is_free & lines.type.isin(KNOWN_CHARGE_TYPES) & lines.subscription_id.notnull()
    # What the query engine counts may be wider than what a file keeps exactly.
    whole = {name: lines[name].cast("int64") for name in _WHOLE}
    return lines.select("position", *_TEXT, *_NUMBERS, *_FLAGS, *_DAYS, **whole, plain=plain)


def usage_of(lines: ir.Table, accounts: ir.Table, days: tuple[date, ...]) -> ir.Table:
    """The plain lines that are priced by their amount, with the account they are billed to and their keys."""
    return _keyed(lines.filter(lines.by_amount), accounts, days, by_quantity=False)


def seats_of(lines: ir.Table, accounts: ir.Table, days: tuple[date, ...], by_quantity: bool) -> ir.Table:
    """The lines that are priced by seats, with the account they are billed to and their keys."""
    return _keyed(lines.filter(~lines.by_amount), accounts, days, by_quantity)


def _keyed(lines: ir.Table, accounts: ir.Table, days: tuple[date, ...], by_quantity: bool) -> ir.Table:
    billed = accounts.select("tenant_id", "account", "standing_for")
    return price_keys(lines.join(billed, lines.customer_id == billed.tenant_id).drop("tenant_id"), days, by_quantity)


def keys_of(lines: ir.Table, names: tuple[str, ...]) -> ir.Table:
    """The distinct keys of plain lines."""
    return lines.filter(lines.plain).select(*names).distinct()


class PlainRates:
    """The rates of plain lines, made of their distinct keys, and what positions are told apart by (`traits`)."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        self._traits: dict[tuple[object, ...], int] = {}

    def make(self, keys: Iterable[Mapping[str, Any]], names: tuple[str, ...], method: str) -> Iterator[dict[str, Any]]:
        """Give each key whose rate is plain as a row to be joined back by `names`; other keys have no row."""
        for key in keys:
            whole = {name: None for name in KEY} | {name: key.get(name) for name in names}
            whole |= {"customer_id": key["standing_for"], "by_amount": method == "amount"}
            whole |= {"is_credit": False, "is_free": False}
            whole |= {name: key.get(name, nothing) for name, nothing in _NOTHING.items()}
            row, rate = self._rates.add(whole)
            if rate.status == "priced" and rate.method == method and row["is_plain"] and not rate.whole:
                traits = self._number(rate, key)
                yield {
                    **{name: row[name] for name in RATE_COLUMNS if name != "traits"},
                    "traits": traits,
                    **{f"r_{name}": key[name] for name in names},
                }

    def _number(self, rate: Rate, key: Mapping[str, Any]) -> int:
        # Two unit prices in one position may be the two lines of one quantity (Microsoft 365 E5): never plain.
        traits = rate.item, key["category"], key["currency"], rate.currency, key.get("key_unit_price")
        return self._traits.setdefault(traits, len(self._traits))

    def traits(self) -> Iterator[dict[str, Any]]:
        """The traits as rows."""
        for (item, category, currency, sell_currency, _), number in self._traits.items():
            yield {
                "traits": number, "item": item, "category": category, "currency": currency,
                "sell_currency": sell_currency,
            }  # fmt: skip

    @staticmethod
    def columns(names: tuple[str, ...]) -> dict[str, str]:
        """The columns of the rows that `make` gives."""
        return {**RATE_COLUMNS, **{f"r_{name}": KEY_TYPES.get(name, "string") for name in names}}


_NOTHING = {"key_days": 1, "key_of_days": 1, "key_seats": 0}


def with_rates(lines: ir.Table, rates: ir.Table, names: tuple[str, ...]) -> ir.Table:
    """Give each line its rate; one without a plain rate keeps nulls and is `odd`."""
    joined = lines.left_join(rates, [lines[name].identical_to(rates[f"r_{name}"]) for name in names])
    joined = joined.drop([f"r_{name}" for name in names])
    return joined.mutate(odd=ibis.ifelse(joined.plain & joined.rate_id.notnull(), 0, 1).cast("int64"))


def usage_positions(priced: ir.Table) -> ir.Table:
    """What each position's usage comes to: every line rounded on its own."""
    base = ibis.ifelse(priced.on_list, priced.list_micro, priced.net_micro)
    lines = priced.mutate(micro=(divided(base * priced.factor_of, priced.amount_of) * priced.micro_of).cast("int64"))
    return lines.group_by(["account", "position"]).aggregate(
        traits=lines.traits.min(),
        other_traits=lines.traits.max(),
        micro=lines.micro.sum().cast("int64"),
        seat_days=ibis.literal(0).cast("int64"),
        moment=ibis.literal(0).cast("int64"),
        start=lines["first"].min(),
        end=lines.next_start.max(),
        odd=lines.odd.max(),
        cost=lines.subtotal.sum().cast("decimal(38, 22)"),
        lines=lines.count(),
        is_usage=ibis.literal(True),
    )


def seat_positions(priced: ir.Table) -> ir.Table:
    """What each position's licences come to: halves of a seat change netted, then rounded once per slice."""
    lines = priced.mutate(top=priced.unit * priced.milli_seats * priced.days, bottom=priced.of_days * priced.scale)
    netted = lines.group_by(["account", "position", "event", "kind", "alone", "first", "next_start"]).aggregate(
        rate_id=lines.rate_id.min(),
        other_rate_id=lines.rate_id.max(),
        traits=lines.traits.min(),
        bottom=lines.bottom.max(),
        micro_of=lines.micro_of.max(),
        top=lines.top.sum().cast("int64"),
        seats=lines.milli_seats.sum().cast("int64"),
        odd=lines.odd.max(),
        cost=lines.subtotal.sum(),
        lines=lines.count(),
    )
    span = netted.next_start.delta(netted["first"], unit="day").cast("int64")
    netted = netted.mutate(
        micro=(divided(netted.top, netted.bottom) * netted.micro_of).cast("int64"),
        seat_days=netted.seats * span,
        moment=netted.seats * span * ordinal(netted["first"]),
        odd=ibis.ifelse(netted.rate_id == netted.other_rate_id, netted.odd, 1),
    )
    return netted.group_by(["account", "position"]).aggregate(
        traits=netted.traits.min(),
        other_traits=netted.traits.max(),
        micro=netted.micro.sum().cast("int64"),
        seat_days=netted.seat_days.sum().cast("int64"),
        moment=netted.moment.sum().cast("int64"),
        start=netted["first"].min(),
        end=netted.next_start.max(),
        odd=netted.odd.max(),
        cost=netted.cost.sum().cast("decimal(38, 22)"),
        lines=netted.lines.sum().cast("int64"),
        is_usage=ibis.literal(False),
    )


def ordinal(day: ir.Value) -> ir.Value:
    """The number of a day, so that days can be summed."""
    return day.delta(ibis.literal(date(2000, 1, 1)), unit="day").cast("int64")
