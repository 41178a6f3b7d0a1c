"""Reads what the general ledger holds around a month, and what the documents of the time bill, item by item."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import ibis

from connector.domain.ledger import LedgerEntry
from connector.domain.money import ZERO, trimmed
from connector.domain.period import Period, add_months
from connector.domain.tables import SAME_THING
from connector.engine.closing.tying import Sale
from connector.engine.reconciliation.naming import Directory
from connector.ports import LineTables

_AROUND = 3
"""A document may be booked, and a bill come, so many months before or after."""


@dataclass(slots=True)
class Books:
    """What was read of a ledger's general ledger: entries, and since which day each account is read."""

    entries: list[LedgerEntry] = field(default_factory=list)
    since: dict[str, date] = field(default_factory=dict)

    @property
    def currency(self) -> str:
        """The company's own currency; "" where there is no entry."""
        return next((entry.currency for entry in self.entries), "")

    def covers(self, month: Period) -> bool:
        """Whether a whole month was read."""
        return any(day <= month.start for day in self.since.values())

    def but(self, accounts: Collection[str]) -> list[LedgerEntry]:
        """The entries on all accounts but these."""
        return [entry for entry in self.entries if entry.account not in accounts]


def books_of(tables: LineTables, month: Period) -> dict[str, Books]:
    """The general ledgers that were read for a month: of each document on an account what was seen last.

    A ledger whose lines are an export's is none of them: its documents bear no ids, by which entries name them.
    """
    rows = tables.table("ledger_entries")
    latest = ibis.rank().over(group_by=list(SAME_THING["ledger_entries"]), order_by=ibis.desc("observed_at"))
    newest = rows.mutate(latest=latest)
    first, end = add_months(month.start, -_AROUND), add_months(month.end, _AROUND)
    near = newest.document_id.isnull() | ((newest.amount != 0) & (newest.day >= first) & (newest.day < end))
    found: dict[str, Books] = defaultdict(Books)
    for row in tables.rows(newest.filter((newest.latest == 0) & near)):
        own = found[row["ledger"] or ""]
        if row["document_id"] is None:
            own.since[row["account_id"]] = row["day"]
            continue
        own.entries.append(
            LedgerEntry(
                row["account_id"], row["day"], row["kind"] or "", row["document_id"], row["number"] or "",
                row["party"] or "", row["description"] or "", trimmed(row["amount"]), row["currency"] or "",
            )
        )  # fmt: skip
    for own in found.values():
        own.entries.sort(key=lambda one: (one.account, one.day, one.document_id, one.text, one.amount))
    lines = tables.table("ledger_lines")
    exported = lines.filter(lines.document_id.isnull()).select("ledger").distinct()
    others = {row["ledger"] or "" for row in tables.rows(exported)}
    return {name: own for name, own in sorted(found.items()) if own.covers(month) and name not in others}


def sales_of(
    tables: LineTables, directory: Directory, ledger: str, month: Period
) -> tuple[list[Sale], Mapping[str, str]]:
    """What documents around the month bill, and the accounts that cloud items name."""
    records = tables.table("ledger_records")
    items: dict[str, str] = {}
    rows = tables.rows(records.filter((records.kind == "item") & (records.ledger == ledger)))
    for row in sorted(rows, key=lambda row: row["observed_at"] or ""):
        account = json.loads(row["facts"] or "{}").get("income_account")
        if account and directory.is_cloud(ledger, row["record_id"]):
            items[row["record_id"]] = str(account)
    return list(read_sales(tables, directory, ledger, month)), items


def read_sales(
    tables: LineTables, directory: Directory, ledger: str, month: Period, around: int = 1
) -> Iterator[Sale]:  # fmt: skip
    """What the documents dated around the month bill, item by item; voided ones too, as they stand in the books."""
    first, end = add_months(month.start, -around), add_months(month.end, around)
    lines = tables.table("ledger_lines")
    lines = lines.filter(
        (lines.ledger == ledger)
        & (lines.status.fill_null("").lower() != "draft")
        & (lines.document_date >= first)
        & (lines.document_date < end)
    )
    keys = ["document_id", "document_number", "document_type", "document_date", "customer_id", "item_id", "currency"]
    grouped = lines.group_by(keys).aggregate(amount=lines.amount.sum(), name=lines.customer_name.min())
    rows = list(tables.rows(grouped))
    for row in sorted(rows, key=lambda row: (row["document_id"] or "", row["item_id"] or "")):
        item, amount = row["item_id"] or "", trimmed(row["amount"] or ZERO)
        if amount:
            yield Sale(
                row["document_id"] or "", row["document_number"] or "", (row["document_type"] or "").replace("_", " "),
                row["document_date"], row["name"] or row["customer_id"] or "", item, directory.is_cloud(ledger, item),
                row["currency"] or "", amount,
            )  # fmt: skip
