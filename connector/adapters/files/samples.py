"""Looks at the beginning of a file and says how it is written, and which fields its records have."""

import codecs
import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from connector.adapters.files.opening import HEAD, Export, NotAnExport
from connector.domain.errors import Place, UnreadableInput

_LOOKED_AT = 100
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_NOT_LETTERS = re.compile(r"[^0-9a-z]+")


class Shape(StrEnum):
    """How a file is written."""

    CSV = "csv"
    LINES = "JSON Lines"
    DOCUMENT = "JSON"
    WORKBOOK = "Excel workbook"


@dataclass(frozen=True, slots=True)
class Sample:
    """The beginning of a file: its shape, the names of its fields as written, and its first records.

    For CSV `names` is the header in order; `header_line` is the number of its last line. `separator` is what the
    columns of a CSV are separated by, where it is not a comma.
    """

    export: Export
    shape: Shape
    names: tuple[str, ...]
    records: tuple[Mapping[str, Any], ...] = ()
    header_line: int = 0
    separator: str = ""

    @property
    def keys(self) -> frozenset[str]:
        """The names without case, blanks and punctuation."""
        return frozenset(key_of(name) for name in self.names)


class Numeral(str):
    """A number of a JSON document, as it was written there."""

    __slots__ = ()


def key_of(name: str) -> str:
    """Return a field's name without case, blanks and punctuation: `ERP Price` and `erpPrice` are one."""
    return _NOT_LETTERS.sub("", name.lower())


def parse_json(text: str) -> Any:
    """Parse JSON, every number kept as the text it was written in. Raises ValueError, also for a name given twice."""
    try:
        return json.loads(
            text, parse_float=Numeral, parse_int=Numeral, parse_constant=Numeral, object_pairs_hook=_once_each
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} is there twice")
    return record


def flatten(record: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Return a record with the fields of nested records named like `product.id`; lists become JSON text."""
    flat: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{before}{name}.")
        elif isinstance(value, list):
            flat[before + name] = json.dumps(value, ensure_ascii=False) if value else None
        elif isinstance(value, bool):
            flat[before + name] = str(value).lower()
        else:
            flat[before + name] = value
    return flat


def sample(export: Export) -> Sample:
    """Look at the beginning of a file. Raises UnreadableInput where it is no text with records in it."""
    head = export.head().removeprefix(codecs.BOM_UTF8)
    text = head.decode(errors="replace")
    start = text.lstrip()
    if not start:
        raise NotAnExport(f"{export.name}: the file is empty.")
    if start[0] in "{[":
        return _json_sample(export, start, complete=len(head) < HEAD)
    return _csv_sample(export, text)


def _json_sample(export: Export, text: str, *, complete: bool) -> Sample:
    lines = text.split("\n")[:_LOOKED_AT]
    first = _object(lines[0])
    objects = [record for line in lines if (record := _object(line)) is not None]
    if first is not None and not isinstance(first.get("items"), list):
        return Sample(export, Shape.LINES, _names(objects), tuple(objects))
    if complete:
        try:
            records = records_in(parse_json(text))
        except ValueError as wrong:
            if objects and text[0] == "{":
                return Sample(export, Shape.LINES, _names(objects), tuple(objects))
            raise UnreadableInput(f"{export.name}: looks like JSON but is not ({wrong}).") from wrong
    elif objects and text[0] == "{" and lines[0].rstrip()[1:]:
        return Sample(export, Shape.LINES, _names(objects), tuple(objects))
    else:
        records = _first_records(text)
    return Sample(export, Shape.DOCUMENT, _names(records), tuple(records[:_LOOKED_AT]))


def records_in(document: Any) -> list[Mapping[str, Any]]:
    """Return the records of a JSON document: a list, a collection with `items` (or `value`), or one object."""
    if isinstance(document, Mapping):
        for name in ("items", "value"):
            if isinstance(document.get(name), list):
                return _with_amendments(document[name])
        return _with_amendments([document])
    return _with_amendments(document) if isinstance(document, list) else []


def _with_amendments(records: list[Any]) -> list[Mapping[str, Any]]:
    """Return the records, after each the credit notes that lie inside it."""
    found: list[Mapping[str, Any]] = []
    for record in records:
        if isinstance(record, Mapping):
            found.append(record)
            inside = record.get("amendments")
            found += _with_amendments(inside) if isinstance(inside, list) else []
    return found


def _first_records(text: str) -> list[Mapping[str, Any]]:
    """Return the first whole records of a JSON document of which only the beginning is known."""
    decoder = json.JSONDecoder(parse_float=Numeral, parse_int=Numeral, parse_constant=Numeral)
    start = re.match(r"\[\s*", text) or re.search(r'"(?:items|value)"\s*:\s*\[\s*', text)
    records: list[Mapping[str, Any]] = []
    position = start.end() if start else len(text)
    while position < len(text) and len(records) < _LOOKED_AT:
        try:
            record, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            break
        if isinstance(record, Mapping):
            records.append(record)
        position += len(text[position:]) - len(text[position:].lstrip(", \r\n\t"))
    return records


def _object(line: str) -> Mapping[str, Any] | None:
    try:
        record = parse_json(line)
    except ValueError:
        return None
    return record if isinstance(record, Mapping) else None


def _names(records: list[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for record in records for name in flatten(record)))


def _csv_sample(export: Export, text: str) -> Sample:
    if "\r" in text and "\n" not in text:
        raise UnreadableInput(
            f"{export.name}: the lines end with carriage returns alone, as in CSV (Macintosh); save it as CSV (UTF-8)."
        )
    rows = csv.reader(io.StringIO(text, newline=""))
    header: list[str] = []
    try:
        for header in rows:
            if any(cell.strip() for cell in header) and not header[0].lower().startswith("sep="):
                break
    except csv.Error as wrong:
        raise UnreadableInput(f"{Place(export.name, rows.line_num)}: not readable as CSV ({wrong}).") from wrong
    if len(header) == 1:
        for separator, spoken in _SEPARATORS.items():
            if header[0].count(separator) > 3:
                names = tuple(cell.strip() for cell in header[0].split(separator))
                return Sample(export, Shape.CSV, names, header_line=rows.line_num, separator=spoken)
    return Sample(export, Shape.CSV, tuple(cell.strip() for cell in header), header_line=rows.line_num)
