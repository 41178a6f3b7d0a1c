"""Reads the records of a file block by block into columns of text and wide numbers, whatever its shape."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.json as arrow_json

from connector.adapters.files.opening import Block
from connector.adapters.files.samples import Numeral, Sample, Shape, flatten, key_of, parse_json, records_in
from connector.adapters.files.schemas import WIDE_NUMBER
from connector.domain.errors import Place, UnreadableInput

LARGEST_DOCUMENT = 512 << 20
_MANY = 1000
_WHOLE = re.compile(r"-?\d{1,18}")
# Every line of money has one; a fast reading that finds none has looked for the field under a name it does not have.
_TELLTALE = "currency"


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


class Layout:
    """Where a file has the fields of a format. Raises UnreadableInput where a field is there twice."""

    def __init__(self, sample: Sample, fields: Fields) -> None:
        self.sample, self.fields = sample, fields
        self.keys = fields.by_key()
        self.names: dict[str, str] = {}
        self.positions: dict[str, int] = {}
        for position, name in enumerate(sample.names):
            ours = self.keys.get(key_of(name))
            if ours is None:
                continue
            if ours in self.names and sample.shape is Shape.CSV:
                raise UnreadableInput(
                    f"{Place(sample.export.name, sample.header_line, position + 1)}: the column {name} is there twice "
                    f"(also as column {self.positions[ours]}); keep one."
                )
            self.names.setdefault(ours, name)
            self.positions.setdefault(ours, position + 1)

    def read(self, block: Block) -> Columns:
        """Read one block of lines (CSV or JSON Lines)."""
        return self._csv(block) if self.sample.shape is Shape.CSV else self._json_lines(block)

    def read_document(self) -> Iterator[Columns]:
        """Read a whole JSON document. Raises UnreadableInput where it is none."""
        name = self.sample.export.name
        text = self.sample.export.whole(LARGEST_DOCUMENT).decode()
        try:
            records = records_in(parse_json(text))
        except ValueError as wrong:
            raise UnreadableInput(f"{name}: not readable as JSON ({wrong}); download it again.") from wrong
        yield self._of_records(range(1, len(records) + 1), records, ())

    def _columns(self, lines: pa.Array, columns: dict[str, pa.Array]) -> Columns:
        positions = self.positions if self.sample.shape is Shape.CSV else {}
        return Columns(self.sample.export.name, lines, columns, positions, self.names)

    def _json_lines(self, block: Block) -> Columns:
        schema = self._json_schema()
        if schema is None:
            return self._json_slowly(block)
        try:
            table = arrow_json.read_json(
                pa.BufferReader(block.text),
                read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(block.text) + 1),
                parse_options=arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
            )
        except pa.ArrowInvalid:
            return self._json_slowly(block)
        lines = _numbers_of_lines(block, table.num_rows, quoted=False)
        telltale = self.names.get(_TELLTALE)
        if lines is None or (telltale is not None and table.column(telltale).null_count):
            return self._json_slowly(block)
        columns = {ours: _as_text(_plain(table.column(theirs))) for ours, theirs in self.names.items()}
        return self._columns(lines, columns)

    def _json_schema(self) -> pa.Schema | None:
        """Say which type each field has, judged by the first records; None where Arrow cannot read it so."""
        types: list[tuple[str, pa.DataType]] = []
        for ours, theirs in self.names.items():
            values = [record[theirs] for record in self.sample.records if record.get(theirs) is not None]
            kinds = {type(value) for value in values}
            if ours in self.fields.numbers and kinds <= {str, Numeral}:
                types.append((theirs, pa.string() if kinds == {str} else WIDE_NUMBER))
            elif kinds <= {str}:
                types.append((theirs, pa.string()))
            elif kinds == {list}:
                types.append((theirs, pa.list_(pa.string())))
            elif kinds == {Numeral} and all(_WHOLE.fullmatch(value) for value in values):
                types.append((theirs, pa.int64()))
            else:
                return None
        return pa.schema(types)

    def _json_slowly(self, block: Block) -> Columns:
        """Read line by line, setting aside the lines that are no records."""
        numbers: list[int] = []
        records: list[Mapping[str, Any]] = []
        broken: list[tuple[int, str, str]] = []
        for number, line in enumerate(block.text.decode().split("\n"), block.first_line):
            if not line.strip():
                continue
            try:
                record = parse_json(line)
            except ValueError as wrong:
                broken.append((number, f"is not a whole JSON record ({wrong})", line))
                self._refuse_rubbish(broken, len(records))
                continue
            if isinstance(record, Mapping):
                numbers.append(number)
                records.append(record)
            else:
                broken.append((number, "is not a JSON object", line))
        return self._of_records(numbers, records, tuple(broken))

    def _of_records(
        self,
        lines: Sequence[int],
        records: Sequence[Mapping[str, Any]],
        broken: tuple[tuple[int, str, str], ...],
    ) -> Columns:
        cells: dict[str, list[str | None]] = {name: [None] * len(records) for name in self.fields.names}
        for row, record in enumerate(records):
            for name, value in flatten(record).items():
                ours = self.keys.get(key_of(name))
                if ours is not None and value is not None:
                    cells[ours][row] = value if value.isascii() else value.encode(errors="replace").decode()
        columns = {name: pa.array(column, pa.string()) for name, column in cells.items()}
        result = self._columns(pa.array(lines, pa.int64()), columns)
        result.broken = broken
        return result

    def _csv(self, block: Block) -> Columns:
        if block.first_line == 1:
            block = _after(block, self.sample.header_line)
        width = len(self.sample.names)
        wanted = {ours: f"c{position - 1}" for ours, position in self.positions.items()}
        if not block.text.strip():
            return self._columns(pa.array([], pa.int64()), {})
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(block.text),
                read_options=arrow_csv.ReadOptions(
                    use_threads=False,
                    column_names=[f"c{n}" for n in range(width)],
                    block_size=len(block.text) + 1,
                ),
                parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
                convert_options=arrow_csv.ConvertOptions(
                    column_types={name: pa.string() for name in wanted.values()},
                    include_columns=list(wanted.values()),
                    strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid:
            return self._csv_slowly(block)
        lines = _numbers_of_lines(block, table.num_rows, quoted=True)
        if lines is None:
            return self._csv_slowly(block)
        return self._columns(lines, {ours: _plain(table.column(name)) for ours, name in wanted.items()})

    def _csv_slowly(self, block: Block) -> Columns:
        """Read row by row: rows cut short at the end are filled up, others of a wrong width are set aside."""
        width = len(self.sample.names)
        rows = csv.reader(io.StringIO(block.text.decode(), newline=""))
        lines: list[int] = []
        kept: list[list[str]] = []
        broken: list[tuple[int, str, str]] = []
        before = 0
        try:
            for row in rows:
                line, before = block.first_line + before, rows.line_num
                if not row:
                    continue
                if self._complete(row):
                    lines.append(line)
                    kept.append(row[:width] + [""] * (width - len(row)))
                    continue
                broken.append((line, f"has {len(row)} columns where the header has {width}", ",".join(row)))
                self._refuse_rubbish(broken, len(kept))
        except csv.Error as wrong:
            place = Place(self.sample.export.name, block.first_line + rows.line_num)
            raise UnreadableInput(f"{place}: not readable as CSV ({wrong}); export the file again.") from wrong
        columns = {
            ours: pa.array([row[position - 1] for row in kept], pa.string())
            for ours, position in self.positions.items()
        }
        result = self._columns(pa.array(lines, pa.int64()), columns)
        result.broken = tuple(broken)
        return result

    def _complete(self, row: list[str]) -> bool:
        """Tell whether a row can be used: too long only by blanks, too short only by benefits at the end."""
        names = self.sample.names
        if any(cell.strip() for cell in row[len(names) :]):
            return False
        return all(key_of(name).startswith("benefit") for name in names[len(row) :])

    def _refuse_rubbish(self, broken: Sequence[tuple[int, str, str]], usable: int) -> None:
        """Raise UnreadableInput where most of many lines are no records, rather than set each of them aside."""
        if len(broken) > _MANY and len(broken) > usable:
            line, reason, _ = broken[0]
            raise UnreadableInput(
                f"{Place(self.sample.export.name, line)}: the line {reason}, and most lines are like it; "
                "the file is damaged, so download it again."
            )


def _plain(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def _after(block: Block, lines: int) -> Block:
    """Return the block without its first lines."""
    position = 0
    for _ in range(lines):
        position = block.text.find(b"\n", position) + 1
    return Block(block.first_line + lines, block.lines - lines, block.text[position:])


def _as_text(column: pa.Array) -> pa.Array:
    """Return lists as JSON text and whole numbers as text; leave texts and exact numbers as they are."""
    if pa.types.is_list(column.type):
        return pa.array([json.dumps(items) if items else None for items in column.to_pylist()], pa.string())
    return column.cast(pa.string()) if pa.types.is_int64(column.type) else column


def _numbers_of_lines(block: Block, rows: int, *, quoted: bool) -> pa.Array | None:
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
