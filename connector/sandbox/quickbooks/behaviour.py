"""How a company behaves where Intuit leaves it open, and the small things it remembers beside its objects."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class Behaviour:
    """What Intuit leaves open, and the guards that tests switch off one by one.

    `requestid`: a repeated id gets the first answer again; `requestid_kept` = for how many seconds (None: for ever).
    `unique_numbers`: a number in use is refused (6140) where the preferences ask for it. `default_rate`: what an
    omitted exchange rate becomes (`table` = the company's list, `one` = 1). `cdc_beyond`: what becomes of a look
    back over 30 days (`cut` to 30 days, or `refuse`). `outer_amount` of a bundle's line: `sum` or `zero`.
    `recalculates`: an amount that is not quantity × price is replaced instead of refused. `latin` None: as the
    country does (US: no character beyond ISO-8859-1). `report_cells`: where a report ends, whatever more there is.
    """

    requestid: bool = True
    requestid_kept: int | None = None
    unique_numbers: bool = True
    default_rate: str = "table"
    cdc_beyond: str = "cut"
    outer_amount: str = "sum"
    recalculates: bool = False
    latin: bool | None = None
    report_cells: int = 400_000


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer kept under a request id, with what was asked."""

    asked: bytes
    status: int
    body: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An object that was deleted."""

    entity: str
    id: str
    at: datetime


@dataclass(slots=True)
class Mail:
    """An e-mail the company sent with a document."""

    entity: str
    id: str
    to: str
    at: datetime
