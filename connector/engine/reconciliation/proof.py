"""The proof that nothing of Microsoft's invoice was lost: header = lines + tax + adjustments, lines = verdicts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from connector.domain.credit import Note
from connector.domain.money import exponent, trimmed
from connector.domain.period import Period, add_months
from connector.domain.rules import Adjustment
from connector.engine.reconciliation.shapes import Scope

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class VendorSum:
    """What the lines of one vendor invoice sum to in one currency."""

    invoice: str
    currency: str
    lines: int
    subtotal: Decimal
    tax: Decimal
    latest_start: date | None


@dataclass(frozen=True, slots=True)
class Headers:
    """Header totals by currency for the invoices under audit; a currency without one is missing."""

    totals: dict[str, Decimal]
    taxes: dict[str, Decimal]


def plain_invoice(number: str) -> str:
    """Strip the prefix that Partner Center's links put before an invoice number (OneTime-G000012345)."""
    return number.rsplit("-", 1)[-1].upper() if number else ""


def find_scope(sums: Iterable[VendorSum], headers: Iterable[Mapping[str, Any]], month: Period | None) -> Scope | None:
    """The vendor invoices under audit and their billing periods; None when there are none."""
    periods = _periods(sums, headers)
    audited = {name: period for name, period in periods.items() if month is None or period.last in month}
    if not audited:
        return None
    # Billing goes by calendar months: a header that is a day short still stands for its month.
    return Scope(tuple(sorted(set(audited.values()))), tuple(sorted(set(periods.values()))), tuple(sorted(audited)))


def newest_month(sums: Iterable[VendorSum], headers: Iterable[Mapping[str, Any]]) -> Period | None:
    """The last month that an invoice's billing period ends in; unbilled lines have no invoice yet."""
    periods = _periods(sums, headers)
    last = max((period.last for name, period in periods.items() if name), default=None)
    return None if last is None else Period(last.replace(day=1), add_months(last.replace(day=1), 1))


def last_days(sums: Iterable[VendorSum], headers: Iterable[Mapping[str, Any]]) -> dict[str, date]:
    """The last day of each vendor invoice's billing period."""
    return {name: period.last for name, period in _periods(sums, headers).items()}


def _periods(sums: Iterable[VendorSum], headers: Iterable[Mapping[str, Any]]) -> dict[str, Period]:
    """The billing period of each vendor invoice: its header's, else the month of its latest charge."""
    known = {
        plain_invoice(row["invoice"]): Period.inclusive(row["period_start"], row["period_end"])
        for row in headers
        if row["period_start"] and row["period_end"] and row["period_start"] <= row["period_end"]
    }
    periods: dict[str, Period] = {}
    for one in sorted(sums, key=lambda one: (one.invoice, one.currency)):
        period = known.get(plain_invoice(one.invoice))
        if period is None and one.latest_start is not None:
            start = one.latest_start.replace(day=1)
            period = Period(start, add_months(start, 1))
        if period is None:
            continue
        old = periods.get(one.invoice)
        periods[one.invoice] = period if old is None else Period(min(old.start, period.start), max(old.end, period.end))
    return periods


def find_headers(
    rows: Iterable[Mapping[str, Any]],
    scope: Scope,
    sums: Iterable[VendorSum],
    totals: Mapping[str, Decimal],
    taxes: Mapping[str, Decimal],
) -> Headers:
    """Header totals by currency: those given by a person, else the invoices' own less their credit notes.

    A credit note with lines of its own counts with these, and not once more with the invoice that it amends.
    """
    found: dict[str, Decimal] = {}
    have: dict[str, set[str]] = {}
    sums = tuple(sums)
    audited = {plain_invoice(name) for name in scope.invoices}
    with_lines = {plain_invoice(one.invoice) for one in sums}
    for row in rows:
        number, amends = plain_invoice(row["invoice"] or ""), plain_invoice(row["amends"] or "")
        counts = number in audited or (amends in audited and number not in with_lines)
        if row["total"] is None or not counts:
            continue
        amount = trimmed(owed_by(row, row["total"]), exponent(row["currency"]))
        found[row["currency"]] = found.get(row["currency"], ZERO) + amount
        have.setdefault(row["currency"], set()).add(number)
    needed: dict[str, set[str]] = {}
    for one in sums:
        if one.invoice in scope.invoices:
            needed.setdefault(one.currency, set()).add(plain_invoice(one.invoice))
    complete = {currency: total for currency, total in found.items() if needed.get(currency, set()) <= have[currency]}
    return Headers({**complete, **totals}, dict(taxes))


def owed_by(header: Mapping[str, Any], amount: Decimal) -> Decimal:
    """An amount of a header as what is owed to Microsoft: below zero on a note, which may write it without a sign."""
    kind = (header["document_type"] or "").lower()
    return -abs(amount) if "credit" in kind or "void" in kind else amount


def adjusted(adjustments: Iterable[Adjustment], scope: Scope, currency: str, notes: Iterable[Note] = ()) -> Decimal:
    """The named adjustments of the invoices under audit, and of the notes that amend them, in one currency."""
    audited = {plain_invoice(name) for name in scope.invoices}
    named = audited | {note.number for note in notes if note.amends in audited}
    return sum(
        (one.amount for one in adjustments if one.currency == currency and plain_invoice(one.invoice) in named),
        start=ZERO,
    )


def unlined(
    notes: Iterable[Note], scope: Scope, sums: Iterable[VendorSum], adjustments: Iterable[Adjustment]
) -> tuple[Note, ...]:
    """Notes that take a part of an invoice under audit back without saying in any line whose part it is.

    Microsoft has credit notes deducted (its "Reconciliation file charge types"); who is to get the money only lines
    tell, or a person by an adjustment that names the note.
    """
    audited = {plain_invoice(name) for name in scope.invoices}
    told = {plain_invoice(one.invoice) for one in sums} | {plain_invoice(one.invoice) for one in adjustments}
    return tuple(
        note
        for note in sorted(notes, key=lambda note: note.number)
        if note.amends in audited and note.number not in told and note.total
    )
