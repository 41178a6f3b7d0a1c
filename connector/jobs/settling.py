"""Settles inside the query engine what agrees to the cent, so that a large month is not judged line by line."""

from dataclasses import dataclass
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from connector.domain.money import trimmed
from connector.domain.result import Margin
from connector.engine.expecting import expecting
from connector.engine.reconciliation import agreeing
from connector.engine.reconciliation.agreeing import POOL, POSITION, Both
from connector.engine.reconciliation.judging import Verdict
from connector.engine.reconciliation.shapes import Scope
from connector.ports import LineTables

# The columns of priced lines that checks of all charges look at.
_CHECKED = (
    "type", "charge_type", "subtotal", "currency", "first", "next_start", "source", "line", "by_amount", "is_free",
    "promotion_id", "milli_seats", "product_id", "sku_id", "term", "billing_plan", "subscription_start", "months",
    "days", "of_days", "sign", "net_micro", "customer_id", "subscription_id", "customer_name", "product_name",
    "ledger", "ledger_customer", "item",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settled:
    """What agrees: its verdicts and margins, its priced lines, and what is left on both sides to be judged.

    `lines` are the charges that agree, priced; `ledger_lines` say where the ledger lines stand that do (source, line).
    """

    verdicts: tuple[Verdict, ...]
    margins: tuple[Margin, ...]
    checked: ir.Table
    rest: ir.Table
    rest_ledger: ir.Table
    answered: ir.Table
    lines: ir.Table
    ledger_lines: ir.Table


@dataclass(frozen=True, slots=True)
class Apart:
    """What is never settled here: items of the partner's own (ledger, customer, item), customers with a minimum."""

    items: frozenset[tuple[str, str, str]]
    customers: frozenset[tuple[str, str]]


def settle(
    tables: LineTables,
    normalised: ir.Table,
    keyed: ir.Table,
    rates: expecting.Rates,
    apart: Apart,
    scope: Scope,
) -> Settled:
    """Find what agrees, and give what does not as the tables that the judgement piece by piece starts from."""
    # Kept once: every further question would otherwise normalise all lines anew.
    keyed = tables.keep("plain_keyed", keyed)
    keys = sorted(tables.rows(expecting.distinct_keys(keyed)), key=str)
    made = tables.take("plain_rates", rates.make(iter(keys)), rates.columns())
    priced = tables.keep("plain_priced", expecting.price_lines(keyed, made))
    ledger = tables.table("ledger_lines")
    due = tables.keep("due", agreeing.due_positions(priced, apart.customers))
    both = Both(due, agreeing.billed_lines(ledger, scope))
    by_reference = tables.keep("agreed_by_reference", agreeing.agreed_by_reference(both, scope))
    pools = tables.keep("agreed_pools", agreeing.agreed_in_pools(both, by_reference, apart.items, scope))
    in_pools = both.due.anti_join(by_reference, POSITION).semi_join(pools, POOL).select(POSITION)
    settled = tables.keep("settled", ibis.union(by_reference, in_pools))
    marked = _marked(ledger, by_reference, pools, scope)
    rest_ledger = ledger.anti_join(marked, ["source", "line"])
    return Settled(
        verdicts=(*_vendor_verdicts(tables, priced, settled), *_ledger_verdicts(tables, ledger, marked)),
        margins=_margins(tables, priced, settled),
        checked=priced.semi_join(settled, POSITION).select(*_CHECKED),
        rest=priced.anti_join(settled, POSITION).select(*normalised.columns),
        rest_ledger=rest_ledger,
        answered=_beside(ledger.semi_join(marked, ["source", "line"]), rest_ledger),
        lines=priced.semi_join(settled, POSITION),
        ledger_lines=marked,
    )


def checked_columns(priced: ir.Table) -> ir.Table:
    """The columns of priced lines that checks of all charges look at."""
    return priced.select(*_CHECKED)


def _marked(ledger: ir.Table, by_reference: ir.Table, pools: ir.Table, scope: Scope) -> ir.Table:
    """Where the settled ledger lines stand: source and line."""
    billed = agreeing.billed_lines(ledger, scope)
    named = billed.filter(billed.subscription_id != "").semi_join(by_reference, POSITION)
    pooled = billed.filter(billed.subscription_id == "").semi_join(pools, POOL)
    return ibis.union(named.select("source", "line"), pooled.select("source", "line"))


def _beside(settled: ir.Table, rest: ir.Table) -> ir.Table:
    """Settled lines of a customer and item for which other lines are left: one of those may repeat them."""
    return settled.semi_join(
        rest.select("ledger", "customer_id", "item_id").distinct(), ["ledger", "customer_id", "item_id"]
    )


def _vendor_verdicts(tables: LineTables, priced: ir.Table, settled: ir.Table) -> tuple[Verdict, ...]:
    lines = priced.semi_join(settled, POSITION)
    sums = lines.group_by("currency").aggregate(amount=lines.subtotal.sum(), count=lines.count())
    return tuple(
        Verdict("vendor", "billed", row["currency"], trimmed(row["amount"]), "", 0, int(row["count"]))
        for row in tables.rows(sums)
    )


def _ledger_verdicts(tables: LineTables, ledger: ir.Table, marked: ir.Table) -> tuple[Verdict, ...]:
    lines = ledger.semi_join(marked, ["source", "line"])
    sums = lines.group_by("currency").aggregate(amount=lines.amount.sum(), count=lines.count())
    return tuple(
        Verdict("ledger", "matched", row["currency"], trimmed(row["amount"]), "", 0, int(row["count"]))
        for row in tables.rows(sums)
    )


def _margins(tables: LineTables, priced: ir.Table, settled: ir.Table) -> tuple[Margin, ...]:
    """Revenue and cost of what is settled, per customer and category, where both are in one currency."""
    found = []
    for row in tables.rows(agreeing.settled_totals(priced, settled)):
        if row["currency"] != row["sell_currency"]:
            continue
        revenue = trimmed(Decimal(int(row["micro"])).scaleb(-6))
        cost = trimmed(row["cost"])
        customer = row["customer_name"] or row["ledger_customer"] or ""
        found.append(
            Margin(customer, row["category"] or "license", row["currency"], revenue, cost, revenue - cost, None)
        )
    return tuple(found)
