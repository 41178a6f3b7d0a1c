"""Says of every piece what becomes of it: planned, billed, absorbed, timing, or blocked and why; and adds it up.

Every cent of Microsoft's lines gets exactly one word, so that the sums prove that nothing was lost.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from connector.domain.document import Blocked, SliceRef, in_order
from connector.domain.money import ZERO, to_minor
from connector.engine.planning.accounts import Accounts
from connector.engine.planning.ahead import settle_ahead, without_known
from connector.engine.planning.billed import Billed
from connector.engine.planning.bundling import is_component
from connector.engine.planning.by_hand import HandBilled, SliceKey, slice_key
from connector.engine.planning.cutting import LATER, NEXT, NOW, PAST
from connector.engine.planning.ended import given_back
from connector.engine.planning.pieces import (
    ITEM,
    MINIMUM,
    WITHOUT_CHARGE,
    ChargeKey,
    Piece,
    Shares,
    as_step,
    charge_key,
    with_amounts,
)
from connector.engine.planning.terms import Terms
from connector.engine.reconciliation.shapes import Slice
from connector.engine.reconciliation.summing import UNBILLABLE, is_billable

_TEXTS = {
    "unmapped_customer": "no rule names the customer",
    "unmapped_product": "no rule names the product",
    "customer_ended": "the customer's rule has ended",
    "unpriced_charge": "no rule gives a price",
    "ambiguous_mapping": "two rules claim it with equal right",
    "charge_without_customer": "Microsoft names no customer",
}
_HOW = "--catch-up with the finding makes the document that puts it right"


@dataclass
class Settled:
    """What became of everything: the pieces to plan, what is blocked, and Microsoft's cents by their fate.

    `ahead` are pieces for the document that bills the next span, `components` what bundles of the month take in.
    """

    planned: list[Piece] = field(default_factory=list)
    components: list[Piece] = field(default_factory=list)
    ahead: list[Piece] = field(default_factory=list)
    unchanged: int = 0
    _sums: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    _blocked: dict[tuple[object, ...], list[tuple[Slice, SliceRef, Decimal]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, fate: str, piece: Piece, amount: Decimal) -> None:
        """Count so much of a piece's cost, where its charge is on an invoice of the month."""
        if piece.counts and piece.of.charges:
            self._sums[fate, piece.of.cost_currency] += amount

    def block(self, reason: str, text: str, piece: Piece, amount: Decimal, findings: tuple[str, ...] = ()) -> None:
        """Set a piece aside, of which so much is not billed."""
        self.add(reason, piece, amount)
        of = piece.of
        key = (
            reason, text, of.customer_id or "", of.customer_name or "", of.product_id or "", of.product_name or "",
            of.cost_currency, findings,
        )  # fmt: skip
        for number, ref in enumerate(piece.refs):
            self._blocked[key].append((of, ref, amount if not number else ZERO))

    def sums(self) -> tuple[tuple[str, str, Decimal], ...]:
        """Fate, currency and amount."""
        return tuple((fate, currency, amount) for (fate, currency), amount in sorted(self._sums.items()))

    def blocked(self) -> tuple[Blocked, ...]:
        """What is blocked, by reason, customer and product."""
        made = []
        for key, parts in self._blocked.items():
            reason, text, tenant, name, product_id, product, currency, findings = key
            made.append(
                Blocked(
                    reason=str(reason),
                    text=str(text),
                    cost=sum((amount for _, _, amount in parts), ZERO),
                    currency=str(currency),
                    tenant_id=str(tenant) or None,
                    customer_name=str(name) or None,
                    product_id=str(product_id) or None,
                    product_name=str(product) or None,
                    slices=in_order(ref for _, ref, _ in parts),
                    findings=findings if isinstance(findings, tuple) else (),
                )
            )
        return tuple(sorted(made, key=lambda one: (one.reason, one.customer_name or "", one.tenant_id or "",
                                                   one.product_name or "", one.product_id or "", one.text,
                                                   one.currency)))  # fmt: skip


@dataclass(frozen=True)
class Settler:
    """Settles pieces; `corrected` are findings put right by a document.

    `anew` settles at today's price, and gives back own items that were billed in advance and are not due any more.
    """

    billed: Billed
    shares: Shares
    by_hand: Mapping[SliceKey, HandBilled]
    accounts: Accounts
    terms: Terms
    corrected: Mapping[str, str] = field(default_factory=dict)
    anew: bool = False
    _named: set[ChargeKey] = field(default_factory=set)

    def settle(self, pieces: Sequence[Piece]) -> Settled:
        """Say what becomes of every piece."""
        settled = Settled()
        self._named.update(charge_key(ref) for piece in pieces for ref in piece.refs if not piece.of.charges)
        wanted = without_known(pieces, self.billed, self.terms.period)
        left = [piece for each in wanted if (piece := self._less_billed(each, settled)) is not None]
        # What cannot be billed, and what people billed, is not what was billed ahead.
        open_ones: list[Piece] = []
        for piece in left:
            hand = self._hand(piece)
            if hand is None and is_billable(piece.of):
                open_ones.append(piece)
            else:
                self._decide(piece, hand, settled)
        open_ones, paid = settle_ahead(open_ones, self.billed, self.terms.period, anew=self.anew)
        for piece in paid:
            settled.unchanged += len(piece.refs)
            settled.add("billed", piece, piece.cost)
        for piece in open_ones:
            self._decide(piece, None, settled)
        for piece in given_back(pieces, self.billed, self.terms.period) if self.anew else ():
            self._decide(piece, None, settled)
        return settled

    def _hand(self, piece: Piece) -> HandBilled | None:
        return self.by_hand.get(slice_key(piece.of)) if self.by_hand else None

    def _is_renamed(self, piece: Piece) -> bool:
        """Whether an own item or top-up is billed under a name that no rule gives any more: a rule was edited since.

        Each such name stands for one piece.
        """
        if not piece.worth or not piece.refs[0].row_hash.startswith((ITEM, MINIMUM)):
            return False
        left = (key for ref in self.billed.own(piece) if (key := charge_key(ref)) not in self._named)
        taken = next(left, None)
        self._named.update([taken] if taken else [])
        return taken is not None

    def _less_billed(self, piece: Piece, settled: Settled) -> Piece | None:
        """Take off what our own postings bill."""
        fates = [self.billed.fate(ref, self.shares) for ref in piece.refs]
        if not piece.of.charges:
            return self._less_own(piece, fates[0], settled)
        paid = "absorbed" if is_component(piece) else "billed"
        for ref, fate in zip(piece.refs, fates, strict=True):
            if fate == "billed":
                settled.unchanged += 1
                settled.add(paid, piece, ref.cost)
        again = [ref for ref, fate in zip(piece.refs, fates, strict=True) if fate == "rebill"]
        if again:
            held = replace(piece, refs=tuple(again))
            text = "it was billed under rules that shared it out in another way; --rebill bills it anew"
            settled.block("rebill", text, held, sum((ref.cost for ref in again), ZERO))
        is_open = [fate == "open" for fate in fates]
        if all(is_open):
            return piece
        late = [ref for ref, wanted in zip(piece.refs, is_open, strict=True) if wanted]
        if not late:
            return None
        rest = self.billed.rest(piece, is_open)
        if rest is None:
            settled.add(paid, piece, sum((ref.cost for ref in late), ZERO))
        return rest

    def _less_own(self, piece: Piece, fate: str, settled: Settled) -> Piece | None:
        """Own items are billed once a period, whatever becomes of their rule; minimums as far as they go.

        Billed anew, what an item was billed in advance is settled at today's price.
        """
        if fate == "open" and not self._is_renamed(piece):
            return piece
        settled.unchanged += 1
        before = self.billed.ref(piece.refs[0])
        if before is None or not (self.anew or piece.refs[0].row_hash.startswith(MINIMUM)):
            return None
        left = piece.worth - to_minor(before.amount, piece.of.currency)
        if not left:
            return None
        refs = tuple(map(as_step, with_amounts(piece.refs, left, piece.of.currency)))
        return replace(piece, refs=refs, worth=left, is_whole=False, late="in addition" if left > 0 else "less")

    def _decide(self, piece: Piece, hand: HandBilled | None, settled: Settled) -> None:
        of = piece.of
        if not is_billable(of):
            reason = UNBILLABLE[of.status]
            if reason == "absorbed":
                settled.add("absorbed", piece, piece.cost)
            else:
                why = _TEXTS[of.status]
                if piece.rate is not None and of.status == "unpriced_charge":
                    why += f" ({piece.rate.formula})" if piece.rate.formula else ""
                elif piece.rate is not None and of.status == "ambiguous_mapping":
                    why += f" ({piece.rate.formula}): {' and '.join(piece.rate.places)}"
                settled.block(reason, why, piece, piece.cost)
            return
        if of.status == "absorbed" or of.method == "none" or (of.is_free and not of.is_credit):
            settled.add("absorbed", piece, piece.cost)
            if is_component(piece) and piece.due == NOW and piece.counts:
                settled.components.append(piece)
            return
        if any((ref.invoice, ref.row_hash) in self.terms.disputed for ref in piece.refs if ref.invoice):
            settled.block("disputed", "it is disputed with Microsoft", piece, piece.cost)
            return
        if piece.due in (LATER, PAST) or (not self.terms.bills_unnumbered and _is_unnumbered(piece)):
            settled.add("timing", piece, piece.cost)
        elif hand is not None:
            self._by_hand(piece, hand, settled)
        elif (stop := self._not_yet(piece)) is not None:
            settled.block(*stop, piece, piece.cost)
        elif not piece.worth:
            settled.add("absorbed", piece, piece.cost)
        else:
            settled.add("planned", piece, piece.cost)
            (settled.ahead if piece.due == NEXT else settled.planned).append(piece)

    def _by_hand(self, piece: Piece, hand: HandBilled, settled: Settled) -> None:
        """Count what people billed; what they missed is blocked with its findings, never topped up silently."""
        settled.unchanged += len(piece.refs)
        if piece.due == NEXT and not piece.counts:
            # Whether people billed enough in advance is seen when Microsoft charges it.
            return
        caught_up = bool(hand.findings) and all(name in self.corrected for name in hand.findings)
        for fate, amount in hand.fates:
            if fate == "unbilled" and caught_up:
                settled.add(self.corrected[hand.findings[0]], piece, amount)
            elif fate == "unbilled":
                settled.block("differs", f"people billed a part of it; {_HOW}", piece, amount, hand.findings)
            else:
                settled.add(fate, piece, amount)
        if hand.short and not caught_up:
            settled.block("differs", f"people billed less than is due; {_HOW}", piece, ZERO, hand.findings)

    def _not_yet(self, piece: Piece) -> tuple[str, str] | None:
        """Why a piece that has a price is not billed all the same."""
        start = self.terms.starts_on(piece.of.customer_id)
        month = self.terms.period.end if piece.due == NEXT else self.terms.period.start
        if start is not None and (month < start or piece.period.end <= start):
            return "before_start", f"posting starts in {start:%Y-%m}; nothing before it is ever posted"
        if start is None and self.terms.starts:
            return "before_start", "posting.start is not given for this customer"
        of = piece.of
        rule = self.accounts.rule(of.ledger or "", of.ledger_customer or "", of.customer_id, piece.period.start)
        if rule is not None and rule.hold:
            return "hold", rule.hold
        return None


def _is_unnumbered(piece: Piece) -> bool:
    """Whether Microsoft has not put a charge on an invoice yet."""
    return any(not ref.invoice and not ref.row_hash.startswith(WITHOUT_CHARGE) for ref in piece.refs)
