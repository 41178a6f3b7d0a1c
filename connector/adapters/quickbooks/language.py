"""Writes queries in QuickBooks' own language, with every text in them quoted so that it stays a text."""

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime

from connector.domain.errors import ConnectorError

PAGE = 1000
"""Most records that QuickBooks gives at once."""


class NoQuery(ConnectorError):
    """A text cannot be asked for: it holds a control character, which QuickBooks' language has no way to write."""


def literal(value: str) -> str:
    r"""Quote a text: backslashes and quotes get a backslash before them. Raises NoQuery for control characters."""
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in value):
        raise NoQuery(f"{value!r} holds a control character; take it out, then ask again.")
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def select(entity: str, *conditions: str, start: int = 1, most: int = PAGE) -> str:
    """Ask for one page of an entity, in the order of ids, which no later change upsets; `start` counts from 1."""
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT * FROM {entity}{where} ORDERBY Id STARTPOSITION {start} MAXRESULTS {most}"  # noqa: S608 - quoted


def rate_on(currency: str, day: str) -> str:
    """Ask for the company's exchange rate of a currency on a day."""
    wanted = f"{equals('SourceCurrencyCode', currency)} AND {equals('AsOfDate', day)}"
    return f"SELECT * FROM ExchangeRate WHERE {wanted}"  # noqa: S608 - quoted


def count(entity: str, *conditions: str) -> str:
    """Ask how many there are."""
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT COUNT(*) FROM {entity}{where}"  # noqa: S608 - quoted


def equals(field: str, value: str) -> str:
    """A field has exactly this value, apart from upper and lower case."""
    return f"{field} = {literal(value)}"


def begins_with(field: str, value: str) -> str:
    """A field begins so; a percent sign in it would stand for anything, and is refused. Raises NoQuery."""
    if "%" in value:
        raise NoQuery(f"{value!r} holds a percent sign, which QuickBooks takes for any text; choose another beginning.")
    return f"{field} LIKE {literal(f'{value}%')}"


def from_day(field: str, day: date) -> str:
    """A field's day is this one or later."""
    return f"{field} >= {literal(day.isoformat())}"


def one_of(field: str, values: Sequence[str]) -> str:
    """A field has one of these values."""
    return f"{field} IN ({', '.join(map(literal, values))})"


def active_and_not() -> str:
    """Inactive records too, which QuickBooks leaves out unless it is asked for both."""
    return "Active IN (true, false)"


def stamp(moment: datetime) -> str:
    """A moment with its offset, to the second, as QuickBooks reads it. Raises ValueError without an offset."""
    if moment.tzinfo is None:
        raise ValueError("a moment without its offset means another one at QuickBooks")
    return moment.isoformat(timespec="seconds")
