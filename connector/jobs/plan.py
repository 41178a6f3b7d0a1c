"""Plans a month: what should be billed less what is billed already, from files or from what was taken in."""

import hashlib
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from connector.domain import rules
from connector.domain.document import Plan
from connector.domain.effect import Effect
from connector.domain.errors import UnreadableInput
from connector.domain.period import Period, add_months
from connector.domain.posted import Posted
from connector.engine.planning.billed import Billed
from connector.engine.planning.dividing import Usage
from connector.engine.planning.drifting import drifts_of
from connector.engine.planning.effects import effects
from connector.engine.planning.pieces import Piece, pieces_of
from connector.engine.planning.planning import Asked, Books, make_plan
from connector.engine.planning.terms import Account, Guards, Recurring, Terms, Unexplained
from connector.engine.posted_view import Drift
from connector.engine.reconciliation.lives import lives_of
from connector.engine.reconciliation.shapes import Line, Scope
from connector.engine.upcoming import upcoming
from connector.jobs.expect import Expectation
from connector.jobs.gathering import Gathering
from connector.jobs.hand_made import HandMade
from connector.jobs.request import Request
from connector.jobs.side_sums import SideSums
from connector.jobs.usage_sums import usage_sums
from connector.ports import LineTables

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What to plan, and under which terms.

    `start` is the first day of the first month that is ever posted (None: no start is known, so all is planned),
    `starts` other first days by tenant; `posted` are our own postings so far. Lines without an invoice
    number are billed only with `bills_unnumbered` and where no line has one. Without `with_ledger` what people
    billed is not looked at.
    """

    request: Request
    start: date | None = None
    starts: tuple[tuple[str, date], ...] = ()
    guards: Guards = field(default_factory=Guards)
    posted: Sequence[Posted] = ()
    disputed: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    asked: Asked = field(default_factory=Asked)
    with_ledger: bool = True
    bills_unnumbered: bool = True


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
        pieces, books, terms, notes = self._laid_out()
        return replace(make_plan(pieces, books, terms, self._inputs(pieces), self._asked()), notes=notes)

    def drifts(self) -> tuple[Drift, ...]:
        """What documents of ours bill otherwise than they would today."""
        pieces, books, terms, _ = self._laid_out()
        anew = make_plan(pieces, books, terms, {}, Asked(rebill=True, ahead=False))
        plain = make_plan(pieces, books, terms, {}, Asked(ahead=False)) if anew.documents else anew
        return drifts_of(anew, plain, books.billed.documents)

    def _laid_out(self) -> tuple[list[Piece], Books, Terms, tuple[str, ...]]:
        """What is due, what is billed, the terms, and what to know of them."""
        due = Gathering(self._tables, self._mapping, self._request, self._sums, self._scope, self._month())
        pieces = pieces_of(due.cuts, self._mapping, lambda rate_id: due.rates[rate_id])
        billed = Billed(self._wanted.posted)
        lives, _ = lives_of(self._tables.rows(self._tables.table("subscriptions")), self._scope)
        rows = self._tables.rows(self._tables.table("ledger_lines")) if self._wanted.with_ledger else ()
        hand = HandMade(due, pieces, billed, rows, lives)
        usage = Usage(usage_sums(self._tables, self._mapping, due.invoices), self._mapping)
        books = Books(billed, due.accounts, usage, hand.by_hand, hand.correctable, hand.standing)
        terms = self._terms(hand.lines, billed, hand.unexplained)
        return pieces, books, terms, tuple(self._notes(due.expectation))

    def _asked(self) -> Asked:
        """What a person asks for; once the next month's charges are there, what was billed ahead is settled by them."""
        is_past = any(period.last > self._month().last for period in self._scope.loaded)
        return replace(self._wanted.asked, ahead=False) if is_past else self._wanted.asked

    def _month(self) -> Period:
        """The calendar month of the vendor invoices in scope."""
        last = self._scope.audited[-1].last
        start = last.replace(day=1)
        return Period(start, add_months(start, 1))

    def _terms(self, lines: Sequence[Line], billed: Billed, unexplained: tuple[Unexplained, ...]) -> Terms:
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
            bills_unnumbered=self._wanted.bills_unnumbered and not any(self._scope.invoices),
            recurring=tuple(self._recurring()) if self._wanted.with_ledger else (),
            unexplained=unexplained,
        )

    def _recurring(self) -> Iterator[Recurring]:
        """The recurring invoices in force, as the ledgers were last read."""
        rows = upcoming(self._tables.table("ledger_documents"), self._tables.table("ledger_templates"))
        found: dict[tuple[Account, str, date], set[str]] = defaultdict(set)
        for row in self._tables.rows(rows):
            if row["next_day"] is not None and row["item_id"] and row["customer_id"]:
                account = row["ledger"] or "", row["customer_id"], row["currency"] or ""
                found[account, row["name"] or row["template_id"], row["next_day"]].add(row["item_id"])
        for (account, name, day), items in sorted(found.items()):
            yield Recurring(account, name, day, frozenset(items))

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


def _billed_for(lines: Iterable[Line], month: Period) -> dict[Account, Decimal]:
    """What lines of the ledger bill for a month, by customer and currency."""
    sums: dict[Account, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.period.start in month:
            sums[line.ledger, line.customer, line.currency] += line.amount
    return sums


def _hash(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
