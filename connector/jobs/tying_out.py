"""Holds the month's cloud revenue and cost against the accounts of the general ledger that they are booked on.

Where the general ledger was not read (an export holds documents only), the documents stand in for it, and that is said.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from connector.domain.money import ZERO, trimmed
from connector.domain.month import AccountSum, TieOut
from connector.domain.period import Period
from connector.domain.result import Reconciliation
from connector.domain.rules import Adjustment
from connector.engine.closing.tying import COST, REVENUE, cost, revenue
from connector.engine.reconciliation.agreeing import VOID
from connector.engine.reconciliation.naming import Directory
from connector.engine.reconciliation.proof import plain_invoice
from connector.engine.watching.ledger_reading import income_accounts
from connector.jobs.booked import Books, books_of, read_sales, sales_of
from connector.ports import LineTables

Bills = Mapping[str, tuple[str, str]]
"""By ledger: the vendor that Microsoft's bills are of, and the account they are booked on."""
_UNKNOWN = "not known"
_GONE = ("deleted", "void", "draft")


@dataclass(frozen=True, slots=True)
class Tied:
    """Revenue by account, the accounts held against it, and what people should know of that."""

    accounts: tuple[AccountSum, ...]
    ties: tuple[TieOut, ...]
    notes: tuple[str, ...] = ()


def tie_out(
    tables: LineTables,
    directory: Directory,
    month: Period,
    result: Reconciliation,
    bills: Bills,
    adjustments: Iterable[Adjustment] = (),
) -> Tied:
    """Hold the accounts against what was counted: their entries where they were read, else the documents."""
    books = books_of(tables, month)
    sums, ties = _revenue_by_documents(tables, directory, month, frozenset(books))
    names = _account_names(tables)
    bought = {name: _ids_of(tables, name, account) for name, (_, account) in bills.items()}
    booked = [
        tie
        for name, own in sorted(books.items())
        for tie in revenue(name, month, own.but(bought.get(name, ())), *sales_of(tables, directory, name, month))
    ]
    ledgers = sorted({name for name in directory.ledgers if name not in books and any(t.name == name for t in ties)})
    notes = [f"{name or 'the ledger'}: {_NOT_READ}" for name in ledgers]
    for name, own in sorted(books.items()):
        sales = read_sales(tables, directory, name, month, around=0)
        foreign = sorted({sale.currency for sale in sales if sale.cloud} - {own.currency, ""})
        if own.currency and foreign:
            notes.append(
                f"{name}: documents in {' and '.join(foreign)} are counted with what the ledger booked them at"
            )
    for name, ids in sorted(bought.items()):
        if len(read := ids & set(books[name].since) if name in books else ()) > 1:
            notes.append(
                f"{name}: {len(read)} accounts are called {bills[name][1]} ({', '.join(sorted(read))}), so bills stand "
                "in for their entries; write the account's id or number under vendor_bill"
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


def _costs(
    tables: LineTables,
    result: Reconciliation,
    bills: Bills,
    bought: Mapping[str, set[str]],
    books: Mapping[str, Books],
    month: Period,
    adjustments: tuple[Adjustment, ...],
) -> Iterator[TieOut]:
    """Cost, by the entries on the account of Microsoft's bills where that was read, else by the bills themselves."""
    read = {
        name: next(iter(found))
        for name, ids in bought.items()
        if name in books and len(found := ids & set(books[name].since)) == 1
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
        home = books[name].currency
        if home in charged:
            tied.add((name, home))
            yield cost(name, month, account, entries, numbers, charged[home], known, home)
    yield from (tie for tie in cost_ties(tables, result, bills) if (tie.name, tie.currency) not in tied)


def _ids_of(tables: LineTables, ledger: str, wanted: str) -> set[str]:
    """The ids of the accounts with this id, else this number, else this name."""
    records = tables.table("ledger_records")
    rows = list(tables.rows(records.filter((records.kind == "account") & (records.ledger == ledger))))
    found = ({row["record_id"] for row in rows if row[each] == wanted} for each in ("record_id", "number", "name"))
    return next((ids for ids in found if ids), set())


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
