"""How a company is set up, and how it behaves where Microsoft's documents leave more than one way open."""

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(slots=True)
class Setup:
    """What an administrator sets on the set-up pages; the defaults are those of a new company."""

    posting_from: date = date.min
    posting_to: date = date.min
    """Days outside are closed; the blank day means no limit."""
    external_number_mandatory: bool = False
    vendor_number_mandatory: bool = True
    manual_numbers: bool = True
    """Whether one may give a new customer, vendor or item its number."""
    mail_account: bool = True
    invoice_rounding: Decimal = Decimal(0)
    """Posting adds a line that rounds the total to a multiple of this; 0 = off."""
    amount_precision: Decimal = Decimal("0.01")
    unit_precision: Decimal = Decimal("0.00001")
    mandatory_dimensions: tuple[str, ...] = ()
    """Codes of dimensions that every customer's documents must carry when they are posted."""
    shortcut_dimensions: tuple[str, ...] = ("DEPARTMENT", "PROJECT")
    customer_template: bool = True
    """Whether customers and vendors made through the API get posting groups; without them posting fails."""
    approval_from: Decimal | None = None
    """Sales documents from this amount on need an approval before they can be posted; None = none needs one."""
    accounts: dict[str, str] = field(default_factory=dict)
    """Numbers of the accounts posting uses: receivables, payables, sales, purchases, sales tax, purchase tax, bank,
    rounding."""


@dataclass(slots=True)
class Behaviour:
    """Where the real service may do one thing or the other; the defaults are the harder ones for a client.

    `field_order`: a line's fields take effect in the order of the `payload` or of the `page`. `line_ids_survive`: the
    lines of a posted document keep the ids of the draft's. `replica_lag`: how many seconds a read with read-only intent
    may be behind. `deletes_posted`: DELETE of a posted document works, as documented. `location_on_actions`: an action
    answers with a Location. `duplicate_status`: the HTTP status of a key that is taken. `silent_approval`: posting what
    waits for an approval ends without a word, and then there is no posted document to be found.
    """

    field_order: str = "payload"
    line_ids_survive: bool = False
    replica_lag: int = 0
    deletes_posted: bool = True
    location_on_actions: bool = False
    duplicate_status: int = 400
    silent_approval: bool = False


@dataclass(slots=True)
class Series:
    """A series of numbers: the digits at the end of the last one count."""

    last: str

    def next(self) -> str:
        """The next number."""
        found = re.fullmatch(r"(.*?)(\d+)", self.last)
        if found is None:
            raise ValueError(f"{self.last!r} does not end in a number")
        self.last = f"{found[1]}{int(found[2]) + 1:0{len(found[2])}d}"
        return self.last
