"""Bars in a table: the eye sees the bars, a screen reader and a printer have the same amounts as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from connector.reports.page.markup import Html, element, together
from connector.reports.wording import UNKNOWN, grouped


@dataclass(frozen=True, slots=True)
class Bar:
    """A row: its name, a count as text, one amount for each sign, and where its name leads (empty: nowhere)."""

    name: str
    count: str
    lost: Decimal
    over: Decimal
    leads_to: str = ""


@dataclass(frozen=True, slots=True)
class Heads:
    """The heads of the columns."""

    name: str
    lost: str
    over: str
    counts: str = "Findings"


def bars(title: str, heads: Heads, rows: Sequence[Bar], currency: str) -> Html:
    """Draw rows as bars to one scale; a column without any amount is left out."""
    longest = max((max(row.lost, row.over) for row in rows), default=Decimal(0))
    signs = [sign for sign in ("lost", "over") if any(getattr(row, sign) for row in rows)] or ["lost"]
    named = {"lost": heads.lost, "over": heads.over}
    head = element(
        "tr",
        element("th", heads.name, scope="col", role="columnheader"),
        *(element("th", named[sign], scope="col", role="columnheader", class_="number") for sign in signs),
        element("th", heads.counts, scope="col", role="columnheader", class_="number"),
        role="row",
    )
    body = [
        element(
            "tr",
            _name(row),
            *(_cell(sign, named[sign], getattr(row, sign), longest, currency) for sign in signs),
            element("td", row.count, role="cell", data_label=heads.counts, class_="number"),
            role="row",
        )
        for row in rows
    ]
    # On a phone the rows become cards; the roles keep them a table for screen readers.
    return element(
        "table",
        element("caption", title),
        element("thead", head, role="rowgroup"),
        element("tbody", *body, role="rowgroup"),
        role="table",
        class_="bars stacked",
    )


def _name(row: Bar) -> Html:
    name = element("a", row.name, href=row.leads_to) if row.leads_to else row.name
    return element("th", name, scope="row", role="rowheader")


def _cell(sign: str, label: str, amount: Decimal, longest: Decimal, currency: str) -> Html:
    if not amount:
        return element("td", UNKNOWN, role="cell", data_label=label, class_="number none")
    width = f"{max(amount / longest * 100, Decimal('0.5')):.1f}"
    bar = element("rect", width=width, height="6", class_=sign)
    drawing = element("svg", bar, viewBox="0 0 100 6", preserveAspectRatio="none", aria_hidden="true")
    text = together(drawing, grouped(amount, currency))
    return element("td", text, role="cell", data_label=label, class_="number")
