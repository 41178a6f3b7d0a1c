"""Columns of records on their way from a file into a table, each record with the line it came from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from connector.adapters.files.opening import Block
from connector.adapters.files.samples import key_of


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields a format reads: our name for each → the names the vendor gives it, and which are numbers."""

    names: Mapping[str, tuple[str, ...]]
    numbers: frozenset[str] = frozenset()

    def by_key(self) -> dict[str, str]:
        """Return our name for each of the vendor's, without case and punctuation."""
        return {key_of(alias): name for name, aliases in self.names.items() for alias in aliases}


@dataclass(slots=True)
class Columns:
    """Records of one file as columns; `lines` are their line numbers, `broken` the records that are none.

    In a JSON document a line is the number of the record. `positions` tells where in a CSV a field stands, from 1.
    """

    source: str
    lines: pa.Array
    columns: dict[str, pa.Array]
    positions: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    broken: tuple[tuple[int, str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.lines)

    def get(self, name: str) -> pa.Array:
        """Return a column; one the file does not have is all null."""
        column = self.columns.get(name)
        return pa.nulls(len(self), pa.string()) if column is None else column


def plain(column: pa.ChunkedArray) -> pa.Array:
    """Return a column of one or more chunks as one array."""
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def after(block: Block, lines: int) -> Block:
    """Return the block without its first lines."""
    position = 0
    for _ in range(lines):
        position = block.text.find(b"\n", position) + 1
    return Block(block.first_line + lines, block.lines - lines, block.text[position:])


def as_text(column: pa.Array) -> pa.Array:
    """Return lists as JSON text and whole numbers as text; leave texts and exact numbers as they are."""
    if pa.types.is_list(column.type):
        return pa.array([json.dumps(items) if items else None for items in column.to_pylist()], pa.string())
    return column.cast(pa.string()) if pa.types.is_int64(column.type) else column


def numbers_of_lines(block: Block, rows: int, *, quoted: bool) -> pa.Array | None:
    """Number the records by the line each starts on; None where lines and records do not go together."""
    if block.lines == rows:
        return pa.array(np.arange(block.first_line, block.first_line + rows, dtype=np.int64))
    text = np.frombuffer(block.text, np.uint8)
    newlines = text == ord("\n")
    ends = np.flatnonzero(newlines & (np.cumsum(text == ord('"')) % 2 == 0) if quoted else newlines)
    starts = np.concatenate(([0], ends[:-1] + 1))
    filled = [bool(block.text[start:end].strip()) for start, end in zip(starts, ends, strict=True)]
    starts = starts[np.array(filled, bool)]
    if len(starts) != rows:
        return None
    return pa.array(block.first_line + (np.cumsum(newlines) - newlines)[starts].astype(np.int64))


def spell(value: object) -> str:
    """Return a short printable excerpt of a record, for the message about it."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = "".join(char if char.isprintable() else " " for char in text)
    return text if len(text) <= 120 else f"{text[:119]}…"
