"""Microsoft's prices over a made-up year: the sheets as they were published, announced ahead, and once corrected."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from connector.sandbox.history.contracts import THINGS, Thing, later, term_price

LONG_AGO = date(2025, 1, 1)
ANNOUNCED = 5
"""The day of the month on which the next month's sheet is shown."""
COLUMNS = (
    "ProductTitle,ProductId,SkuId,SkuTitle,TermDuration,BillingPlan,Market,Currency,UnitPrice,PricingTierRangeMin,"
    "PricingTierRangeMax,EffectiveStartDate,EffectiveEndDate,Tags,ERP Price,Segment"
)
_OFFERS = (("P1Y", "Monthly"), ("P1Y", "Annual"), ("P1M", "Monthly"))


@dataclass(frozen=True, slots=True)
class Correction:
    """A sheet's price that was published anew on a day, for a range that began long ago."""

    thing: Thing
    seen: date
    price: Decimal


@dataclass(slots=True)
class Market:
    """Changes by product: from which day on, which monthly price.

    `leaving` is the first month without a product, `again` are days on which the month's sheet came word by word again.
    """

    changes: dict[str, list[tuple[date, Decimal]]] = field(default_factory=dict)
    corrections: list[Correction] = field(default_factory=list)
    leaving: dict[str, date] = field(default_factory=dict)
    again: list[date] = field(default_factory=list)

    def ranges(self, thing: Thing, seen: date) -> list[tuple[date, Decimal]]:
        """What the sheets said by a day: first day and monthly price, in order."""
        base = thing.price
        for one in self.corrections:
            if one.thing == thing and one.seen <= seen:
                base = one.price
        return [(LONG_AGO, base), *self.changes.get(thing.product_id, [])]

    def price(self, thing: Thing, day: date, seen: date) -> Decimal:
        """The monthly price of a term that begins on a day, as the sheets said on another."""
        return [price for since, price in self.ranges(thing, seen) if since <= day][-1]

    def known_since(self, change: date) -> date:
        """The day on which a change was announced."""
        return later(change, -1).replace(day=ANNOUNCED)

    def editions(self, start: date, months: int) -> Iterator[tuple[date, str, str]]:
        """Each sheet as it was published: the day, its month, and its text."""
        for count in range(months):
            first = later(start, count)
            yield first, f"{first:%Y-%m}", self._sheet(first, first)
            shown = first.replace(day=ANNOUNCED)
            yield shown, f"{later(first, 1):%Y-%m}", self._sheet(later(first, 1), shown)
            for day in self.again:
                if first <= day < later(first, 1):
                    yield day, f"{first:%Y-%m}", self._sheet(first, day)
            for one in self.corrections:
                if first <= one.seen < later(first, 1):
                    yield one.seen, f"{first:%Y-%m}", self._sheet(first, one.seen)
                    yield one.seen, f"{later(first, 1):%Y-%m}", self._sheet(later(first, 1), one.seen)

    def _sheet(self, month: date, seen: date) -> str:
        lines = [COLUMNS]
        for thing in THINGS:
            if month >= self.leaving.get(thing.product_id, month + timedelta(days=1)):
                continue
            since, price = [one for one in self.ranges(thing, seen) if one[0] <= month][-1]
            for term, plan in _OFFERS:
                cells = (
                    thing.name, thing.product_id, thing.sku_id, thing.name, term, plan, "US", "USD",
                    f"{term_price(price, term)}", "", "", f"{since}", "9999-12-31", "License", "", "Commercial",
                )  # fmt: skip
                lines.append(",".join(f'"{cell}"' for cell in cells))
        return "\n".join(lines) + "\n"
