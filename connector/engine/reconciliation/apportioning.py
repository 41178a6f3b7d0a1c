"""Carries verdicts from slices back to the lines they were made of, so that each line's verdicts sum to its amount."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from connector.domain.line_rows import LEDGER, VENDOR
from connector.domain.money import allocate
from connector.engine.reconciliation.shapes import Charge
from connector.engine.reconciliation.verdicts import Verdict

# Side, source and line of a charge or a ledger line.
Place = tuple[str, str, int]
Parts = tuple[tuple[str, Decimal], ...]


def apportion(verdicts: Iterable[Verdict]) -> dict[Place, Parts]:
    """Give every charge and ledger line that was judged piece by piece its verdicts, in pairs of name and amount.

    A slice may net several charges: its verdicts are shared out over them by largest remainder, so that those of
    each charge sum to the charge and those of each verdict to the verdict.
    """
    by_slice: dict[tuple[Charge, ...], dict[str, Decimal]] = defaultdict(dict)
    by_place: dict[Place, dict[str, Decimal]] = defaultdict(dict)
    for one in verdicts:
        if one.side == VENDOR and one.charges:
            _add(by_slice[one.charges], one.verdict, one.amount)
        elif one.side == LEDGER and one.source:
            _add(by_place[LEDGER, one.source, one.line], one.verdict, one.amount)
    for charges, named in by_slice.items():
        names = sorted(named)
        shares = share_out([charge.amount for charge in charges], [named[name] for name in names])
        for charge, share in zip(charges, shares, strict=True):
            for name, amount in zip(names, share, strict=True):
                _add(by_place[VENDOR, charge.source, charge.line], name, amount)
    return {place: _told(named) for place, named in by_place.items()}


def share_out(rows: Sequence[Decimal], columns: Sequence[Decimal]) -> tuple[tuple[Decimal, ...], ...]:
    """Fill a table whose rows and columns must sum to the given amounts; both must have the same total.

    Each row is filled in proportion to the columns. Rounding goes by running totals, which makes both sums exact.
    """
    places = max((_places(amount) for amount in (*rows, *columns)), default=0)
    weights = [int(amount.scaleb(places)) for amount in columns]
    whole = sum(weights)
    filled: list[list[int]] = []
    running, before = 0, [0] * len(weights)
    for amount in rows:
        running += int(amount.scaleb(places))
        # Where all cancels out there is no proportion: each row goes to the first column.
        now = list(allocate(running, weights if whole else [1, *[0] * (len(weights) - 1)]))
        filled.append([new - old for new, old in zip(now, before, strict=True)])
        before = now
    if filled and before != weights:
        # Columns that cancel out among themselves change no row's sum.
        filled[0] = [part + want - have for part, want, have in zip(filled[0], weights, before, strict=True)]
    return tuple(tuple(Decimal(part).scaleb(-places) for part in row) for row in filled)


def _add(named: dict[str, Decimal], name: str, amount: Decimal) -> None:
    named[name] = named.get(name, Decimal(0)) + amount


def _told(named: dict[str, Decimal]) -> Parts:
    """Leave out verdicts on nothing, unless there is no other."""
    parts = tuple((name, amount) for name, amount in sorted(named.items()) if amount)
    return parts or tuple(sorted(named.items()))[:1]


def _places(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
