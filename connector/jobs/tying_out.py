"""Holds the month's cloud revenue and cost against the accounts of the general ledger that they are booked on."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from connector.domain.money import ZERO, trimmed
from connector.domain.month import AccountSum, TieOut
from connector.domain.period import Period
from connector.domain.result import Reconciliation
from connector.engine.reconciliation.agreeing import VOID
from connector.engine.reconciliation.naming import Directory
from connector.engine.reconciliation.proof import plain_invoice
from connector.engine.watching.ledger_reading import income_accounts
from connector.ports import LineTables

Bills = Mapping[str, tuple[str, str]]
"""By ledger: the vendor that Microsoft's bills are of, and the account they are booked on."""
REVENUE, COST = "revenue", "cost"
_UNKNOWN = "not known"
_GONE = ("deleted", "void", "draft")


def revenue_ties(
    tables: LineTables, directory: Directory, month: Period
) -> tuple[tuple[AccountSum, ...], tuple[TieOut, ...]]:
    """The cloud items' lines dated in the month by the income account of their item, beside all lines on it."""
    records = tables.table("ledger_records")
    account_of = income_accounts(tables.rows(records.filter(records.kind.isin(("item", "account")))))
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
        is_cloud = directory.is_cloud(ledger, item)
        account = account_of.get((ledger, item), _UNKNOWN if is_cloud else "")
        key, amount = (ledger, account, row["currency"] or ""), trimmed(row["amount"] or ZERO)
        every[key] += amount
        if is_cloud:
            cloud[key] += amount
    sums = tuple(AccountSum(*key, amount) for key, amount in sorted(cloud.items()))
    return sums, tuple(TieOut(REVENUE, *key, every[key], amount) for key, amount in sorted(cloud.items()))


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
