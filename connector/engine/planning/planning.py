"""Makes the plan: what should be billed, less what is billed already, as documents, with all that stays and why."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connector.domain.document import Document, Plan
from connector.domain.period import Period, add_months
from connector.engine.planning.accounts import Accounts
from connector.engine.planning.billed import Billed
from connector.engine.planning.by_hand import HandBilled, SliceKey, slice_key
from connector.engine.planning.cutting import span_of
from connector.engine.planning.dividing import Usage, divide
from connector.engine.planning.documents import Documents
from connector.engine.planning.guards import changes, held
from connector.engine.planning.pieces import Piece, Shares
from connector.engine.planning.settling import Settler
from connector.engine.planning.terms import Terms


@dataclass(frozen=True, slots=True)
class Books:
    """What is billed already, by us and by people, who is who, and the usage behind charges."""

    billed: Billed
    accounts: Accounts
    usage: Usage
    by_hand: Mapping[SliceKey, HandBilled] = field(default_factory=dict)


def make_plan(pieces: Iterable[Piece], books: Books, terms: Terms, inputs: Mapping[str, str]) -> Plan:
    """Plan one month. Deterministic: the order of pieces and postings does not matter."""
    divided = [share for piece in pieces for share in _divided(piece, books)]
    settled = Settler(books.billed, Shares(divided), books.by_hand, books.accounts, terms).settle(divided)
    making = Documents(books.accounts, books.billed, terms.guards.closed_until)
    documents = [*making.make(settled.planned, terms.period), *_ahead(making, settled.ahead, terms, books.accounts)]
    documents.sort(key=lambda document: document.key)
    changed = changes(documents, books.billed, terms)
    return Plan(
        period=terms.period,
        documents=tuple(documents),
        blocked=settled.blocked(),
        held=held(documents, changed, terms),
        unchanged=settled.unchanged,
        settled=settled.sums(),
        inputs=dict(sorted(inputs.items())),
        changes=changed,
    )


def _divided(piece: Piece, books: Books) -> Iterable[Piece]:
    """Shares of a piece; what people billed by hand stays whole, as it was compared."""
    of = piece.of
    if slice_key(of) in books.by_hand or not of.ledger_customer:
        return (piece,)
    rule = books.accounts.rule(of.ledger or "", of.ledger_customer, of.customer_id, piece.period.start)
    return divide(piece, books.accounts.template(rule), books.usage)


def _ahead(making: Documents, pieces: Iterable[Piece], terms: Terms, accounts: Accounts) -> Iterable[Document]:
    """Documents that bill the span after the planned month, dated its first day."""
    by_span: dict[Period, list[Piece]] = defaultdict(list)
    for piece in pieces:
        of = piece.of
        rule = accounts.rule(of.ledger or "", of.ledger_customer or "", of.customer_id, terms.period.start)
        month = Period(terms.period.end, add_months(terms.period.end, 1))
        by_span[span_of(rule, month)].append(piece)
    for span, own in sorted(by_span.items()):
        yield from making.make(own, span, span.start)
