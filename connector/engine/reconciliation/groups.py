"""Decides what is compared with what: by the reference on a ledger line first, then by customer and item.

Names never match anything. A group is one subscription where a reference identifies it or where nothing is billed
for it; lines without a reference are pooled with all subscriptions of their customer and item that references have
not already settled exactly.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from connector.engine.reconciliation.comparison import Group
from connector.engine.reconciliation.judging import Judgement, judge
from connector.engine.reconciliation.shapes import Lifetime, Line, Scope, Slice

Pool = tuple[str, str, str]


@dataclass(slots=True)
class Sides:
    """Both sides of a reconciliation, ready to be grouped: billable slices, cloud lines, and what is known of lives."""

    slices: tuple[Slice, ...]
    lines: tuple[Line, ...]
    lifetimes: tuple[Lifetime, ...]
    frequency: Callable[[str | None, str | None], str]
    bundle_of: Callable[[int], str | None]


@dataclass(slots=True)
class Judged:
    """Judged groups, and the ledger lines for which there is no charge at all."""

    groups: tuple[Judgement, ...]
    alone: tuple[Line, ...]


def judge_all(sides: Sides, scope: Scope) -> Judged:
    """Group both sides and judge each group; what has no charge comes back apart."""
    by_subscription: dict[str, list[Slice]] = defaultdict(list)
    extras: list[Slice] = []
    for piece in sides.slices:
        if piece.subscription_id is None:
            extras.append(piece)
        else:
            by_subscription[_position(piece)].append(piece)
    referenced: dict[str, list[Line]] = defaultdict(list)
    pooled: dict[Pool, list[Line]] = defaultdict(list)
    alone: list[Line] = []
    for line in sides.lines:
        position = f"{line.ledger}\x1f{line.customer}\x1f{line.subscription_id}"
        if line.subscription_id is None:
            pooled[line.ledger, line.customer, line.item].append(line)
        elif position in by_subscription:
            referenced[position].append(line)
        else:
            alone.append(line)
    make = _maker(sides)
    done: list[Judgement] = []
    waiting: dict[str, list[Slice]] = {}
    for position, pieces in sorted(by_subscription.items()):
        lines = referenced.get(position, [])
        if not lines:
            waiting[position] = pieces
            continue
        judgement = judge(make(("subscription", pieces[0].subscription_id or ""), pieces, lines, True), scope)
        if judgement.claims:
            waiting[position] = pieces
        else:
            done.append(judgement)
    for position, pieces in _tied_by_conversion(waiting, referenced, pooled):
        group = make(("subscription", min(piece.subscription_id or "" for piece in pieces)), pieces, position, True)
        group.converted = True
        done.append(judge(group, scope))
    return _pool(waiting, referenced, pooled, extras, done, alone, make, scope)


Make = Callable[[tuple[str, ...], Iterable[Slice], Iterable[Line], bool], Group]


def _maker(sides: Sides) -> Make:
    lives: dict[str | None, list[Lifetime]] = defaultdict(list)
    for life in sides.lifetimes:
        lives[life.customer_id].append(life)

    def make(key: tuple[str, ...], pieces: Iterable[Slice], lines: Iterable[Line], by_subscription: bool) -> Group:
        own = tuple(sorted(pieces, key=_slice_order))
        first = own[0]
        products = {(piece.product_id, piece.sku_id) for piece in own}
        tenants = {piece.customer_id for piece in own}
        known = tuple(
            life
            for tenant in sorted(tenants, key=str)
            for life in lives.get(tenant, ())
            if (life.product_id, life.sku_id) in products or life.subscription_id in {p.subscription_id for p in own}
        )
        return Group(
            key=(first.ledger or "", first.ledger_customer or "", *key, first.currency),
            slices=own,
            lines=tuple(sorted(lines, key=line_order)),
            by_subscription=by_subscription,
            frequency=sides.frequency(first.ledger, first.ledger_customer),
            bundle=next((name for piece in own if (name := sides.bundle_of(piece.rate_id))), None),
            lifetimes=known,
        )

    return make


def _pool(
    waiting: dict[str, list[Slice]],
    referenced: dict[str, list[Line]],
    pooled: dict[Pool, list[Line]],
    extras: list[Slice],
    done: list[Judgement],
    alone: list[Line],
    make: Make,
    scope: Scope,
) -> Judged:
    members: dict[Pool, list[Slice]] = defaultdict(list)
    single: list[tuple[str, list[Slice]]] = []
    for position, pieces in sorted(waiting.items()):
        by_pool: dict[Pool, list[Slice]] = defaultdict(list)
        for piece in pieces:
            by_pool[_pool_of(piece)].append(piece)
        shared = [pool for pool in by_pool if pool in pooled]
        # The lines that name the subscription go where its charges go.
        if (len(by_pool) > 1 and referenced.get(position)) or not shared:
            single.append((position, pieces))
            continue
        for pool, parts in by_pool.items():
            if pool in pooled:
                members[pool].extend(parts)
                pooled[pool].extend(referenced.pop(position, []))
            else:
                single.append((position, parts))
    left_over = _attach_extras(extras, members, pooled, single, referenced)
    for pool, lines in sorted(pooled.items()):
        if members.get(pool):
            group = make(("item", pool[2]), members[pool], lines, False)
            done.append(judge(group, scope))
        else:
            alone.extend(lines)
    for position, pieces in single:
        subscription = pieces[0].subscription_id or ""
        group = make(("subscription", subscription), pieces, referenced.get(position, []), True)
        done.append(judge(group, scope))
    for pool, pieces in sorted(left_over.items()):
        done.append(judge(make(("item", pool[2]), pieces, [], False), scope))
    return Judged(tuple(done), tuple(sorted(alone, key=line_order)))


def _attach_extras(
    extras: list[Slice],
    members: dict[Pool, list[Slice]],
    pooled: dict[Pool, list[Line]],
    single: list[tuple[str, list[Slice]]],
    referenced: dict[str, list[Line]],
) -> dict[Pool, list[Slice]]:
    """Own items and top-ups join their item's pool, or the one differing subscription billed on that item."""
    left_over: dict[Pool, list[Slice]] = defaultdict(list)
    for piece in extras:
        pool = _pool_of(piece)
        if pool in pooled:
            members[pool].append(piece)
            continue
        differing = [parts for position, parts in single if referenced.get(position) and _pool_of(parts[0]) == pool]
        if len(differing) == 1:
            differing[0].append(piece)
        else:
            left_over[pool].append(piece)
    return left_over


def _tied_by_conversion(
    waiting: dict[str, list[Slice]],
    referenced: dict[str, list[Line]],
    pooled: dict[Pool, list[Line]],
) -> Iterable[tuple[list[Line], list[Slice]]]:
    """Pairs of subscriptions that a conversion ties together, where only the old one is billed."""
    events: dict[str, dict[str, str]] = defaultdict(dict)
    for position, pieces in waiting.items():
        for piece in pieces:
            if piece.kind in ("convert", "movequantity") and piece.reference_id:
                side = "from" if piece.seats < 0 or piece.is_free else "to"
                events[piece.reference_id][side] = position
    for event in sorted(events):
        source, target = events[event].get("from"), events[event].get("to")
        if source is None or target is None or source not in waiting or target not in waiting:
            continue
        if referenced.get(target) or not any(piece.lines for piece in waiting[target]):
            continue
        old, new = {_pool_of(p) for p in waiting[source]}, {_pool_of(p) for p in waiting[target]}
        if old == new or any(pool in pooled for pool in new):
            continue
        lines = referenced.pop(source, [])
        if not lines:
            (pool,) = old if len(old) == 1 else (None,)
            shared = [p for p, pieces in waiting.items() if p != source and pool in {_pool_of(x) for x in pieces}]
            if pool is None or pool not in pooled or shared:
                continue
            lines = pooled.pop(pool)
        yield lines, waiting.pop(source) + waiting.pop(target)


def _position(piece: Slice) -> str:
    return f"{piece.ledger}\x1f{piece.ledger_customer}\x1f{piece.subscription_id}"


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
