"""The ledger as people keep it: documents, lines, and the habits of each bookkeeper."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from connector.sandbox.scenario.calendar import Month
from connector.sandbox.scenario.chance import Chance
from connector.sandbox.scenario.money import ZERO, percent_of
from connector.sandbox.scenario.people import Customer

LEDGER_COLUMNS = (
    "document_number",
    "document_date",
    "document_type",
    "customer_id",
    "customer_name",
    "line_number",
    "item_id",
    "description",
    "quantity",
    "unit_price",
    "amount",
    "tax",
    "currency",
    "service_start",
    "service_end",
    "reference",
    "status",
)


@dataclass(frozen=True, slots=True)
class Due:
    """What a customer owes for one slice: seats (signed), price per cycle, amount, and the days it covers."""

    subscription_id: str
    description: str
    first: date
    last: date
    quantity: Decimal
    unit_price: Decimal | None
    amount: Decimal
    is_full: bool


def month_due(description: str, month: Month, quantity: int, unit_price: Decimal) -> Due:
    """Something due for a whole calendar month."""
    amount = unit_price * quantity
    return Due("", description, month.first, month.last, Decimal(quantity), unit_price, amount, is_full=True)


@dataclass(slots=True)
class LedgerLine:
    """One line of a document; `paper` tells which document of the month it stands on."""

    ledger: str
    month: Month
    paper: str
    dated: date
    customer_id: str
    customer_name: str
    item: str
    description: str
    amount: Decimal
    currency: str
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    tax: Decimal | None = None
    first: date | None = None
    last: date | None = None
    reference: str = ""
    document_type: str = "invoice"
    status: str = "posted"


@dataclass(slots=True)
class Books:
    """All ledger lines of the world, and how they are written."""

    chance: Chance
    lines: list[LedgerLine] = field(default_factory=list)

    def write(
        self,
        customer: Customer,
        item: str,
        dues: Sequence[Due],
        month: Month,
        style: str,
        ledger_customer: str | None = None,
        paper: str = "",
        plain: bool = False,
    ) -> list[LedgerLine]:
        """Bill what is due in a style; returns the lines written. `plain` always shows quantity and price."""
        if not dues:
            return []
        if style in ("pooled", "dateless") and not _fits_month(dues, month):
            style = "dated"
        if style in ("pooled", "dateless"):
            written = [self._pooled(customer, item, dues, month, style, plain)]
        else:
            written = [self._single(customer, item, due, month, style, plain) for due in dues]
        for line in written:
            line.customer_id = ledger_customer or line.customer_id
            line.paper = paper or line.paper
        self.lines += written
        return written

    def _blank(self, customer: Customer, item: str, month: Month, text: str, amount: Decimal) -> LedgerLine:
        tax = percent_of(amount, customer.tax_percent) if customer.tax_percent is not None else None
        dated = month.first if customer.bills == "advance" else month.shift(1).on(3)
        return LedgerLine(
            ledger=customer.ledger,
            month=month,
            paper="",
            dated=dated,
            customer_id=customer.ledger_customer,
            customer_name=customer.ledger_name,
            item=item,
            description=text,
            amount=amount,
            currency=customer.currency,
            tax=tax,
        )

    def _single(self, customer: Customer, item: str, due: Due, month: Month, style: str, plain: bool) -> LedgerLine:
        line = self._blank(customer, item, month, due.description, due.amount)
        line.first, line.last = due.first, due.last
        if style == "referenced":
            line.reference = self._reference(due.subscription_id)
        if plain or self.chance.number(1, 4) > 1 or not due.is_full:
            line.quantity = due.quantity
            line.unit_price = due.unit_price if due.is_full and (plain or self.chance.number(1, 3) > 1) else None
        if due.amount < 0:
            self._as_credit(line)
        return line

    def _pooled(
        self, customer: Customer, item: str, dues: Sequence[Due], month: Month, style: str, plain: bool
    ) -> LedgerLine:
        total = sum((due.amount for due in dues), ZERO)
        line = self._blank(customer, item, month, dues[0].description, total)
        if style == "pooled":
            line.first, line.last = month.first, month.last
        if all(due.is_full and due.unit_price == dues[0].unit_price for due in dues):
            line.quantity = sum((due.quantity for due in dues), Decimal(0))
            line.unit_price = dues[0].unit_price
            if not plain and self.chance.once_in(3):
                line.quantity = line.unit_price = None
        return line

    def _as_credit(self, line: LedgerLine) -> None:
        habit = self.chance.pick(("negative memo", "positive memo", "negative line"))
        if habit != "negative line":
            line.document_type, line.paper = "credit_memo", "C"
        if habit == "positive memo":
            line.amount = -line.amount
            line.tax = -line.tax if line.tax is not None else None
            line.quantity = abs(line.quantity) if line.quantity is not None else None

    def _reference(self, subscription_id: str) -> str:
        return self.chance.pick(
            (
                subscription_id,
                subscription_id,
                subscription_id.upper(),
                f"Microsoft subscription {subscription_id}",
            )
        )

    def copy(self, line: LedgerLine, paper: str) -> LedgerLine:
        """Write a line once more on another document."""
        twin = replace(line, paper=paper)
        self.lines.append(twin)
        return twin


def _fits_month(dues: Sequence[Due], month: Month) -> bool:
    return min(due.first for due in dues) == month.first and all(due.last == month.last for due in dues)
