"""Lets every job see each subscription under one id, whichever of its ids the invoice, the ledger or a rule names."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import ibis.expr.types as ir

from connector.domain import rules
from connector.engine.reconciliation import join_keys
from connector.jobs.overlay import Overlay
from connector.jobs.voiding import with_voids
from connector.ports import DatedTables, LineTables

_CHARGED = frozenset({"charges", "usage"})


def joined(tables: LineTables, mapping: rules.Mapping) -> tuple[LineTables, rules.Mapping]:
    """Return tables and rules in which a subscription has one id: that of Partner Center, where it is on file."""
    tables = with_voids(tables)
    charges, subscriptions = tables.table("charges"), tables.table("subscriptions")
    strange = list(tables.rows(join_keys.strangers(charges, subscriptions))) if _any(tables, subscriptions) else []
    names = join_keys.names_of(strange, tables.rows(join_keys.on_file(charges, subscriptions))) if strange else {}
    view = Joined(tables, names)
    if not names:
        return view, mapping
    special = tuple(
        replace(rule, subscription_id=names.get(rule.subscription_id or "", rule.subscription_id))
        for rule in mapping.subscriptions
    )
    return view, replace(mapping, subscriptions=special)


def _any(tables: LineTables, table: ir.Table) -> bool:
    return any(True for _ in tables.rows(table.limit(1)))


class Joined:
    """Fits the LineTables port over other tables."""

    def __init__(self, tables: LineTables, names: Mapping[str, str]) -> None:
        self._tables = tables
        self._names: ir.Table | None = None
        if names:
            rows = [{"charged_id": charged, "known_id": known} for charged, known in sorted(names.items())]
            self._names = tables.take("subscription_names", rows, join_keys.NAMES)
        self._ledger_names = self._find_ledger_names()

    def _find_ledger_names(self) -> ir.Table | None:
        """The names that ledger lines may use, where they use any: ids of the invoice, and orders."""
        charges, subscriptions = self.table("charges"), self._tables.table("subscriptions")
        ledger = self._tables.table("ledger_lines")
        if self._names is None and not _any(self._tables, join_keys.ordered_in(ledger, charges, subscriptions)):
            return None
        orders = join_keys.orders_of(charges, subscriptions)
        names = orders if self._names is None else orders.union(self._names.select("charged_id", "known_id"))
        return self._tables.keep("ledger_names", names)

    def table(self, name: str) -> ir.Table:
        """One of domain.tables, as an expression."""
        return self._seen(name, self._tables.table(name))

    def placed(self, name: str) -> ir.Table:
        """The same with the row of its file."""
        return self._seen(name, self._tables.placed(name))

    def _seen(self, name: str, table: ir.Table) -> ir.Table:
        if name in _CHARGED and self._names is not None:
            return join_keys.renamed(table, self._names)
        if name == "ledger_lines" and self._ledger_names is not None:
            return join_keys.rewritten(table, self._ledger_names)
        return table

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        """Run an expression once and keep its rows under a name."""
        return self._tables.keep(name, expression)

    def store(self, name: str, made: Callable[..., ir.Table], *of: ir.Table) -> ir.Table:
        """Like keep, but beside the lines; not where they are seen under names that only this run knows."""
        return self._tables.store(name, made, *of) if self._names is None else self._tables.keep(name, made(*of))

    def take(self, name: str, rows: Iterable[Mapping[str, object]], columns: Mapping[str, str]) -> ir.Table:
        """Bring rows made in Python into the engine."""
        return self._tables.take(name, rows, columns)

    def rows(self, expression: ir.Table) -> Iterator[dict[str, Any]]:
        """Run an expression and give its rows."""
        return self._tables.rows(expression)


class JoinedDated(Overlay):
    """Fits the DatedTables port: the tables as they are joined, and beside them all their snapshots."""

    def __init__(self, tables: LineTables, whole: DatedTables) -> None:
        super().__init__(tables, {})
        self._whole = whole

    def dated(self, name: str) -> ir.Table:
        """A table of which all snapshots count."""
        return self._whole.dated(name)
