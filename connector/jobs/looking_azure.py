"""Sums up Azure charges and daily usage by month, and finds where partner earned credit is no longer paid."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from connector.domain.money import ZERO, trimmed
from connector.domain.period import add_months
from connector.domain.watched import LostCredit, Spend
from connector.ports import DatedTables

_CREDITS = ("customercredit",)


def spend(tables: DatedTables, on: date) -> tuple[Spend, ...]:
    """What each customer's Azure cost by calendar month: as charged, else, for months without charges, as used.

    What was read before it was invoiced counts no more once the customer's month is invoiced.
    """
    found: dict[tuple[str, date, str], Spend] = {}
    for rows in (tables.rows(_charged(tables, on)), tables.rows(_used(tables, on))):
        fresh = [
            Spend(
                row["customer_id"], row["customer_name"], _first(row["month"]), trimmed(row["amount"] or ZERO),
                row["currency"] or "", row["source"] or "", row["line"] or 0,
            )
            for row in rows
        ]  # fmt: skip
        known = set(found)
        for one in fresh:
            key = one.customer_id, one.month, one.currency
            if key not in known:
                found[key] = one
    return tuple(found[key] for key in sorted(found))


def _charged(tables: DatedTables, on: date) -> ir.Table:
    charges = tables.table("charges")
    kind = charges.charge_type.fill_null("").lower()
    rows = charges.filter(
        (charges.category == "azure")
        & kind.notin(_CREDITS)
        & charges.customer_id.notnull()
        & (charges.charge_start <= on)
    )
    return _by_month(_once(rows.mutate(month=rows.charge_start.truncate("M"), amount=rows.subtotal)))


def _used(tables: DatedTables, on: date) -> ir.Table:
    usage = tables.table("usage")
    rows = usage.filter(usage.customer_id.notnull() & (usage.usage_date <= on))
    return _by_month(_once(rows.mutate(month=rows.usage_date.truncate("M"))))


def _once(rows: ir.Table) -> ir.Table:
    """Rows of a month without an invoice only where that customer's month has none with one."""
    invoiced = rows.filter(rows.invoice.notnull()).select("customer_id", "month").distinct()
    early = rows.filter(rows.invoice.isnull()).anti_join(invoiced, ["customer_id", "month"])
    return rows.filter(rows.invoice.notnull()).union(early)


def _by_month(rows: ir.Table) -> ir.Table:
    return rows.group_by(["customer_id", "month", "currency"]).aggregate(
        amount=rows.amount.sum(), customer_name=rows.customer_name.min(), source=rows.source.min(), line=rows.line.min()
    )


def lost_credit(tables: DatedTables, on: date) -> Iterator[LostCredit]:
    """Resources that earned partner credit in a month and, used again, none in the next; the last two months count.

    Daily usage tells it by resource (Microsoft: "Partner earned credit for services managed": decided daily).
    """
    usage = tables.table("usage")
    since = add_months(on.replace(day=1), -2)
    rows = usage.filter(
        usage.customer_id.notnull() & (usage.usage_date >= since) & (usage.usage_date <= on) & (usage.amount > 0)
    )
    what = ibis.coalesce(rows.resource_uri, rows.resource_group, rows.meter_name, rows.product_id).lower()
    # A file that does not tell the credit says nothing of it, nor does what Microsoft's own credit pays for: that goes
    # first, and nothing gets both.
    rows = rows.filter(rows.earned_credit_percent.notnull() & (rows.credit_percent.fill_null(0) < 100))
    rows = _once(rows.mutate(month=rows.usage_date.truncate("M"), what=what, percent=rows.earned_credit_percent))
    keys = ["customer_id", "subscription_id", "entitlement_id", "meter_id", "what", "currency", "month"]
    by_day = rows.group_by([*keys, "usage_date"]).aggregate(
        percent=rows.percent.max(),
        amount=rows.amount.sum(),
        without=ibis.ifelse(rows.percent == 0, rows.amount, 0).sum(),
        customer_name=rows.customer_name.min(),
        entitlement_name=rows.entitlement_name.min(),
        source=rows.source.min(),
        line=rows.line.min(),
    )
    grouped = by_day.group_by(keys).aggregate(
        best=by_day.percent.max(),
        last_percent=by_day.percent.argmax(by_day.usage_date),
        amount=by_day.amount.sum(),
        without=by_day.without.sum(),
        customer_name=by_day.customer_name.min(),
        entitlement_name=by_day.entitlement_name.min(),
        source=by_day.source.min(),
        line=by_day.line.min(),
    )
    by_thing: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in tables.rows(grouped):
        by_thing[tuple(row[name] for name in keys[:-1])].append(row)
    for thing in sorted(by_thing, key=str):
        months = sorted(by_thing[thing], key=lambda row: row["month"])
        last, before = months[-1], months[-2] if len(months) > 1 else None
        if last["best"] > 0 and last["last_percent"] == 0:
            yield _lost(last, last["without"], last["best"])
        elif last["best"] == 0 and before is not None and before["best"] > 0:
            # Earned credit lowers the amount: what is paid now is the full price.
            yield _lost(last, last["amount"], before["best"])


def _lost(row: dict[str, Any], amount: Decimal, percent: Decimal) -> LostCredit:
    return LostCredit(
        row["customer_id"], row["customer_name"], row["subscription_id"], row["entitlement_id"],
        row["entitlement_name"], (row["what"] or "").rsplit("/", 1)[-1], _first(row["month"]),
        trimmed(amount * percent / 100), row["currency"] or "", row["source"] or "", row["line"] or 0,
    )  # fmt: skip


def _first(month: date) -> date:
    # The engine truncates a day to a moment.
    return date(month.year, month.month, 1)
