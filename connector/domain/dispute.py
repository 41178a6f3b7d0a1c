"""An over-charge of Microsoft's that was put to Microsoft: what was claimed, how it stands, and what came back."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class Standing(StrEnum):
    """How a dispute stands: not raised yet, raised, credited (in whole or in part) or refused."""

    OPEN = "open"
    RAISED = "raised"
    CREDITED = "credited"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Dispute:
    """The state of a dispute about a finding; amounts are in its currency, `case` is Microsoft's number."""

    fingerprint: str
    state: Standing
    claimed: Decimal
    recovered: Decimal
    currency: str
    case: str
    note: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DisputedLine:
    """A line of Microsoft's invoice with what the price sheet says it should have cost; prices are a seat and cycle."""

    invoice: str
    ref: str
    line: int
    row_hash: str
    charge_type: str
    first: date
    last: date
    quantity: Decimal
    charged_unit: Decimal
    expected_unit: Decimal
    charged: Decimal
    expected: Decimal
    currency: str
    sheet: str
    sheet_line: int
    rule: str

    @property
    def difference(self) -> Decimal:
        """What was charged too much."""
        return self.charged - self.expected
