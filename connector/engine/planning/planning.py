"""Makes the plan: what should be billed, less what is billed already, as documents, with all that stays and why."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from connector.domain.document import Document, Plan
from connector.domain.period import Period, add_months
from connector.engine.billing_spans import span_of
from connector.engine.planning.accounts import Accounts
from connector.engine.planning.ahead import met_ahead
from connector.engine.planning.billed import Billed
from connector.engine.planning.bundling import with_components
from connector.engine.planning.by_hand import HandBilled, SliceKey, slice_key
from connector.engine.planning.correcting import Correctable, chosen, corrected, corrections
from connector.engine.planning.dividing import Usage, divide
from connector.engine.planning.documents import Documents
from connector.engine.planning.guards import changes, held
from connector.engine.planning.pieces import Piece, Shares
from connector.engine.planning.rebilling import (
    Standing,
    for_next,
    in_place_of,
    of_month,
    only_billed,
    outdated,
    reversals,
)
from connector.engine.planning.settling import Settled, Settler
from connector.engine.planning.terms import Terms


@dataclass(frozen=True, slots=True)
class Books:
    """What is billed already, by us and by people, who is who, and the usage behind charges.

    `correctable` are findings about what people billed; `standing` are our documents' lines as the ledger has them.
    """

    billed: Billed
    accounts: Accounts
    usage: Usage
    by_hand: Mapping[SliceKey, HandBilled] = field(default_factory=dict)
    correctable: tuple[Correctable, ...] = ()
    standing: Standing = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks for beyond the plain plan: findings to put right, and to bill anew what is outdated.

    Without `ahead`, what is billed for the next span is left alone: it is settled when its charges are there.
    """

    catch_up: tuple[str, ...] = ()
    rebill: bool = False
    ahead: bool = True


def make_plan(pieces: Iterable[Piece], books: Books, terms: Terms, inputs: Mapping[str, str], asked: Asked) -> Plan:
    """Plan one month. Deterministic: the order of pieces and postings does not matter."""
    return _Planning([share for piece in pieces for share in _divided(piece, books)], books, terms, asked).plan(inputs)


class _Planning:
    """One planning: what is due, less what is billed, with what a person asks for beyond."""

    def __init__(self, pieces: list[Piece], books: Books, terms: Terms, asked: Asked) -> None:
        self._pieces, self._books, self._terms, self._asked = pieces, books, terms, asked
        self._shares = Shares(pieces)
        self._making = Documents(books.accounts, books.billed, terms.guards.closed_until)
        self._wanted = chosen(asked.catch_up, books.correctable)
        self._fates = corrected(books.correctable, self._wanted, books.billed, terms.period)

    def plan(self, inputs: Mapping[str, str]) -> Plan:
        """Settle every piece and make the documents."""
        books, terms = self._books, self._terms
        gone = self._outdated() if self._asked.rebill else []
        settled = self._settled(books.billed.without(frozenset(one.key for one in gone)) if gone else books.billed)
        documents = self._making.make(with_components(settled.planned, settled.components), terms.period)
        documents += _ahead(self._making, settled.ahead, terms, books.accounts)
        documents = in_place_of(documents, gone, books.billed.undone)
        if gone:
            day = self._making.open_day(terms.period.last)
            documents += reversals(gone, books.standing, books.billed, day)
        put_right = corrections(self._wanted, books.billed, books.accounts, terms.period)
        documents += [replace(one, day=self._making.open_day(one.day)) for one in put_right]
        documents = _apart(documents)
        changed = changes(documents, books.billed, terms)
        return Plan(
            period=terms.period,
            documents=tuple(documents),
            blocked=settled.blocked(),
            held=held(documents, changed, terms, [key for key, lines in books.standing.items() if lines is None]),
            unchanged=settled.unchanged,
            settled=settled.sums(),
            inputs=dict(sorted(inputs.items())),
            changes=changed,
        )

    def _settled(self, billed: Billed, pieces: list[Piece] | None = None) -> Settled:
        books = self._books
        anew = self._asked.rebill
        settler = Settler(billed, self._shares, books.by_hand, books.accounts, self._terms, self._fates, anew)
        return settler.settle(self._pieces if pieces is None else pieces)

    def _outdated(self) -> list[Document]:
        """Posted documents of the month, or for the next span, that would not be made like that today."""
        billed, month, standing = self._books.billed, self._terms.period, self._books.standing
        posted = of_month(billed, month, met_ahead(self._pieces, billed, month))
        following = for_next(billed, month) if self._asked.ahead else []
        pieces = list(only_billed(self._pieces, billed, self._shares, month))
        fresh = self._settled(billed.without(frozenset(one.key for one in (*posted, *following))), pieces)
        ahead = _ahead(self._making, fresh.ahead, self._terms, self._books.accounts)
        return [
            *outdated(posted, self._making.make(fresh.planned, month), standing),
            *outdated(following, ahead, standing),
        ]


def _apart(documents: Iterable[Document]) -> list[Document]:
    """Documents in the order of their keys, each with a key of its own: several may be taken back by one plan."""
    made: dict[str, Document] = {}
    for document in sorted(documents, key=lambda one: (one.key, one.reverses)):
        one = document
        while one.key in made:
            one = replace(one, sequence=one.sequence + 1)
        made[one.key] = one
    return [made[key] for key in sorted(made)]


def _divided(piece: Piece, books: Books) -> Iterable[Piece]:
    """Shares of a piece; what people billed by hand stays whole, as it was compared."""
    of = piece.of
    if not of.ledger_customer or (books.by_hand and slice_key(of) in books.by_hand):
        return (piece,)
    rule = books.accounts.rule(of.ledger or "", of.ledger_customer, of.customer_id, piece.period.start)
    return divide(piece, books.accounts.template(rule), books.usage)


def _ahead(making: Documents, pieces: Iterable[Piece], terms: Terms, accounts: Accounts) -> Iterable[Document]:
    """Documents that bill the span after the planned month, or what is left of it, dated its first day."""
    by_span: dict[Period, list[Piece]] = defaultdict(list)
    for piece in pieces:
        of = piece.of
        rule = accounts.rule(of.ledger or "", of.ledger_customer or "", of.customer_id, terms.period.start)
        first = terms.period.end
        span = span_of(rule, Period(first, add_months(first, 1)))
        by_span[Period(max(span.start, first), span.end)].append(piece)
    for span, own in sorted(by_span.items()):
        yield from making.make(own, span, span.start)
