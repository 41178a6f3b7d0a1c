"""What a property of a QuickBooks object may hold, and how a value that comes in is read.

Reading turns JSON into the form the company keeps: numbers are exact Decimals, days and texts are checked, null is
left out, and a property nobody knows is refused at once, as Intuit's own reader does it. A number may come as text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from connector.sandbox.quickbooks.refusals import (
    Refused,
    Said,
    invalid_id,
    invalid_property,
    invalid_string,
    too_long,
    unknown_property,
)

_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(T.*)?")
_ID = re.compile(r"-?[A-Za-z0-9-]+")


@dataclass(slots=True)
class Reading:
    """One object being read: the characters its company can hold, and what was wrong so far."""

    latin: bool = False
    errors: list[Said] = field(default_factory=list)

    def finish(self) -> None:
        """Refuse the object if anything was wrong with it."""
        if self.errors:
            raise Refused(self.errors)


class Kind(Protocol):
    """What a property may hold."""

    def read(self, value: Any, name: str, reading: Reading) -> Any:
        """The value as it is kept; None leaves the property out."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """Text up to a length; `plain` forbids the characters that names must not have. Empty text empties the field."""

    limit: int | None = None
    plain: bool = False

    def read(self, value: Any, name: str, reading: Reading) -> str:
        """Numbers are taken as the text they are written with."""
        if isinstance(value, dict | list):
            raise invalid_property(
                f"Can not deserialize instance of java.lang.String out of START_OBJECT token: {name}"
            )
        text = ("true" if value else "false") if isinstance(value, bool) else str(value)
        if self.limit is not None and len(text) > self.limit:
            reading.errors.append(too_long(self.limit, len(text), name))
        if self.plain and re.search(r"[:\t\n\r]", text):
            reading.errors.append(invalid_string(text, name))
        if reading.latin and not text.isascii():
            try:
                text.encode("iso-8859-1")
            except UnicodeEncodeError:
                reading.errors.append(invalid_string(text, name))
        return text


class Number:
    """An exact number, given as a number or as the text of one."""

    def read(self, value: Any, name: str, reading: Reading) -> Decimal | None:
        """Empty text is no number."""
        if value == "":
            return None
        try:
            if isinstance(value, bool | dict | list):
                raise InvalidOperation
            number = Decimal(str(value).strip())
            if not number.is_finite():
                raise InvalidOperation
        except InvalidOperation:
            raise invalid_property(
                f"Can not construct instance of java.math.BigDecimal from String value '{value}' ({name}): "
                "not a valid representation"
            ) from None
        return number


class Flag:
    """True or false."""

    def read(self, value: Any, name: str, reading: Reading) -> bool | None:
        """The words true and false are taken as well."""
        if isinstance(value, bool):
            return value
        if value == "":
            return None
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise invalid_property(f"Can not construct instance of java.lang.Boolean from '{value}' ({name})")


class Day:
    """A calendar day, written YYYY-MM-DD; a time behind it is dropped."""

    def read(self, value: Any, name: str, reading: Reading) -> str | None:
        """Empty text is no day."""
        if value == "":
            return None
        found = _DAY.fullmatch(value) if isinstance(value, str) else None
        try:
            return date.fromisoformat(found[1] if found else "").isoformat()
        except ValueError:
            detail = f"The date value must be a valid value. Supplied value:{value}"
            reading.errors.append(Said("2070", "Invalid Date", detail, name))
            return None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    owner: str
    words: tuple[str, ...]

    def read(self, value: Any, name: str, reading: Reading) -> str | None:
        """Empty text is no choice."""
        if value == "":
            return None
        if value not in self.words:
            raise invalid_property(
                f"Can not construct instance of com.intuit.schema.finance.v3.{self.owner} from String value "
                f"'{value}': value not one of declared Enum instance names: [{', '.join(self.words)}]"
            )
        return str(value)


class Key:
    """An id, always kept as text."""

    def read(self, value: Any, name: str, reading: Reading) -> str | None:
        """Empty text is no id."""
        if value == "":
            return None
        if isinstance(value, dict | list | bool) or not _ID.fullmatch(str(value)):
            raise invalid_id(value)
        return str(value)


class Anything:
    """Something Intuit keeps for itself: taken as it is, and dropped."""

    def read(self, value: Any, name: str, reading: Reading) -> None:
        """Nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Part:
    """An object within the object, with properties of its own."""

    owner: str
    shape: Mapping[str, Kind]

    def read(self, value: Any, name: str, reading: Reading) -> dict[str, Any] | None:
        """What is null within it is left out; what is unknown is refused."""
        if value == "":
            return None
        if not isinstance(value, dict):
            raise invalid_property(
                f"Can not deserialize instance of com.intuit.schema.finance.v3.{self.owner} ({name})"
            )
        return read_object(value, self.owner, self.shape, reading)


class Ref:
    """A reference: the id counts, the name is for people; one without an id refers to nothing."""

    _names: tuple[str, ...] = ("value", "name", "type")

    def read(self, value: Any, name: str, reading: Reading) -> dict[str, Any] | None:
        """Only the id (and the type, where there is one) are kept."""
        if value == "":
            return None
        if not isinstance(value, dict):
            raise invalid_property(f"Can not deserialize instance of ReferenceType ({name})")
        for key in value:
            if key not in self._names:
                raise unknown_property(key, "ReferenceType", list(self._names))
        key = value.get("value")
        if key is None or key == "":
            return None
        kept: dict[str, Any] = {"value": Text().read(key, name, reading)}
        if value.get("type"):
            kept["type"] = str(value["type"])
        return kept


@dataclass(frozen=True, slots=True)
class Many:
    """A list of one kind."""

    kind: Kind

    def read(self, value: Any, name: str, reading: Reading) -> list[Any] | None:
        """One thing without brackets is a list of one, as Intuit's reader takes it."""
        if value == "":
            return None
        given = value if isinstance(value, list) else [value]
        read = (self.kind.read(one, name, reading) for one in given if one is not None)
        return [one for one in read if one is not None]


def read_object(value: Mapping[str, Any], owner: str, shape: Mapping[str, Kind], reading: Reading) -> dict[str, Any]:
    """Read an object's properties; raises Refused (2010) for one that its class does not have."""
    kept: dict[str, Any] = {}
    for name, given in value.items():
        kind = shape.get(name)
        if kind is None:
            raise unknown_property(name, owner, list(shape))
        if given is None:
            continue
        read = kind.read(given, name, reading)
        if read is not None:
            kept[name] = read
    return kept
