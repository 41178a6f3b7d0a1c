"""Bindings: the ties between what a customer holds at Microsoft and the ledger lines it is billed on, with history."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connector.domain.rules import ALWAYS, Validity


class Origin(StrEnum):
    """How a tie is known: from the mapping, from what we posted, or from a reference that a ledger line carries."""

    MAPPING = "mapping"
    POSTING = "posting"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A subscription tied to a ledger customer's item, or to one line of one document.

    Without `document_id` it is a standing one: every line of that customer and item may bill the subscription on the
    days of `valid`, and at any day it points to one ledger customer. With it, it is a fact about that line, `valid`
    being the days that the line bills. `first_seen` and `last_seen` are when we knew. One that newer
    knowledge took the place of, for all its days, is `superseded_at` that moment. Empty text = not known.
    """

    ledger: str
    ledger_customer: str
    item: str
    subscription_id: str
    origin: Origin
    tenant_id: str = ""
    order_id: str = ""
    product_id: str = ""
    sku_id: str = ""
    document_id: str = ""
    line: str = ""
    valid: Validity = ALWAYS
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    superseded_at: datetime | None = None

    @property
    def is_standing(self) -> bool:
        """Whether it ties to a customer's item rather than to one line."""
        return not self.document_id
