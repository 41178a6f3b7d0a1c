"""Finds, inside the query engine, what agrees to the cent, so that only the rest is judged piece by piece.

Only plain cases are settled here: licences, or usage, of one item and currency, billed on dated lines whose amount,
seat-days and days are exactly what is expected. Whatever is out of the ordinary, however slightly, is left to the
judgement piece by piece, which comes to the same result for what is settled here (a test holds the two together).
An account is one customer of one ledger; a position is what a customer holds under one subscription.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from connector.engine.expecting.plain import ordinal
from connector.engine.expecting.whole import whole
from connector.engine.reconciliation.shapes import Scope

VOID = ("void", "voided", "draft", "deleted", "cancelled", "canceled")
AT = ["account", "position"]
POOL = ["account", "item"]
_MICRO = 1_000_000
_SAME = ("item", "micro", "start", "end")


@dataclass(frozen=True, slots=True)
class Both:
    """The two sides, ready to be compared: `due` per position, and what is `named` and `pooled` on the ledger."""

    due: ir.Table
    named: ir.Table
    pooled: ir.Table


def billed_lines(ledger_lines: ir.Table, numbered: ir.Table) -> ir.Table:
    """The ledger's lines as whole numbers, with the number of the position that each one's reference names.

    `refers` says that there is a reference at all; one that names no single position has none. Lines that do not
    count (void, draft) are kept and marked, so that nothing gets lost.
    """
    t = ledger_lines
    held = numbered.filter(numbered.subscription_id.notnull())
    once = held.group_by("subscription_id").aggregate(position=held.position.min(), holders=held.count())
    once = once.filter(once.holders == 1).select("position", named="subscription_id")
    t = t.mutate(named=t.reference.fill_null("").strip().lower())
    t = t.left_join(once, "named")
    dated = t.service_start.notnull() & t.service_end.notnull() & (t.service_start <= t.service_end)
    end = (t.service_end + ibis.interval(days=1)).cast("timestamp").cast("date")
    known = dated & t.quantity.notnull()
    seats = whole(t.quantity.fill_null(0).abs(), 1000) * ibis.ifelse(t.amount < 0, -1, 1)
    seat_days = ibis.ifelse(known, seats * end.delta(t.service_start, unit="day").cast("int64"), 0)
    return t.select(
        "source",
        "line",
        "currency",
        "amount",
        "position",
        ledger=t.ledger.fill_null(""),
        customer_id=t.customer_id,
        item=t.item_id,
        refers=t.named != "",
        micro=whole(t.amount, _MICRO),
        seat_days=seat_days.cast("int64"),
        moment=ibis.ifelse(known, seat_days * ordinal(t.service_start), 0).cast("int64"),
        start=t.service_start,
        end=end,
        odd=ibis.ifelse(dated, 0, 1).cast("int64"),
        countless=ibis.ifelse(known, 0, 1).cast("int64"),
        last=ibis.coalesce(t.service_end, t.service_start, t.document_date),
        is_void=t.status.fill_null("").lower().strip().isin(VOID),
    )


def in_accounts(billed: ir.Table, accounts: ir.Table, scope: Scope) -> ir.Table:
    """The lines that count and reach into the scope, with the account they are billed to."""
    there = accounts.select("account", at_ledger="ledger", at_customer="ledger_customer").distinct()
    lines = billed.filter(~billed.is_void & (billed.last >= ibis.literal(scope.start)))
    return lines.join(there, [lines.ledger == there.at_ledger, lines.customer_id == there.at_customer])


def sides_of(due: ir.Table, billed: ir.Table) -> Both:
    """Sum the ledger's lines as `due` is summed: those with a reference per position, the others per item."""
    return Both(
        due,
        _summed(billed.filter(billed.refers & billed.position.notnull()), AT),
        _summed(billed.filter(~billed.refers), POOL),
    )


def agreed_by_reference(both: Both, billed: ir.Table, scope: Scope) -> ir.Table:
    """Positions whose referenced lines are exactly what is due, with the ledger's side beside them.

    An account with a reference that is not simply one position's is left to the judgement piece by piece.
    """
    agreed = _equal(both.due, both.named, AT, scope)
    strange = billed.filter(billed.refers & billed.position.isnull()).select("account").distinct()
    return agreed.anti_join(strange, "account")


def agreed_in_pools(
    both: Both, by_reference: ir.Table, apart: ir.Table | None, taken: Iterable[tuple[int, str]], scope: Scope
) -> ir.Table:
    """Pools (account and item) whose lines without a reference are exactly what is due beside what references settle.

    Accounts that hold anything odd, or a still differing reference, or are `apart`, are left out; so are items of
    the partner's own (`taken`).
    """
    waiting = both.due.anti_join(by_reference, AT)
    differing = waiting.semi_join(both.named, AT)
    odd = waiting.filter((waiting.odd == 1) | waiting.item.isnull())
    pools = waiting.group_by(POOL).aggregate(
        sell_currency=waiting.sell_currency.min(),
        other_currency=waiting.sell_currency.max(),
        micro=waiting.micro.sum().cast("int64"),
        seat_days=waiting.seat_days.sum().cast("int64"),
        moment=waiting.moment.sum().cast("int64"),
        start=waiting.start.min(),
        end=waiting.end.max(),
        odd=waiting.odd.max(),
        is_usage=waiting.is_usage.min(),
        any_usage=waiting.is_usage.max(),
    )
    pools = pools.filter((pools.sell_currency == pools.other_currency) & (pools.is_usage == pools.any_usage))
    for table in (differing, odd, *(() if apart is None else (apart,))):
        pools = pools.anti_join(table.select("account").distinct(), "account")
    own = sorted(set(taken))
    if own:
        pools = pools.filter(_pool_key(pools).notin([f"{account}\x1f{item}" for account, item in own]))
    return _equal(pools, both.pooled, POOL, scope)


def _pool_key(table: ir.Table) -> ir.Value:
    return table.account.cast("string") + "\x1f" + table["item"]


def _summed(lines: ir.Table, keys: list[str]) -> ir.Table:
    return lines.group_by(keys).aggregate(
        sum_item=lines["item"].min(),
        last_item=lines["item"].max(),
        sum_currency=lines.currency.min(),
        last_currency=lines.currency.max(),
        sum_micro=lines.micro.sum().cast("int64"),
        sum_seat_days=lines.seat_days.sum().cast("int64"),
        sum_moment=lines.moment.sum().cast("int64"),
        sum_start=lines.start.min(),
        sum_end=lines.end.max(),
        sum_odd=lines.odd.max(),
        countless=lines.countless.max(),
        ledger_lines=lines.count(),
        ledger_amount=lines.amount.sum().cast("decimal(38, 22)"),
    )


def _equal(due: ir.Table, sums: ir.Table, keys: list[str], scope: Scope) -> ir.Table:
    joined = due.join(sums, keys)
    same_seats = (
        (joined.seat_days == joined.sum_seat_days) & (joined.moment == joined.sum_moment) & (joined.countless == 0)
    )
    return joined.filter(
        [
            *(joined[name] == joined[f"sum_{name}"] for name in _SAME),
            joined["item"] == joined.last_item,
            joined.sell_currency == joined.sum_currency,
            joined.sell_currency == joined.last_currency,
            joined.odd == 0,
            joined.sum_odd == 0,
            joined.is_usage | same_seats,
            joined.start >= ibis.literal(scope.start),
        ]
    )
