"""Reads single values of QuickBooks' JSON: ids, amounts, days and moments, each as exactly as it was written."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connector.domain.errors import ConnectorError
from connector.domain.money import ZERO, InexactAmount, to_decimal

Body = Mapping[str, Any]
"""An entity as QuickBooks sends it, numbers read as int or Decimal."""

_DELETED = re.compile(r"\s*\(deleted(?:-\d+)?\)$")


class Unreadable(ConnectorError):
    """A record of QuickBooks lacks what it needs or holds something that is none; it is set aside."""


def text(value: object) -> str:
    """A text, or an id however it was written; empty where there is none."""
    return "" if value is None or isinstance(value, bool) else str(value).strip()


def part(body: Body, *path: str) -> Any:
    """What lies under a path of keys; None where it ends before."""
    found: Any = body
    for key in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(key)
    return found


def parts(body: Body, key: str) -> Sequence[Body]:
    """The objects of a list; none where there is no list."""
    found = body.get(key)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def ref(body: Body, key: str) -> str:
    """The id that a reference points to; empty where there is none."""
    return text(part(body, key, "value"))


def ref_name(body: Body, key: str) -> str:
    """The name beside a reference, as people see it."""
    return text(part(body, key, "name"))


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
    """A calendar day; of a moment, the day it has where it was written. None where there is none."""
    written = text(value)
    try:
        return date.fromisoformat(written[:10]) if written else None
    except ValueError:
        return None


def moment(value: object) -> datetime | None:
    """A moment in UTC, whatever clock the company keeps; None where there is none."""
    written = text(value)
    try:
        found = datetime.fromisoformat(written) if written else None
    except ValueError:
        return None
    if found is None:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def flag(value: object) -> bool:
    """Yes or no; QuickBooks writes both as a word in some places."""
    return value is True or text(value).lower() == "true"


def own_name(name: str, active: bool) -> str:
    """A record's name without the word that QuickBooks puts behind the name of an inactive one."""
    return name if active else _DELETED.sub("", name)
