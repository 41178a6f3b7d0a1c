"""Reads what a watch looks at of the ledgers: prices that moved, how each place is billed, and what is not paid."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from connector.domain.contract import BilledLine, TemplateLine
from connector.domain.money import trimmed
from connector.domain.tables import SAME_THING
from connector.domain.watched import Debt, Prepaid, PriceMove
from connector.engine.upcoming import upcoming
from connector.engine.watching.ledger_reading import (
    LONG,
    VOID,
    billed_lines,
    item_moves,
    line_moves,
    of_one,
    prepaid,
    template_lines,
    template_moves,
)
from connector.engine.watching.reading import was_seen
from connector.jobs.merging import survivors_of
from connector.ports import DatedTables

_LONGEST = timedelta(days=430)
"""A line for a year, billed in advance, and the invoice before it."""
_BEFORE = timedelta(days=100)
"""How much older than a change of price the document before it may be."""
_MONTH = 32
_NEEDED = (
    "ledger", "document_number", "document_date", "document_type", "customer_id", "customer_name", "item_id",
    "quantity", "unit_price", "amount", "currency", "service_start", "service_end", "reference", "status",
    "document_id", "source", "line", "row_hash",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LedgerLook:
    """What the ledgers' versions tell; `there` and `documents` say whether anything, and any document, was read.

    Customers that were merged are one: `merged` names, by ledger and id, the one that stands for each.
    """

    there: bool
    documents: bool
    moves: tuple[PriceMove, ...]
    prepaid: Mapping[str, tuple[Prepaid, ...]]
    templates: Mapping[tuple[str, str, str], tuple[TemplateLine, ...]]
    billed: Mapping[tuple[str, str, str], tuple[BilledLine, ...]]
    last_invoice: Mapping[str, date]
    merged: Mapping[tuple[str, str], str]

    def customer(self, ledger: str, customer: str) -> str:
        """The customer that stands for one that was merged into it."""
        return self.merged.get((ledger, customer), customer)


def look_at_ledger(tables: DatedTables, on: date, recent: int) -> LedgerLook:
    """Read the ledgers as known on a day; of each place's lines the last ones of a year and some."""
    records = tables.table("ledger_records")
    items = list(tables.rows(records.filter(records.kind == "item")))
    one = survivors_of(tables)
    all_templates = tables.table("ledger_templates")
    templates = list(of_one(tables.rows(all_templates), one))
    documents = tables.table("ledger_documents")
    machine = documents.filter(documents.marker.notnull() | documents.made_by.notnull())
    by_machine = frozenset(
        (row["ledger"] or "", row["document_id"])
        for row in tables.rows(machine.select("ledger", "document_id").distinct())
    )
    lines = tables.table("ledger_lines").select(*_NEEDED)
    lines = lines.filter((lines.document_date <= on) & (lines.document_date > on - _LONGEST))
    billed = list(of_one(tables.rows(_last_of_each_place(lines)), one))
    near = of_one(tables.rows(lines.filter(lines.document_date > on - timedelta(days=recent) - _BEFORE)), one)
    by_subscription: dict[str, list[Prepaid]] = defaultdict(list)
    for long in prepaid(tables.rows(lines.filter(lines.service_end.delta(lines.service_start, unit="day") >= LONG))):
        by_subscription[long.subscription_id].append(long)
    in_force: dict[tuple[str, str, str], list[TemplateLine]] = defaultdict(list)
    for line in template_lines(of_one(tables.rows(upcoming(documents, all_templates)), one)):
        in_force[line.ledger, line.customer, line.item].append(line)
    invoices = lines.filter(lines.document_type == "invoice")
    newest = invoices.group_by("ledger").aggregate(day=invoices.document_date.max())
    return LedgerLook(
        there=bool(items or templates or billed),
        documents=any(True for _ in tables.rows(documents.limit(1))),
        moves=(*item_moves(items, on, recent), *template_moves(templates, on, recent), *line_moves(near, by_machine)),
        prepaid={name: tuple(some) for name, some in by_subscription.items()},
        templates={place: tuple(some) for place, some in in_force.items()},
        billed=billed_lines(billed),
        last_invoice={row["ledger"] or "": row["day"] for row in tables.rows(newest)},
        merged=one,
    )


def _last_of_each_place(lines: ir.Table) -> ir.Table:
    """What bills each customer's item, and each subscription, in its last month: what is before says nothing more."""
    last = ibis.coalesce(lines.service_end, lines.document_date)
    counts = lines.status.fill_null("").lower().notin(sorted(VOID))
    dated = lines.filter(counts).mutate(last=last)
    place = ["ledger", "customer_id", "item_id", "reference"]
    newest = dated.mutate(newest=dated.last.max().over(group_by=place))
    return newest.filter(newest.newest.delta(newest.last, unit="day") < _MONTH).drop("last", "newest")


def debts_of(tables: DatedTables, on: date, one: Mapping[tuple[str, str], str]) -> Iterator[Debt]:
    """What is open of invoices and credit memos as they were last seen; `one` stands for customers that were merged."""
    documents = tables.table("ledger_documents")
    thing = list(SAME_THING["ledger_documents"])
    seen = ibis.row_number().over(group_by=thing, order_by=[ibis.desc("observed_at"), ibis.desc("line")])
    newest = documents.mutate(seen=seen)
    is_open = (newest.seen == 0) & (newest.status == "open") & newest.kind.isin(("invoice", "credit_memo"))
    for row in tables.rows(newest.filter(is_open & newest.balance.notnull() & (newest.balance != 0))):
        if was_seen(row, on):
            ledger, party = row["ledger"] or "", row["party_id"] or ""
            yield Debt(
                ledger, one.get((ledger, party), party), row["party_name"], row["number"] or row["document_id"],
                row["kind"], row["due"], trimmed(row["balance"]), row["currency"] or "", row["source"] or "",
                row["row_hash"] or "",
            )  # fmt: skip
