"""Bindings: which subscription is billed on which ledger lines, since when, and why we think so."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, order=True)
class Binding:
    """One tie between a subscription and a ledger: to a customer and item (by the mapping), or to a line as well.

    `source` is mapping or posting. Of a posting, `document` is the key, `number` the document's number in the ledger
    and `line` the line's number; `first` and `last` are the days that the line bills (of a mapping: from when and
    until when its rules hold; None = open). A subscription has one ledger customer at a time, and any number of lines.
    """

    subscription_id: str
    ledger: str
    customer: str
    item: str
    source: str
    first: date | None = None
    last: date | None = None
    document: str = ""
    number: str = ""
    line: int = 0
    tenant_id: str = ""
