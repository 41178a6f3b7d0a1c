"""Turns the texts in exported files into days, exact numbers and clean ids, and says which cells make no sense."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connector.adapters.files.schemas import EXACT_NUMBER
from connector.domain.errors import ConnectorError
from connector.domain.money import EXACT
from connector.domain.tables import NUMBER_PRECISION, NUMBER_SCALE

_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T ]\s*(\d{1,2}):\s*(\d{2})(?::\s*(\d{2})(?:\.\d+)?)?\s*(Z|z|[+-]\d{2}:?\d{2})?)?"
)
_AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:\s+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[AaPp][Mm])?)?")
_COMMA_NUMBER = re.compile(r"[-+]?[\d.  ']*\d,\d[\d,]*(\.\d+)?")
_SPREADSHEET_NUMBER = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+")
_DAMAGED = "is damaged, as spreadsheets do with long ids; export the file again and do not open it in Excel"
_CUT_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{0,4}(?:-[0-9a-f]{0,4}(?:-[0-9a-f]{0,4}(?:-[0-9a-f]{0,11})?)?)?")
_GUID_LENGTH = 36
# What web pages and chats leave around a text that is copied from them: zero-width spaces, joiners and marks.
_AROUND = re.compile(r"\A[\s\u200b-\u200f\u2060\ufeff]+|[\s\u200b-\u200f\u2060\ufeff]+\Z")
_FRACTION = re.compile(r"(\.\d{6})\d+")
# Microsoft writes "never" and "no end" as dates in these years.
_NEVER = frozenset({1, 1601, 1753})
_NO_END = 9000
_LARGEST = Decimal(10) ** (NUMBER_PRECISION - NUMBER_SCALE)


class BadCell(ConnectorError):
    """A cell makes the record unusable; the message completes the sentence "this …"."""


class ForeignSpelling(ConnectorError):
    """A cell shows that the whole file was written for another country; the message says how.

    `row` is the first such row of the column, from 0.
    """

    row = 0


def trimmed(text: str) -> str:
    """Take off the blanks around a text, those nobody sees included."""
    return text.strip() if text.isascii() else _AROUND.sub("", text)


def read_number(text: str) -> Decimal | None:
    """Make an exact number of a text; blank is None. Raises BadCell, or ForeignSpelling for a comma."""
    text = trimmed(text)
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        if _COMMA_NUMBER.fullmatch(text):
            raise ForeignSpelling(
                "has a comma; numbers are read with a decimal point and without thousands separators (1234.50), "
                "so export the file again in English (United States)"
            ) from None
        raise BadCell("is not a number") from None
    if "_" in text:
        raise BadCell("is not a number")
    return check_number(number)


def check_number(number: Decimal) -> Decimal:
    """Return the number if the tables can hold every digit of it. Raises BadCell."""
    if not number.is_finite():
        raise BadCell("is not a finite number")
    if number and number.adjusted() >= _LARGEST.adjusted():
        raise BadCell(f"is larger than {_LARGEST:.0e}")
    kept = number.quantize(Decimal(1).scaleb(-NUMBER_SCALE), context=EXACT)
    if number != kept:
        raise BadCell(f"has more than {NUMBER_SCALE} digits after the decimal point")
    return kept


@lru_cache(maxsize=65536)
def read_day(text: str) -> date | None:
    """Make a day (UTC) of a date in any of Microsoft's spellings; blank and "never" are None.

    Raises BadCell, or ForeignSpelling for a date written day first.
    """
    text = trimmed(text)
    if not text:
        return None
    try:
        if iso := _ISO.fullmatch(text):
            year, month, day = (int(part) for part in iso.group(1, 2, 3))
            if year in _NEVER or year >= _NO_END:
                return None
            zone = iso.group(7)
            if zone is None or zone in "Zz":
                return date(year, month, day)
            sign = -1 if zone[0] == "-" else 1
            offset = timezone(sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])))
            moment = datetime(
                year, month, day, int(iso.group(4)), int(iso.group(5)), int(iso.group(6) or 0), tzinfo=offset
            )
            return moment.astimezone(UTC).date()
        if american := _AMERICAN.fullmatch(text):
            month, day, year = (int(part) for part in american.group(1, 2, 3))
            if year in _NEVER or year >= _NO_END:
                return None
            if month > 12 and day <= 12:
                raise ForeignSpelling(
                    "is written day first; dates are read as 2026-10-31 or month first (10/31/2026), "
                    "so export the file again in English (United States)"
                )
            return date(year, month, day)
    except ValueError:
        raise BadCell("is not a day of the calendar") from None
    raise BadCell("is not a date; write it like 2026-10-31")


def read_moment(text: str) -> str | None:
    """Write a moment as ISO 8601 in UTC; without a zone it is UTC. Raises BadCell."""
    text = trimmed(text)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(_FRACTION.sub(r"\1", text))
    except ValueError:
        raise BadCell("is not a moment; write it like 2026-10-31T02:00:00Z") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")


def read_guid(text: str) -> str | None:
    """Clean an id that is a GUID: lower case. Raises BadCell where a spreadsheet damaged it."""
    text = trimmed(text).lower()
    if len(text) < _GUID_LENGTH and (_SPREADSHEET_NUMBER.fullmatch(text) or _CUT_GUID.fullmatch(text)):
        raise BadCell(_DAMAGED)
    return text or None


def read_product(text: str) -> str | None:
    """Clean a product id: upper case. Raises BadCell where a spreadsheet damaged it."""
    text = trimmed(text).upper()
    if _SPREADSHEET_NUMBER.fullmatch(text):
        raise BadCell(_DAMAGED)
    return text or None


def read_sku(text: str) -> str | None:
    """Clean a sku id: upper case, and the leading zeros a spreadsheet took away. Raises BadCell."""
    text = read_product(text) or ""
    return (text.zfill(4) if text.isdigit() else text) or None


def blank_to_null(column: pa.Array) -> pa.Array:
    """Return the column with empty texts as nulls, without copying the texts."""
    filled = pc.fill_null(pc.greater(pc.binary_length(column), 0), False)
    if column.offset or filled.offset:
        return pc.if_else(filled, column, pa.scalar(None, column.type))
    _, offsets, texts = column.buffers()
    return pa.Array.from_buffers(column.type, len(column), [filled.buffers()[1], offsets, texts])


def each_distinct(
    column: pa.Array, read: Callable[[str], Any], kind: pa.DataType
) -> tuple[pa.Array, dict[int, BadCell]]:
    """Read every distinct text of a column once; return the new column and the rows that make no sense.

    Raises ForeignSpelling, its `row` being the first row that shows it.
    """
    encoded = column.dictionary_encode()
    values: list[Any] = []
    bad: dict[int, BadCell] = {}
    for code, text in enumerate(encoded.dictionary.to_pylist()):
        try:
            values.append(read(text))
        except BadCell as fault:
            values.append(None)
            bad[code] = fault
        except ForeignSpelling as fault:
            fault.row = pc.index(encoded.indices, code).as_py()
            raise
    result = pa.array(values, kind).take(encoded.indices)
    if not bad:
        return result, {}
    rows = pc.indices_nonzero(pc.is_in(encoded.indices, pa.array(list(bad), encoded.indices.type)))
    return result, {row: bad[encoded.indices[row].as_py()] for row in rows.to_pylist()}


def to_numbers(column: pa.Array) -> tuple[pa.Array, dict[int, BadCell]]:
    """Make exact numbers of a column of texts or of wide numbers; see each_distinct for what comes back."""
    if not pa.types.is_string(column.type):
        try:
            return column.cast(EXACT_NUMBER), {}
        except pa.ArrowInvalid:
            return each_distinct(column.cast(pa.string()), read_number, EXACT_NUMBER)
    column = blank_to_null(column)
    try:
        return column.cast(EXACT_NUMBER), {}
    except pa.ArrowInvalid:
        return each_distinct(column, read_number, EXACT_NUMBER)


def to_guids(column: pa.Array) -> tuple[pa.Array, dict[int, BadCell]]:
    """Make clean GUIDs of a column of texts; undamaged ones, which are the rule, all at once."""
    if pc.all(pc.equal(pc.binary_length(column), _GUID_LENGTH)).as_py():
        return pc.ascii_lower(column), {}
    return each_distinct(column, read_guid, pa.string())


def to_codes(column: pa.Array) -> tuple[pa.Array, dict[int, BadCell]]:
    """Take the blanks off around texts that are codes; where no text has any, which is the rule, all at once."""
    if has_no_blanks(column):
        return blank_to_null(column), {}
    return each_distinct(column, lambda text: trimmed(text) or None, pa.string())


def to_ledger_ids(column: pa.Array) -> tuple[pa.Array, dict[int, BadCell]]:
    """Make codes of a column of texts, and tell those that a spreadsheet made into numbers like 1.23457E+15."""
    ids, bad = to_codes(column)
    damaged = pc.match_substring_regex(ids, f"^{_SPREADSHEET_NUMBER.pattern}$")
    return ids, bad | {row: BadCell(_DAMAGED) for row in pc.indices_nonzero(damaged).to_pylist()}


def has_no_blanks(column: pa.Array) -> bool:
    """Tell whether all texts are of visible ASCII characters only, so that none has anything around it."""
    if not pa.types.is_string(column.type) or column.offset:
        return False
    _, _, texts = column.buffers()
    letters = np.frombuffer(texts, np.uint8) if texts is not None else np.empty(0, np.uint8)
    return not letters.size or bool(letters.min() > ord(" ") and letters.max() < ord("\x7f"))


def to_days(column: pa.Array) -> tuple[pa.Array, dict[int, BadCell]]:
    """Make days of a column of texts."""
    return each_distinct(column, read_day, pa.date32())
