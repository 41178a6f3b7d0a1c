"""Microsoft's bill in the ledger, or its payment, that is not what Microsoft's invoice says."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from connector.domain.finding import Cause, Evidence, Figures, Finding, Subject
from connector.domain.kinds import KINDS
from connector.domain.ledger import RemoteDocument
from connector.domain.money import ZERO
from connector.engine.posted_view import Place, PostedView, VendorInvoice

KIND = "vendor_bill_differs"
_GONE = ("deleted", "void")

Found = tuple[Place, RemoteDocument]


def compare(view: PostedView) -> Iterable[Finding]:
    """One finding per invoice: bills of that number less its total; where they agree, payments beyond it.

    A vendor credit is a bill below zero. A ledger that was never read says nothing; an invoice without a bill is told
    only where bills are expected.
    """
    for ledger, vendor in sorted(view.vendors.items()):
        if ledger not in view.read_at:
            continue
        bills = [
            (place, remote)
            for place, remote in sorted(view.remote.items())
            if place[0] == ledger and remote.kind == "bill" and remote.party == vendor and remote.status not in _GONE
        ]
        for invoice in view.invoices:
            yield from _judge(view, ledger, vendor, invoice, bills)


def _judge(view: PostedView, ledger: str, vendor: str, invoice: VendorInvoice, bills: list[Found]) -> Iterator[Finding]:
    own = [(place, bill) for place, bill in bills if bill.number.strip().upper() == invoice.invoice.upper()]
    if not own and not invoice.total:
        return
    if not own:
        what = "vendor credit" if invoice.total < 0 else "bill"
        text = f"{ledger} holds no {what} for Microsoft's invoice {invoice.invoice}"
        yield _finding(ledger, vendor, invoice, -invoice.total, ZERO, text, own)
        return
    currencies = {bill.currency for _, bill in own}
    if currencies != {invoice.currency}:
        text = f"the bill for {invoice.invoice} is in {', '.join(sorted(currencies))}, not in {invoice.currency}"
        yield _finding(ledger, vendor, invoice, -invoice.total, ZERO, text, own)
        return
    billed = sum((bill.total for _, bill in own), ZERO)
    if billed != invoice.total:
        count = f"{len(own)} bills for" if len(own) > 1 else "the bill for"
        text = f"{count} {invoice.invoice} {'say' if len(own) > 1 else 'says'} {billed:f}, Microsoft {invoice.total:f}"
        yield _finding(ledger, vendor, invoice, billed - invoice.total, billed, text, own)
        return
    paid = _paid(view, ledger, own)
    if paid is not None and paid > max(invoice.total, ZERO):
        text = f"{paid:f} was paid on {invoice.invoice}, Microsoft asks for {invoice.total:f}"
        yield _finding(ledger, vendor, invoice, paid - invoice.total, paid, text, own)


def _paid(view: PostedView, ledger: str, bills: list[Found]) -> Decimal | None:
    """What the payments tied to these bills alone come to; None where none can be read."""
    ids = {bill.remote_id for _, bill in bills}
    linked = {pair for _, bill in bills for pair in bill.linked if pair[0] == "payment"}
    payments = [view.remote[ledger, *pair] for pair in sorted(linked) if (ledger, *pair) in view.remote]
    if not payments or len(payments) != len(linked):
        return None
    if any({key for kind, key in one.linked if kind == "bill"} - ids for one in payments):
        return None
    return sum((abs(one.total) for one in payments if one.status not in _GONE), ZERO)


def _finding(
    ledger: str, vendor: str, invoice: VendorInvoice, impact: Decimal, actual: Decimal, text: str, bills: list[Found]
) -> Finding:
    kind = KINDS[KIND]
    return Finding(
        kind=KIND,
        measures=kind.measures,
        severity=kind.severity,
        impact=impact,
        currency=invoice.currency,
        subject=Subject(ledger=ledger, ledger_customer=vendor),
        key=(ledger, invoice.invoice),
        valued_at=kind.valued_at,
        first=invoice.period.start,
        last=invoice.period.last,
        expected=Figures(amount=invoice.total),
        actual=Figures(amount=actual),
        causes=(Cause(KIND, impact, text),),
        evidence=(
            Evidence("vendor", invoice.invoice),
            *(Evidence("ledger", f"{ledger}/bill/{bill.remote_id}") for _, bill in bills),
        ),
        advice=kind.advice,
    )
