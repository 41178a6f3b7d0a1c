"""A ledger line that should have been."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class DueLine:
    """A line that should stand in the ledger; `amount` and `tax` are signed, `quantity` is not.

    `first` and `last` are inclusive days. Usage, credits and what is passed through have no quantity.
    """

    ledger: str
    customer: str
    customer_name: str
    item: str
    description: str
    quantity: Decimal | None
    unit_price: Decimal | None
    amount: Decimal
    tax: Decimal | None
    currency: str
    first: date
    last: date
    reference: str
