"""Makes the itemised annex of documents: finds the charges and the daily usage behind each line."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from connector.domain.annex import Annex
from connector.domain.document import Document
from connector.domain.rules import Mapping as Rules
from connector.engine.mapping import Book
from connector.engine.planning.accounts import Accounts
from connector.engine.planning.itemising import Sources, itemise
from connector.ports import LineTables
from connector.reports.annex import to_annex

_SHARED = ("invoice", "subscription_id", "product_id", "sku_id")


class Annexes:
    """The annexes of some documents. The rows behind all of them are read once, when the first is asked for.

    `ledgers` are the names of the ledgers there are: a rule that names none means the only one.
    """

    def __init__(
        self, tables: LineTables, mapping: Rules, documents: Iterable[Document], ledgers: tuple[str, ...] = ()
    ) -> None:
        self._tables, self._mapping = tables, mapping
        only = ledgers[0] if len(ledgers) == 1 else ""
        self._accounts = Accounts(Book(mapping), lambda name: name or only)
        self._documents = tuple(documents)
        self._sources: Sources | None = None

    def annex(self, document: Document) -> Annex:
        """All that stands behind a document."""
        if self._sources is None:
            self._sources = self._read()
        tenant = document.tenants[0] if document.tenants else None
        rule = self._accounts.rule(document.ledger, document.customer, tenant, document.period.start)
        return itemise(document, self._sources, self._accounts.template(rule), self._mapping)

    def content(self, document: Document) -> bytes | None:
        """The workbook to attach to a document; None where its template wants none."""
        return None if document.annex == "none" else to_annex(document, self.annex(document))

    def _read(self) -> Sources:
        wanted = sorted(
            {
                (ref.invoice, ref.row_hash)
                for document in self._documents
                for line in document.lines
                for ref in line.slices
                if ref.invoice
            }
        )
        rows = ({"at_invoice": invoice, "at_hash": row_hash} for invoice, row_hash in wanted)
        there = self._tables.take("annexed", rows, {"at_invoice": "string", "at_hash": "string"})
        charges = self._tables.table("charges")
        charges = charges.semi_join(there, [charges.invoice == there.at_invoice, charges.row_hash == there.at_hash])
        found = list(self._tables.rows(charges))
        return Sources(found, self._usage(found))

    def _usage(self, charges: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        meters = sorted({tuple(row[name] or "" for name in _SHARED) for row in charges if row["category"] == "azure"})
        if not meters:
            return iter(())
        rows = ({f"at_{name}": value for name, value in zip(_SHARED, meter, strict=True)} for meter in meters)
        there = self._tables.take("annexed_meters", rows, {f"at_{name}": "string" for name in _SHARED})
        usage = self._tables.table("usage")
        keys = [usage[name].fill_null("") == there[f"at_{name}"] for name in _SHARED]
        return self._tables.rows(usage.semi_join(there, keys))
