"""Gathers Microsoft's credits of a month and of the year before it, and how much of each the customers have got."""

import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from connector.domain import rules
from connector.domain.credit import CreditChain
from connector.domain.period import Period, add_months
from connector.engine.reconciliation.proof import plain_invoice
from connector.jobs.overlay import Overlay
from connector.jobs.reconcile import Run
from connector.jobs.request import Request
from connector.jobs.side_sums import SideSums
from connector.ports import LineTables

BACK = 12
"""How many months before the month a credit is followed up."""


def _of_tenants(tables: LineTables, tenants: Iterable[str]) -> Overlay:
    """The tables with the charges and the usage of some tenants only."""
    wanted = sorted(tenants)
    charged = {name: tables.table(name) for name in ("charges", "usage")}
    return Overlay(tables, {name: table.filter(table.customer_id.isin(wanted)) for name, table in charged.items()})


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
        audit = Run(_of_tenants(tables, tenants), mapping, own).audit()
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
