"""Reads each line of Microsoft's invoice the way Microsoft means it: sign, seats, cycle and share of the cycle.

Source of the rules: Microsoft's pages "Common billing scenarios for one-time and recurring products" and
"Reconciliation file charge types". A cycle ends on the charge's last day and started a month (year, three years)
before; its days are those of the calendar month it started in, or of the yearly cycle. The sign of a line is in its
effective unit price and totals; quantities are positive.
"""

import ibis
import ibis.expr.types as ir

from connector.engine.expecting.whole import div, divided, proven, whole

SEAT_CHANGES = ("addquantity", "removequantity")
STARTS = ("new", "renew", "cyclecharge")
KNOWN_CHARGE_TYPES = (
    *STARTS, *SEAT_CHANGES, "cancelimmediate", "convert", "movequantity", "changebillingplan", "customercredit",
    "extendterm", "cyclefee", "purchase", "refund", "cancel", "usage", "overage", "",
)  # fmt: skip
MILLI = 1000
MICRO = 1_000_000
_NARROW = 4 * 10**18


def normalise(charges: ir.Table) -> ir.Table:
    """Add to each charge how it is to be read, its share of the cycle and its amounts."""
    return with_amounts(with_share(read(charges)))


def read(charges: ir.Table) -> ir.Table:
    """Add to each charge how it is to be read.

    `type` (lower case) · `sign` (1 or −1) · `by_amount` (usage and credits) · `is_credit` · `is_free` (trial) ·
    `first` day and `next_start` (day after the last) · `starts` (begins a cycle) · `endless` (without a last day).
    """
    t = charges.mutate(
        type=charges.charge_type.fill_null("").lower().replace(" ", "").replace("_", ""),
        first=charges.charge_start.fill_null(charges.subscription_start),
    )
    t = t.mutate(last=t.charge_end.fill_null(t.first))
    is_credit = t.type == "customercredit"
    qualifiers = t.qualifiers.fill_null("").lower()
    trial = (t.subtotal.fill_null(0) == 0) & (qualifiers.contains("trial") | (t.unit_price.fill_null(0) == 0))
    negative = (t.effective_unit_price.fill_null(0) < 0) | (
        (t.effective_unit_price.fill_null(0) >= 0) & (t.subtotal.fill_null(0) < 0)
    )
    return t.mutate(
        is_credit=is_credit,
        is_free=trial,
        sign=ibis.ifelse(negative, -1, 1).cast("int64"),
        by_amount=is_credit | (t.category == "azure"),
        next_start=_day(t.last + ibis.interval(days=1)),
        starts=t.type.isin(STARTS),
        endless=t.charge_end.isnull(),
    )


def _day(moment: ir.Value) -> ir.Value:
    # DuckDB makes a moment of a day and an interval; Ibis believes it is still a day.
    return moment.cast("timestamp").cast("date")


def with_share(t: ir.Table) -> ir.Table:
    """Add cycle and share; what cannot be placed by its dates is placed by its prices, never with a promotion.

    `months` of the cycle · `days` and `of_days` (the share of it; 1 and 1 for a full one) · `share_by` (cycle, dates
    or price: what the share rests on) · `priced_from` (the day whose price it has: what happens within a running
    cycle, refunds above all, has the price that the cycle began with).
    """
    span = t.next_start.delta(t.first, unit="day").cast("int64")
    guessed = ibis.cases((span > 740, 36), (span > 62, 12), else_=1)
    months = ibis.cases(
        (t.billing_plan == "monthly", 1),
        (t.billing_plan == "annual", 12),
        (t.billing_plan == "triennial", 36),
        ((t.billing_plan == "one_time") | (t.endless & ~t.by_amount), 0),
        else_=guessed,
    )
    t = t.mutate(span=span, months=months.cast("int64"))
    # The month a monthly cycle started in is the one before the month its next cycle starts in.
    this_month = _day(t.next_start.truncate("M"))
    month_start = _day(this_month - ibis.interval(months=1))
    month_days = this_month.delta(month_start, unit="day").cast("int64")
    next_month_days = _day(this_month + ibis.interval(months=1)).delta(this_month, unit="day").cast("int64")
    year_start = _day(t.next_start - ibis.interval(years=1))
    three_start = _day(t.next_start - ibis.interval(years=3))
    t = t.mutate(
        month_start=month_start,
        month_days=month_days,
        next_day=t.next_start.day().cast("int64"),
        next_month_days=next_month_days,
        anchor=t.subscription_start.day().cast("int64"),
        year_start=year_start,
        three_start=three_start,
    )
    # A cycle clipped by a short month goes back to its anchor day: 31 January, 28 February, 31 March.
    clipped = (t.next_day >= t.next_month_days) | ((t.next_start.month() == 2) & (t.next_day >= 27))
    day = ibis.ifelse(clipped & (t.anchor > t.next_day), t.anchor, t.next_day)
    start_day = ibis.least(day, t.month_days)
    offset = t.first.delta(t.month_start, unit="day").cast("int64") - (start_day - 1)
    late = ibis.cases(
        (t.months == 1, offset),
        (t.months == 12, t.first.delta(t.year_start, unit="day").cast("int64")),
        (t.months == 36, t.first.delta(t.three_start, unit="day").cast("int64")),
        else_=0,
    )
    of_days = ibis.cases(
        (t.months == 1, t.month_days),
        (t.months == 12, t.next_start.delta(t.year_start, unit="day").cast("int64")),
        (t.months == 36, t.next_start.delta(t.three_start, unit="day").cast("int64")),
        else_=1,
    )
    t = t.mutate(late=late.cast("int64"), cycle_days=of_days.cast("int64"))
    # Microsoft's own table lets a cycle of day 30 start one day early in short months.
    month_end = (t.anchor >= 29) & t.starts & (t.late <= 1)
    listed, paid = t.unit_price.fill_null(0), t.effective_unit_price.fill_null(0).abs()
    full = t.by_amount | (t.months == 0) | t.endless | (t.late <= 0) | month_end
    by_price = t.subscription_start.isnull() & (t.promotion_id.isnull()) & (listed > 0) & ~t.by_amount
    full_price = by_price & (paid == listed)
    part_price = by_price & (paid != listed) & (paid > 0)
    days = ibis.cases(
        (full_price, 1),
        (part_price, whole(paid, MICRO)),
        (full, 1),
        else_=ibis.least(t.span, t.cycle_days),
    )
    of = ibis.cases((full_price, 1), (part_price, whole(listed, MICRO)), (full, 1), else_=t.cycle_days)
    within = ~t.by_amount & ~t.starts & (t.late > 0) & (t.subscription_start < t.first)
    cycle_start = _day(t.first - t.late.as_interval("D"))
    return t.mutate(
        priced_from=ibis.ifelse(within, ibis.greatest(cycle_start, t.subscription_start), t.first),
        days=days.cast("int64"),
        of_days=of.cast("int64"),
        share_by=ibis.cases((full_price | part_price, "price"), (full, "cycle"), else_="dates"),
    )


def with_amounts(t: ir.Table) -> ir.Table:
    """Add `milli_seats` (signed, thousandths) and the amounts `net_micro` and `list_micro`, in millionths.

    `list_micro` is before partner earned credit: the amount itself where none was taken off. The list amount is
    quantity times price to ten places, times the rate, to six: in narrow numbers where proven.
    """
    columns, nothing = t.columns, ibis.null(t.quantity.type())
    same = (t.pricing_currency.fill_null(t.currency) == t.currency).fill_null(False)
    earned = t.price_adjustment.fill_null("").lower().contains("earned credit")
    paid, listed = t.effective_unit_price.fill_null(0), t.unit_price.fill_null(0)
    has_gross = (t.by_amount & ~t.is_credit & earned & (paid != listed) & (listed != 0)).fill_null(False)
    t = t.mutate(
        is_same=same,
        has_gross=has_gross,
        seats=ibis.ifelse(t.by_amount, nothing, t.quantity),
        count=ibis.ifelse(has_gross & same, t.quantity, nothing),
        price=ibis.ifelse(has_gross & same, t.unit_price, nothing),
    )
    t = proven(
        t,
        exact_micro=("subtotal", MICRO), exact_milli=("seats", MILLI), count_micro=("count", MICRO),
        price_micro=("price", MICRO),
    )  # fmt: skip
    narrow = t.count_micro.abs() <= div(ibis.literal(_NARROW), ibis.greatest(t.price_micro.abs(), 1))
    quick = divided(divided(t.count_micro * t.price_micro, 100), 10_000)
    t = t.mutate(
        milli_seats=(ibis.coalesce(t.exact_milli, whole(t.seats.fill_null(0), MILLI)) * t.sign).cast("int64"),
        net_micro=ibis.coalesce(t.exact_micro, whole(t.subtotal.fill_null(0), MICRO)),
        quick_micro=ibis.ifelse(narrow, quick, ibis.null("int64")),
    )
    rate = ibis.ifelse(t.is_same, 1, t.exchange_rate.fill_null(1)).cast("decimal(38, 8)")
    listed = t.unit_price.fill_null(0).cast("decimal(38, 12)")
    gross = (t.quantity.fill_null(0).cast("decimal(38, 8)") * listed).cast("decimal(38, 10)")
    before = ibis.coalesce(t.quick_micro, whole(gross * rate, MICRO)) * t.sign
    list_micro = ibis.ifelse(t.has_gross, before, t.net_micro).cast("int64")
    return t.select(*columns, "exact_micro", "milli_seats", "net_micro", list_micro=list_micro)
