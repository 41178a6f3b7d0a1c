"""Reads single values of Business Central's JSON: ids, options, amounts, days and moments, exactly as written.

Business Central writes nothing as null: an empty id is all zeros, an empty day is 0001-01-01.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connector.adapters.business_central.language import decoded
from connector.domain.errors import ConnectorError
from connector.domain.money import ZERO, InexactAmount, to_decimal

Body = Mapping[str, Any]
"""A record as Business Central sends it, numbers read as int or Decimal."""

NO_ID = "00000000-0000-0000-0000-000000000000"
_NO_YEAR = 1


class Unreadable(ConnectorError):
    """A record of Business Central lacks what it needs or holds something that is none; it is set aside."""


def text(value: object) -> str:
    """A text; empty where there is none."""
    return "" if value is None or isinstance(value, bool) else str(value).strip()


def key(value: object) -> str:
    """An id in small letters; empty where it is blank."""
    written = text(value).lower()
    return "" if written == NO_ID else written


def option(value: object) -> str:
    """An option as people read it; empty where it is blank."""
    return decoded(text(value))


def parts(body: Body, name: str) -> Sequence[Body]:
    """The records of a list; none where there is no list."""
    found = body.get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def amount(value: object, where: str = "") -> Decimal | None:
    """A number, exact to the digit; None where there is none. Raises Unreadable for what is no number."""
    if value is None or value == "":
        return None
    try:
        return to_decimal(value)
    except InexactAmount as wrong:
        raise Unreadable(f"{where}: {wrong}") from wrong


def amount_or_zero(value: object, where: str = "") -> Decimal:
    """A number, zero where there is none."""
    found = amount(value, where)
    return ZERO if found is None else found


def day(value: object) -> date | None:
    """A calendar day; None where it is blank or cannot be read."""
    try:
        found = date.fromisoformat(text(value)[:10])
    except ValueError:
        return None
    return None if found.year == _NO_YEAR else found


def moment(value: object) -> datetime | None:
    """A moment in UTC; None where it is blank or cannot be read."""
    try:
        found = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    if found.year == _NO_YEAR:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def flag(value: object) -> bool:
    """Yes or no."""
    return value is True or text(value).lower() == "true"
