"""Shapes the columns of a file into the rows of one of our tables, and sets aside the records that do not fit."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import md5
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connector.adapters.files import cells
from connector.adapters.files.cells import BadCell, ForeignSpelling
from connector.adapters.files.columns import Columns, spell
from connector.adapters.files.schemas import EXACT_NUMBER, WIDE_NUMBER, schema
from connector.domain.errors import Place, UnreadableInput
from connector.domain.money import trimmed

_DIGEST = 8
_MONEY = ("subtotal", "tax", "total", "amount")

Rows = tuple[str, pa.RecordBatch]


class Shaping:
    """One block of records on its way into a table: every reading remembers the cells that make no sense."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.faults: dict[int, tuple[str, str, str | None]] = {}

    def __len__(self) -> int:
        return len(self.columns)

    def text(self, name: str) -> pa.Array:
        """Return a column of texts, the empty ones null."""
        return cells.blank_to_null(self.columns.get(name))

    def number(self, name: str, *, required: bool = False) -> pa.Array:
        """Return a column of exact numbers."""
        return self._read(name, cells.to_numbers, required=required)

    def day(self, name: str, *, required: bool = False) -> pa.Array:
        """Return a column of days."""
        return self._read(name, cells.to_days, required=required)

    def guid(self, name: str) -> pa.Array:
        """Return a column of ids that are GUIDs, in lower case."""
        return self._read(name, cells.to_guids, required=False)

    def code(self, name: str, *, required: bool = False) -> pa.Array:
        """Return a column of codes, as they are but for blanks around them."""
        return self._read(name, cells.to_codes, required=required)

    def ledger_id(self, name: str, *, required: bool = False) -> pa.Array:
        """Return a column of ids of a ledger, which are codes that a spreadsheet may have damaged."""
        return self._read(name, cells.to_ledger_ids, required=required)

    def each(self, name: str, read: Callable[[str], Any], *, required: bool = False) -> pa.Array:
        """Return a column of texts, each distinct one read by the function (which may raise BadCell)."""
        return self._read(name, lambda column: cells.each_distinct(column, read, pa.string()), required=required)

    def joined(self, names: Iterable[str], read: Callable[[str], Any]) -> pa.Array:
        """Return a column of texts, read from several columns at once, their texts joined by line ends."""
        parts = [self.columns.get(name).cast(pa.string()) for name in names]
        together = pc.binary_join_element_wise(*parts, "\n", null_handling="replace", null_replacement="")
        return cells.each_distinct(together, read, pa.string())[0]

    def fault(self, row: int, name: str, reason: str, excerpt: str | None = None) -> None:
        """Set one record aside: the field at fault and what is wrong with it. The first fault of a record stays."""
        self.faults.setdefault(row, (name, reason, excerpt))

    def _read(
        self, name: str, read: Callable[[pa.Array], tuple[pa.Array, Mapping[int, BadCell]]], *, required: bool
    ) -> pa.Array:
        column = self.columns.get(name)
        theirs = self.columns.names.get(name, name)
        try:
            result, bad = read(column)
        except ForeignSpelling as foreign:
            row = foreign.row
            place = Place(self.columns.source, self.columns.lines[row].as_py(), self.columns.positions.get(name, 0))
            text = spell(str(column[row].as_py()))
            raise UnreadableInput(f"{place}: {theirs} {text!r} {foreign}.") from foreign
        for row, fault in bad.items():
            cell = column[row].as_py()
            self.fault(row, theirs, str(fault), cell if isinstance(cell, str) else f"{trimmed(cell, 0):f}")
        if required and result.null_count:
            for row in pc.indices_nonzero(result.is_null()).to_pylist():
                self.fault(row, theirs, "is missing")
        return result

    def rows(self, table: str, columns: Mapping[str, pa.Array], identity: Iterable[str]) -> Iterator[Rows]:
        """Yield the rows of the table, then what was set aside. `identity` names the columns that make a row's hash.

        Raises UnreadableInput where records got lost on the way, which must not happen.
        """
        shape = schema(table)
        count = len(self)
        full = dict(columns)
        full["source"] = pa.repeat(self.columns.source, count)
        full["line"] = self.columns.lines
        full["row_hash"] = row_hashes([full[name] for name in identity])
        batch = pa.record_batch([full.get(f.name, pa.nulls(count, f.type)) for f in shape], schema=shape)
        if self.faults:
            usable = pa.array([row not in self.faults for row in range(count)], pa.bool_())
            kept = batch.filter(usable)
        else:
            kept = batch
        if kept.num_rows + len(self.faults) != count:
            raise UnreadableInput(f"{self.columns.source}: {count} records were read, {kept.num_rows} arrived.")
        self._check_sums(batch)
        if kept.num_rows:
            yield table, kept
        if self.faults or self.columns.broken:
            yield "set_aside", self._set_aside(table, batch)

    def _check_sums(self, batch: pa.RecordBatch) -> None:
        """Compare the money as it was read with the money that goes on. Raises UnreadableInput."""
        for name in _MONEY:
            read = self.columns.columns.get(name)
            if self.faults or read is None or pa.types.is_string(read.type):
                continue
            if pc.sum(read).as_py() != pc.sum(batch.column(name).cast(WIDE_NUMBER)).as_py():
                raise UnreadableInput(f"{self.columns.source}: the sum of {name} changed while reading.")

    def _set_aside(self, table: str, batch: pa.RecordBatch) -> pa.RecordBatch:
        shape = schema("set_aside")
        known = set(batch.schema.names)
        rows: list[dict[str, Any]] = []
        for row, (name, reason, excerpt) in sorted(self.faults.items()):
            record = batch.slice(row, 1).to_pylist()[0]
            known_cells = {f.name: record[f.name] for f in shape if f.name in known}
            if table == "charges":
                known_cells["amount"] = record["subtotal"]
            rows.append(
                known_cells
                | {
                    "table": table,
                    "column": name,
                    "reason": f"{name} {reason}",
                    "excerpt": None if excerpt is None else spell(excerpt),
                }
            )
        for line, reason, text in self.columns.broken:
            rows.append(
                {
                    "table": table,
                    "reason": f"the line {reason}",
                    "excerpt": spell(text),
                    "source": self.columns.source,
                    "line": line,
                    "row_hash": md5(text.encode(), usedforsecurity=False).hexdigest()[:16],
                }
            )
        return pa.RecordBatch.from_pylist(rows, schema=shape)


def row_hashes(columns: Iterable[pa.Array]) -> pa.Array:
    """Return 16 hex digits for each row, from the bytes of its texts, days and exact numbers."""
    joined = pc.binary_join_element_wise(
        *(_raw(column) for column in columns),
        pa.scalar(b"\x1f", pa.binary()),
        null_handling="replace",
        null_replacement=b"\0",
    )
    digests = b"".join([md5(row, usedforsecurity=False).digest()[:_DIGEST] for row in joined.to_pylist()])
    ends = np.arange(len(joined) + 1, dtype=np.int32) * (2 * _DIGEST)
    texts = [None, pa.py_buffer(ends), pa.py_buffer(digests.hex().encode())]
    return pa.Array.from_buffers(pa.string(), len(joined), texts)


def _raw(column: pa.Array) -> pa.Array:
    """Look at a column as bytes: numbers and days as they lie in memory (little-endian), which never changes."""
    if pa.types.is_string(column.type):
        return column.cast(pa.binary())
    width = column.type.bit_width // 8
    validity, values = column.buffers()
    fixed = pa.Array.from_buffers(pa.binary(width), len(column), [validity, values], column.null_count, column.offset)
    return fixed.cast(pa.binary())


def negated_where(mask: pa.Array, numbers: pa.Array) -> pa.Array:
    """Return the numbers, those under the mask with the other sign."""
    return pc.if_else(mask, pc.negate(numbers), numbers).cast(EXACT_NUMBER)
