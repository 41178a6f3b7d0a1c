"""Decides what is compared with what: by the reference on a ledger line first, then by customer and item.

Names never match anything. A group is one subscription where a reference identifies it or where nothing is billed
for it; lines without a reference are pooled with all subscriptions of their customer and item that references have
not already settled exactly.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain

from connector.engine.reconciliation.comparison import Group
from connector.engine.reconciliation.conversions import Position, conversions, without
from connector.engine.reconciliation.judging import Judgement, judge
from connector.engine.reconciliation.shapes import Lifetime, Line, Scope, Slice

# Ledger, ledger customer, item.
Pool = tuple[str, str, str]


@dataclass(slots=True)
class Sides:
    """Both sides of a reconciliation, ready to be grouped: billable slices, cloud lines, and what is known of lives.

    `is_early` says of a slice that its customer is billed for it only after the scope.
    """

    slices: tuple[Slice, ...]
    lines: tuple[Line, ...]
    lifetimes: tuple[Lifetime, ...]
    frequency: Callable[[str | None, str | None], str]
    bundle_of: Callable[[int], str | None]
    is_early: Callable[[Slice], bool] = lambda _: False


@dataclass(slots=True)
class Judged:
    """Judged groups, and the ledger lines for which there is no charge at all."""

    groups: tuple[Judgement, ...]
    alone: tuple[Line, ...]


def judge_all(sides: Sides, scope: Scope) -> Judged:
    """Group both sides and judge each group; what has no charge comes back apart."""
    return _Grouping(sides, scope).judged()


class _Grouping:
    """The slices and lines that still wait for a group, and the groups already judged."""

    def __init__(self, sides: Sides, scope: Scope) -> None:
        self._sides, self._scope = sides, scope
        self._done: list[Judgement] = []
        self._alone: list[Line] = []
        self._waiting: dict[Position, list[Slice]] = defaultdict(list)
        self._extras: list[Slice] = []
        self._referenced: dict[Position, list[Line]] = defaultdict(list)
        self._pooled: dict[Pool, list[Line]] = defaultdict(list)
        self._lives: dict[str | None, list[Lifetime]] = defaultdict(list)
        for life in sides.lifetimes:
            self._lives[life.customer_id].append(life)
        for piece in sides.slices:
            if piece.subscription_id is None:
                self._extras.append(piece)
            else:
                self._waiting[_position_of(piece)].append(piece)
        self._sort_lines(sides.lines)

    def _sort_lines(self, lines: Iterable[Line]) -> None:
        """Put each line where its reference, or its customer and item, leads; what concerns no charge stays alone."""
        by_pool: dict[Pool, list[Slice]] = defaultdict(list)
        for piece in self._sides.slices:
            by_pool[_pool_of(piece)].append(piece)
        for line in lines:
            if line.subscription_id is None:
                pool = line.ledger, line.customer, line.item
                place: list[Line] = self._pooled[pool] if self._concerns(line, by_pool.get(pool, [])) else self._alone
            else:
                position = line.ledger, line.customer, line.subscription_id
                known = self._waiting.get(position, [])
                place = self._referenced[position] if known and self._concerns(line, known) else self._alone
            place.append(line)

    def _concerns(self, line: Line, pieces: list[Slice]) -> bool:
        """Whether a line's days touch the charges it could answer to, or the scope."""
        return any(line.period.overlap(piece.period) for piece in pieces) or any(
            line.period.overlap(period) for period in self._scope.audited
        )

    def judged(self) -> Judged:
        """Judge by reference, then conversions, then pools; what is left is judged by subscription."""
        self._settle_references()
        self._tie_conversions()
        self._judge_pools(self._choose_pools())
        for position, pieces in sorted(self._waiting.items()):
            self._judge(("subscription", position[2]), pieces, self._referenced.get(position, []))
        return Judged(tuple(self._done), tuple(sorted(self._alone, key=line_order)))

    def _settle_references(self) -> None:
        for position, lines in sorted(self._referenced.items()):
            group = self._make(("subscription", position[2]), self._waiting[position], lines)
            judgement = judge(group, self._scope)
            if not judgement.claims:
                self._done.append(judgement)
                del self._waiting[position]

    def _tie_conversions(self) -> None:
        """Judge together two subscriptions that a conversion ties, where the ledger goes on as if nothing had moved.

        Where seats moved into a subscription that is billed, both must be billed just as before.
        """
        for source, target, reference in conversions(dict(sorted(self._waiting.items()))):
            if source not in self._waiting or target not in self._waiting:
                continue
            old = {_pool_of(piece) for piece in self._waiting[source]}
            new = {_pool_of(piece) for piece in self._waiting[target]}
            if old == new:
                continue
            ends = {source: self._lines_of(source, old), target: self._lines_of(target, new)}
            followed = self._referenced.get(target) or any(pool in self._pooled for pool in new)
            if followed and all(self._as_before(place, lines, reference) for place, lines in ends.items()):
                followed = False
            if followed or not ends[source]:
                continue
            for place, pools in ((source, old), (target, new)):
                for pool in () if self._referenced.get(place) else pools:
                    self._pooled.pop(pool, None)
            pieces = self._waiting.pop(source) + self._waiting.pop(target)
            group = self._make(("subscription", min(source[2], target[2])), pieces, chain(*ends.values()))
            group.converted = True
            self._done.append(judge(group, self._scope))

    def _as_before(self, position: Position, lines: list[Line], reference: str) -> bool:
        pieces = without(self._waiting[position], reference)
        return bool(pieces and lines) and not judge(self._make(position, pieces, lines), self._scope).claims

    def _lines_of(self, position: Position, pools: set[Pool]) -> list[Line]:
        """The lines that name a subscription, else those of its item if nobody but it can be meant by them."""
        if self._referenced.get(position) or len(pools) != 1:
            return self._referenced.get(position, [])
        (pool,) = pools
        others = (p for p, pieces in self._waiting.items() if p != position and pool in {_pool_of(x) for x in pieces})
        return [] if any(True for _ in others) else self._pooled.get(pool, [])

    def _choose_pools(self) -> dict[Pool, list[Slice]]:
        """Take what is still waiting into the pool of its customer and item, where lines without reference are."""
        members: dict[Pool, list[Slice]] = defaultdict(list)
        for position in sorted(self._waiting):
            by_pool: dict[Pool, list[Slice]] = defaultdict(list)
            for piece in self._waiting[position]:
                by_pool[_pool_of(piece)].append(piece)
            # The lines that name a subscription go where its charges go, which must then be one place.
            if len(by_pool) > 1 and self._referenced.get(position):
                continue
            rest: list[Slice] = []
            for pool, parts in by_pool.items():
                if pool in self._pooled:
                    members[pool].extend(parts)
                    self._pooled[pool].extend(self._referenced.pop(position, []))
                else:
                    rest.extend(parts)
            if rest:
                self._waiting[position] = rest
            else:
                del self._waiting[position]
        self._place_extras(members)
        return members

    def _place_extras(self, members: dict[Pool, list[Slice]]) -> None:
        """Own items and top-ups join their item's pool, or the one differing subscription billed on that item."""
        left_over: dict[Pool, list[Slice]] = defaultdict(list)
        for piece in self._extras:
            pool = _pool_of(piece)
            differing = [
                pieces
                for position, pieces in self._waiting.items()
                if self._referenced.get(position) and _pool_of(pieces[0]) == pool
            ]
            if pool in self._pooled:
                members[pool].append(piece)
            elif len(differing) == 1:
                differing[0].append(piece)
            else:
                left_over[pool].append(piece)
        for pool, pieces in sorted(left_over.items()):
            self._judge(("item", pool[2]), pieces, [])

    def _judge_pools(self, members: dict[Pool, list[Slice]]) -> None:
        for pool, lines in sorted(self._pooled.items()):
            if members.get(pool):
                self._judge(("item", pool[2]), members[pool], lines)
            else:
                self._alone.extend(lines)

    def _judge(self, key: tuple[str, ...], pieces: list[Slice], lines: list[Line]) -> None:
        self._done.append(judge(self._make(key, pieces, lines), self._scope))

    def _make(self, key: tuple[str, ...], pieces: Iterable[Slice], lines: Iterable[Line]) -> Group:
        own = tuple(sorted(pieces, key=_slice_order))
        first = own[0]
        products = {(piece.product_id, piece.sku_id) for piece in own}
        subscriptions = {piece.subscription_id for piece in own}
        known = tuple(
            life
            for tenant in sorted({piece.customer_id for piece in own}, key=str)
            for life in self._lives.get(tenant, ())
            if (life.product_id, life.sku_id) in products or life.subscription_id in subscriptions
        )
        return Group(
            key=(first.ledger or "", first.ledger_customer or "", *key, first.currency),
            slices=own,
            lines=tuple(sorted(lines, key=line_order)),
            frequency=self._sides.frequency(first.ledger, first.ledger_customer),
            is_early=self._sides.is_early,
            bundle=next((name for piece in own if (name := self._sides.bundle_of(piece.rate_id))), None),
            lifetimes=known,
        )


def _position_of(piece: Slice) -> Position:
    return piece.ledger or "", piece.ledger_customer or "", piece.subscription_id or ""


def _pool_of(piece: Slice) -> Pool:
    return piece.ledger or "", piece.ledger_customer or "", piece.item or ""


def _slice_order(piece: Slice) -> tuple[object, ...]:
    return (
        piece.subscription_id or "", piece.product_id or "", piece.sku_id or "", piece.period, piece.kind,
        piece.seats, piece.worth, piece.cost, piece.reference_id or "",
    )  # fmt: skip


def line_order(line: Line) -> tuple[object, ...]:
    """A stable order of ledger lines that does not depend on files or positions."""
    return (
        line.ledger, line.customer, line.item, line.document_date, line.document, line.period, line.amount,
        line.seats or 0, line.subscription_id or "", line.description or "",
    )  # fmt: skip
