"""Projects what Microsoft will charge next for customers who are billed in advance, from what they hold now.

The next cycle of a running licence is charged as the last one was, for the seats on file: the next month of one that is
charged by the month (whatever its term), the next year or three of one that is paid ahead and renews by itself. What
comes otherwise is settled against Microsoft's own charges when they are there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from connector.domain.money import ZERO, exponent, round_half_up
from connector.domain.period import ONE_DAY, Period, add_months
from connector.engine.expecting.normalising import SEAT_CHANGES, STARTS
from connector.engine.planning.pieces import ahead_key
from connector.engine.rates import MONTHS

Row = Mapping[str, Any]
_ENDED = ("deleted", "expired", "disabled", "cancelled", "canceled", "suspended")


class Reach(NamedTuple):
    """How far ahead a customer is billed: the next span, and the longest cycle (in months) that is billed whole.

    With `begun` the span is what is left of a running one, for subscriptions that began in that month.
    """

    span: Period
    months: int
    begun: Period | None = None


def project(charges: Iterable[Row], states: Iterable[Row], reaches: Mapping[str, Reach]) -> Iterator[dict[str, Any]]:
    """Charges of the cycles that begin in each tenant's next span, made of the latest ones.

    `charges` are all on file of these tenants, `states` the subscriptions as they were seen, `reaches` by tenant.
    """
    latest = _latest(states)
    for tenant, held in sorted(_held(charges).items()):
        reach = reaches.get(tenant[0])
        if reach is not None:
            yield from _next(held, latest.get(tenant[1]), reach)


def _latest(states: Iterable[Row]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in sorted(states, key=lambda row: (row["observed_at"] or "", row["line"] or 0)):
        found[row["subscription_id"] or ""] = row
    return found


def _held(charges: Iterable[Row]) -> dict[tuple[str, str, str, str], list[Row]]:
    held: dict[tuple[str, str, str, str], list[Row]] = defaultdict(list)
    for row in charges:
        if row["customer_id"] and row["subscription_id"] and row["charge_start"] and row["charge_end"]:
            key = row["customer_id"], row["subscription_id"], row["product_id"] or "", row["sku_id"] or ""
            held[key].append(row)
    return held


def _type(row: Row) -> str:
    return (row["charge_type"] or "").lower().replace(" ", "").replace("_", "")


def _next(held: list[Row], state: Row | None, reach: Reach) -> Iterator[dict[str, Any]]:
    span = reach.span
    bases = [row for row in held if _type(row) in STARTS and _months(row)]
    end = max((row["charge_end"] for row in bases), default=None)
    if end is None:
        return
    bases = sorted((row for row in bases if row["charge_end"] == end), key=_order)
    months = _months(bases[0])
    if months > reach.months or (months > 1 and (state is None or not state["auto_renew"])):
        # A whole year is billed ahead only where something on file says that it will be renewed.
        return
    if reach.begun is not None and bases[0]["subscription_start"] not in reach.begun:
        return
    first: date = end + ONE_DAY
    if state is None and first < span.start:
        # It was not charged when it should have been, and nothing on file says that it goes on.
        return
    while first < span.start:
        first = _after(first, bases[0])
    while first in span:
        for base in bases:
            quantity = _seats(base, held, state, first)
            if quantity > 0 and _runs(state, first):
                yield _charge(base, first, quantity)
        first = _after(first, bases[0])


def _months(row: Row) -> int:
    """The months of a licence's cycle that is charged again and again; 0 of anything else."""
    if row["category"] != "license" or (row["subtotal"] or ZERO) <= 0:
        return 0
    days = (row["charge_end"] - row["charge_start"]).days + 1
    return MONTHS.get(row["billing_plan"] or "", 0) or (1 if row["billing_plan"] is None and days <= 31 else 0)


def _after(first: date, base: Row) -> date:
    anchor = base["subscription_start"].day if base["subscription_start"] else first.day
    return add_months(first, _months(base), anchor if anchor > first.day else first.day)


def _order(row: Row) -> tuple[object, ...]:
    return str(row["unit_price"]), row["row_hash"] or "", row["line"] or 0


def _seats(base: Row, held: Iterable[Row], state: Row | None, first: date) -> Decimal:
    """The seats on file; without a state those at the end of the last cycle."""
    if state is not None and state["quantity"] is not None:
        ends = state["commitment_end"]
        planned = state["scheduled_quantity"] if ends is not None and ends < first else None
        return Decimal(planned if planned is not None else state["quantity"])
    seats = Decimal(base["quantity"] or 0)
    for row in held:
        same = row["charge_end"] == base["charge_end"] and row["unit_price"] == base["unit_price"]
        if same and _type(row) in (*SEAT_CHANGES, "cancelimmediate", "convert", "movequantity"):
            given_back = (row["effective_unit_price"] or ZERO) < 0 or (row["subtotal"] or ZERO) < 0
            seats += Decimal(row["quantity"] or 0) * (-1 if given_back else 1)
    return seats


def _runs(state: Row | None, first: date) -> bool:
    """Whether a subscription still runs on a day, as far as is known."""
    if state is None:
        return True
    if (state["status"] or "").lower() in _ENDED:
        return False
    ends = state["commitment_end"]
    if ends is None or ends >= first:
        return True
    changes = state["scheduled_product_id"] not in (None, state["product_id"])
    return state["auto_renew"] is not False and not changes


def _charge(base: Row, first: date, quantity: Decimal) -> dict[str, Any]:
    price = abs(base["effective_unit_price"] or ZERO)
    if _after(base["charge_start"], base) > base["charge_end"] + ONE_DAY and base["unit_price"]:
        # A first cycle that was cut short was charged in part.
        price = base["unit_price"]
    rate = base["exchange_rate"] if base["pricing_currency"] not in (None, base["currency"]) else None
    subtotal = round_half_up(price * quantity * (rate or 1), exponent(base["currency"]))
    names = base["customer_id"], base["subscription_id"], base["product_id"], base["sku_id"], first
    return {
        **base,
        "invoice": None,
        "charge_type": "cycleCharge",
        "charge_start": first,
        "charge_end": _after(first, base) - ONE_DAY,
        "quantity": quantity,
        "effective_unit_price": price,
        "subtotal": subtotal,
        "tax": None,
        "total": None,
        "reference_id": None,
        "row_hash": ahead_key(first, _months(base), *names),
    }
