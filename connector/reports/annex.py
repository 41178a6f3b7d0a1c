"""The itemised annex of a document: a workbook that a customer can read, without cost or margin unless it is wanted."""

from collections.abc import Iterable, Iterator
from itertools import islice

from connector.domain.annex import Annex
from connector.domain.document import CREDIT_MEMO, Document
from connector.domain.money import Money
from connector.reports.tables import Cell, Table
from connector.reports.workbook import MOST_ROWS, write_sheets

_LINES = (
    "line", "description", "first_day", "last_day", "quantity", "unit_price", "amount", "currency", "subscription_id",
)  # fmt: skip
_CHARGES = (
    "line", "product", "what", "subscription_id", "first_day", "last_day", "quantity", "amount", "currency", "share_of",
)  # fmt: skip
_CHARGE_COSTS = ("microsoft_invoice", "cost", "cost_currency", "before_earned_credit", "margin")
_USAGE = (
    "line", "day", "azure_subscription", "resource_group", "resource", "meter_category", "meter", "region",
    "quantity", "unit", "amount", "currency", "tags",
)  # fmt: skip


def annex_name(number: str) -> str:
    """The file name of a document's annex: always the same, so that it is never attached twice."""
    return f"{number}-details.xlsx"


def to_annex(document: Document, annex: Annex) -> bytes | None:
    """Write the workbook; equal documents give equal bytes. None where the template wants no annex.

    Amounts, and the costs beside them, are as on the document: of a credit memo, positive for what is given back.
    """
    if document.annex == "none":
        return None
    return write_sheets(f"Details {document.period}", document.day, _sheets(document, annex))


def _sheets(document: Document, annex: Annex) -> Iterator[tuple[str, Table]]:
    costs = document.annex == "with_cost"
    yield "Lines", Table("lines", _LINES, _lines(document))
    yield from _cut("Charges", (*_CHARGES, *(_CHARGE_COSTS if costs else ())), _charges(document, annex, costs))
    if annex.usage:
        yield from _cut("Usage", (*_USAGE, *(("cost",) if costs else ())), _usage(document, annex, costs))


def _cut(title: str, columns: tuple[str, ...], rows: Iterable[tuple[Cell, ...]]) -> Iterator[tuple[str, Table]]:
    """As many sheets as the rows need."""
    for number, some in enumerate(_batched(rows), 1):
        yield title if number == 1 else f"{title} {number}", Table(title.lower(), columns, some)


def _batched(rows: Iterable[tuple[Cell, ...]]) -> Iterator[tuple[tuple[Cell, ...], ...]]:
    left = iter(rows)
    while some := tuple(islice(left, MOST_ROWS)):
        yield some


def _lines(document: Document) -> Iterator[tuple[Cell, ...]]:
    for line in document.lines:
        yield (
            line.number,
            line.description,
            line.first,
            line.last,
            line.quantity,
            None if line.unit_price is None else Money(line.unit_price, document.currency),
            Money(line.amount, document.currency),
            document.currency,
            line.reference,
        )
    yield (None, "Total, net of tax", None, None, None, None, Money(document.total, document.currency),
           document.currency, None)  # fmt: skip


def _charges(document: Document, annex: Annex, costs: bool) -> Iterator[tuple[Cell, ...]]:
    sign = -1 if document.kind == CREDIT_MEMO else 1
    for one in annex.charges:
        yield (
            one.line,
            one.product,
            one.charge_type,
            one.subscription_id,
            one.first,
            one.last,
            one.quantity,
            Money(one.amount * sign, document.currency),
            document.currency,
            one.part,
        ) + (
            (
                one.invoice,
                Money(one.cost * sign, one.cost_currency) if one.cost_currency else None,
                one.cost_currency,
                None if one.before_credit is None else Money(one.before_credit * sign, one.cost_currency),
                Money((one.amount - one.cost) * sign, document.currency)
                if one.cost_currency == document.currency
                else None,
            )
            if costs
            else ()
        )


def _usage(document: Document, annex: Annex, costs: bool) -> Iterator[tuple[Cell, ...]]:
    sign = -1 if document.kind == CREDIT_MEMO else 1
    for one in annex.usage:
        yield (
            one.line,
            one.day,
            one.azure_subscription,
            one.resource_group,
            one.resource,
            one.meter_category,
            one.meter,
            one.region,
            # Microsoft writes less usage below zero, as it does its amount.
            -one.quantity if sign < 0 and one.quantity and one.quantity < 0 else one.quantity,
            one.unit,
            Money(one.amount * sign, document.currency),
            document.currency,
            one.tags,
        ) + ((one.cost * sign,) if costs else ())
