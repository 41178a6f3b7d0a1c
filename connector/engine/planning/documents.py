"""Puts lines onto documents: one for each ledger, customer, currency, period and split; a credit memo below zero."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from connector.domain.document import CREDIT_MEMO, INVOICE, Document, DocumentLine
from connector.domain.money import ZERO
from connector.domain.period import ONE_DAY, Period, add_months
from connector.domain.rules import CustomerRule
from connector.engine.billing_spans import span_of
from connector.engine.planning.accounts import Accounts
from connector.engine.planning.billed import Billed
from connector.engine.planning.lines import Layout, TaxOf, lines_of
from connector.engine.planning.pieces import Piece

# Ledger, customer, currency, split value.
Paper = tuple[str, str, str, str]


class Documents:
    """Makes documents of pieces. `closed_until` is the last day of the closed books."""

    def __init__(self, accounts: Accounts, billed: Billed, closed_until: date | None) -> None:
        self._accounts, self._billed, self._closed_until = accounts, billed, closed_until

    def make(self, pieces: Iterable[Piece], period: Period, day: date | None = None) -> list[Document]:
        """The documents of a period, dated its last day unless told, in the order of their keys."""
        papers: dict[Paper, list[Piece]] = defaultdict(list)
        for piece in pieces:
            of = piece.of
            papers[of.ledger or "", of.ledger_customer or "", of.currency, piece.split].append(piece)
        made = [self._document(paper, own, period, day or period.last) for paper, own in sorted(papers.items())]
        return [document for document in made if document is not None]

    def _document(self, paper: Paper, pieces: Sequence[Piece], period: Period, day: date) -> Document | None:
        ledger, customer, currency, split = paper
        tenants = tuple(sorted({piece.of.customer_id for piece in pieces if piece.of.customer_id}))
        rule = self._accounts.rule(ledger, customer, tenants[0] if tenants else None, period.start)
        named = rule if rule is not None and self._accounts.named(ledger, customer) else None
        name = _name(named, pieces)
        gives_back = sum(piece.worth for piece in pieces) < 0
        span = covers(rule, period)
        layout = Layout(self._accounts.template(rule), self._tax(rule), name, gives_back, span is not None)
        lines = lines_of(pieces, layout)
        if not any(line.amount for line in lines):
            return None
        document = Document(
            ledger=ledger,
            customer=customer,
            customer_name=name,
            period=period,
            currency=currency,
            kind=INVOICE,
            lines=tuple(self._linked(line, lines) for line in lines),
            day=self.open_day(day),
            split=split,
            tenants=tenants,
            terms=named.terms if named else None,
            purchase_order=named.purchase_order if named else None,
            dimensions=named.dimensions if named else (),
            rate_note=rate_note(pieces),
            annex=self._accounts.template(rule).annex,
            covers=span,
        )
        if gives_back:
            document = turned(document)
        sequence = self._billed.sequence(document)
        return document if sequence == document.sequence else replace(document, sequence=sequence)

    def open_day(self, day: date) -> date:
        """The day, or the first after the closed books."""
        return day if self._closed_until is None else max(day, self._closed_until + ONE_DAY)

    def _tax(self, rule: CustomerRule | None) -> TaxOf:
        def tax_of(piece: Piece) -> tuple[str | None, Decimal | None]:
            if piece.rate is not None:
                return piece.rate.tax_code, piece.rate.tax_percent
            return self._accounts.tax_code(piece.of.customer_id, rule, piece.period.start)

        return tax_of

    def _linked(self, line: DocumentLine, others: Sequence[DocumentLine]) -> DocumentLine:
        """Say of a line that gives something back which line it is about: an earlier document's, else this one's."""
        if line.amount >= 0 or not line.reference or line.first is None or line.last is None:
            return line
        days = Period.inclusive(line.first, line.last)
        where = self._billed.line_of(line.reference, line.category, days)
        if where is None:
            same = [
                other
                for other in others
                if other.amount > 0 and (other.reference, other.category) == (line.reference, line.category)
            ]
            where = f"line {same[-1].number}" if same else None
        if where is None:
            return line
        return replace(line, refunds=where, description=f"{line.description}, refund of {where}")


def turned(document: Document) -> Document:
    """The same document the other way round: what an invoice would take is given back, line by line."""
    lines = tuple(
        replace(
            line,
            amount=-line.amount if line.amount else line.amount,
            quantity=-line.quantity if line.quantity is not None else None,
        )
        for line in document.lines
    )
    return replace(document, kind=CREDIT_MEMO if document.kind == INVOICE else INVOICE, lines=lines)


def covers(rule: CustomerRule | None, period: Period) -> Period | None:
    """The quarter or year that a document is for; None where its period says it all."""
    if period.end > add_months(period.start, 1):
        return period
    span = span_of(rule, period)
    return span if span.end > add_months(span.start, 1) else None


def rate_note(pieces: Iterable[Piece]) -> str:
    """By which exchange rates the amounts came into the document's currency."""
    notes = {
        f"{piece.of.cost_currency} to {piece.of.currency} {piece.rate.exchange}"
        for piece in pieces
        if piece.rate and piece.rate.exchange
    }
    return "; ".join(sorted(notes))


def _name(rule: CustomerRule | None, pieces: Sequence[Piece]) -> str:
    if rule is not None:
        return rule.name
    names = {piece.of.customer_name for piece in pieces if piece.of.customer_name}
    return names.pop() if len(names) == 1 else ""


def cost_of(document: Document) -> Decimal | None:
    """What Microsoft charges for a document's lines; None where that is in another currency."""
    if any(line.cost and line.cost_currency != document.currency for line in document.lines):
        return None
    return sum((line.cost for line in document.lines), ZERO)
