"""Keeps what ledgers hold: every version of documents and records for ever, and the lines as they stand now."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connector.domain.tables import SAME_THING, TABLES
from connector.warehouse.tables import Warehouse, named

_BATCH = 20_000
_LINES = "ledger_lines"
# A thing of these has several rows, all of one moment.
_SEVERAL = frozenset({"ledger_entries"})


class Shelf:
    """Fits the LedgerShelf port."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def newest(self, table: str, ledger: str) -> Iterator[dict[str, Any]]:
        """The last known state of each thing of a ledger; of entries, all that were seen together."""
        import ibis

        rows = self._warehouse.table(table)
        rows = rows.filter(rows.ledger == ledger)
        thing, seen = list(SAME_THING[table]), ibis.desc("observed_at")
        alone = ibis.row_number().over(group_by=thing, order_by=[seen, ibis.desc("line")])
        latest = ibis.rank().over(group_by=thing, order_by=seen) if table in _SEVERAL else alone
        found = rows.mutate(latest=latest)
        yield from self._warehouse.rows(found.filter(found.latest == 0).drop("latest"))

    def headers(self) -> Iterator[dict[str, Any]]:
        """The headers of the vendor's invoices."""
        yield from self._warehouse.rows(self._warehouse.table("headers"))

    def keep(
        self,
        ledger: str,
        observed_at: str,
        rows: Mapping[str, Iterable[Mapping[str, Any]]],
        replaced: frozenset[str] | None = frozenset(),
    ) -> Mapping[str, int]:
        """Keep rows by table as one snapshot; lines come in place of those of the documents `replaced`."""
        counts: dict[str, int] = dict.fromkeys(rows, 0)

        def batches() -> Iterator[tuple[str, pa.RecordBatch]]:
            for table, own in rows.items():
                if table == _LINES:
                    # Also where no line is left at all, the ledger's lines of before are replaced.
                    yield table, pa.RecordBatch.from_pylist([], schema=_shape(table))
                    if replaced is not None:
                        yield from ((table, batch) for batch in self._others(ledger, replaced))
                for batch in _batched(table, own):
                    counts[table] += batch.num_rows
                    yield table, batch

        self._warehouse.take_in(
            batches(),
            observed_at=observed_at,
            sources=lambda: [{"name": ledger, "format": "ledger", "content_hash": f"{ledger}@{observed_at}"}],
            unbilled=ledger,
        )
        return counts

    def _others(self, ledger: str, replaced: frozenset[str]) -> Iterator[pa.RecordBatch]:
        """The lines that stay: those of the ledger's other documents."""
        shape = _shape(_LINES)
        ids = pa.array(sorted(replaced), pa.string())
        for path in self._warehouse.parts(_LINES):
            with pq.ParquetFile(path) as file:
                if "document_id" not in file.schema_arrow.names:
                    # Lines of an export, which the ledger itself now takes the place of.
                    continue
                for batch in file.iter_batches(batch_size=_BATCH):
                    stays = pc.and_(
                        pc.equal(batch.column("ledger"), ledger),
                        pc.invert(pc.is_in(batch.column("document_id"), value_set=ids)),
                    )
                    kept = batch.filter(stays)
                    if kept.num_rows:
                        yield pa.RecordBatch.from_arrays([kept.column(name) for name in shape.names], schema=shape)


def _batched(table: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[pa.RecordBatch]:
    schema = _shape(table)
    source = iter(rows)
    while chunk := list(islice(source, _BATCH)):
        arrays = [pa.array([row.get(name) for row in chunk], schema.field(name).type) for name in TABLES[table]]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _shape(table: str) -> pa.Schema:
    shape: pa.Schema = named(table).schema().to_pyarrow()
    return shape
