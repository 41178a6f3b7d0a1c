"""Writes questions in Business Central's dialect of OData, with every text in them quoted so that it stays a text.

Only what the service is known to understand is written: it ignores some operators silently, and would give everything
(facts: Business Central §2). `or` stands between values of the same field alone.
"""

import re
import unicodedata
from datetime import UTC, date, datetime

from connector.domain.errors import ConnectorError

MOST_IN_BATCH = 100
"""Most questions that Business Central takes in one batch."""
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_ENCODED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_PLAIN = re.compile(r"[A-Za-z0-9_]")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LONGEST = 250


class NoFilter(ConnectorError):
    """A text cannot be asked for: it holds a control character or is longer than any field."""


def literal(value: str) -> str:
    """Quote a text: a quote is written twice. Raises NoFilter for what no field can hold."""
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in value):
        raise NoFilter(f"{value!r} holds a control character; take it out, then ask again.")
    if len(value) > _LONGEST:
        raise NoFilter(f"{value[:40]!r}… is longer than any field of Business Central; shorten it.")
    return "'" + value.replace("'", "''") + "'"


def equals(field: str, value: str) -> str:
    """A field has exactly this value."""
    return f"{_field(field)} eq {literal(value)}"


def one_of(field: str, *values: str) -> str:
    """A field has one of these values."""
    asked = " or ".join(f"{_field(field)} eq {literal(value)}" for value in values)
    return f"({asked})" if len(values) > 1 else asked


def begins_with(field: str, value: str) -> str:
    """A text begins so."""
    return f"startswith({_field(field)},{literal(value)})"


def from_day(field: str, day: date) -> str:
    """A field's day is this one or later."""
    return f"{_field(field)} ge {day.isoformat()}"


def to_day(field: str, day: date) -> str:
    """A field's day is this one or earlier."""
    return f"{_field(field)} le {day.isoformat()}"


def after(field: str, moment: datetime) -> str:
    """A field's moment is later than this one. Raises ValueError without an offset."""
    if moment.tzinfo is None:
        raise ValueError("a moment without its offset means another one at Business Central")
    return f"{_field(field)} gt {moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def together(*conditions: str) -> str:
    """All of these hold."""
    return " and ".join(conditions)


def names(fields: tuple[str, ...]) -> str:
    """Fields or parts, as $select and $expand list them."""
    return ",".join(map(_field, fields))


def is_id(value: str) -> bool:
    """Whether a text has the form of Business Central's own ids, which alone may stand in an address."""
    return bool(_ID.fullmatch(value))


def address(page: str, record_id: str, *rest: str) -> str:
    """The address of one record below the company. Raises NoFilter where the id is none."""
    if not is_id(record_id):
        raise NoFilter(f"{record_id!r} is no id of Business Central (a GUID).")
    return "/".join((f"{_field(page)}({record_id})", *rest))


def encoded(name: str) -> str:
    """An option as it travels: every sign but letters, digits and _ as _xHHHH_; a blank one is _x0020_."""
    return "".join(char if _PLAIN.fullmatch(char) else f"_x{ord(char):04X}_" for char in name or " ")


def decoded(name: str) -> str:
    """An option as people read it, however it came; blank ones are empty."""
    return _ENCODED.sub(lambda found: chr(int(found[1], 16)), name).strip()


def _field(name: str) -> str:
    if not _FIELD.fullmatch(name):
        raise ValueError(f"{name!r} is no field of Business Central")
    return name
