"""One line of Microsoft's invoice or of the ledger as reports show it: what it says, and what became of it."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator
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
    sum to `amount`, `findings` the fingerprints that concern the line. `source` and `source_line` are the file, and the
    line in it, where it was read.
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
    source: str = ""
    source_line: int = 0


class LineRows(ABC, Collection[LineRow]):
    """The lines of both sides, made anew each time they are walked through: the vendor's first, then the ledger's.

    However many there are, they need no memory of their own.
    """

    @abstractmethod
    def of_side(self, side: str) -> Iterator[LineRow]:
        """The lines of one side, in an order that does not vary."""

    @abstractmethod
    def count(self, side: str) -> int:
        """How many lines a side has."""

    def __iter__(self) -> Iterator[LineRow]:
        yield from self.of_side(VENDOR)
        yield from self.of_side(LEDGER)

    def __len__(self) -> int:
        return self.count(VENDOR) + self.count(LEDGER)

    def __contains__(self, row: object) -> bool:
        return any(each == row for each in self)


def of_side(lines: Iterable[LineRow], side: str) -> Iterable[LineRow]:
    """Return the lines of one side, in the order they come."""
    return lines.of_side(side) if isinstance(lines, LineRows) else (row for row in lines if row.side == side)
