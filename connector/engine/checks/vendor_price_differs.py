"""Charges whose cost is not that of the price sheet valid when their term began: a case to dispute."""

import ibis
import ibis.expr.types as ir

from connector.domain.money import other_exponents
from connector.engine.checks import Tables, shape
from connector.engine.expecting.normalising import MICRO
from connector.engine.expecting.whole import divided, whole

KIND = "vendor_price_differs"
_KEY = ("product_id", "sku_id", "term", "billing_plan", "currency", "subscription_start")


def find(tables: Tables) -> ir.Table | None:
    """One finding per subscription, beyond 0.01 per seat and at least 0.02: what was charged less what the sheet says.

    Sheets give the price of the whole term (Microsoft: "Get a price sheet"); promotions are not in them.
    """
    if not tables.has_prices:
        return None
    lines = tables.lines
    lines = lines.filter(~lines.by_amount & ~lines.is_free & lines.promotion_id.isnull() & (lines.milli_seats != 0))
    valid = _valid_prices(lines, tables.prices)
    joined = lines.join(valid, [lines[name].identical_to(valid[f"v_{name}"]) for name in _KEY])
    of_term = ibis.cases((joined.term == "P1Y", 12), (joined.term == "P3Y", 36), (joined.term == "P5Y", 60), else_=1)
    cycle = ibis.ifelse(joined.months > 0, joined.months, of_term)
    seats = joined.milli_seats.abs()

    def sheet_cost(price: ir.Value) -> ir.Value:
        per_cycle = divided(whole(price, MICRO) * cycle, of_term.cast("int64"))
        return divided(per_cycle * seats * joined.days, joined.of_days * 1000)

    cost = joined.net_micro * joined.sign
    over = ibis.greatest(cost - sheet_cost(joined.most), 0)
    under = ibis.greatest(sheet_cost(joined.least) - cost, 0)
    joined = joined.mutate(off=(over - under) * joined.sign)
    slack = ibis.greatest(seats * 10, 20_000)
    off = joined.filter(joined.off.abs() > slack)
    grouped = off.group_by(["customer_id", "subscription_id", "product_id", "sku_id", "currency"]).aggregate(
        micro=off.off.sum(),
        cost=(off.net_micro * off.sign).sum(),
        customer_name=off.customer_name.min(),
        product_name=off.product_name.min(),
        ledger=off.ledger.min(),
        ledger_customer=off.ledger_customer.min(),
        item=off.item.min(),
        first=off["first"].min(),
        next_start=off.next_start.max(),
        place=off.place.min(),
    )
    others = [(grouped.currency.isin(names), 10 ** (6 - places)) for places, names in other_exponents().items()]
    minor = ibis.cases(*others, else_=10_000).cast("int64")

    def money(micro: ir.Value) -> ir.Value:
        rounded = divided(micro.cast("int64"), minor) * minor
        return rounded.cast("decimal(38, 6)") * ibis.literal("0.000001").cast("decimal(7, 6)")

    return shape(grouped, tenant_id=grouped.customer_id, impact=money(grouped.micro), charged=money(grouped.cost))


def _valid_prices(lines: ir.Table, prices: ir.Table) -> ir.Table:
    """The sheet's price for each key of charges: of several valid rows those that began last."""
    keys = lines.select(*_KEY).distinct()
    rows = keys.join(
        prices,
        [
            keys.product_id == prices.product_id,
            keys.sku_id == prices.sku_id,
            keys.currency == prices.currency,
            keys.term == prices.term,
            prices.billing_plan.isnull() | (prices.billing_plan == keys.billing_plan),
            prices.effective_start <= keys.subscription_start,
            prices.effective_end.isnull() | (prices.effective_end >= keys.subscription_start),
        ],
        rname="p_{name}",
    )
    rows = rows.filter(rows.unit_price.notnull())
    latest = rows.group_by(list(_KEY)).mutate(newest=rows.effective_start.max())
    newest = latest.filter(latest.effective_start == latest.newest)
    return newest.group_by([newest[name].name(f"v_{name}") for name in _KEY]).aggregate(
        least=newest.unit_price.min(), most=newest.unit_price.max()
    )
