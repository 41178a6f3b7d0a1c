"""The line-level tables with some of them exchanged: the same expressions over other lines."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import ibis.expr.types as ir

from connector.ports import LineTables


class Overlay:
    """Fits the LineTables port: gives other expressions for some tables, and everything else as it is."""

    def __init__(self, tables: LineTables, others: Mapping[str, ir.Table]) -> None:
        self._tables, self._others = tables, others

    def table(self, name: str) -> ir.Table:
        """A table, or what takes its place."""
        found = self._others.get(name)
        return self._tables.table(name) if found is None else found

    def placed(self, name: str) -> ir.Table:
        """A table with the row of its file. Raises LookupError for what takes its place: that lies in no file."""
        if name in self._others:
            # Looked for by rows that it does not have, its lines would be lost without a word.
            raise LookupError(f"the lines that stand for the table {name} lie in no file")
        return self._tables.placed(name)

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        """Run an expression once and keep its rows under a name."""
        return self._tables.keep(name, expression)

    def store(self, name: str, expression: ir.Table) -> ir.Table:
        """Like keep: what is exchanged for a while must not stay beside the lines."""
        return self._tables.keep(name, expression)

    def take(self, name: str, rows: Iterable[Mapping[str, object]], columns: Mapping[str, str]) -> ir.Table:
        """Bring rows made in Python into the engine."""
        return self._tables.take(name, rows, columns)

    def rows(self, expression: ir.Table) -> Iterator[dict[str, Any]]:
        """Run an expression and give its rows."""
        return self._tables.rows(expression)
