"""Plans a month: what should be billed less what is billed already, from files or from what was taken in."""

import hashlib
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from connector.domain import rules
from connector.domain.document import Plan
from connector.domain.effect import Effect
from connector.domain.errors import UnreadableInput
from connector.domain.period import Period, add_months
from connector.domain.posted import Posted
from connector.engine.planning.billed import Billed
from connector.engine.planning.by_hand import HandBilled, SliceKey, billed_by_hand
from connector.engine.planning.cutting import NEXT, NOW
from connector.engine.planning.dividing import Usage
from connector.engine.planning.effects import effects
from connector.engine.planning.pieces import Piece, Shares, pieces_of
from connector.engine.planning.planning import Books, make_plan
from connector.engine.planning.terms import Account, Guards, Terms
from connector.engine.reconciliation import summing
from connector.engine.reconciliation.groups import Sides, judge_all
from connector.engine.reconciliation.lives import lives_of
from connector.engine.reconciliation.shapes import Lifetime, Line, Scope, Slice
from connector.engine.reconciliation.telling import tell
from connector.jobs.counting import counting_lines
from connector.jobs.expect import Expectation
from connector.jobs.gathering import Gathering, widened
from connector.jobs.request import Request
from connector.jobs.side_sums import SideSums
from connector.jobs.usage_sums import usage_sums
from connector.ports import LineTables

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What to plan, and under which terms.

    `start` is the first day of the first month that is ever posted (None: no start is known, so all is planned),
    `starts` other first days by tenant; `posted` are our own postings so far. Without `with_ledger` what people
    billed is not looked at.
    """

    request: Request
    start: date | None = None
    starts: tuple[tuple[str, date], ...] = ()
    guards: Guards = field(default_factory=Guards)
    posted: Sequence[Posted] = ()
    disputed: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    with_ledger: bool = True


def compare(tables: LineTables, old: rules.Mapping, new: rules.Mapping, request: Request) -> tuple[Effect, ...]:
    """What an edit of the mapping changes in a month, whether it is billed already or not."""
    wanted = PlanRequest(request, with_ledger=False)
    return effects(plan(tables, old, wanted), plan(tables, new, wanted))


def plan(tables: LineTables, mapping: rules.Mapping, wanted: PlanRequest) -> Plan:
    """Plan a month. Raises UnreadableInput where there is no vendor invoice of it."""
    return Planning(tables, mapping, wanted).plan()


class Planning:
    """One planning; each method is a step."""

    def __init__(self, tables: LineTables, mapping: rules.Mapping, wanted: PlanRequest) -> None:
        self._tables, self._mapping, self._wanted = tables, mapping, wanted
        # Months are planned one by one: of several that were read the newest.
        request = replace(wanted.request, settle_from=sys.maxsize, newest=wanted.request.month is None)
        self._sums = SideSums(tables, request)
        if self._sums.scope is None:
            raise UnreadableInput(self._sums.why_no_scope())
        self._scope: Scope = self._sums.scope
        self._request = request

    def plan(self) -> Plan:
        """Go through all steps."""
        month = self._month()
        due = Gathering(self._tables, self._mapping, self._request, self._sums, self._scope, month)
        pieces = pieces_of(due.cuts, self._mapping, lambda rate_id: due.rates[rate_id])
        billed = Billed(self._wanted.posted)
        lives, _ = lives_of(self._tables.rows(self._tables.table("subscriptions")), self._scope)
        slices = [one.of for one in due.cuts]
        lines, _ = counting_lines(self._hand_made(billed), due.expectation.directory, slices, lives)
        by_hand = self._judge(due, pieces, billed, lines, lives) if lines else {}
        usage = Usage(usage_sums(self._tables, self._mapping, due.invoices), self._mapping)
        books = Books(billed, due.accounts, usage, by_hand)
        made = make_plan(pieces, books, self._terms(lines, billed), self._inputs(pieces))
        return replace(made, notes=tuple(self._notes(due.expectation)))

    def _month(self) -> Period:
        """The calendar month of the vendor invoices in scope."""
        last = self._scope.audited[-1].last
        start = last.replace(day=1)
        return Period(start, add_months(start, 1))

    def _hand_made(self, billed: Billed) -> list[dict[str, Any]]:
        """The ledger's lines that are not of our own documents."""
        if not self._wanted.with_ledger:
            return []
        ours = billed.numbers()
        rows = self._tables.rows(self._tables.table("ledger_lines"))
        return [row for row in rows if (row["ledger"] or "", row["document_number"] or "") not in ours]

    def _judge(
        self,
        due: Gathering,
        pieces: Iterable[Piece],
        billed: Billed,
        lines: Sequence[Line],
        lives: tuple[Lifetime, ...],
    ) -> dict[SliceKey, HandBilled]:
        """Compare what we have not billed with what people have, and keep what their lines answer to."""
        shares = Shares(pieces)
        left = [
            piece.of
            for piece in pieces
            if summing.is_billable(piece.of) and piece.due in (NOW, NEXT) and not billed.touches(piece, shares)
        ]
        directory = due.expectation.directory
        names = directory.names(due.rates)

        def bundle_of(rate_id: int) -> str | None:
            rate = due.rates[rate_id]
            return rate.bundle if rate else None

        found: dict[SliceKey, HandBilled] = {}
        for span, own, theirs in _by_span(left, lines, due):
            scope = self._scope if span is None else widened(self._scope, span)
            sides = Sides(tuple(own), tuple(theirs), lives, directory.frequency, bundle_of)
            judged = judge_all(sides, scope)
            told = {
                judgement.group.key: tuple(sorted(finding.fingerprint for finding in tell(judgement, names)))
                for judgement in judged.groups
                if judgement.group.lines
            }
            found |= billed_by_hand(judged.groups, told)
        return found

    def _terms(self, lines: Sequence[Line], billed: Billed) -> Terms:
        month = self._month()
        before = Period(add_months(month.start, -1), month.start)
        earlier = _billed_for(lines, before)
        for document in billed.documents:
            if document.period == before:
                account = document.ledger, document.customer, document.currency
                earlier[account] = earlier.get(account, ZERO) + document.net
        return Terms(
            period=month,
            start=self._wanted.start,
            starts=dict(self._wanted.starts),
            guards=self._wanted.guards,
            before=earlier,
            by_hand=_billed_for(lines, month),
            disputed=self._wanted.disputed,
        )

    def _inputs(self, pieces: Iterable[Piece]) -> dict[str, str]:
        """Name by hash what the plan was made from, whatever the order of files and rows."""
        charges = sorted(f"{ref.invoice} {ref.row_hash} {ref.part} {ref.nth}" for p in pieces for ref in p.refs)
        posted = sorted(f"{one.document.key} {one.document.fingerprint} {one.state}" for one in self._wanted.posted)
        return {
            "mapping": self._mapping.digest,
            "charges": _hash(charges),
            "postings": _hash(posted),
        }

    def _notes(self, expectation: Expectation) -> Iterator[str]:
        yield from expectation.because
        if self._wanted.start is None:
            yield "posting.start is not known, so nothing is left out as too early; give --start YYYY-MM"
        read = {row["ledger"] or "" for row in self._sums.ledger()}
        if not read:
            yield "no ledger lines were read, so what people billed by hand is not known; give --ledger"


def _by_span(
    slices: Iterable[Slice], lines: Iterable[Line], due: Gathering
) -> Iterator[tuple[Period | None, list[Slice], list[Line]]]:
    """Slices and lines of customers who are billed for the same span at a time; the rest comes under None.

    Lines of months before are compared with nothing but what is billed for a longer span.
    """
    spans: dict[tuple[str, str], Period | None] = {}
    for piece in slices:
        place = piece.ledger or "", piece.ledger_customer or ""
        spans[place] = spans.get(place) or due.spread(piece)
    sides: dict[Period | None, tuple[list[Slice], list[Line]]] = defaultdict(lambda: ([], []))
    for piece in slices:
        sides[spans[piece.ledger or "", piece.ledger_customer or ""]][0].append(piece)
    for line in lines:
        if (line.ledger, line.customer) in spans:
            sides[spans[line.ledger, line.customer]][1].append(line)
    for span, (own, theirs) in sorted(sides.items(), key=lambda pair: str(pair[0])):
        yield span, own, theirs


def _billed_for(lines: Iterable[Line], month: Period) -> dict[Account, Decimal]:
    """What lines of the ledger bill for a month, by customer and currency."""
    sums: dict[Account, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.period.start in month:
            sums[line.ledger, line.customer, line.currency] += line.amount
    return sums


def _hash(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
