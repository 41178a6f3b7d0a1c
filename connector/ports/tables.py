"""The line-level tables, and the engine that computes over them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    # Whoever only needs other ports need not wait for the engine's expressions to load.
    import ibis.expr.types as ir


class LineTables(Protocol):
    """The line-level tables and the engine that runs expressions over them; amounts come back as exact Decimals."""

    def table(self, name: str) -> "ir.Table":
        """One of domain.tables, as an expression; empty where nothing was read."""

    def placed(self, name: str) -> "ir.Table":
        """The same with `file_row`: which row of its file each is, from 0; rows are soon found by it, in any file."""

    def keep(self, name: str, expression: "ir.Table") -> "ir.Table":
        """Run an expression once and keep its rows under a name for the expressions that follow."""

    def store(self, name: str, made: "Callable[..., ir.Table]", *of: "ir.Table") -> "ir.Table":
        """Keep what is `made` of tables beside the lines: by the same code of the same lines it is made only once."""

    def take(self, name: str, rows: Iterable[Mapping[str, object]], columns: Mapping[str, str]) -> "ir.Table":
        """Bring rows made in Python into the engine; `columns` gives names and types in order."""

    def rows(self, expression: "ir.Table") -> Iterator[dict[str, Any]]:
        """Run an expression and give its rows."""


class DatedTables(LineTables, Protocol):
    """Line-level tables that also tell in which snapshot a row came."""

    def dated(self, name: str) -> "ir.Table":
        """A table of which all snapshots count, with edition_market, edition_view, edition_month and edition_seen_at.

        The first three are those of a price sheet that was fetched, null where nobody said.
        """
