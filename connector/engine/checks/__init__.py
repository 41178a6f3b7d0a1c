"""Money at risk although both sides agree, or because a rule is missing: one exposure, one file.

A check takes the tables of a run and gives a table of findings, one row each; the columns are those of COLUMNS;
`charged` is what Microsoft charged where the impact is what that is off by; `place` is where the first line behind it
stands (engine.expecting.slices.place_of), on which `side` (the vendor's, unless told).
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from types import ModuleType
from typing import Protocol, cast

import ibis
import ibis.expr.types as ir

from connector.domain.finding import Finding
from connector.domain.rules import ProductRule
from connector.engine.mapping import Book
from connector.engine.posted_view import PostedView
from connector.engine.pricing import Pricer
from connector.engine.reconciliation.judging import Judgement
from connector.engine.reconciliation.shapes import Before, Lifetime, Scope
from connector.engine.reconciliation.standing import Stale
from connector.engine.reconciliation.telling import Names

COLUMNS = {
    "tenant_id": "string", "customer_name": "string", "ledger": "string", "ledger_customer": "string",
    "subscription_id": "string", "product_id": "string", "sku_id": "string", "product_name": "string",
    "item": "string", "currency": "string", "impact": "decimal(38, 10)", "quantity": "decimal(38, 10)",
    "first": "date", "next_start": "date", "text": "string", "place": "string", "side": "string", "key": "string",
    "charged": "decimal(38, 10)",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tables:
    """What checks may look at: `expected` slices, the charges `lines` behind them, and what else was read."""

    expected: ir.Table
    lines: ir.Table
    prices: ir.Table
    subscriptions: ir.Table
    ledger_lines: ir.Table
    set_aside: ir.Table
    has_subscriptions: bool
    has_prices: bool


@dataclass(frozen=True, slots=True)
class GroupView:
    """What checks of judged groups may look at.

    `lives` are the subscriptions as they stand, `sightings` all states they were seen in by the end of the scope, in
    order; `stale` the mapped records that should not be billed on.
    `before` is what subscriptions were before they renewed, by subscription and the day of the renewal.
    `former` are the customers that the mapping names, by ledger, customer that they were merged into, and tenant.
    """

    groups: tuple[Judgement, ...]
    names: Names
    pricer: Pricer
    book: Book
    lives: tuple[Lifetime, ...]
    sightings: tuple[Lifetime, ...]
    scope: Scope
    item_rules: Callable[[str, str], tuple[ProductRule, ...]]
    stale: tuple[Stale, ...] = ()
    before: Mapping[tuple[str, date], Before] = field(default_factory=dict)
    former: Mapping[tuple[str, str, str], str] = field(default_factory=dict)


class TableCheck(Protocol):
    """A file in this folder that looks at tables: the kind it finds, and how."""

    KIND: str
    find: Callable[[Tables], ir.Table | None]


def rates_behind(check: TableCheck) -> Callable[[Tables], ir.Table] | None:
    """How to find the rates behind each finding of a check that wants their rules named: its `tied`, if it has one.

    The table has `tenant_id`, `product_id` and `currency` of the finding, and `rate_id`.
    """
    return cast("Callable[[Tables], ir.Table] | None", getattr(check, "tied", None))


class GroupCheck(Protocol):
    """A file in this folder that looks at judged groups."""

    KIND: str
    look: Callable[[GroupView], Iterable[Finding]]


class PostedCheck(Protocol):
    """A file in this folder that looks at what became of posted documents."""

    KIND: str
    compare: Callable[[PostedView], Iterable[Finding]]


@cache
def _modules() -> tuple[ModuleType, ...]:
    return tuple(
        importlib.import_module(f"{__name__}.{found.name}")
        for found in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name)
    )


def table_checks() -> tuple[TableCheck, ...]:
    """All checks of tables found in this folder, by name."""
    return tuple(cast(TableCheck, module) for module in _modules() if hasattr(module, "find"))


def group_checks() -> tuple[GroupCheck, ...]:
    """All checks of groups found in this folder, by name."""
    return tuple(cast(GroupCheck, module) for module in _modules() if hasattr(module, "look"))


def posted_checks() -> tuple[PostedCheck, ...]:
    """All checks of posted documents found in this folder, by name."""
    return tuple(cast(PostedCheck, module) for module in _modules() if hasattr(module, "compare"))


def shape(table: ir.Table, **values: ir.Value | str | None) -> ir.Table:
    """Bring a table into the columns of a finding; what is not given is empty."""
    columns: dict[str, ir.Value] = {}
    for name, kind in COLUMNS.items():
        value = values.get(name, table[name] if name in table.columns else None)
        column = ibis.literal(value) if isinstance(value, str) else value
        columns[name] = ibis.null(kind) if column is None else column.cast(kind)
    return table.select(**columns)


def unbillable(tables: Tables, *statuses: str) -> ir.Table:
    """The cost of charges that no rule can bill, per customer and product: one finding each."""
    expected = tables.expected
    rows = expected.filter(expected.status.isin(statuses))
    grouped = rows.group_by(["customer_id", "product_id", "currency"]).aggregate(
        impact=rows.cost.sum(),
        customer_name=rows.customer_name.min(),
        product_name=rows.product_name.min(),
        ledger=rows.ledger.min(),
        ledger_customer=rows.ledger_customer.min(),
        item=rows.item.min(),
        first=rows["first"].min(),
        next_start=rows.next_start.max(),
        place=rows.place.min(),
        subscriptions=rows.subscription_id.nunique(),
        subscription=rows.subscription_id.min(),
        skus=rows.sku_id.nunique(),
        sku=rows.sku_id.min(),
    )
    nothing = ibis.null("string")
    return shape(
        grouped,
        tenant_id=grouped.customer_id,
        subscription_id=ibis.ifelse(grouped.subscriptions == 1, grouped.subscription, nothing),
        sku_id=ibis.ifelse(grouped.skus == 1, grouped.sku, nothing),
    )
