"""One line of Microsoft's invoice or of the ledger as reports show it: what it says, and what became of it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

VENDOR = "vendor"
LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class LineRow:
    """A charge (side vendor, amount = cost before tax) or a ledger line (side ledger, amount = net).

    `document` is the vendor invoice or the ledger document, `line` its line number or 0. `customer` and `product`
    are names as people know them, `item` the ledger item; empty where unknown. `ledger` and `ledger_customer` name
    the customer in the ledger, of a charge the one it is to be billed to; they and `tenant_id` bring both sides
    together, names never do. `first` and `last` are inclusive days. `verdicts` are pairs of verdict and amount that
    sum to `amount`, `findings` the fingerprints that concern the line.
    """

    side: str
    document: str
    line: int
    customer: str
    product: str
    item: str
    first: date | None
    last: date | None
    quantity: Decimal | None
    amount: Decimal
    currency: str
    ledger: str = ""
    ledger_customer: str = ""
    tenant_id: str = ""
    subscription_id: str = ""
    description: str = ""
    unit_price: Decimal | None = None
    verdicts: tuple[tuple[str, Decimal], ...] = ()
    findings: tuple[str, ...] = ()
