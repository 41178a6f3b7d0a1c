"""From normalised charges and their rates to expected slices: netted events with quantity, days and amount.

A seat change is Microsoft's refund of all old seats and its charge for all new ones: the two halves are netted.
Lines that differ in nothing but their unit price are one quantity at the summed price (Microsoft 365 E5).
Amounts are whole minor units, divided last and rounded half away from zero once per slice.
"""

import ibis
import ibis.expr.types as ir

from connector.engine.expecting.keys import KEY
from connector.engine.expecting.normalising import SEAT_CHANGES
from connector.engine.expecting.whole import divided, wide

PLACE_MARK = "\x1f"
_TWIN = (
    "invoice", "customer_id", "subscription_id", "product_id", "sku_id", "type", "first", "next_start", "sign",
    "milli_seats", "currency", "part",
)  # fmt: skip
_ALIKE = (
    "customer_name", "reseller_mpn_id", "order_id", "product_name", "sku_name", "category", "term", "billing_plan",
    "pricing_currency", "exchange_rate", "promotion_id", "reference_id", "charge_type", "subscription_start",
    "subscription_end", "charge_end", "share_by", "days", "of_days", "months", "is_free", "by_amount", "is_credit",
    "source", "line", "place", "qualifiers", "order_date", "priced_from",
)  # fmt: skip


_SUMS = ("subtotal", "tax", "net_micro", "list_micro")


def join_twins(lines: ir.Table) -> ir.Table:
    """Merge lines that are equal in everything but their unit price into one quantity at the summed price.

    Usage is never merged: each of its lines is an amount of its own.
    """
    lines = lines.mutate(place=place_of(lines), lines=ibis.literal(1).cast("int64"), paid=_size(lines))
    usage = lines.filter(lines.by_amount)
    usage = usage.mutate(charges=ibis.array([_charge(usage)]), copies=usage["lines"])
    twins = _merged(lines.filter(~lines.by_amount))
    columns = [*_TWIN, *_ALIKE, "copies", "unit_price", "paid", *_SUMS, "lines", "charges"]
    merged = twins.select(*columns).union(usage.select(*columns))
    return merged.mutate(
        milli_seats=(merged.milli_seats * merged.copies).cast("int64"),
        effective_unit_price=merged.paid.cast("decimal(38, 22)"),
        unit_price=merged.unit_price.cast("decimal(38, 22)"),
    )


def _size(lines: ir.Table) -> ir.Value:
    return lines.effective_unit_price.abs()


def _merged(lines: ir.Table) -> ir.Table:
    by_price = lines.group_by([*_TWIN, "unit_price"]).aggregate(
        **{name: lines[name].min() for name in _ALIKE},
        copies=lines.count(),
        paid=lines.paid.max(),
        **{name: lines[name].sum() for name in _SUMS},
        charges=_charge(lines).collect(),
    )
    found = by_price.group_by([*_TWIN, "copies"]).aggregate(
        **{name: by_price[name].min() for name in _ALIKE},
        unit_price=by_price.unit_price.sum(),
        paid=by_price.paid.sum(),
        **{name: by_price[name].sum() for name in _SUMS},
        lines=by_price.copies.sum(),
        charges=by_price.charges.collect().flatten(),
    )
    exact = {name: found[name].cast(str(lines[name].type())) for name in ("unit_price", "paid", *_SUMS)}
    whole = {name: found[name].cast("int64") for name in ("copies", "lines")}
    return found.mutate(**exact, **whole)


def place_of(lines: ir.Table) -> ir.Value:
    """Where a line stands, as one text: row hash, file and line; by content first, so that order does not matter."""
    line = lines.line.fill_null(0).cast("string").lpad(12, "0")
    return ibis.literal(PLACE_MARK).join([lines.row_hash.fill_null(""), lines.source.fill_null(""), line])


def _charge(lines: ir.Table) -> ir.Value:
    """Which charge a line is, or is a part of, and its amount: what verdicts are carried back to."""
    return ibis.struct(
        {
            "source": lines.source,
            "line": lines.line,
            "part": lines.part,
            "row_hash": lines.row_hash,
            "amount": lines.subtotal.fill_null(0),
            "invoice": lines.invoice,
        }
    )


def apply_rates(lines: ir.Table, rated: ir.Table) -> ir.Table:
    """Join each line with the rate of its key; every line has one, because rates were made of the lines' own keys."""
    rated = rated.rename({f"r_{name}": name for name in KEY})
    joined = lines.join(rated, [lines[name].identical_to(rated[f"r_{name}"]) for name in KEY])
    return joined.drop(["key", "form", *(f"r_{name}" for name in KEY)])


def expected(lines: ir.Table) -> ir.Table:
    """Add to each priced line what it is worth: `top` over `bottom` minor units, not yet divided.

    Free seats are taken off every quantity: Microsoft's lines carry the whole number of seats before and after.
    """
    seats = ibis.greatest(lines.milli_seats.abs() - lines.free_milli, 0) * ibis.ifelse(lines.milli_seats < 0, -1, 1)
    # Trials and the uncounted parts of a bundle take no seats of the item they stand on.
    lines = lines.mutate(billable=ibis.ifelse(lines.method == "seats", seats, 0).cast("int64"))
    base = ibis.ifelse(lines.on_list, lines.list_micro, lines.net_micro)
    top = ibis.cases(
        ((lines.method == "seats") & (lines.whole != 0), wide(lines.whole * lines.sign) * wide(lines.days)),
        (lines.method == "seats", wide(lines.unit) * wide(lines.billable) * wide(lines.days)),
        else_=wide(ibis.literal(0)),
    )
    # An exchange rate or a unit price turned into a factor has many digits.
    by_amount = lines.method == "amount"
    bottom = ibis.ifelse(lines.method == "seats", wide(lines.of_days) * wide(lines.scale), wide(ibis.literal(1)))
    return lines.mutate(
        top=ibis.ifelse(by_amount, wide(base) * lines.factor_of, top),
        bottom=ibis.ifelse(by_amount, lines.amount_of, bottom),
    )


def with_events(lines: ir.Table) -> ir.Table:
    """Add what the halves of a seat change share, `event` and `kind`; other lines are netted by sign (`alone`)."""
    change = lines.type.isin(SEAT_CHANGES)
    nothing = ibis.null("string")
    return lines.mutate(
        event=ibis.ifelse(change, ibis.coalesce(lines.reference_id, lines.order_id, nothing), nothing),
        kind=ibis.ifelse(change, "change", lines.type),
        alone=ibis.ifelse(change | lines.by_amount, 0, lines.sign).cast("int64"),
    )


def net(lines: ir.Table) -> ir.Table:
    """Net the halves of each seat change and give every slice its amount, `expected` in minor units.

    `gained` and `lost` keep the seats before netting (thousandths), because a refund without the charge it refunds
    tells how many seats an earlier invoice had charged.
    """
    lines = with_events(lines)
    keys = [
        "customer_id", "subscription_id", "product_id", "sku_id", "ledger", "ledger_customer", "item",
        "sell_currency", "currency", "kind", "event", "alone", "first", "next_start", "status", "method",
        "by_amount", "is_credit", "is_free", "bottom", "promotion_id",
    ]  # fmt: skip
    lines = lines.mutate(amount=divided(lines.top, lines.bottom))
    grouped = lines.group_by(keys).aggregate(
        rate_id=lines.rate_id.max(),
        unit=lines.unit.max(),
        bare_unit=lines.bare_unit.max(),
        seats=lines.billable.sum(),
        all_seats=lines.milli_seats.sum(),
        gained=ibis.ifelse(lines.billable > 0, lines.billable, 0).sum(),
        lost=ibis.ifelse(lines.billable < 0, -lines.billable, 0).sum(),
        top=lines.top.sum(),
        amounts=lines.amount.sum(),
        cost=lines.subtotal.sum(),
        days=lines.days.max(),
        of_days=lines.of_days.max(),
        months=lines.months.max(),
        share_by=lines.share_by.max(),
        lines=lines["lines"].sum(),
        charges=lines.charges.collect().flatten(),
        **{
            name: lines[name].min()
            for name in (
                "customer_name", "product_name", "category", "term", "billing_plan", "subscription_start",
                "subscription_end", "reference_id", "source", "line", "place", "order_id", "order_date", "qualifiers",
            )
        },
    )  # fmt: skip
    # Usage and credits are rounded line by line, seats once per netted slice.
    return grouped.mutate(
        expected=ibis.ifelse(
            grouped.method == "seats", divided(wide(grouped.top), grouped.bottom), grouped.amounts
        ).cast("int64"),
        seats=grouped.seats.cast("int64"),
        all_seats=grouped.all_seats.cast("int64"),
        gained=grouped.gained.cast("int64"),
        lost=grouped.lost.cast("int64"),
    )
