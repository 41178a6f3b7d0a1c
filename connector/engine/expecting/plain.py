"""Charges brought to whole numbers and narrow rows once, so that a large month can be priced again and again.

Nothing that is made here before the rates depends on the mapping: the rows are made when lines are taken in and stay
as long as the lines do. A position is what one customer (`holder`) holds under one subscription; an `offer` is
everything but the quantity that a price can depend on. Both are numbers here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from connector.engine.expecting.expecting import Rates
from connector.engine.expecting.keys import KEY, KEY_TYPES, price_keys
from connector.engine.expecting.normalising import KNOWN_CHARGE_TYPES, MICRO, read, with_amounts, with_share
from connector.engine.expecting.slices import with_events
from connector.engine.expecting.whole import divided, is_whole

# What tells an offer, its share of a cycle included, which these tell.
_TOLD_BY = (
    "by_amount", "is_credit", "product_id", "sku_id", "category", "term", "billing_plan", "promotion_id", "currency",
    "pricing_currency", "exchange_rate", "unit_price", "effective_unit_price", "first", "next_start",
    "subscription_start", "starts", "endless",
)  # fmt: skip
# What a plain rate depends on; `stand_in` is the number of the customer who stands for all who are alike.
PLAIN_KEY = (
    "stand_in", "by_amount", "product_id", "sku_id", "category", "term", "billing_plan", "promotion_id",
    "currency", "pricing_currency", "key_rate", "key_term_start", "key_start", "key_priced_from", "key_unit_price",
    "key_effective", "key_days", "key_of_days", "key_seats",
)  # fmt: skip
_RATE = {
    "multiplier": "int64", "divisor": "int64", "micro_of": "int64", "on_list": "boolean", "sold": "int64",
    "traits": "int64", "item": "string", "ledger": "string",
}  # fmt: skip
TRAITS = {
    "traits": "int64", "category": "string", "currency": "string", "sell_currency": "string", "is_usage": "boolean",
}  # fmt: skip
# What is wider than this is left to the judgement piece by piece, which has room for 38 digits instead of 18.
_WIDEST, _LARGEST = 50_000, 9 * 10**13  # factors, and amounts in millionths
_DEAREST, _MOST_SEATS = 4 * 10**10, 10**8  # 10^-4 of a price times days, and thousandths of seats


def positions(charges: ir.Table) -> ir.Table:
    """Number what each customer holds: `position`, `holder`, `customer_id`, `subscription_id`."""
    held = charges.select("customer_id", "subscription_id").distinct()
    return held.mutate(
        position=ibis.row_number().over(order_by=[held.customer_id, held.subscription_id]).cast("int64"),
        holder=ibis.dense_rank().over(order_by=held.customer_id).cast("int64"),
    )


def offers(charges: ir.Table) -> ir.Table:
    """Number the different offers of charges: `offer`, what tells it, and its share of a cycle."""
    different = with_share(_offered(read(charges)).select(*_TOLD_BY).distinct())
    numbered = different.mutate(offer=ibis.row_number().cast("int64"))
    return numbered.select("offer", *_TOLD_BY, "days", "of_days", "priced_from")


def normalised(charges: ir.Table, numbered: ir.Table, numbered_offers: ir.Table) -> ir.Table:
    """Normalised charges with the numbers of their position and offer."""
    lines = with_events(with_amounts(read(charges)))
    exact = is_whole(lines.subtotal, MICRO, lines.exact_micro)
    plain = ~lines.is_credit & ~lines.is_free & lines.type.isin(KNOWN_CHARGE_TYPES) & lines.subscription_id.notnull()
    odd = ibis.ifelse(plain & exact.fill_null(False) & _within(lines), 0, 1).cast("int64")
    lines = _offered(lines.mutate(odd=odd))
    there = numbered.rename(at_customer="customer_id", at_subscription="subscription_id")
    lines = lines.join(
        there,
        [
            lines.customer_id.identical_to(there.at_customer),
            lines.subscription_id.identical_to(there.at_subscription),
        ],
    )
    offered = numbered_offers.select("offer", **{f"o_{name}": name for name in _TOLD_BY})
    lines = lines.join(offered, [lines[name].identical_to(offered[f"o_{name}"]) for name in _TOLD_BY])
    return lines.select(
        "position", "holder", "offer", "event", "kind", "alone", "by_amount", "first", "next_start", "milli_seats",
        "net_micro", "list_micro", "odd", "file_row",
    )  # fmt: skip


def _offered(lines: ir.Table) -> ir.Table:
    """Take out of an amount's way what only the price of seats needs."""
    nothing = ibis.null("decimal(38, 22)")
    return lines.mutate(
        unit_price=ibis.ifelse(lines.by_amount, nothing, lines.unit_price),
        effective_unit_price=ibis.ifelse(lines.by_amount, nothing, lines.effective_unit_price.abs()),
    )


def _within(lines: ir.Table) -> ir.Value:
    amounts = (lines.net_micro.abs() <= _LARGEST) & (lines.list_micro.abs() <= _LARGEST)
    return amounts & (lines.milli_seats.abs() <= _MOST_SEATS)


def plain_charges(lines: ir.Table) -> ir.Table:
    """Usage line by line, licences with the halves of each seat change netted.

    `odd` says that a row is not plain, or not of one offer; such rows are never settled.
    """
    columns = ["position", "holder", "offer", "milli_seats", "net_micro", "list_micro", "odd", "lines"]
    usage = lines.filter(lines.by_amount).mutate(lines=ibis.literal(1).cast("int64")).select(*columns)
    seats = lines.filter(~lines.by_amount)
    netted = seats.group_by(["position", "holder", "event", "kind", "alone", "first", "next_start"]).aggregate(
        offer=seats.offer.min(),
        other_offer=seats.offer.max(),
        milli_seats=seats.milli_seats.sum().cast("int64"),
        net_micro=seats.net_micro.sum().cast("int64"),
        list_micro=ibis.literal(0).cast("int64"),
        odd=seats.odd.max(),
        lines=seats.count(),
    )
    netted = netted.mutate(odd=ibis.ifelse(netted.offer == netted.other_offer, netted.odd, 1).cast("int64"))
    return usage.union(netted.select(*columns))


def in_accounts(lines: ir.Table, holders: ir.Table, by_quantity: bool) -> ir.Table:
    """Plain charges of customers who are alike others: with their account, and the customer who stands for them.

    With `by_quantity` some price depends on the quantity, and a netted seat change has two.
    """
    lines = lines.join(holders, "holder")
    if not by_quantity:
        return lines.mutate(key_seats=ibis.literal(0).cast("int64"))
    odd = ibis.ifelse(lines["lines"] > 1, 1, lines.odd).cast("int64")
    return lines.mutate(key_seats=lines.milli_seats.abs(), odd=odd)


def keyed_offers(lines: ir.Table, numbered_offers: ir.Table, days: tuple[date, ...]) -> ir.Table:
    """Each offer as each kind of customer takes it, with the columns that its rate depends on."""
    taken = lines.filter(lines.odd == 0).select("stand_in", "offer", "key_seats").distinct()
    keyed = price_keys(taken.join(numbered_offers, "offer").mutate(milli_seats=taken.key_seats), days, True)
    return keyed.filter(~keyed.is_credit)


class PlainRates:
    """The rates of plain charges, made of their distinct keys.

    `sold` gives the numbers under which the ledger's items are known, by item and currency; `stand_ins` are the
    tenants that stand for others, by number. `traits` number what a position must have in common to be plain.
    """

    def __init__(self, rates: Rates, sold: Mapping[tuple[str, str], int], stand_ins: Sequence[str]) -> None:
        self._rates, self._sold, self._stand_ins = rates, dict(sold), stand_ins
        self._traits: dict[tuple[object, ...], int] = {}

    def make(self, keys: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        """Give each key whose rate is plain as a row to be joined back; other keys have no row."""
        for key in keys:
            whole = {name: key.get(name) for name in KEY}
            whole |= {"customer_id": self._stand_ins[key["stand_in"]], "is_credit": False, "is_free": False}
            row, rate = self._rates.add(whole)
            method = "amount" if key["by_amount"] else "seats"
            if rate.status != "priced" or rate.method != method or rate.whole or not row["is_plain"]:
                continue
            if max(rate.factor.numerator, rate.factor.denominator) > _WIDEST or rate.unit * key["key_days"] > _DEAREST:
                continue
            currency = rate.currency
            # Two unit prices in one position may be the two lines of one quantity (Microsoft 365 E5): never plain.
            traits = key["category"], key["currency"], currency, key["by_amount"], rate.item, key["key_unit_price"]
            yield {
                "multiplier": rate.factor.numerator if method == "amount" else rate.unit * key["key_days"],
                "divisor": int(str(row["amount_of"]))
                if method == "amount"
                else _scaled(row["scale"], key["key_of_days"]),
                "micro_of": row["micro_of"],
                "on_list": row["on_list"],
                "sold": self._sold.setdefault((rate.item or "", currency), -1 - len(self._sold)),
                "traits": self._traits.setdefault(traits, len(self._traits)),
                "item": rate.item,
                "ledger": rate.ledger,
                **{f"r_{name}": key[name] for name in PLAIN_KEY},
            }

    def traits(self) -> Iterator[dict[str, Any]]:
        """The traits as rows."""
        for (category, currency, sell_currency, is_usage, _, _), number in self._traits.items():
            yield {
                "traits": number, "category": category, "currency": currency, "sell_currency": sell_currency,
                "is_usage": is_usage,
            }  # fmt: skip

    @staticmethod
    def columns() -> dict[str, str]:
        """The columns of the rows that `make` gives."""
        kinds = {**KEY_TYPES, "stand_in": "int64"}
        return {**_RATE, **{f"r_{name}": kinds.get(name, "string") for name in PLAIN_KEY}}


def _scaled(scale: object, days: int) -> int:
    return int(str(scale)) * days


def with_rates(keyed: ir.Table, rates: ir.Table) -> ir.Table:
    """Keyed offers or lines with their plain rate; those without one are left out."""
    joined = keyed.join(rates, [keyed[name].identical_to(rates[f"r_{name}"]) for name in PLAIN_KEY])
    return joined.drop([f"r_{name}" for name in PLAIN_KEY])


def rated_offers(keyed: ir.Table, rates: ir.Table) -> ir.Table:
    """What amounts and seat-days of plain charges are computed with, by customer stood for, offer and quantity."""
    rated = with_rates(keyed, rates)
    span = rated.next_start.delta(rated["first"], unit="day").cast("int64")
    return rated.select(
        "stand_in", "offer", "key_seats", "by_amount", "multiplier", "divisor", "micro_of", "on_list", "sold",
        "traits",
        start=rated["first"],
        end=rated.next_start,
        span=span,
        weight=span * ordinal(rated["first"]),
    )  # fmt: skip


def due_lines(lines: ir.Table, rated: ir.Table) -> ir.Table:
    """What each plain charge comes to: millionths of the currency, seat-days, and seat-days times their first day."""
    keys = ["stand_in", "offer", "key_seats"]
    priced = lines.left_join(rated, keys)
    amount = ibis.ifelse(priced.on_list, priced.list_micro, priced.net_micro)
    value = ibis.ifelse(priced.by_amount, amount, priced.milli_seats)
    return priced.select(
        "account", "position", "traits", "sold", "start", "end", "lines", "net_micro",
        flaw=ibis.ifelse((priced.odd == 0) & priced.traits.notnull(), 0, 2).cast("int64"),
        micro=(divided(value * priced.multiplier, priced.divisor) * priced.micro_of).cast("int64"),
        seat_days=priced.milli_seats * priced.span,
        moment=priced.milli_seats * priced.weight,
    )  # fmt: skip


def ordinal(day: ir.Value) -> ir.Value:
    """The number of a day, so that days can be summed."""
    return day.delta(ibis.literal(date(2000, 1, 1)), unit="day").cast("int64")
