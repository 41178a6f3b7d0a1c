"""Writes one table's rows into Parquet files, sorted, and counts what it writes: rows and money per currency."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connector.domain.money import EXACT, trimmed

CHUNK = 1 << 17
_ROW_GROUP = 1 << 17

# What a table's files are divided by: an invoice (or ledger) that comes again replaces the one that was there.
DIVIDED_BY = {"charges": "invoice", "usage": "invoice", "headers": "invoice", "ledger_lines": "ledger"}
_SORTED_BY = {
    "charges": ("customer_id", "subscription_id"),
    "usage": ("customer_id", "subscription_id"),
    "ledger_lines": ("customer_id", "item_id"),
    "subscriptions": ("customer_id", "subscription_id"),
    "prices": ("product_id", "sku_id"),
}
_SUMMED = {
    "charges": ("subtotal", "tax", "total"),
    "usage": ("amount",),
    "ledger_lines": ("amount", "tax"),
    "headers": ("total", "tax"),
    "set_aside": ("amount",),
}
# What hardly ever repeats: a dictionary of it would only cost time and room.
_RARELY_REPEATED = frozenset(
    {
        "order_id", "order_date", "subscription_id", "reference_id", "reservation_order_id", "alternate_id",
        "resource_uri", "row_hash", "line", "unit_price", "effective_unit_price", "subtotal", "total", "amount",
    }
)  # fmt: skip
_WIDE = pa.decimal256(76, 22)
_NONE = "none"


@dataclass(slots=True)
class Tally:
    """How many rows, and the sums of the amount columns in each currency ("" where a row has none)."""

    rows: int = 0
    sums: dict[str, dict[str, Decimal]] = field(default_factory=dict)

    def count(self, table: str, batch: pa.RecordBatch | pa.Table) -> None:
        """Count a batch in."""
        self.rows += batch.num_rows
        names = _SUMMED.get(table, ())
        if not names:
            return
        currencies = pc.fill_null(batch.column("currency"), "")
        different = pc.unique(currencies).to_pylist()
        for currency in different:
            own = batch.select(names)
            if len(different) > 1:
                own = own.filter(pc.equal(currencies, currency))
            sums = self.sums.setdefault(currency, dict.fromkeys(names, Decimal(0)))
            for name in names:
                total = pc.sum(own.column(name).cast(_WIDE)).as_py()
                sums[name] = EXACT.add(sums[name], total or Decimal(0))

    def add(self, other: "Tally") -> None:
        """Count another tally in."""
        self.rows += other.rows
        for currency, sums in other.sums.items():
            mine = self.sums.setdefault(currency, dict.fromkeys(sums, Decimal(0)))
            for name, amount in sums.items():
                mine[name] = EXACT.add(mine[name], amount)

    def written(self) -> dict[str, Any]:
        """Return the tally as a manifest writes it, amounts as text."""
        return {
            "rows": self.rows,
            "totals": {
                currency: {name: f"{trimmed(amount, 0):f}" for name, amount in sums.items()}
                for currency, sums in sorted(self.sums.items())
            },
        }


@dataclass(slots=True)
class Part:
    """One finished Parquet file: its table, what it is divided by (an invoice, say), and what it holds."""

    table: str
    division: str | None
    path: Path
    tally: Tally


class PartWriter:
    """Writes the rows of one table and one division into a file: gathered, compressed, tallied; and sorted, if wanted.

    Sorting and compressing is done by the hand, one thread for all writers, so that reading can go on meanwhile.
    """

    def __init__(
        self,
        folder: Path,
        table: str,
        division: str | None,
        shape: pa.Schema,
        hand: ThreadPoolExecutor,
        *,
        is_sorted: bool,
    ) -> None:
        name = quote(division, safe="") if division is not None else _NONE
        below = folder / table / (f"{DIVIDED_BY[table]}={name}" if table in DIVIDED_BY else "")
        below.mkdir(parents=True, exist_ok=True)
        self._path = below / "part-0000.parquet"
        self.part = Part(table, division, self._path, Tally())
        keys = _SORTED_BY.get(table, ()) if is_sorted else ()
        self._keys = [(name, "ascending") for name in keys]
        self._file = pq.ParquetWriter(
            self._path,
            shape,
            compression="zstd",
            compression_level=1,
            use_dictionary=[name for name in shape.names if name not in _RARELY_REPEATED],
            # Least and greatest values help to pass rows by only where rows that are alike lie together.
            write_statistics=[name for name in (DIVIDED_BY.get(table), *keys) if name] or False,
        )
        self._waiting: list[pa.RecordBatch] = []
        self.waiting = 0
        self._hand = hand
        self._busy: Future[None] | None = None

    def write(self, batch: pa.RecordBatch) -> None:
        """Take in a batch, to be written with the next flush."""
        self.part.tally.count(self.part.table, batch)
        self._waiting.append(batch)
        self.waiting += batch.num_rows

    def flush(self) -> int:
        """Have the rows that wait written, and return how many they were."""
        count = self.waiting
        self._settle()
        if self._waiting:
            self._busy = self._hand.submit(self._write, self._waiting)
        self._waiting, self.waiting = [], 0
        return count

    def close(self) -> Part:
        """Write what is left and finish the file."""
        self.flush()
        self._settle()
        self._file.close()
        return self.part

    def abandon(self) -> None:
        """Close the file, whatever is in it, because it will be thrown away."""
        self._waiting = []
        if self._busy is not None:
            wait([self._busy])
        self._file.close()

    def _settle(self) -> None:
        """Wait for the rows before; raises what went wrong with them."""
        if self._busy is not None:
            self._busy.result()
            self._busy = None

    def _write(self, batches: list[pa.RecordBatch]) -> None:
        table = pa.Table.from_batches(batches)
        if self._keys:
            table = table.combine_chunks()
            table = table.take(pc.sort_indices(table, sort_keys=self._keys))
        self._file.write_table(table, row_group_size=_ROW_GROUP)


def read_tally(part: Part) -> Tally:
    """Count a finished file by reading it back, row group by row group."""
    tally = Tally()
    with pq.ParquetFile(part.path) as file:
        names = list(_SUMMED.get(part.table, ()))
        if not names:
            tally.rows = file.metadata.num_rows
            return tally
        for batch in file.iter_batches(columns=[*names, "currency"], batch_size=_ROW_GROUP):
            tally.count(part.table, batch)
    return tally


def differences(expected: Tally, actual: Tally) -> str:
    """Say in what two tallies differ, or nothing."""
    if expected.rows != actual.rows:
        return f"{expected.rows} rows were to be written, {actual.rows} are there"
    pairs: Mapping[str, Mapping[str, Decimal]] = actual.sums
    for currency, sums in expected.sums.items():
        for name, amount in sums.items():
            there = pairs.get(currency, {}).get(name, Decimal(0))
            if there != amount:
                wanted, found = trimmed(amount, 0), trimmed(there, 0)
                return f"{name} in {currency or 'no currency'} was to be {wanted:f}, it is {found:f}"
    return ""
