"""Gathers Microsoft's credits of a month and of the year before it, and how much of each the customers have got."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from connector.domain import rules
from connector.domain.credit import CreditChain
from connector.domain.period import Period, add_months
from connector.engine.reconciliation.proof import plain_invoice
from connector.jobs.reconcile import Run
from connector.jobs.request import Request
from connector.jobs.side_sums import SideSums
from connector.ports import LineTables

if TYPE_CHECKING:
    import ibis.expr.types as ir

BACK = 12
"""How many months before the month a credit is followed up."""


class _OfTenants:
    """The tables with the charges of some tenants only."""

    def __init__(self, tables: LineTables, tenants: Iterable[str]) -> None:
        self._tables, self._tenants = tables, sorted(tenants)

    def table(self, name: str) -> "ir.Table":
        """One of the tables."""
        return self._own(name, self._tables.table(name))

    def placed(self, name: str) -> "ir.Table":
        """One of the tables with the rows' numbers."""
        return self._own(name, self._tables.placed(name))

    def _own(self, name: str, table: "ir.Table") -> "ir.Table":
        return table.filter(table.customer_id.isin(self._tenants)) if name in ("charges", "usage") else table

    def keep(self, name: str, expression: "ir.Table") -> "ir.Table":
        """Run an expression once."""
        return self._tables.keep(name, expression)

    def store(self, name: str, expression: "ir.Table") -> "ir.Table":
        """Run it once; what is read of a few tenants is not stored beside what is read of all."""
        return self._tables.keep(name, expression)

    def take(self, name: str, rows: Iterable[Mapping[str, object]], columns: Mapping[str, str]) -> "ir.Table":
        """Bring rows into the engine."""
        return self._tables.take(name, rows, columns)

    def rows(self, expression: "ir.Table") -> Iterator[dict[str, Any]]:
        """Run an expression and give its rows."""
        return self._tables.rows(expression)


def credit_chains(
    tables: LineTables, mapping: rules.Mapping, request: Request, month: Period, known: tuple[CreditChain, ...] | None
) -> tuple[CreditChain, ...]:
    """The credits of a month, and those of the twelve before it that customers have still not got, oldest first.

    Only the customers that were given something are judged anew, however large a month is; `known` are the credits of
    the month itself where every line of it was judged already.
    """
    found: list[CreditChain] = list(known or ())
    for first, tenants in sorted(_by_month(tables, mapping, request).items()):
        is_known = first == month.start and known is not None
        if is_known or not add_months(month.start, -BACK) <= first <= month.start:
            continue
        own = replace(
            request, month=Period(first, add_months(first, 1)), newest=False, totals={}, taxes={},
            settle_from=sys.maxsize,
        )  # fmt: skip
        audit = Run(_OfTenants(tables, tenants), mapping, own).audit()
        some = audit.trail.credits if audit.trail else ()
        found += (one for one in some if first == month.start or one.outstanding)
    last = month.last
    aged = (replace(one, since=min(one.since, last), age=max(0, (last - one.since).days)) for one in found)
    return tuple(sorted(aged, key=lambda one: (one.since, one.customer, one.original, one.key)))


def _by_month(tables: LineTables, mapping: rules.Mapping, request: Request) -> dict[date, set[str]]:
    """The tenants that Microsoft gave something back, by the month of the invoice; with those billed together."""
    sums = SideSums(tables, request)
    months, notes = sums.months(), sums.notes
    named = sorted({*notes, *(note.amends for note in notes.values() if note.amends)})
    charges = tables.table("charges")
    invoice = charges.invoice.fill_null("")
    kind = charges.charge_type.fill_null("").lower().replace(" ", "").replace("_", "")
    wanted = (kind == "customercredit") & (charges.subtotal < 0)
    if named:
        wanted = wanted | invoice.isin([name for name in months if plain_invoice(name) in named])
    rows = charges.filter(charges.customer_id.notnull() & wanted).select("invoice", "customer_id").distinct()
    together: dict[str, set[str]] = defaultdict(set)
    accounts = defaultdict(set)
    for rule in mapping.customers:
        accounts[rule.ledger, rule.ledger_customer].add(rule.tenant_id)
    for tenants in accounts.values():
        for tenant in tenants:
            together[tenant] |= tenants
    found: dict[date, set[str]] = defaultdict(set)
    for row in tables.rows(rows):
        first = months.get(row["invoice"] or "")
        if first is not None:
            found[first] |= {row["customer_id"], *together[row["customer_id"]]}
    return found
