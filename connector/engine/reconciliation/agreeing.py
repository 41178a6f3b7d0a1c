"""Finds, inside the query engine, what agrees to the cent, so that only the rest is judged piece by piece.

Only plain cases are settled here: licences, or usage, of one item and currency, billed on dated lines whose amount,
seat-days and days are exactly what is expected. Whatever is out of the ordinary, however slightly, is left to the
judgement piece by piece, which comes to the same result for what is settled here (a test holds the two together).
An account is one customer of one ledger; a position is what a customer holds under one subscription; `sold` numbers
the items of the ledger with their currency. A `flaw` is 1 where a quantity is missing, 2 where something is not plain.
"""

import ibis
import ibis.expr.types as ir

from connector.engine.expecting.plain import ordinal
from connector.engine.expecting.whole import proven, whole
from connector.engine.reconciliation.shapes import Scope

VOID = ("void", "voided", "draft", "deleted", "cancelled", "canceled")
AT = ["account", "position"]
POOL = ["account", "sold"]
_MICRO, _MILLI = 1_000_000, 1000


def sold_items(ledger_lines: ir.Table) -> ir.Table:
    """Number the ledger's items with their currency: `sold`, `item`, `sold_currency`."""
    different = ledger_lines.select(item=ledger_lines.item_id, sold_currency=ledger_lines.currency).distinct()
    return different.mutate(sold=ibis.row_number().cast("int64"))


def buyers(ledger_lines: ir.Table) -> ir.Table:
    """Number the ledger's customers: `buyer`, `ledger`, `customer_id`."""
    different = ledger_lines.select(ledger=ledger_lines.ledger.fill_null(""), customer_id=ledger_lines.customer_id)
    return different.distinct().mutate(buyer=ibis.row_number().cast("int64"))


def billed_lines(ledger_lines: ir.Table, numbered: ir.Table, items: ir.Table, customers: ir.Table) -> ir.Table:
    """The ledger's lines as whole numbers, with the number of the position that each one's reference names.

    `refers` says that there is a reference at all; one that names no single position has none. Lines that do not
    count (void, draft) are kept and marked, so that nothing gets lost.
    """
    t = ledger_lines
    held = numbered.filter(numbered.subscription_id.notnull())
    once = held.group_by("subscription_id").aggregate(position=held.position.min(), holders=held.count())
    once = once.filter(once.holders == 1).select("position", named="subscription_id")
    # Most references have nothing around them, and looking for it is slow.
    reference = t.reference.fill_null("")
    bare = (reference.left(1) > " ") & (reference.right(1) > " ")
    t = t.mutate(named=ibis.ifelse(bare, reference, reference.strip()).lower(), of_ledger=t.ledger.fill_null(""))
    t = t.left_join(once, "named")
    there = items.rename(at_item="item")
    t = t.join(there, [t.item_id.identical_to(there.at_item), t.currency.identical_to(there.sold_currency)])
    buying = customers.select("buyer", at_ledger="ledger", at_customer="customer_id")
    t = t.join(buying, [t.of_ledger == buying.at_ledger, t.customer_id.identical_to(buying.at_customer)])
    dated = t.service_start.notnull() & t.service_end.notnull() & (t.service_start <= t.service_end)
    end = (t.service_end + ibis.interval(days=1)).cast("timestamp").cast("date")
    known = dated & t.quantity.notnull()
    t = proven(t, exact_micro=("amount", _MICRO), exact_milli=("quantity", _MILLI))
    seats = ibis.coalesce(t.exact_milli, whole(t.quantity.fill_null(0), _MILLI)).abs()
    seats = seats * ibis.ifelse(t.amount < 0, -1, 1)
    seat_days = ibis.ifelse(known, seats * end.delta(t.service_start, unit="day").cast("int64"), 0)
    return t.select(
        "source",
        "line",
        "file_row",
        "buyer",
        "sold",
        "position",
        refers=t.named != "",
        micro=ibis.coalesce(t.exact_micro, whole(t.amount, _MICRO)),
        seat_days=seat_days.cast("int64"),
        moment=ibis.ifelse(known, seat_days * ordinal(t.service_start), 0).cast("int64"),
        start=t.service_start,
        end=end,
        flaw=ibis.cases((~(dated & t.exact_micro.notnull()), 2), (~known, 1), else_=0).cast("int64"),
        last=ibis.coalesce(t.service_end, t.service_start, t.document_date),
        is_void=t.status.fill_null("").lower().strip().isin(VOID),
    )


def in_accounts(billed: ir.Table, bought: ir.Table, scope: Scope) -> ir.Table:
    """The lines that count and reach into the scope, with the account they are billed to (`bought` says which)."""
    return billed.filter(_counts(billed, scope)).join(bought, "buyer")


def lines_left(billed: ir.Table, bought: ir.Table, differing: ir.Table, pools: ir.Table, scope: Scope) -> ir.Table:
    """All lines but those that are settled: by a reference to a position that is not `differing`, or in `pools`."""
    differs = differing.select(at_account="account", at_position="position").distinct()
    agreed = pools.select(in_account="account", in_sold="sold").distinct()
    buying = bought.select("account", at_buyer="buyer")
    lines = billed.left_join(buying, billed.buyer == buying.at_buyer)
    lines = lines.left_join(differs, [lines.account == differs.at_account, lines.position == differs.at_position])
    lines = lines.left_join(agreed, [lines.account == agreed.in_account, lines.sold == agreed.in_sold])
    by_reference = lines.position.notnull() & lines.at_position.isnull()
    settled = lines.account.notnull() & ibis.ifelse(lines.refers, by_reference, lines.in_sold.notnull())
    return lines.filter(~(_counts(lines, scope) & settled)).select("buyer", "sold", "source", "line", "file_row")


def _counts(billed: ir.Table, scope: Scope) -> ir.Value:
    """Whether a line is neither void nor of service that ended before the scope; it is never unknown."""
    return (~billed.is_void & (billed["last"] >= ibis.literal(scope.start))).fill_null(False)


def compared(due: ir.Table, billed: ir.Table) -> ir.Table:
    """Both sides of each position in one row: what is due, and what lines that refer to it bill."""
    return _side_by_side(due, billed.filter(billed.refers & billed.position.notnull()), AT)


def _side_by_side(due: ir.Table, billed: ir.Table, keys: list[str]) -> ir.Table:
    day, count = ibis.null("date"), ibis.null("int64")
    columns = ["sold", "flaw", "seat_days", "moment"]
    ours = due.select(
        *{*keys, *columns}, "traits", "net_micro", "lines", micro=due.micro, start=due.start, end=due.end,
        billed_micro=count, billed_start=day, billed_end=day, billed_lines=ibis.literal(0).cast("int64"),
    )  # fmt: skip
    theirs = billed.mutate(seat_days=-billed.seat_days, moment=-billed.moment)
    theirs = theirs.select(
        *{*keys, *columns}, traits=count, net_micro=count, lines=ibis.literal(0).cast("int64"), micro=count,
        start=day, end=day, billed_micro=billed.micro, billed_start=billed.start, billed_end=billed.end,
        billed_lines=ibis.literal(1).cast("int64"),
    )  # fmt: skip
    both = ours.union(theirs.select(*ours.columns))
    names = {} if "sold" in keys else {"sold": both.sold.min(), "other_sold": both.sold.max()}
    return both.group_by(keys).aggregate(
        **names,
        traits=both.traits.min(),
        other_traits=both.traits.max(),
        flaw=both.flaw.max(),
        micro=both.micro.sum().cast("int64"),
        billed_micro=both.billed_micro.sum().cast("int64"),
        seat_days=both.seat_days.sum().cast("int64"),
        moment=both.moment.sum().cast("int64"),
        start=both.start.min(),
        end=both.end.max(),
        billed_start=both.billed_start.min(),
        billed_end=both.billed_end.max(),
        net_micro=both.net_micro.sum().cast("int64"),
        lines=both["lines"].sum().cast("int64"),
        billed_lines=both.billed_lines.sum().cast("int64"),
    )


def with_agreement(sides: ir.Table, traits: ir.Table, strange: ir.Table, scope: Scope) -> ir.Table:
    """Say of each position whether the lines that refer to it are exactly what is due (`agrees`).

    Accounts that are `strange`, with a reference that is not simply one position's, are left to the judgement piece
    by piece.
    """
    usage = traits.select("is_usage", of_traits="traits")
    sides = sides.left_join(usage, [sides.traits == usage.of_traits]).drop("of_traits")
    same = (sides.sold == sides.other_sold) & (sides.traits == sides.other_traits)
    agrees = same & _equal(sides, scope) & sides.account.notin(strange.account)
    return sides.mutate(agrees=agrees.fill_null(False))


def agreed_in_pools(
    waiting: ir.Table, traits: ir.Table, pooled: ir.Table, apart: ir.Table | None, scope: Scope
) -> ir.Table:
    """Pools (account and item) whose lines without a reference are exactly what is due beside what references settle.

    `waiting` are the positions that references do not settle, `pooled` the ledger's lines without a reference, with
    the currency of their item. Left out are accounts that hold anything odd, or a still differing reference, or that
    are billed in several currencies, and pools that are `apart`: `account`, and `sold` or null for all its pools.
    """
    uneven = (waiting.sold != waiting.other_sold) | (waiting.traits != waiting.other_traits)
    differing = waiting.filter((waiting.billed_lines > 0) | (waiting.flaw > 1) | uneven | waiting.sold.isnull())
    pools = _side_by_side(waiting, pooled, POOL)
    several = pooled.group_by("account").aggregate(least=pooled.sold_currency.min(), most=pooled.sold_currency.max())
    excluded = [differing, several.filter(several.least != several.most)]
    if apart is not None:
        excluded.append(apart.filter(apart.sold.isnull()))
        pools = pools.anti_join(apart.filter(apart.sold.notnull()), POOL)
    for table in excluded:
        pools = pools.anti_join(table.select("account").distinct(), "account")
    # The positions of a pool may have several unit prices, but are usage or licences in one currency.
    kinds = waiting.join(traits, "traits").select(*POOL, "is_usage", "sell_currency", "currency").distinct()
    alike = kinds.group_by(POOL).aggregate(kinds=kinds.count())
    pools = pools.semi_join(alike.filter(alike.kinds == 1), POOL).join(traits, "traits")
    return pools.filter(_equal(pools, scope))


def _equal(sides: ir.Table, scope: Scope) -> ir.Value:
    same_seats = (sides.seat_days == 0) & (sides.moment == 0) & (sides.flaw == 0)
    conditions = [
        sides["lines"] > 0,
        sides.billed_lines > 0,
        sides.flaw < 2,
        sides.micro == sides.billed_micro,
        sides.start == sides.billed_start,
        sides.end == sides.billed_end,
        sides.start >= ibis.literal(scope.start),
        sides.is_usage | same_seats,
    ]
    return ibis.and_(*conditions)
