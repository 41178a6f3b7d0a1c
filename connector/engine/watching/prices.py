"""What price sheets said over time: which price holds on a day, when it changes, and which sheets were corrected.

A sheet gives the price of the whole term. Of several rows valid on a day the one whose range began last counts
(Microsoft: "Pricing and offers"); of the same range seen twice, the later sighting.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from connector.domain.period import ONE_DAY, add_months
from connector.domain.watched import MONTHS, Edition, Offered, SheetRow

_FAR = date(2900, 1, 1)
_LICENCES = "updatedlicensebased"
_USUAL_SEGMENT = "commercial"


@dataclass(frozen=True, slots=True)
class Change:
    """A price that becomes another on a day; `after` is None where the product leaves the sheets."""

    day: date
    before: SheetRow
    after: SheetRow | None

    @property
    def monthly(self) -> Decimal:
        """How much more (or less) a seat costs a month."""
        return monthly(self.after) - monthly(self.before) if self.after else Decimal(0)


@dataclass(frozen=True, slots=True)
class Corrected:
    """A range of a sheet that came again with another price."""

    before: SheetRow
    after: SheetRow


class Timeline:
    """The prices of one thing on offer in one market and currency.

    A month's sheet that came again takes the place of the one before; sheets of no known month all count.
    """

    def __init__(self, rows: Iterable[SheetRow]) -> None:
        editions: dict[tuple[str, str], list[SheetRow]] = defaultdict(list)
        for row in sorted(rows, key=lambda row: (row.month, row.seen_at, row.start, row.source, row.line)):
            editions[row.month, row.seen_at].append(row)
        self._by_start: dict[date, SheetRow] = {}
        self._corrected: dict[tuple[date, Decimal, Decimal], Corrected] = {}
        last: dict[str, list[SheetRow]] = {}
        for (month, _), own in sorted(editions.items(), key=lambda pair: pair[0]):
            before = {row.start: row for row in last.get(month, ())}
            for row in own:
                if month and row.start in before:
                    self._compare(before[row.start], row)
            last[month] = own if month else [*last.get(month, ()), *own]
        for month in sorted(last):
            for row in last[month]:
                self._add(row)
        self._rows = [self._by_start[start] for start in sorted(self._by_start)]

    def _compare(self, before: SheetRow, after: SheetRow) -> None:
        if before.price != after.price:
            one = Corrected(before, after)
            key = after.start, before.price, after.price
            known = self._corrected.get(key)
            if known is None or known.after.seen_at > after.seen_at:
                self._corrected[key] = one

    def _add(self, row: SheetRow) -> None:
        known = self._by_start.get(row.start)
        if known is not None and known.price != row.price:
            if row.month > known.month:
                # The next month's sheet has another price for a range that began before: it is that month's price,
                # unless the range itself was corrected.
                if (row.start, known.price, row.price) not in self._corrected:
                    row = replace(row, start=max(row.start, date.fromisoformat(f"{row.month}-01")))
            elif not row.month:
                self._compare(known, row)
        self._by_start[row.start] = row

    @cached_property
    def corrected(self) -> tuple[Corrected, ...]:
        """The ranges that came again with another price, each once."""
        return tuple(self._corrected[key] for key in sorted(self._corrected))

    def at(self, day: date) -> SheetRow | None:
        """The row that holds on a day."""
        fitting = [row for row in self._rows if row.start <= day <= row.end]
        return fitting[-1] if fitting else None

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """The days on which the price becomes another, in order; a row that comes again unchanged is none."""
        days = {row.start for row in self._rows} | {row.end + ONE_DAY for row in self._rows if row.end < _FAR}
        found = []
        for day in sorted(days):
            before, after = self.at(day - ONE_DAY), self.at(day)
            if before is not None and after is not None and before.price != after.price:
                found.append(Change(day, before, after))
        return tuple(found)

    @cached_property
    def months(self) -> frozenset[str]:
        """The months whose sheets hold it."""
        return frozenset(row.month for row in self._rows if row.month)


class Prices:
    """All prices that were read, by what is on offer."""

    def __init__(self, rows: Iterable[SheetRow], editions: Iterable[Edition] = ()) -> None:
        found: dict[tuple[Offered, str, str], list[SheetRow]] = defaultdict(list)
        for row in rows:
            found[row.offered, row.market, row.currency].append(row)
        self._rows = found
        self._markets: dict[Offered, list[tuple[str, str]]] = defaultdict(list)
        for offered, market, currency in sorted(found, key=lambda key: key[1:]):
            self._markets[offered].append((market, currency))
        self._timelines: dict[tuple[Offered, str, str, Decimal], Timeline | None] = {}
        self._tiered: dict[tuple[Offered, str, str], bool] = {}
        self._editions: Mapping[str, list[str]] = _months_by_market(editions)
        self.known = bool(found)

    def timeline(self, offered: Offered, currency: str, country: str | None, quantity: Decimal) -> Timeline | None:
        """The prices of a thing in a currency ("" = the only one there is).

        Of several markets that of the country counts, of several tiers the one that is reached.
        """
        market = self._market(offered, currency, country)
        if market is None:
            return None
        key = (offered, *market, quantity if self._has_tiers(offered, *market) else Decimal(1))
        if key not in self._timelines:
            self._timelines[key] = self._made(offered, *market, quantity)
        return self._timelines[key]

    def leaves(self, offered: Offered, timeline: Timeline) -> date | None:
        """The first day of the month whose sheet holds the thing no more; None where the newest one still does."""
        markets = {market for market, _ in self._markets.get(offered, ())}
        if len(markets) != 1 or not timeline.months:
            return None
        after = [month for month in self._editions.get(markets.pop(), ()) if month > max(timeline.months)]
        return date.fromisoformat(f"{after[0]}-01") if after else None

    def _market(self, offered: Offered, currency: str, country: str | None) -> tuple[str, str] | None:
        keys = [key for key in self._markets.get(offered, ()) if not currency or key[1] == currency]
        if not keys or (not currency and len({own for _, own in keys}) > 1):
            return None
        return next((key for key in keys if key[0] == country), keys[0])

    def _has_tiers(self, offered: Offered, market: str, currency: str) -> bool:
        key = offered, market, currency
        if key not in self._tiered:
            self._tiered[key] = any(row.tier_min is not None or row.tier_max is not None for row in self._rows[key])
        return self._tiered[key]

    def _made(self, offered: Offered, market: str, currency: str, quantity: Decimal) -> Timeline | None:
        rows = [
            row
            for row in self._rows[offered, market, currency]
            if (row.tier_min or 0) <= quantity and (row.tier_max is None or quantity <= row.tier_max)
        ]
        segments = sorted({row.segment for row in rows}, key=lambda name: (name.lower() != _USUAL_SEGMENT, name))
        return Timeline(row for row in rows if row.segment == segments[0]) if rows else None


def monthly(row: SheetRow) -> Decimal:
    """The price of a seat a month, in all its digits."""
    return row.price / MONTHS.get(row.offered.term or "", 1)


def renewals(first: date, term: str | None, until: date) -> date:
    """The first renewal on or after a day, where renewals come once a term from `first` on."""
    months, day, count = MONTHS.get(term or "", 1), first, 0
    while day < until:
        count += 1
        day = add_months(first, months * count)
    return day


def _months_by_market(editions: Iterable[Edition]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for one in editions:
        if one.month and one.view == _LICENCES:
            found[one.market].add(one.month)
    return {market: sorted(months) for market, months in found.items()}
