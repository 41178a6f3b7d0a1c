"""From charges to expected slices: normalise, find the distinct keys, make their rates, net and price."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from operator import attrgetter, itemgetter
from typing import Any

import ibis
import ibis.expr.types as ir

from connector.domain.money import exponent
from connector.domain.rules import CustomerRule
from connector.engine.expecting.keys import (
    KEY,
    boundaries,
    offer_of,
    point_of,
    rate_columns,
    with_keys,
)
from connector.engine.expecting.slices import apply_rates, expected, join_twins, net
from connector.engine.mapping import Book, Offer
from connector.engine.pricing import Pricer
from connector.engine.rates import MONTHS, Rate
from connector.engine.unit_prices import Retail

# What makes a customer's key one of its own, and what the keys of customers treated alike share.
_apart_of = itemgetter("named_subscription", "reseller_mpn_id", "part")
_shared_of = itemgetter(*(name for name in KEY if name != "customer_id"))
# A rate's fields in their order, and which of them customers treated alike have each for themselves. There are so many
# such rates that `replace` would take its time.
_FIELDS = tuple(each.name for each in fields(Rate))
_fields_of = attrgetter(*_FIELDS)
_LEDGER_CUSTOMER, _CUSTOMER_NAME, _PLACES = map(_FIELDS.index, ("ledger_customer", "customer_name", "places"))
_TERM_MONTHS = {"P1M": 1, "P1Y": 12, "P3Y": 36, "P5Y": 60}


def keyed(lines: ir.Table, book: Book, sheet_starts: Sequence[date]) -> ir.Table:
    """Add to normalised lines the columns that a rate depends on."""
    days = boundaries(book.mapping, sheet_starts)
    return with_keys(lines, book.named_subscriptions(), days, book.has_tiers())


def keyed_lines(normalised: ir.Table, book: Book, sheet_starts: Sequence[date]) -> ir.Table:
    """Merge twins among normalised charges and add the columns that a rate depends on."""
    return keyed(join_twins(normalised), book, sheet_starts)


def distinct_keys(lines: ir.Table) -> ir.Table:
    """The distinct keys of normalised lines, numbered in their order (`key`)."""
    keys = lines.select(*KEY).distinct()
    return keys.mutate(key=ibis.row_number().over(order_by=[keys[name] for name in KEY]))


class Rates:
    """The rates of a run, by number; the numbers stand in the expected slices."""

    def __init__(self, pricer: Pricer, ledger_of: Callable[[str | None], str]) -> None:
        self._pricer, self._ledger_of = pricer, ledger_of
        self._rates: list[Rate] = []
        self._known: dict[tuple[Any, ...], tuple[Rate, Mapping[str, object]]] = {}
        self._places: dict[str, str] = {}
        self._forms: dict[int, tuple[int, Mapping[str, object]]] = {}

    def __getitem__(self, rate_id: int) -> Rate | None:
        return self._rates[rate_id] if 0 <= rate_id < len(self._rates) else None

    def all(self) -> tuple[Rate, ...]:
        """All rates made so far."""
        return tuple(self._rates)

    def make(self, keys: Iterator[Mapping[str, Any]]) -> Iterator[dict[str, object]]:
        """Make the rate of each numbered key; `form` numbers what its amounts are computed with, which many share."""
        self._forms.clear()
        for key in keys:
            columns, rate = self.add(key)
            form, _ = self._forms.setdefault(id(columns), (len(self._forms), columns))
            yield {
                "key": key["key"], "rate_id": len(self._rates) - 1, "form": form,
                "ledger_customer": rate.ledger_customer,
            }  # fmt: skip

    def forms(self) -> Iterator[dict[str, object]]:
        """What the amounts of the rates made last are computed with, by number."""
        for number, columns in self._forms.values():
            yield {**columns, "form": number}

    def add(self, key: Mapping[str, Any]) -> tuple[Mapping[str, object], Rate]:
        """Make the rate of a key: the part that amounts are computed with, and the whole."""
        rate, columns = self._of_alike(key) or _with_columns(self._rate(key))
        self._rates.append(rate)
        return columns, rate

    def _rate(self, key: Mapping[str, Any]) -> Rate:
        rate = self._pricer.rate(offer_of(key), point_of(key))
        if rate.ledger_customer is not None and rate.ledger != (name := self._ledger_of(rate.ledger)):
            rate = replace(rate, ledger=name)
        return rate

    def _of_alike(self, key: Mapping[str, Any]) -> tuple[Rate, Mapping[str, object]] | None:
        """The rate of a customer whom the rules treat as they treat others, made once for all of them.

        Its columns are those of the one who stands for all, but for the ledger customer.
        """
        found = self._pricer.alike.get(key["customer_id"])
        if found is None or _apart_of(key) != (None, None, None):
            return None
        rule, stand_in = found
        other, _ = self._pricer.alike[stand_in]
        wanted = (stand_in, *_shared_of(key))
        known = self._known.get(wanted)
        if known is None:
            known = self._known[wanted] = _with_columns(self._rate({**key, "customer_id": stand_in}))
        rate, columns = known
        if rule is other or rate.ledger_customer is None:
            return known
        at, own = self._written(other), self._written(rule)
        values = list(_fields_of(rate))
        values[_LEDGER_CUSTOMER], values[_CUSTOMER_NAME] = rule.ledger_customer, rule.name
        values[_PLACES] = tuple([own if place == at else place for place in rate.places])
        return Rate(*values), columns

    def _written(self, rule: CustomerRule) -> str:
        """Where a customer's rule stands; one of many rules is asked for many keys."""
        place = self._places.get(rule.tenant_id)
        if place is None:
            place = self._places[rule.tenant_id] = str(rule.place)
        return place

    def priced_by(self, pricer: Pricer) -> "Rates":
        """The same rates, going on with another pricer: the prices of other charges."""
        self._pricer = pricer
        self._known.clear()
        return self


def _with_columns(rate: Rate) -> tuple[Rate, dict[str, object]]:
    return rate, rate_columns(rate, exponent(rate.currency))


def price_lines(lines: ir.Table, keys: ir.Table, rates: ir.Table, forms: ir.Table) -> ir.Table:
    """Give each line its rate and what it is worth."""
    return expected(apply_rates(lines, keys.join(rates, "key").join(forms, "form")))


def expect(priced: ir.Table) -> ir.Table:
    """Net priced lines into expected slices."""
    return net(priced)


def retail_prices(rows: Sequence[Mapping[str, Any]]) -> Retail:
    """A look-up of the estimated retail price of one billing cycle; of several rows the latest valid one counts.

    A price sheet gives the price of the whole term (Microsoft: "Get a price sheet").
    """
    by_product: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        key = row["product_id"], row["sku_id"], row["currency"]
        by_product.setdefault(key, []).append(row)

    def look_up(offer: Offer, currency: str, day: date) -> Decimal | None:
        fitting = [
            row
            for row in by_product.get((offer.product_id, offer.sku_id, currency), ())
            if (row["term"] or offer.term) == offer.term
            and (row["billing_plan"] or offer.billing_plan) == offer.billing_plan
            and (row["effective_start"] or date.min) <= day <= (row["effective_end"] or date.max)
            and row["erp_price"] is not None
        ]
        if not fitting:
            return None
        row = max(fitting, key=lambda row: (row["effective_start"] or date.min, row["erp_price"]))
        months = MONTHS.get(offer.billing_plan or "", 0)
        term = _TERM_MONTHS.get(offer.term or "", months)
        price: Decimal = row["erp_price"]
        return price * months / term if months and term else price

    return look_up


LedgerCurrency = Callable[[str | None], str | None]
