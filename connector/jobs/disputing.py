"""Puts together what a dispute with Microsoft rests on: each line that cost more than the price sheet says, and why."""

from collections.abc import Iterator
from decimal import Decimal, localcontext

from connector.domain.dispute import DisputedLine
from connector.domain.money import EXACT, ZERO, exponent, round_half_up, trimmed
from connector.domain.watched import CYCLES, Offered
from connector.engine.watching.prices import Prices, monthly
from connector.engine.watching.reading import plain, sheet_rows
from connector.ports import DatedTables


def disputed_lines(tables: DatedTables, subscription_id: str) -> Iterator[DisputedLine]:
    """The licence lines of a subscription that differ from the sheet valid on the day their term began.

    Microsoft's own proportion of the cycle is taken as it is: the effective price is to the list price what the
    expected one is to the sheet's.
    """
    charges = tables.table("charges")
    own = charges.filter((charges.subscription_id == subscription_id) & (charges.category == "license"))
    lines = sorted(tables.rows(own), key=lambda row: (row["charge_start"] or row["charge_end"], row["line"] or 0))
    products = sorted({row["product_id"] for row in lines if row["product_id"]})
    if not products:
        return
    dated = tables.dated("prices")
    prices = Prices(sheet_rows(tables.rows(dated.filter(dated.product_id.isin(products)))))
    for row in lines:
        day, listed, effective = row["subscription_start"], row["unit_price"], row["effective_unit_price"]
        if day is None or not listed or effective is None or row["promotion_id"]:
            continue
        offered = Offered(row["product_id"] or "", row["sku_id"] or "", row["term"], row["billing_plan"])
        currency = row["pricing_currency"] or row["currency"] or ""
        timeline = prices.timeline(offered, currency, None, plain(row["quantity"]))
        sheet = timeline.at(day) if timeline else None
        if sheet is None:
            continue
        with localcontext(EXACT):
            cycle = CYCLES.get(row["billing_plan"] or "", 1)
            expected_unit = monthly(sheet) * cycle
            share = effective / listed
            rate = row["exchange_rate"] if row["pricing_currency"] not in (None, row["currency"]) else None
            amount = expected_unit * share * plain(row["quantity"]) * (rate or Decimal(1))
            expected = round_half_up(amount, exponent(row["currency"] or "XXX"))
        charged = trimmed(row["subtotal"] or ZERO)
        if abs(charged - expected) <= max(Decimal("0.01") * plain(row["quantity"]), Decimal("0.02")):
            continue
        yield DisputedLine(
            row["invoice"] or "", row["source"] or "", row["line"] or 0, row["row_hash"] or "",
            row["charge_type"] or "", row["charge_start"], row["charge_end"] or row["charge_start"],
            plain(row["quantity"]), trimmed(listed), round_half_up(expected_unit, 4), charged, expected,
            row["currency"] or "", sheet.source, sheet.line,
            f"price sheet{f' of {sheet.month}' if sheet.month else ''}, valid from {sheet.start}: {sheet.price:f} "
            f"{sheet.currency} for {offered.term} {offered.billing_plan}, on {day}, when the term began",
        )  # fmt: skip
