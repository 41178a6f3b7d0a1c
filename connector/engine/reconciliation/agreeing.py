"""Finds, inside the query engine, what agrees to the cent, so that only the rest is judged piece by piece.

Only plain cases are settled here: licences, or usage, of one item and currency, billed on dated lines whose amount,
seat-days and days are exactly what is expected. Whatever is out of the ordinary, however slightly, is left to the
judgement piece by piece, which comes to the same result for what is settled here (a test holds the two together).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from connector.engine.expecting.whole import divided, whole
from connector.engine.reconciliation.shapes import Scope

POSITION = ["ledger", "ledger_customer", "subscription_id"]
POOL = ["ledger", "ledger_customer", "item"]
VOID = ("void", "voided", "draft", "deleted", "cancelled", "canceled")
_MICRO = 1_000_000
_BEGINNING = date(2000, 1, 1)
_SAME = ("item", "currency", "micro", "start", "end")


@dataclass(frozen=True, slots=True)
class Both:
    """What the two sides come to, ready to be compared: `due` per position, `billed` line by line."""

    due: ir.Table
    billed: ir.Table


def due_positions(priced: ir.Table, apart: Iterable[tuple[str, str]]) -> ir.Table:
    """Sum priced lines per ledger customer and subscription, and count what is not plain about them.

    Customers (ledger, customer) that are `apart` are never plain. `seat_days` and `moment` (seat-days times their
    first day) tell seats apart from days; `micro` are millionths.
    """
    span, ordinal = _span(priced["first"], priced.next_start), _ordinal(priced["first"])
    usage = priced.by_amount & ~priced.is_credit & (priced.method == "amount")
    seats = ~priced.by_amount & (priced.method == "seats") & ~priced.is_free
    held = ["\x1f".join(key) for key in sorted(apart)]
    customer = priced.ledger.fill_null("") + "\x1f" + priced.ledger_customer.fill_null("")
    free = customer.notin(held) if held else ibis.literal(True)
    plain = free & (priced.status == "priced") & priced.is_plain & (usage | seats) & priced.subscription_id.notnull()
    lines = priced.mutate(
        micro=divided(priced.top, priced.bottom) * priced.micro_of,
        seat_days=priced.billable * span,
        moment=priced.billable * span * ordinal,
        odd=ibis.ifelse(plain, 0, 1),
        usage=ibis.ifelse(usage, 1, 0),
        seat_price=ibis.ifelse(usage, ibis.null("decimal(38, 22)"), priced.unit_price),
    )
    return (
        lines.group_by(POSITION)
        .aggregate(
            item=lines.item.min(),
            other_item=lines.item.max(),
            currency=lines.sell_currency.min(),
            other_currency=lines.sell_currency.max(),
            micro=lines.micro.sum(),
            seat_days=lines.seat_days.sum(),
            moment=lines.moment.sum(),
            start=lines["first"].min(),
            end=lines.next_start.max(),
            odd=lines.odd.max(),
            least_usage=lines.usage.min(),
            most_usage=lines.usage.max(),
            # Two prices may be the two lines of one quantity (Microsoft 365 E5), which must be merged to be counted.
            seat_price=lines.seat_price.min(),
            other_seat_price=lines.seat_price.max(),
        )
        .mutate(odd=lambda t: ibis.ifelse(t.seat_price.identical_to(t.other_seat_price), t.odd, 1))
    )


def billed_lines(ledger_lines: ir.Table, scope: Scope) -> ir.Table:
    """The ledger's lines as whole numbers, without void ones and without service that ended before the scope."""
    t = ledger_lines
    t = t.filter(t.status.fill_null("").lower().strip().notin(VOID))
    last = ibis.coalesce(t.service_end, t.service_start, t.document_date)
    t = t.filter(last >= ibis.literal(scope.start))
    dated = t.service_start.notnull() & t.service_end.notnull() & (t.service_start <= t.service_end)
    end = (t.service_end + ibis.interval(days=1)).cast("timestamp").cast("date")
    known = dated & t.quantity.notnull()
    seats = whole(t.quantity.fill_null(0).abs(), 1000) * ibis.ifelse(t.amount < 0, -1, 1)
    seat_days = ibis.ifelse(known, seats * _span(t.service_start, end), 0)
    return t.select(
        ledger=t.ledger.fill_null(""),
        ledger_customer=t.customer_id,
        item=t.item_id,
        currency=t.currency,
        subscription_id=t.reference.fill_null("").strip().lower(),
        micro=whole(t.amount, _MICRO),
        seat_days=seat_days.cast("int64"),
        moment=ibis.ifelse(known, seat_days * _ordinal(t.service_start), 0).cast("int64"),
        start=t.service_start,
        end=end,
        odd=ibis.ifelse(dated, 0, 1).cast("int64"),
        countless=ibis.ifelse(known, 0, 1).cast("int64"),
        source=t.source,
        line=t.line,
    )


def agreed_by_reference(both: Both, scope: Scope) -> ir.Table:
    """Positions whose referenced lines are exactly what is due.

    A customer with a reference that is not simply a subscription's id is left to the judgement piece by piece.
    """
    due, named = both.due, both.billed.filter(both.billed.subscription_id != "")
    known = due.select("subscription_id").distinct()
    strange = named.anti_join(known, "subscription_id").select("ledger", "ledger_customer").distinct()
    sums = _summed(named, POSITION)
    agreed = _equal(due, sums, POSITION, scope).select(POSITION)
    return agreed.anti_join(strange, ["ledger", "ledger_customer"])


def agreed_in_pools(
    both: Both, by_reference: ir.Table, taken: Iterable[tuple[str, str, str]], scope: Scope
) -> ir.Table:
    """Pools (customer and item) whose lines without a reference are exactly what is due beside what references settle.

    A pool that a still differing reference could join, or an item of the partner's own, is left out.
    """
    named = both.billed.filter(both.billed.subscription_id != "").select(POSITION).distinct()
    waiting = both.due.anti_join(by_reference, POSITION)
    differing = waiting.semi_join(named, POSITION)
    several = waiting.filter(waiting.item != waiting.other_item)
    pools = waiting.group_by(POOL).aggregate(
        currency=waiting.currency.min(),
        other_currency=waiting.other_currency.max(),
        micro=waiting.micro.sum(),
        seat_days=waiting.seat_days.sum(),
        moment=waiting.moment.sum(),
        start=waiting.start.min(),
        end=waiting.end.max(),
        odd=waiting.odd.max(),
        least_usage=waiting.least_usage.min(),
        most_usage=waiting.most_usage.max(),
    )
    pools = pools.mutate(other_item=pools.item)
    for table in (differing, several):
        pools = pools.anti_join(table.select("ledger", "ledger_customer").distinct(), ["ledger", "ledger_customer"])
    own = sorted(set(taken))
    if own:
        pools = pools.filter(_key(pools).notin(["\x1f".join(key) for key in own]))
    pooled = both.billed.filter(both.billed.subscription_id == "")
    return _equal(pools, _summed(pooled, POOL), POOL, scope).select(POOL)


def _key(table: ir.Table) -> ir.Value:
    return table.ledger + "\x1f" + table.ledger_customer + "\x1f" + table.item


def _span(start: ir.Value, end: ir.Value) -> ir.Value:
    return end.delta(start, unit="day").cast("int64")


def _ordinal(day: ir.Value) -> ir.Value:
    return day.delta(ibis.literal(_BEGINNING), unit="day").cast("int64")


def _summed(lines: ir.Table, keys: list[str]) -> ir.Table:
    grouped = lines.group_by(keys).aggregate(
        sum_item=lines.item.min(),
        last_item=lines.item.max(),
        sum_currency=lines.currency.min(),
        last_currency=lines.currency.max(),
        sum_micro=lines.micro.sum(),
        sum_seat_days=lines.seat_days.sum(),
        sum_moment=lines.moment.sum(),
        sum_start=lines.start.min(),
        sum_end=lines.end.max(),
        sum_odd=lines.odd.max(),
        countless=lines.countless.max(),
    )
    return grouped.rename({f"k_{name}": name for name in keys})


def _equal(due: ir.Table, sums: ir.Table, keys: list[str], scope: Scope) -> ir.Table:
    joined = due.join(sums, [due[name] == sums[f"k_{name}"] for name in keys])
    same_seats = (
        (joined.seat_days == joined.sum_seat_days) & (joined.moment == joined.sum_moment) & (joined.countless == 0)
    )
    conditions = [
        *(joined[name] == joined[f"sum_{name}"] for name in _SAME),
        joined.item == joined.other_item,
        joined.item == joined.last_item,
        joined.currency == joined.other_currency,
        joined.currency == joined.last_currency,
        joined.odd == 0,
        joined.sum_odd == 0,
        (joined.least_usage == 1) | ((joined.most_usage == 0) & same_seats),
        joined.start >= ibis.literal(scope.start),
    ]
    return joined.filter(conditions)


def settled_totals(priced: ir.Table, positions: ir.Table) -> ir.Table:
    """Cost, lines, and what is due of the settled positions: per customer, category and currency, for the margins."""
    lines = priced.semi_join(positions, POSITION)
    return lines.group_by(["customer_name", "ledger_customer", "category", "currency", "sell_currency"]).aggregate(
        cost=lines.subtotal.sum(),
        lines=lines.count(),
        micro=(divided(lines.top, lines.bottom) * lines.micro_of).sum(),
    )
