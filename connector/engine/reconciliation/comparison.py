"""Lays the two sides of one group beside each other, day by day: what is due, what was billed, what is timing.

A charge counts in full over its own days; a ledger line by its overlap with the group's charges. Ledger days before
a charge begins are timing if the subscription began earlier; charge days after the last billed day are timing if
billing reaches the end of the scope; ledger days after the last charge and after the scope are not judged.
Seats are thousandths, amounts are whole units of 10^-places of the currency.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from connector.domain.money import allocate, exponent
from connector.domain.period import Period
from connector.engine.reconciliation.shapes import Lifetime, Line, Scope, Slice
from connector.engine.reconciliation.spans import cuts, weights

BASE_KINDS = ("new", "renew", "cyclecharge", "cyclefee", "purchase", "changebillingplan", "extendterm", "own")


@dataclass(slots=True)
class Stretch:
    """A run of days with nothing changing inside: seats due and billed, and what they are worth."""

    period: Period
    covered: bool = False
    due: int = 0
    earlier: int = 0
    worth: int = 0
    gross: dict[str, tuple[int, int]] = field(default_factory=dict)
    billed: int = 0
    amount: int = 0
    added: int = 0
    removed: int = 0
    cancelled: int = 0
    fate: str = "compared"
    under: int = 0
    over: int = 0
    over_amount: int = 0
    missing: int = 0
    changed: Period | None = None
    portions: list[tuple[int, int]] = field(default_factory=list)
    slices: list[tuple[int, int]] = field(default_factory=list)

    def seat_price(self, sort: str = "cycle") -> Fraction:
        """What a thousandth of a seat is worth over these days, by the rule: of the cycle, or one that changed in it.

        In cycles clipped at a month's end Microsoft's share of a seat change is not that of its days. A gap of no more
        seats than changed may be of either sort: then it is the one whose price it has.
        """
        if len(self.gross) < len(("cycle", "change")):
            return next((Fraction(*of) for of in self.gross.values()), Fraction(0))
        gap = self.due - self.billed
        if not gap or abs(gap) > self.gross["change"][1]:
            return Fraction(*self.gross[sort])
        lacking = Fraction(self.worth - self.amount, gap)
        prices = [Fraction(*self.gross[each]) for each in ("change", "cycle")]
        return min(prices, key=lambda price: abs(price - lacking))

    @property
    def clipped(self) -> Fraction:
        """What a day of a seat that changed within the cycle is worth, to a day of one that runs through it."""
        whole, part = (Fraction(*self.gross.get(sort, (0, 1))) for sort in ("cycle", "change"))
        return part / whole if whole and part else Fraction(1)


@dataclass(slots=True)
class Group:
    """What is compared as one: a subscription, or a ledger customer's item."""

    key: tuple[str, ...]
    slices: tuple[Slice, ...]
    lines: tuple[Line, ...]
    frequency: str = "as_vendor"
    is_early: Callable[[Slice], bool] = lambda _: False
    bundle: str | None = None
    converted: bool = False
    places: int = 2
    expected: int = 0
    actual: int = 0
    stretches: list[Stretch] = field(default_factory=list)
    ledger_fates: dict[int, dict[str, int]] = field(default_factory=dict)
    vendor_fates: dict[int, dict[str, int]] = field(default_factory=dict)
    lifetimes: tuple[Lifetime, ...] = ()
    scope: Scope | None = None
    last_billed: date | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def currency(self) -> str:
        """The currency the group is due in."""
        return self.slices[0].currency if self.slices else self.lines[0].currency

    @property
    def by_amount(self) -> bool:
        """Whether only amounts can be compared (usage, pass-through, or no quantities)."""
        return any(piece.by_amount for piece in self.slices if not piece.is_credit)

    def amount_of(self, units: int) -> Decimal:
        """Turn whole units into an amount of the currency."""
        return Decimal(units).scaleb(-self.places)


def units_of(amount: Decimal, places: int) -> int:
    """Turn an amount into whole units of 10^-places; exact, because places were chosen to fit."""
    return int(amount.scaleb(places))


def places_for(group: Group) -> int:
    """The decimals in which every amount of the group is a whole number."""
    places = exponent(group.currency)
    for line in group.lines:
        digits = line.amount.as_tuple().exponent
        places = max(places, -digits if isinstance(digits, int) else 0)
    return places


def lay_out(group: Group, scope: Scope) -> None:
    """Cut the group's days into stretches, fill in both sides, decide what is timing; differences stay."""
    group.scope = scope
    group.places = places_for(group)
    pieces = [(i, piece) for i, piece in enumerate(group.slices) if not piece.is_credit]
    lines = list(enumerate(group.lines))
    periods = [piece.period for _, piece in pieces] + [line.period for _, line in lines]
    group.stretches = [Stretch(period) for period in cuts([*periods, *scope.audited])]
    parts = [stretch.period for stretch in group.stretches]
    _place_slices(group, pieces, parts)
    _place_lines(group, lines, parts)
    _find_earlier(group, [piece for _, piece in pieces])
    _decide_time(group, [piece for _, piece in pieces], scope)


def _place_slices(group: Group, pieces: list[tuple[int, Slice]], parts: list[Period]) -> None:
    factor = 10 ** (group.places - exponent(group.currency))
    for index, piece in pieces:
        shares = allocate(piece.worth * factor, weights(piece.period, parts))
        for stretch, share in zip(group.stretches, shares, strict=True):
            if not piece.period.covers(stretch.period):
                continue
            stretch.covered = True
            stretch.due += piece.seats
            stretch.worth += share
            stretch.slices.append((index, share))
            if piece.seats:
                worth, seats = stretch.gross.get(kind := _sort_of(piece), (0, 0))
                stretch.gross[kind] = worth + abs(share), seats + abs(piece.seats)
            if piece.kind == "change":
                stretch.added += max(0, piece.seats)
                stretch.removed -= min(0, piece.seats)
            if piece.kind.startswith("cancel"):
                stretch.cancelled -= min(0, piece.seats)


def _sort_of(piece: Slice) -> str:
    """Seats of a whole cycle, or seats that changed within it."""
    return "cycle" if piece.kind in BASE_KINDS else "change"


def _place_lines(group: Group, lines: list[tuple[int, Line]], parts: list[Period]) -> None:
    for index, line in lines:
        shares = allocate(units_of(line.amount, group.places), weights(line.period, parts))
        seats = seats_of(group, line)
        for stretch, share in zip(group.stretches, shares, strict=True):
            if line.period.covers(stretch.period):
                stretch.billed += seats
                stretch.amount += share
                stretch.portions.append((index, share))


def seats_of(group: Group, line: Line) -> int:
    """The seats a line bills; where the ledger gives none, those its amount stands for at the expected price."""
    if line.seats is not None:
        return line.seats
    inside = [piece for piece in group.slices if not piece.is_credit and piece.period.overlap(line.period)]
    due = sum(piece.seats for piece in inside)
    for piece in inside:
        if piece.seats and piece.worth:
            price = Fraction(piece.worth, abs(piece.seats) * piece.period.days)
            seats = Fraction(units_of(line.amount, exponent(group.currency))) / (price * line.period.days)
            whole = round(seats / 1000) * 1000
            if whole and abs(seats - whole) * 200 <= abs(whole):
                return whole
    return due if line.amount >= 0 else -due


def _find_earlier(group: Group, pieces: list[Slice]) -> None:
    """Seats that an earlier invoice charged: a refund with nothing to refund tells how many there were."""
    for stretch in group.stretches:
        inside = [piece for piece in pieces if piece.period.covers(stretch.period)]
        by_subscription: dict[str | None, list[Slice]] = {}
        for piece in inside:
            by_subscription.setdefault(piece.subscription_id, []).append(piece)
        for own in by_subscription.values():
            # Every refund takes back what an earlier line of the same cycle gave; what is left over was given before.
            gained = [piece.gained for piece in own]
            for lost in sorted((piece.lost for piece in own if piece.lost), reverse=True):
                if lost in gained:
                    gained.remove(lost)
                elif not any(piece.kind in BASE_KINDS for piece in own):
                    stretch.earlier += lost
            changes = [piece.period for piece in own if piece.lost]
            if stretch.earlier and changes:
                start, end = min(p.start for p in changes), max(p.end for p in changes)
                stretch.changed = Period(start, end)


def _decide_time(group: Group, pieces: list[Slice], scope: Scope) -> None:
    covered = [stretch.period for stretch in group.stretches if stretch.covered]
    first = min((period.start for period in covered), default=None)
    last = max((period.end for period in covered), default=None)
    billing = [line for line in group.lines if line.amount >= 0]
    group.last_billed = max((line.period.end for line in billing), default=None)
    reaches = group.last_billed is not None and group.last_billed >= scope.end
    for stretch in group.stretches:
        if stretch.covered:
            late = group.last_billed is not None and stretch.period.start >= group.last_billed
            if late and reaches and not stretch.portions:
                stretch.fate = "timing"
        elif stretch.portions:
            stretch.fate = _fate_uncovered(group, pieces, stretch.period, first, last, scope)
        else:
            stretch.fate = "empty"


def _fate_uncovered(
    group: Group, pieces: list[Slice], days: Period, first: date | None, last: date | None, scope: Scope
) -> str:
    """Say what ledger days without a charge are: timing, not judged, or over-billed."""
    if first is None or last is None:
        return "over"
    if group.frequency != "as_vendor":
        return "timing"
    if days.end <= first:
        opening = [piece for piece in pieces if piece.period.start == first]
        if any(began_earlier(piece, group.lifetimes) for piece in opening):
            return "timing"
        return "over" if scope.holds(days.start) else "not_judged"
    return "not_judged" if days.start >= last and not scope.holds(days.start) else "over"


def began_earlier(piece: Slice, lifetimes: tuple[Lifetime, ...]) -> bool:
    """Whether the subscription ran before this charge's first day."""
    for life in lifetimes:
        if life.subscription_id == piece.subscription_id and life.began is not None:
            return life.began < piece.period.start
    if piece.kind == "new":
        return piece.subscription_start is not None and piece.subscription_start < piece.period.start
    if piece.kind in ("convert", "movequantity") and piece.seats >= 0:
        return False
    return piece.kind != "own"


def take_earlier(group: Group) -> None:
    """Set aside, as timing, ledger seats that an earlier invoice charged; then find what is over or under."""
    for stretch in group.stretches:
        if stretch.fate != "compared" or not stretch.covered:
            continue
        left = stretch.earlier
        order = sorted(stretch.portions, key=lambda portion: _earliest_and_most(group.lines[portion[0]]))
        kept: list[tuple[int, int]] = []
        for index, whole_share in order:
            share, line = whole_share, group.lines[index]
            seats = seats_of(group, line)
            # A line for the very days of the change bills the change, not what went before.
            inside = stretch.changed is not None and line.dated and stretch.changed.covers(line.period)
            if left > 0 and seats > 0 and not inside:
                taken = min(seats, left)
                amount = share * taken // seats
                left -= taken
                stretch.billed -= taken
                stretch.amount -= amount
                _add_fate(group.ledger_fates, index, "timing", amount)
                share -= amount
                if not share:
                    continue
            kept.append((index, share))
        stretch.portions = kept
        gap = stretch.due - stretch.billed
        stretch.under, stretch.over = max(0, gap), max(0, -gap)
        stretch.missing = stretch.under


def _earliest_and_most(line: Line) -> tuple[object, ...]:
    return line.period.start, -(line.seats or 0), line.document, line.line


def _add_fate(fates: dict[int, dict[str, int]], index: int, fate: str, amount: int) -> None:
    of_line = fates.setdefault(index, {})
    of_line[fate] = of_line.get(fate, 0) + amount
