"""A credit of Microsoft's with what it takes back, what was charged anew instead, and what the customer got of it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

CREDIT_NOTE, VOID_NOTE = "credit_note", "void_note"


@dataclass(frozen=True, slots=True)
class Note:
    """A document of Microsoft's that takes an invoice back, wholly (void note) or in part: `amends` is that invoice.

    `day` is the day it was made out, `total` its gross amount, positive; both None where they are not known.
    """

    number: str
    kind: str
    amends: str
    day: date | None
    total: Decimal | None
    currency: str

    @property
    def words(self) -> str:
        """What it is, for people."""
        day = f" of {self.day}" if self.day else ""
        of = f" on invoice {self.amends}" if self.amends else ""
        return f"{self.kind.replace('_', ' ')} {self.number}{day}{of}"


@dataclass(frozen=True, slots=True)
class CreditChain:
    """Everything Microsoft gave back on an invoice for one subscription (or customer and item), netted once.

    `original` is the invoice, `notes` the documents that take it back (none: the credit stands on the invoice itself),
    `rebills` the invoices that charge it anew. `vendor` is what Microsoft gives back net of what it charged anew,
    before tax; `due` what that is by the customer's rules, `given` what the customer got (by `documents`) and
    `outstanding` what the customer is still over-charged; all positive where the customer is to get money. `since` is
    its day, `age` the days until the end of the month that is reported.
    """

    since: date
    original: str
    notes: tuple[str, ...]
    rebills: tuple[str, ...]
    customer: str
    product: str
    subscription_id: str
    vendor: Decimal
    vendor_currency: str
    due: Decimal
    given: Decimal
    outstanding: Decimal
    currency: str
    documents: tuple[str, ...]
    findings: tuple[str, ...]
    key: tuple[str, ...]
    age: int = 0
