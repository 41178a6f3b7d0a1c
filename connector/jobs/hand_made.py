"""Compares what we have not billed with what people have, and finds our own documents as they stand in the ledger."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from connector.domain.document import CREDIT_MEMO, DocumentLine
from connector.domain.finding import Finding
from connector.domain.kinds import DIFFERENCE, ON_THEIR_OWN
from connector.domain.money import exponent, from_minor, trimmed
from connector.domain.period import Period
from connector.engine.planning.billed import Billed
from connector.engine.planning.by_hand import HandBilled, SliceKey, billed_by_hand, open_slices, plainly_billed
from connector.engine.planning.correcting import Correctable, Part
from connector.engine.planning.cutting import NEXT, NOW
from connector.engine.planning.pieces import Piece, Shares
from connector.engine.planning.terms import Unexplained
from connector.engine.reconciliation import summing
from connector.engine.reconciliation.alone import Unanswered, judge_alone
from connector.engine.reconciliation.groups import Sides, judge_all
from connector.engine.reconciliation.judging import Judgement
from connector.engine.reconciliation.shapes import Lifetime, Line, Slice
from connector.engine.reconciliation.telling import tell, tell_unanswered
from connector.jobs.counting import counting_lines
from connector.jobs.gathering import Gathering, widened

ZERO = Decimal(0)
# What these findings tell of charges that people did not bill at all is billed by the plan itself.
_OPEN = ("partial_period_unbilled", "quantity_under_billed", "unbilled_charge")
_Row = Mapping[str, Any]


class HandMade:
    """The ledger's side of a plan.

    `lines` are those that people made, `by_hand` what they bill of what is due, `correctable` the findings about
    them, `unexplained` what they bill and no charge explains; `standing` are the lines of our own documents as the
    ledger has them.
    """

    def __init__(
        self, due: Gathering, pieces: Sequence[Piece], billed: Billed, rows: Iterable[_Row], lives: tuple[Lifetime, ...]
    ) -> None:
        self._due, self._billed, self._lives = due, billed, lives
        ours: dict[str, list[_Row]] = defaultdict(list)
        read: set[str] = set()

        def theirs() -> Iterator[_Row]:
            for row in rows:
                ledger = row["ledger"] or ""
                read.add(ledger)
                owner = billed.owner(ledger, row["document_number"] or "", row["document_id"])
                if owner is None:
                    yield row
                else:
                    ours[owner].append(row)

        slices = [one.of for one in due.cuts]
        directory = due.expectation.directory
        self.lines, _ = counting_lines(theirs(), directory, slices, lives)
        self._own_lines, _ = counting_lines((row for own in ours.values() for row in own), directory, slices, lives)
        self.by_hand: dict[SliceKey, HandBilled] = {}
        self._correctable: list[Correctable] = []
        self.unexplained: tuple[Unexplained, ...] = ()
        self.standing = {
            document.key: _lines_of(document.kind, ours.get(document.key, ()))
            for document in billed.documents
            if document.ledger in read and billed.named(document.key) != document.key
        }
        if self.lines:
            self._judge(pieces)

    @property
    def correctable(self) -> tuple[Correctable, ...]:
        """Findings about what people billed, that a document can put right."""
        return tuple(sorted(self._correctable, key=lambda one: one.finding.fingerprint))

    def _judge(self, pieces: Sequence[Piece]) -> None:
        due, directory = self._due, self._due.expectation.directory
        shares = Shares(pieces)
        # What people billed by hand in place of a document of ours that is gone must not be billed anew beside it.
        gone = frozenset(key for key, lines in self.standing.items() if lines is None)
        billed = self._billed.without(gone) if gone else self._billed
        left = [
            piece.of
            for piece in pieces
            if summing.is_billable(piece.of) and piece.due in (NOW, NEXT) and not billed.touches(piece, shares)
        ]
        names = directory.names(due.rates)
        alone: list[Line] = []
        answered = list(self._own_lines)
        for span, own, theirs in self._by_span(left):
            scope = due.scope if span is None else widened(due.scope, span)
            plain = plainly_billed(own, theirs, lambda rate_id: self._bundle_of(rate_id) is not None)
            self.by_hand |= plain.billed
            answered += plain.answered
            sides = Sides(tuple(plain.slices), tuple(plain.lines), self._lives, directory.frequency, self._bundle_of)
            judged = judge_all(sides, scope)
            told: dict[tuple[str, ...], tuple[str, ...]] = {}
            short = set()
            for judgement in judged.groups:
                if judgement.group.lines:
                    found = [one for one in tell(judgement, names) if is_correctable(one)]
                    mine = list(_with_cost(judgement, found, open_slices(judgement)))
                    told[judgement.group.key] = tuple(sorted(one.finding.fingerprint for one in mine))
                    if self._is_short(mine, len(judgement.group.lines)):
                        short.add(judgement.group.key)
                    self._correctable += mine
                    answered += judgement.group.lines
            self.by_hand |= billed_by_hand(judged.groups, told, short)
            alone += judged.alone
        unbillable = [piece.of for piece in pieces if not summing.is_billable(piece.of)]
        tenancy = directory.tenancy(self._lives, unbillable)
        unanswered, _, _ = judge_alone(alone, answered, tenancy, due.scope)
        self.unexplained = tuple(_unexplained(unanswered))
        self._correctable += [Correctable(tell_unanswered(one, names), one.lines[0].item) for one in unanswered]

    def _is_short(self, found: Sequence[Correctable], lines: int) -> bool:
        """Whether less is billed than is due, beyond what the mapping's tolerances keep silent."""
        rules = self._due.mapping.tolerances
        told = [one.finding for one in found if abs(one.finding.impact) > summing.allowed(one.finding, rules, lines)]
        return sum((one.impact for one in told), ZERO) > 0

    def _bundle_of(self, rate_id: int) -> str | None:
        rate = self._due.rates[rate_id]
        return rate.bundle if rate else None

    def _by_span(self, slices: Iterable[Slice]) -> Iterator[tuple[Period | None, list[Slice], list[Line]]]:
        """Slices and lines of customers who are billed for the same span at a time; the rest comes under None.

        Lines of months before are compared with nothing but what is billed for a longer span.
        """
        spans: dict[tuple[str, str], Period | None] = {}
        sides: dict[Period | None, tuple[list[Slice], list[Line]]] = defaultdict(lambda: ([], []))
        slices = list(slices)
        for piece in slices:
            place = piece.ledger or "", piece.ledger_customer or ""
            spans[place] = spans.get(place) or self._due.spread(piece)
        for piece in slices:
            sides[spans[piece.ledger or "", piece.ledger_customer or ""]][0].append(piece)
        for line in self.lines:
            sides[spans.get((line.ledger, line.customer))][1].append(line)
        for span, (own, theirs) in sorted(sides.items(), key=lambda pair: str(pair[0])):
            yield span, own, theirs


def _unexplained(unanswered: Iterable[Unanswered]) -> Iterator[Unexplained]:
    """Lines of cloud items that stand for nothing we know of: they may be what is due, under another item."""
    for one in unanswered:
        if one.kind != "orphan_billing":
            continue
        for line in one.lines:
            if line.amount > 0:
                account = line.ledger, line.customer, line.currency
                told = f"people billed {line.amount:f} {line.currency} on item {line.item} ({line.document})"
                yield Unexplained(account, line.period, f"{told} for {line.period}")


def is_correctable(finding: Finding) -> bool:
    """Whether a document can put a finding right: a difference in what is billed, net of tax."""
    return finding.measures == DIFFERENCE and finding.kind not in ON_THEIR_OWN and bool(finding.impact)


def _with_cost(judgement: Judgement, found: Sequence[Finding], left: Iterable[Slice]) -> Iterator[Correctable]:
    """Findings of a group with its item and days; what was not billed costs what Microsoft charges for it.

    What is `left` for us to bill is planned as it is, whatever finding tells of it.
    """
    group = judgement.group
    first = group.slices[0]
    planned = {True: ZERO, False: ZERO}
    for piece in left:
        planned[piece.is_credit] += from_minor(piece.worth, piece.currency)
    items = sorted(piece.item for piece in group.slices if piece.item)
    cost = sum((one.amount for one in judgement.verdicts if one.verdict == "unbilled"), ZERO)
    for finding in sorted(found, key=lambda one: (one.impact <= 0, one.kind == "price_differs", one.fingerprint)):
        item = finding.subject.item or (items[0] if items else group.lines[0].item)
        is_credit = finding.kind == "credit_not_passed_on"
        own = planned[is_credit] if is_credit or finding.kind in _OPEN else ZERO
        own = sorted((ZERO, own, finding.impact))[1]
        planned[is_credit] -= own
        if own != finding.impact:
            spent = cost if finding.impact > 0 else ZERO
            parts = _moved(judgement) if finding.kind == "product_change_not_followed" and not own else ()
            days = _days_of(judgement, finding)
            yield Correctable(finding, item, spent, first.cost_currency, first.category, own, days, parts)
            cost = ZERO


def _moved(judgement: Judgement) -> tuple[Part, ...]:
    """What is due more, or less, on each item between which seats moved; nothing where days of timing are in it."""
    group = judgement.group
    if any(each.fate == "timing" for each in group.stretches):
        return ()
    due: dict[str, Decimal] = defaultdict(Decimal)
    for piece in group.slices:
        due[piece.item or ""] += from_minor(piece.worth, piece.currency)
    for line in group.lines:
        due[line.item] -= line.amount
    parts = []
    for item, amount in sorted(due.items(), key=lambda one: (-one[1], one[0])):
        alike = [one for one in group.slices if one.item == item and (one.worth > 0) == (amount > 0)]
        if not amount or not alike:
            continue
        days = Period(min(one.period.start for one in alike), max(one.period.end for one in alike))
        named = {one.subscription_id or "" for one in alike}
        parts.append(Part(item, amount, days, named.pop() if len(named) == 1 else "", alike[0].product_name or ""))
    return tuple(parts) if sum((one.amount for one in parts), ZERO) == sum(due.values(), ZERO) else ()


def _days_of(judgement: Judgement, finding: Finding) -> Period | None:
    """The days on which the two sides differ: where too much was billed, where seats are missing, else all compared."""
    compared = [each for each in judgement.group.stretches if each.fate in ("compared", "over", "ended")]
    odd = [each for each in compared if (each.over_amount > 0 if finding.impact < 0 else each.missing > 0)]
    days = [each.period for each in odd or compared]
    return Period(min(one.start for one in days), max(one.end for one in days)) if days else None


def _lines_of(kind: str, rows: Iterable[_Row]) -> tuple[DocumentLine, ...] | None:
    """The lines of one of our documents as they stand; None where it is gone or void."""
    sign = -1 if kind == CREDIT_MEMO else 1
    lines = tuple(
        DocumentLine(
            number=number,
            item=row["item_id"],
            description=row["description"] or "",
            amount=trimmed(row["amount"], exponent(row["currency"])) * sign,
            first=row["service_start"],
            last=row["service_end"],
            reference=row["reference"] or "",
        )
        for number, row in enumerate(sorted(rows, key=_line_number), 1)
        if not summing.is_void(row["status"])
    )
    return lines or None


def _line_number(row: _Row) -> tuple[int, int]:
    text = row["line_number"] or ""
    return (int(text) if text.isdecimal() else 0), row["line"] or 0
