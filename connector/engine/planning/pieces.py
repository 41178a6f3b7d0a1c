"""Pieces of what should be billed: an expected slice, or the share of one that goes on a line or a document of its own.

Each piece names the charges behind it, numbered so that equal lines of one vendor invoice stay apart, with what it
bills for each of them: they sum to the piece. A charge that is split carries a label on each part, made of what the
rule means (a resource group, a month), never of the rule's place in the mapping.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from operator import attrgetter

from connector.domain.document import DocumentLine, SliceRef
from connector.domain.money import ZERO, allocate, from_minor
from connector.domain.period import Period, add_months
from connector.domain.rules import Mapping, SubscriptionRule
from connector.domain.values import value_object
from connector.engine.planning.cutting import MONTH_MARK, NOW, Cut
from connector.engine.rates import Rate
from connector.engine.reconciliation.shapes import Charge, Slice
from connector.engine.reconciliation.spans import whole_months

RateOf = Callable[[int], Rate | None]
# Invoice, hash of the row, number among equal rows.
ChargeKey = tuple[str, str, int]
# The part of a charge that no exception claims, and what parts the label of an exception from that of a share of it.
OTHER = "other"
DIVIDED = "|"
# A charge's own content, whatever file and row it stands in.
content_of = attrgetter("invoice", "row_hash", "part", "amount")
# How the names begin of what has no charge: own items, minimums, what is billed ahead, corrections of findings.
ITEM, MINIMUM, AHEAD, FINDING = "item:", "minimum:", "ahead:", "finding:"
WITHOUT_CHARGE = ITEM, MINIMUM, AHEAD, FINDING
# The part of an own item that is billed once more, or given back, beside what was billed of it.
STEP = "step"


@value_object()
class Piece:
    """What goes on one line: `worth` in minor units of the slice's currency, positive for what the customer pays.

    `is_whole` says that it is all of the slice, so that seats and unit price mean it; `group` is what a line of usage
    is for, `split` the value that documents are split by. `late` says why it comes after the document it belongs to.
    `due` and `counts` are those of its cut.
    """

    of: Slice
    rate: Rate | None
    refs: tuple[SliceRef, ...]
    worth: int
    cost: Decimal
    period: Period
    is_whole: bool = True
    group: str = ""
    split: str = ""
    late: str = ""
    due: str = NOW
    counts: bool = True

    @property
    def amount(self) -> Decimal:
        """What the customer pays for it."""
        return from_minor(self.worth, self.of.currency)


def charge_key(ref: SliceRef) -> ChargeKey:
    """Which charge a part is of."""
    return ref.invoice, ref.row_hash, ref.nth


class Shares:
    """Into which parts each charge is split now, and what it costs whole; looked up where something is billed."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._pieces: Iterable[Piece] = pieces
        self._found: dict[ChargeKey, list[SliceRef]] | None = None

    def _of(self, key: ChargeKey) -> list[SliceRef]:
        if self._found is None:
            self._found = {}
            for piece in self._pieces:
                for ref in piece.refs:
                    self._found.setdefault(charge_key(ref), []).append(ref)
        return self._found.get(key, [])

    def costs(self, key: ChargeKey) -> dict[str, Decimal]:
        """What each part of a charge costs, by its label."""
        costs: dict[str, Decimal] = {}
        for ref in self._of(key):
            costs[ref.part] = costs.get(ref.part, ZERO) + ref.cost
        return costs


def pieces_of(cuts: Iterable[Cut], mapping: Mapping, rate_of: RateOf) -> list[Piece]:
    """One piece for each part of a slice, in an order that does not depend on files or rows."""
    ordered = sorted(cuts, key=lambda one: slice_order(one.of))
    split = _split_rows(ordered)
    counts: dict[tuple[str, str, str], int] = defaultdict(int)
    owned: Counter[str] = Counter()
    made = []
    for one in ordered:
        of = one.of
        rate = rate_of(of.rate_id)
        refs = tuple(_refs(one, rate, mapping, split, counts)) if of.charges else (_own_ref(of, mapping, owned),)
        made.append(
            Piece(
                of=of,
                rate=rate,
                refs=refs,
                worth=of.worth,
                cost=of.cost,
                period=of.period,
                due=one.due,
                counts=one.counts,
            )
        )
    return made


def slice_order(piece: Slice) -> tuple[object, ...]:
    """A stable order of slices: by customer, subscription, product and days, then by the charges' content."""
    return (
        piece.ledger or "", piece.ledger_customer or "", piece.customer_id or "", piece.subscription_id or "",
        piece.product_id or "", piece.sku_id or "", piece.period, piece.kind, piece.item or "", piece.worth,
        piece.cost, min(map(content_of, piece.charges), default=()),
        piece.source if not piece.charges else "", piece.line if not piece.charges else 0,
    )  # fmt: skip


def with_amounts(refs: Sequence[SliceRef], worth: int, currency: str) -> tuple[SliceRef, ...]:
    """Share an amount out over the charges behind it, in proportion to their cost; the shares sum to it."""
    if len(refs) == 1:
        return (replace(refs[0], amount=from_minor(worth, currency)),)
    shares = allocate(worth, weights_of([ref.cost for ref in refs]))
    return tuple(replace(ref, amount=from_minor(share, currency)) for ref, share in zip(refs, shares, strict=True))


def as_step(ref: SliceRef) -> SliceRef:
    """The same, marked as billed in addition where it is an own item; minimums are billed in steps by nature."""
    return replace(ref, part=STEP) if ref.row_hash.startswith(ITEM) else ref


def weights_of(amounts: Sequence[Decimal]) -> list[int]:
    """Amounts as whole weights; those that cancel out to nothing weigh the same."""
    places = max((_places(amount) for amount in amounts), default=0)
    weights = [int(amount.scaleb(places)) for amount in amounts]
    return weights if sum(weights) else [1] * len(weights)


def _places(amount: Decimal) -> int:
    digits = amount.as_tuple().exponent
    return max(0, -digits) if isinstance(digits, int) else 0


def _split_rows(cuts: Iterable[Cut]) -> set[tuple[str, str]]:
    """The rows of which exceptions claim parts."""
    return {
        (charge.invoice, charge.row_hash)
        for one in cuts
        for charge in one.of.charges
        if charge.part.partition(MONTH_MARK)[0]
    }


def _refs(
    cut: Cut, rate: Rate | None, mapping: Mapping, split: set[tuple[str, str]], counts: dict[tuple[str, str, str], int]
) -> Iterable[SliceRef]:
    of = cut.of
    charges: Sequence[Charge] = of.charges
    shares: Sequence[int] = (of.worth,)
    if len(charges) > 1:
        charges = sorted(charges, key=content_of)
        shares = allocate(of.worth, weights_of([one.amount for one in charges]))
    subscription, rule = of.subscription_id or "", rate.rule if rate else ""
    for one, share in zip(charges, shares, strict=True):
        part = _part_of(one, mapping, split)
        counted = one.invoice, one.row_hash, part
        counts[counted] += 1
        yield SliceRef(
            *counted, counts[counted], one.amount, of.cost_currency, one.source, one.line,
            from_minor(share, of.currency), subscription, rule,
        )  # fmt: skip


def _part_of(charge: Charge, mapping: Mapping, split: set[tuple[str, str]]) -> str:
    """The label of a part of a charge: whose it is, and from which day on where it is cut by months."""
    claims, mark, day = charge.part.partition(MONTH_MARK)
    is_split = split and (charge.invoice, charge.row_hash) in split
    return (label_of(claims or None, mapping.subscriptions) if is_split else "") + mark + day


def label_of(part: str | None, rules: Sequence[SubscriptionRule]) -> str:
    """The label of a part of a charge that exceptions claim, given by their positions among the rules."""
    return "+".join(_meant(rules[int(number)]) for number in part.split(",")) if part else OTHER


def _meant(rule: SubscriptionRule) -> str:
    named = (
        ("subscription", rule.subscription_id),
        ("azure_subscription", rule.entitlement_id),
        ("resource_group", rule.resource_group),
        ("tag", rule.tag),
    )
    return ",".join(f"{name}={value.lower()}" for name, value in named if value)


def is_item(piece: Slice) -> bool:
    """Whether a slice is one of the partner's own items, and no top-up to a minimum."""
    return piece.kind == "own" and piece.method == "seats"


def item_days(line: DocumentLine) -> list[Period]:
    """The days that each reference of a line with an own item is for: months that stand together, in their order."""
    if line.first is None or line.last is None:
        return []
    days = Period.inclusive(line.first, line.last)
    each, rest = divmod(whole_months(days), len(line.slices))
    if len(line.slices) == 1 or not each or rest:
        return [days] * len(line.slices)
    edges = [add_months(days.start, each * number) for number in range(len(line.slices) + 1)]
    return [Period(start, end) for start, end in pairwise(edges)]


def own_key(kind: str, *names: object) -> str:
    """The name of what has no charge, by its scope and period: the kind and sixteen hex digits."""
    return kind + hashlib.sha256("\x1f".join(map(str, names)).encode()).hexdigest()[:16]


def ahead_key(first: date, months: int, *names: object) -> str:
    """The name of a cycle that is billed before Microsoft charges it; its days stand in it."""
    return own_key(f"{AHEAD}{first}{f'+{months}' if months > 1 else ''}:", *names)


def cycle_of(key: str) -> Period:
    """The days of a cycle that was billed ahead, as its name tells them."""
    first, _, months = key.removeprefix(AHEAD).partition(":")[0].partition("+")
    start = date.fromisoformat(first)
    return Period(start, add_months(start, int(months or 1)))


def _own_ref(piece: Slice, mapping: Mapping, owned: Counter[str]) -> SliceRef:
    """Name an own item or a minimum by its scope and period; a minimum's part is the amount agreed."""
    scope = piece.ledger, piece.ledger_customer, piece.customer_id, piece.period, piece.currency
    part = ""
    if piece.method == "amount":
        rule = next((r for r in mapping.minimums if (r.place.file, r.place.line) == (piece.source, piece.line)), None)
        agreed = rule.selector if rule else None
        key = own_key(
            MINIMUM, *scope, *((agreed.category, agreed.product_id, agreed.subscription_id) if agreed else ())
        )
        part = f"{rule.amount.normalize():f}" if rule else ""
    else:
        key = own_key(ITEM, *scope, piece.item)
    owned[key] += 1
    amount = from_minor(piece.worth, piece.currency)
    return SliceRef("", key, part, owned[key], ZERO, piece.cost_currency, piece.source, piece.line, amount)
