"""What Microsoft bills in a made-up world at a moment: invoices that are out, and what is not billed yet.

A month's invoice comes out on the 7th of the next one; until then its charges are unbilled, and show a day late.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from connector.sandbox.scenario.calendar import Month, month_of
from connector.sandbox.scenario.catalogue import MARKETS
from connector.sandbox.scenario.folder import Header, header_of
from connector.sandbox.scenario.lines import VendorLine
from connector.sandbox.scenario.money import cut
from connector.sandbox.scenario.sheets import usage_rows
from connector.sandbox.scenario.world import World
from connector.sandbox.scenario.writing import invoice_document, json_line

ISSUED = time(9, 30)
_ISSUED_DAY = 7
_NUMBERS = (
    "UnitPrice", "Quantity", "BillingPreTaxTotal", "PricingPreTaxTotal", "EffectiveUnitPrice", "PCToBCExchangeRate",
    "PartnerEarnedCreditPercentage", "CreditPercentage",
)  # fmt: skip
_DAYS = ("ChargeStartDate", "ChargeEndDate", "UsageDate", "PCToBCExchangeRateDate")


@dataclass(frozen=True, slots=True)
class Bill:
    """One invoice, or a credit note for one."""

    id: str
    month: Month
    currency: str
    gross: Decimal
    net: Decimal
    tax: Decimal
    issued: datetime
    amends: str = ""

    def document(self) -> dict[str, Any]:
        """The invoice as the API shows it."""
        shown: dict[str, Any] = invoice_document(
            self.id, self.currency, self.gross, self.month.first, self.month.last, self.issued.date()
        )
        if self.amends:
            shown |= {"documentType": "credit_note", "amendsOf": self.amends}
        if self.is_older:
            shown["invoiceType"] = "Recurring"
            shown["links"] = _link(f"/invoices/Recurring-{self.id}")
            shown["invoiceDetails"] = [
                {
                    "invoiceLineItemType": f"{kind}_line_items",
                    "billingProvider": provider,
                    "links": _link(f"/invoices/Recurring-{self.id}/lineitems/{provider.capitalize()}/{name}LineItems"),
                    "attributes": {"objectType": "InvoiceDetail"},
                }
                for kind, provider, name in (
                    ("billing", "office", "Billing"), ("billing", "azure", "Billing"), ("usage", "azure", "Usage"),
                )
            ]  # fmt: skip
        return shown

    @property
    def is_older(self) -> bool:
        """Whether it is of the kind before new commerce, whose numbers begin with a D."""
        return self.id.startswith("D")


@dataclass(slots=True)
class Billing:
    """Everything a world is charged, by month."""

    world: World
    credit_notes: list[Bill] = field(default_factory=list)
    older: list[Bill] = field(default_factory=list)
    restated: dict[str, list[VendorLine]] = field(default_factory=dict)
    delayed: dict[Month, datetime] = field(default_factory=dict)
    _issued: list[Bill] | None = None

    def bills(self, moment: datetime) -> list[Bill]:
        """The invoices and credit notes that are out, oldest first."""
        if self._issued is None:
            self._issued = [self._bill(header) for header in self._headers()]
        return sorted(
            (bill for bill in [*self._issued, *self.older, *self.credit_notes] if bill.issued <= moment),
            key=lambda bill: (bill.issued, bill.id),
        )

    def forget_issued(self) -> None:
        """Work out anew when invoices come out."""
        self._issued = None

    def lines(self, invoice: str) -> list[VendorLine]:
        """The charges of an invoice, as they were last stated."""
        if invoice in self.restated:
            return self.restated[invoice]
        return [
            line for month in self.world.months for line in self.world.charges.get(month, []) if line.invoice == invoice
        ]

    def usage(self, invoice: str) -> list[dict[str, str]]:
        """The daily usage behind an invoice."""
        metered = [pair for pair in self.world.metered if pair[1].line.invoice == invoice]
        return usage_rows(metered)

    def unbilled(self, currency: str, period: str, moment: datetime) -> list[VendorLine]:
        """What the current or last month is charged and no invoice says yet."""
        month = self._open_month(period, moment)
        if month is None:
            return []
        until = (moment - timedelta(days=1)).date()
        shown = (_so_far(line, until) for line in self.world.charges.get(month, []) if line.currency == currency)
        return [line for line in shown if line is not None]

    def unbilled_usage(self, currency: str, period: str, moment: datetime) -> list[dict[str, str]]:
        """The daily usage of the current or last month that is not billed yet."""
        month = self._open_month(period, moment)
        if month is None:
            return []
        until = (moment - timedelta(days=1)).date()
        metered = [
            pair for pair in self.world.metered if month.has(pair[1].line.first) and pair[1].line.currency == currency
        ]
        return [row | {"InvoiceNumber": ""} for row in usage_rows(metered) if _us_day(row["UsageDate"]) <= until]

    def _open_month(self, period: str, moment: datetime) -> Month | None:
        current = month_of(moment.date())
        month = current if period == "current" else current.shift(-1)
        return None if self.issue_of(month) <= moment else month

    def issue_of(self, month: Month) -> datetime:
        """When a month's invoice comes out, late ones included."""
        return self.delayed.get(month) or issue_of(month)

    def _headers(self) -> Iterator[Header]:
        for month in self.world.months:
            for currency in MARKETS:
                lines = [line for line in self.world.charges.get(month, []) if line.currency == currency]
                if lines:
                    yield header_of(self.world, month, currency, lines)

    def _bill(self, header: Header) -> Bill:
        issued = self.issue_of(header.month)
        return Bill(header.invoice, header.month, header.currency, header.gross, header.net, header.tax, issued)


def issue_of(month: Month) -> datetime:
    """The moment a month's invoice comes out."""
    return datetime.combine(month.shift(1).on(_ISSUED_DAY), ISSUED, UTC)


def line_text(line: VendorLine) -> str:
    """A charge as one line of the Graph export; an unbilled one has no invoice number and no frequency."""
    written = json_line(line)
    return written if line.invoice else written.replace('"InvoiceNumber":""', '"InvoiceNumber":null')


def usage_text(row: dict[str, str]) -> str:
    """A day's usage as one line of the Graph export: numbers as numbers, days as ISO."""
    return "{" + ",".join(f'"{name}":{_token(name, text)}' for name, text in row.items()) + "}"


def _token(name: str, text: str) -> str:
    if not text:
        return "null"
    if name in _NUMBERS:
        return text
    if name in _DAYS:
        return f'"{_us_day(text)}T00:00:00Z"'
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _us_day(text: str) -> date:
    month, day, year = text.split("/")
    return date(int(year), int(month), int(day))


def _so_far(line: VendorLine, until: date) -> VendorLine | None:
    """An unbilled line as it stands on a day; a meter has counted only the days that have passed."""
    if line.ordered > until:
        return None
    open_line = replace(line, invoice="", frequency="")
    if not line.meter:
        return open_line
    days = (line.last - line.first).days + 1
    passed = min(days, (until - line.first).days + 1)
    part = Decimal(passed) / days
    return replace(
        open_line,
        billable=((line.billable or Decimal(0)) * part).quantize(Decimal("0.000001")),
        subtotal=cut(line.subtotal * part),
        tax=cut(line.tax * part),
    )


def _link(uri: str) -> dict[str, Any]:
    return {"self": {"uri": uri, "method": "GET", "headers": []}}
