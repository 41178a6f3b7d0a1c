"""Holds the month's cloud revenue and cost against the accounts of the general ledger that they are booked on.

Where the general ledger was not read (an export holds documents only), the documents stand in for it, and that is said.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import ibis

from connector.domain.ledger import LedgerEntry
from connector.domain.money import ZERO, trimmed
from connector.domain.month import AccountSum, TieOut
from connector.domain.period import Period, add_months
from connector.domain.result import Reconciliation
from connector.domain.rules import Adjustment
from connector.domain.tables import SAME_THING
from connector.engine.closing.tying import COST, REVENUE, Sale, cost, revenue
from connector.engine.reconciliation.agreeing import VOID
from connector.engine.reconciliation.naming import Directory
from connector.engine.reconciliation.proof import plain_invoice
from connector.engine.watching.ledger_reading import income_accounts
from connector.ports import LineTables

Bills = Mapping[str, tuple[str, str]]
"""By ledger: the vendor that Microsoft's bills are of, and the account they are booked on."""
_UNKNOWN = "not known"
_GONE = ("deleted", "void", "draft")
_AROUND = 3
"""A document may be booked, and a bill come, so many months before or after."""


@dataclass(frozen=True, slots=True)
class Tied:
    """Revenue by account, the accounts held against it, and what people should know of that."""

    accounts: tuple[AccountSum, ...]
    ties: tuple[TieOut, ...]
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Books:
    """What was read of a ledger's general ledger: entries, and since which day each account is read."""

    entries: list[LedgerEntry] = field(default_factory=list)
    since: dict[str, date] = field(default_factory=dict)

    def covers(self, month: Period) -> bool:
        return any(day <= month.start for day in self.since.values())

    def but(self, accounts: Collection[str]) -> list[LedgerEntry]:
        return [entry for entry in self.entries if entry.account not in accounts]


def tie_out(
    tables: LineTables,
    directory: Directory,
    month: Period,
    result: Reconciliation,
    bills: Bills,
    adjustments: Iterable[Adjustment] = (),
) -> Tied:
    """Hold the accounts against what was counted: their entries where they were read, else the documents."""
    books = {name: own for name, own in _books(tables, month).items() if own.covers(month)}
    sums, ties = _revenue_by_documents(tables, directory, month, frozenset(books))
    names = _account_names(tables)
    bought = {name: _ids_of(tables, name, account) for name, (_, account) in bills.items()}
    booked = [
        tie
        for name, own in sorted(books.items())
        for tie in revenue(name, month, own.but(bought.get(name, ())), *_sales(tables, directory, name, month))
    ]
    ledgers = sorted({name for name in directory.ledgers if name not in books and any(t.name == name for t in ties)})
    notes = [f"{name or 'the ledger'}: {_NOT_READ}" for name in ledgers]
    for name, own in sorted(books.items()):
        home = next((entry.currency for entry in own.entries), "")
        sales = _read_sales(tables, directory, name, month, around=0)
        foreign = sorted({sale.currency for sale in sales if sale.cloud} - {home, ""})
        if home and foreign:
            notes.append(
                f"{name}: documents in {' and '.join(foreign)} are counted with what the ledger booked them at"
            )
    costs = list(_costs(tables, result, bills, bought, books, month, tuple(adjustments)))
    found = [
        replace(tie, account=names.get((tie.name, tie.account), tie.account) or _UNKNOWN) for tie in (*booked, *costs)
    ]
    sums += tuple(
        AccountSum(tie.name, tie.account, tie.currency, tie.counted) for tie in found if tie.side == REVENUE
    )  # fmt: skip
    return Tied(tuple(sorted(sums)), (*ties, *found), tuple(notes))


_NOT_READ = (
    "its general ledger was not read for this month (an export holds documents only; else `connector sync` reads it), "
    "so accounts are held against documents: a journal entry is not seen"
)


def _revenue_by_documents(
    tables: LineTables, directory: Directory, month: Period, read: frozenset[str]
) -> tuple[tuple[AccountSum, ...], tuple[TieOut, ...]]:
    """The cloud items' lines dated in the month by the income account of their item, beside all lines on it."""
    account_of = _income(tables)
    lines = tables.table("ledger_lines")
    lines = lines.filter(
        lines.status.fill_null("").lower().strip().notin(VOID)
        & (lines.document_date >= month.start)
        & (lines.document_date < month.end)
    )
    cloud: dict[tuple[str, str, str], Decimal] = defaultdict(lambda: ZERO)
    every: dict[tuple[str, str, str], Decimal] = defaultdict(lambda: ZERO)
    grouped = lines.group_by(["ledger", "item_id", "currency"]).aggregate(amount=lines.amount.sum())
    for row in tables.rows(grouped):
        ledger, item = row["ledger"] or "", row["item_id"] or ""
        if ledger in read:
            continue
        is_cloud = directory.is_cloud(ledger, item)
        account = account_of.get((ledger, item), _UNKNOWN if is_cloud else "")
        key, amount = (ledger, account, row["currency"] or ""), trimmed(row["amount"] or ZERO)
        every[key] += amount
        if is_cloud:
            cloud[key] += amount
    sums = tuple(AccountSum(*key, amount) for key, amount in sorted(cloud.items()))
    return sums, tuple(TieOut(REVENUE, *key, every[key], amount) for key, amount in sorted(cloud.items()))


def _income(tables: LineTables) -> dict[tuple[str, str], str]:
    records = tables.table("ledger_records")
    return income_accounts(tables.rows(records.filter(records.kind.isin(("item", "account")))))


def _books(tables: LineTables, month: Period) -> dict[str, _Books]:
    """What was read of each general ledger: of each document on an account what was seen last."""
    rows = tables.table("ledger_entries")
    latest = ibis.rank().over(group_by=list(SAME_THING["ledger_entries"]), order_by=ibis.desc("observed_at"))
    newest = rows.mutate(latest=latest)
    first, end = add_months(month.start, -_AROUND), add_months(month.end, _AROUND)
    near = newest.document_id.isnull() | ((newest.amount != 0) & (newest.day >= first) & (newest.day < end))
    found: dict[str, _Books] = defaultdict(_Books)
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
    return found


def _sales(
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
    return list(_read_sales(tables, directory, ledger, month)), items


def _read_sales(
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


def _costs(
    tables: LineTables,
    result: Reconciliation,
    bills: Bills,
    bought: Mapping[str, set[str]],
    books: Mapping[str, _Books],
    month: Period,
    adjustments: tuple[Adjustment, ...],
) -> Iterator[TieOut]:
    """Cost, by the entries on the account of Microsoft's bills where that was read, else by the bills themselves."""
    read = {
        name: min(ids & set(books[name].since))
        for name, ids in bought.items()
        if name in books and ids & set(books[name].since)
    }
    charges = tables.table("charges")
    known = {plain_invoice(row["invoice"] or "") for row in tables.rows(charges.select("invoice").distinct())}
    known |= {plain_invoice(row["invoice"] or "") for row in tables.rows(tables.table("headers").select("invoice"))}
    own = charges.filter(charges.invoice.isin(sorted(result.invoices)))
    charged: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for row in tables.rows(own.group_by(["invoice", "currency"]).aggregate(amount=own.subtotal.sum())):
        charged[row["currency"] or ""][plain_invoice(row["invoice"])] += trimmed(row["amount"] or ZERO)
    for one in adjustments:
        if plain_invoice(one.invoice) in charged[one.currency]:
            charged[one.currency][plain_invoice(one.invoice)] += one.amount
    newest = _newest_bills(tables)
    tied = set()
    for name, account in sorted(read.items()):
        entries = [entry for entry in books[name].entries if entry.account == account]
        numbers = {
            row["document_id"]: plain_invoice((row["number"] or "").strip())
            for row in newest
            if (row["ledger"] or "") == name and row["party_id"] == bills[name][0]
        }
        home = next((entry.currency for entry in books[name].entries), "")
        for currency in [currency for currency in sorted(charged) if currency == home]:
            tied.add((name, currency))
            yield cost(name, month, account, entries, numbers, charged[currency], known, currency)
    yield from (tie for tie in cost_ties(tables, result, bills) if (tie.name, tie.currency) not in tied)


def _ids_of(tables: LineTables, ledger: str, wanted: str) -> set[str]:
    """The ids of the accounts with this id, number or name."""
    records = tables.table("ledger_records")
    rows = tables.rows(records.filter((records.kind == "account") & (records.ledger == ledger)))
    return {row["record_id"] for row in rows if wanted in (row["record_id"], row["number"], row["name"])}


def cost_ties(tables: LineTables, result: Reconciliation, bills: Bills) -> Iterator[TieOut]:
    """The bills for the month's vendor invoices beside Microsoft's lines, for ledgers that are to hold such bills.

    A ledger without settings counts where it holds a bill of that number.
    """
    numbers = {plain_invoice(name) for name in result.invoices}
    found: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for row in _newest_bills(tables):
        ledger, number = row["ledger"] or "", plain_invoice((row["number"] or "").strip())
        vendor = bills[ledger][0] if ledger in bills else row["party_id"]
        if number in numbers and row["party_id"] == vendor and row["status"] not in _GONE:
            net = row["net"] if row["net"] is not None else (row["total"] or ZERO) - (row["tax"] or ZERO)
            found[ledger, row["currency"] or ""] += trimmed(net)
    names = _account_names(tables)
    for proof in result.conservation:
        ledgers = {ledger for ledger, currency in found if currency == proof.currency} | set(bills)
        for ledger in sorted(ledgers) if proof.vendor_lines else ():
            account = bills[ledger][1] if ledger in bills else _UNKNOWN
            booked = found.get((ledger, proof.currency), ZERO)
            yield TieOut(
                COST, ledger, names.get((ledger, account), account), proof.currency, booked,
                proof.vendor_lines + proof.adjustments,
            )  # fmt: skip


def _newest_bills(tables: LineTables) -> list[dict[str, Any]]:
    documents = tables.table("ledger_documents")
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    rows = tables.rows(documents.filter(documents.kind == "bill"))
    for row in sorted(rows, key=lambda row: (row["observed_at"] or "", row["line"] or 0)):
        newest[row["ledger"] or "", row["document_id"]] = row
    return list(newest.values())


def _account_names(tables: LineTables) -> dict[tuple[str, str], str]:
    """Accounts' names by ledger and by their id or number."""
    records = tables.table("ledger_records")
    found = {}
    rows = tables.rows(records.filter(records.kind == "account"))
    for row in sorted(rows, key=lambda row: row["observed_at"] or ""):
        told = json.loads(row["facts"] or "{}")
        for key in (row["record_id"], row["number"], told.get("number")):
            if key and row["name"]:
                found[row["ledger"] or "", str(key)] = row["name"]
    return found
