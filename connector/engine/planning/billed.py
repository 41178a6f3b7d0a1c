"""Looks back on our own postings: which charges are billed, for how much, and which numbers are used up.

The lines count as they were frozen when they were planned; what people did to a document since, a discount, a void,
another price in the mapping, never makes a charge billable again. Only a document of ours that takes another back
whole does, or that takes its place.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from connector.domain.document import INVOICE, Document, DocumentLine, SliceRef
from connector.domain.money import ZERO, to_minor
from connector.domain.period import Period
from connector.domain.posted import Posted
from connector.engine.planning.pieces import (
    AHEAD,
    DIVIDED,
    ITEM,
    MINIMUM,
    ChargeKey,
    Piece,
    Shares,
    charge_key,
    item_days,
    with_amounts,
)


@dataclass(frozen=True, slots=True)
class _Part:
    ref: SliceRef
    ledger: str
    customer: str
    currency: str


class Billed:
    """What our own postings bill, by charge. Documents with the keys `ignored` bill nothing, but keep their numbers."""

    def __init__(self, posted: Iterable[Posted], ignored: frozenset[str] = frozenset()) -> None:
        self._posted = sorted(posted, key=lambda one: one.document.key)
        counting = [one.document for one in self._posted if one.bills]
        # What another took the place of stays gone, also where that one is looked away from.
        back = {document.reverses for document in counting if document.reverses}
        replaced = {key for document in counting for key in document.corrects}
        gone = back | replaced | ignored
        self.documents = tuple(d for d in counting if d.key not in gone and not d.reverses)
        self.undone = tuple(d for d in counting if d.key in back | replaced)
        self._numbers = {one.document.key: one.number for one in self._posted}
        self._by_number = {(one.document.ledger, one.number): one for one in self._posted if one.number}
        self._by_id = {(one.document.ledger, one.remote_id): one.document.key for one in self._posted if one.remote_id}
        self._taken: dict[tuple[object, ...], int] = {}
        for one in self._posted:
            if one.takes_key:
                row = _row(one.document)
                self._taken[row] = max(self._taken.get(row, 0), one.document.sequence)
        self._parts: dict[ChargeKey, dict[str, _Part]] = defaultdict(dict)
        self._own: dict[tuple[object, ...], list[SliceRef]] = defaultdict(list)
        self.ahead: list[tuple[Document, DocumentLine, SliceRef]] = []
        self._charged: dict[tuple[str, str], list[tuple[Document, DocumentLine]]] = defaultdict(list)
        for document in sorted(self.documents, key=lambda one: (one.period, one.sequence, one.key)):
            place = document.ledger, document.customer, document.currency
            for line in document.lines:
                if line.reference and line.amount > 0 and document.kind == INVOICE:
                    self._charged[line.reference, line.category].append((document, line))
                for ref, days in _own_days(line):
                    for whose in ((document.ledger, document.customer), *zip(document.tenants)):
                        self._own[*whose, days].append(ref)
                for ref in line.slices:
                    self._add(ref, *place)
                    if ref.row_hash.startswith(AHEAD) and not ref.part:
                        self.ahead.append((document, line, ref))

    def _add(self, ref: SliceRef, *place: str) -> None:
        """What is billed in several steps (a minimum, a finding, an own item billed anew) adds up."""
        if ref.row_hash.startswith(ITEM):
            ref = replace(ref, part="")
        parts = self._parts[charge_key(ref)]
        before = parts.get(ref.part)
        if before is not None:
            ref = replace(ref, amount=ref.amount + before.ref.amount, cost=ref.cost + before.ref.cost)
        parts[ref.part] = _Part(ref, *place)

    def without(self, keys: frozenset[str]) -> "Billed":
        """The same without what some documents bill."""
        return Billed(self._posted, keys)

    def owner(self, ledger: str, number: str, document_id: str | None) -> str | None:
        """The key of the document of ours that a ledger's line stands on; None where people made it.

        Its id there tells, whatever number it bears by now; the number where one of both has no id.
        """
        if document_id and (key := self._by_id.get((ledger, document_id))):
            return key
        known = self._by_number.get((ledger, number))
        return None if known is None or (document_id and known.remote_id) else known.document.key

    def named(self, key: str) -> str:
        """The number of a document in its ledger, else its key."""
        return self._numbers.get(key) or key

    def touches(self, piece: Piece, shares: Shares) -> bool:
        """Whether anything of what a piece bills is billed by us, or a charge of it in parts that it has no more."""
        return any(self._touches(ref, shares) for ref in piece.refs)

    def _touches(self, ref: SliceRef, shares: Shares) -> bool:
        billed = self._parts.get(charge_key(ref))
        if not billed:
            return False
        # Shares of one part count as the part: whether they are all billed is seen later.
        named = {part.partition(DIVIDED)[0] for part in billed}
        return ref.part in named or not named <= shares.costs(charge_key(ref)).keys()

    def ref(self, ref: SliceRef) -> SliceRef | None:
        """What was billed for exactly this part of a charge."""
        found = self._parts.get(charge_key(ref), {}).get(ref.part)
        return found.ref if found else None

    def fate(self, ref: SliceRef, shares: Shares) -> str:
        """Say of a part of a charge whether it is open, billed, or billed before in other parts (`rebill`)."""
        key = charge_key(ref)
        billed = self._parts.get(key)
        if not billed:
            return "open"
        costs = shares.costs(key)
        if billed.keys() <= costs.keys():
            if ref.part in billed:
                return "billed"
            if all(one.ref.cost == costs[part] for part, one in billed.items()):
                return "open"
        # Usage that came late, or another rule, shares the charge out in another way by now.
        return "billed" if sum((one.ref.cost for one in billed.values()), ZERO) == sum(costs.values()) else "rebill"

    def rest(self, piece: Piece, is_open: Sequence[bool]) -> Piece | None:
        """What is left of a piece of which some charges are billed; None where that is nothing.

        The whole less what was billed, so that what came late adds up to the cent. Where another deal holds by now,
        only the late charges' own share: nothing billed is billed again.
        """
        late = [ref for ref, wanted in zip(piece.refs, is_open, strict=True) if wanted]
        early = [ref for ref, wanted in zip(piece.refs, is_open, strict=True) if not wanted]
        currency = piece.of.currency
        shares = to_minor(sum((ref.amount for ref in early), ZERO), currency)
        was = [self._parts[charge_key(ref)][ref.part] for ref in early if self.ref(ref)]
        place = piece.of.ledger or "", piece.of.ledger_customer or "", currency
        billed = to_minor(sum((one.ref.amount for one in was), ZERO), currency)
        same = len(was) == len(early) and all((one.ledger, one.customer, one.currency) == place for one in was)
        deal = piece.rate.rule if piece.rate else ""
        same = same and all(one.ref.rule == deal for one in was)
        worth = piece.worth - (billed if same else shares)
        cost = sum((ref.cost for ref in late), ZERO)
        if not worth:
            return None
        refs = with_amounts(late, worth, currency)
        return replace(piece, refs=refs, worth=worth, cost=cost, is_whole=False, late="in addition")

    def line_of(self, subscription: str, category: str, days: Period) -> str | None:
        """The latest line that bills a subscription for some of these days: number of the document, and the line's."""
        for document, line in reversed(self._charged.get((subscription, category), [])):
            if line.first and line.last and Period.inclusive(line.first, line.last).overlap(days):
                return f"{self.named(document.key)} line {line.number}"
        return None

    def sequence(self, document: Document) -> int:
        """The next number in the row of documents that are alike but for it."""
        return self._taken.get(_row(document), 0) + 1

    def own(self, piece: Piece) -> list[SliceRef]:
        """What is billed of a piece's kind, own items or top-ups, for its period.

        To its ledger customer, and to its tenant wherever that was billed.
        """
        of, name = piece.of, piece.refs[0].row_hash
        kind = name[: name.index(":") + 1]
        whose = (of.ledger or "", of.ledger_customer or ""), (of.customer_id,)
        found = [ref for names in whose for ref in self._own.get((*names, piece.period), ())]
        return [ref for ref in found if ref.row_hash.startswith(kind)]


def _own_days(line: DocumentLine) -> list[tuple[SliceRef, Period]]:
    """The own items and top-ups of a line, with the days that each is for."""
    own = [ref for ref in line.slices if ref.row_hash.startswith((ITEM, MINIMUM))]
    if not own or line.first is None or line.last is None:
        return []
    if own[0].row_hash.startswith(ITEM):
        return list(zip(own, item_days(line), strict=False))
    return [(ref, Period.inclusive(line.first, line.last)) for ref in own]


def _row(document: Document) -> tuple[object, ...]:
    return (
        document.ledger, document.customer, document.period, document.currency, document.split, document.kind,
    )  # fmt: skip
