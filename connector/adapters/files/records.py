"""Reads the records of a file block by block into columns of text and wide numbers, whatever its shape."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.json as arrow_json

from connector.adapters.files.columns import Columns, Fields, after, as_text, numbers_of_lines, plain
from connector.adapters.files.opening import Block
from connector.adapters.files.samples import Numeral, Sample, Shape, flatten, key_of, parse_json, records_in
from connector.adapters.files.schemas import WIDE_NUMBER
from connector.domain.errors import Place, UnreadableInput

LARGEST_DOCUMENT = 512 << 20
_MANY = 1000
_WHOLE = re.compile(r"-?\d{1,18}")
# Every line of money has one; a fast reading that finds none has looked for the field under a name it does not have.
_TELLTALE = "currency"


class Layout:
    """Where a file has the fields of a format. Raises UnreadableInput where a field is there twice."""

    def __init__(self, sample: Sample, fields: Fields) -> None:
        self.sample, self.fields = sample, fields
        self.keys = fields.by_key()
        self.names: dict[str, str] = {}
        self.positions: dict[str, int] = {}
        self._unseen: tuple[bytes, ...] = ()
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
        if sample.shape is Shape.LINES:
            absent = [
                names[0] for ours, names in fields.names.items() if ours not in self.names and "." not in names[0]
            ]
            self._unseen = tuple(f'"{way}"'.encode() for name in absent for way in {name, name[0].lower() + name[1:]})

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
        # A field that the first records leave out may be in later ones.
        if schema is None or any(name in block.text for name in self._unseen):
            return self._json_slowly(block)
        try:
            table = arrow_json.read_json(
                pa.BufferReader(block.text),
                read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(block.text) + 1),
                parse_options=arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
            )
        except pa.ArrowInvalid:
            return self._json_slowly(block)
        lines = numbers_of_lines(block, table.num_rows, quoted=False)
        telltale = self.names.get(_TELLTALE)
        if lines is None or (telltale is not None and table.column(telltale).null_count):
            return self._json_slowly(block)
        columns = {ours: as_text(plain(table.column(theirs))) for ours, theirs in self.names.items()}
        return self._columns(lines, columns)

    def _json_schema(self) -> pa.Schema | None:
        """Say which type each field has, judged by the first records; None where Arrow cannot read it so."""
        types: list[tuple[str, pa.DataType]] = []
        for ours, theirs in self.names.items():
            if "." in theirs and not any(theirs in record for record in self.sample.records):
                return None
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
            block = after(block, self.sample.header_line)
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
        lines = numbers_of_lines(block, table.num_rows, quoted=True)
        if lines is None:
            return self._csv_slowly(block)
        return self._columns(lines, {ours: plain(table.column(name)) for ours, name in wanted.items()})

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
                many = f"{len(row)} column{'s' if len(row) > 1 else ''}"
                broken.append((line, f"has {many} where the header has {width}", ",".join(row)))
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
