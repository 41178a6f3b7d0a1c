"""A subscription of a made-up year: when it was bought, what was done to it, and what it is on any day."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from connector.sandbox.scenario.calendar import ONE_DAY
from connector.sandbox.scenario.money import rounded

MONTHS = {"P1M": 1, "P1Y": 12}
WINDOW = 6
"""Seats can be given back on the day they are bought and on six more."""


@dataclass(frozen=True, slots=True)
class Thing:
    """A product with its ledger item; prices are a month's, for a term of a year."""

    name: str
    product_id: str
    sku_id: str
    item: str
    price: Decimal


PREMIUM = Thing("Microsoft 365 Business Premium", "CFQ7TTC0LCHC", "0002", "31", Decimal("22.00"))
E3 = Thing("Office 365 E3", "CFQ7TTC0LF8R", "0001", "32", Decimal("23.00"))
VISIO = Thing("Visio Plan 2", "CFQ7TTC0HD32", "0001", "33", Decimal("15.00"))
PHONE = Thing("Teams Phone Standard", "CFQ7TTC0LH0T", "0001", "34", Decimal("8.00"))
PROJECT = Thing("Planner and Project Plan 3", "CFQ7TTC0HDB0", "0001", "35", Decimal("30.00"))
THINGS = (PREMIUM, E3, VISIO, PHONE, PROJECT)


def later(day: date, months: int) -> date:
    """The same day so many months on; days after the 28th are not dealt."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, day.day)


@dataclass(slots=True)
class Contract:
    """A subscription. `seats` are (day, quantity), the first on the day it was bought; days are in order.

    `gone` is the day it was cancelled, `back` the day it was taken into use again. `ends` says that it is not renewed,
    `auto_off` the day somebody decided so (None: it was always so). `becomes` is what it is planned to become at the
    first renewal, known from a day on; `planned` the seats of the next term. `promotion` holds for the first term.
    """

    number: int
    customer: int
    thing: Thing
    term: str
    plan: str
    bought: date
    seats: list[tuple[date, int]]
    gone: date | None = None
    ends: bool = False
    becomes: tuple[date, Thing] | None = None
    promotion: str | None = None
    is_trial: bool = False
    suspended: list[tuple[date, date]] = field(default_factory=list)
    back: date | None = None
    auto_off: date | None = None
    planned: tuple[date, int] | None = None

    @property
    def id(self) -> str:
        """Its id at Microsoft."""
        return f"9d7d1f3d-c8de-461c-db6d-{self.number:012d}"

    @property
    def tenant_id(self) -> str:
        """Its customer's tenant."""
        return tenant(self.customer)

    def renewals(self, until: date) -> Iterator[date]:
        """The first days of its terms up to a day, the purchase first."""
        day, count = self.bought, 0
        gone = self.gone if self.back is None else None
        while day <= until and (count == 0 or not self.ends) and (gone is None or day < gone):
            yield day
            count += 1
            months = 1 if self.is_trial and count == 1 else MONTHS[self.term]
            day = later(day, months)

    def term_on(self, day: date) -> tuple[date, date]:
        """First and last day of the term that runs on a day, or of the last one."""
        started = list(self.renewals(day))[-1]
        months = 1 if self.is_trial and started == self.bought else MONTHS[self.term]
        return started, later(started, months) - ONE_DAY

    def status_on(self, day: date) -> str:
        """active, suspended, expired or deleted."""
        if self.gone is not None and day >= self.gone and (self.back is None or day < self.back):
            return "deleted"
        if self.ends and day > self.term_on(day)[1]:
            return "expired"
        return "suspended" if any(first <= day <= last for first, last in self.suspended) else "active"

    def quantity_on(self, day: date) -> int:
        """Its seats."""
        return [quantity for since, quantity in self.seats if since <= day][-1]

    def thing_on(self, day: date) -> Thing:
        """What it is: after its first renewal what it was planned to become."""
        if self.becomes is not None and self.term_on(day)[0] > self.bought and self.term_on(day)[0] >= self.becomes[0]:
            return self.becomes[1]
        return self.thing

    def trial_on(self, day: date) -> bool:
        """Whether it is still a trial."""
        return self.is_trial and self.term_on(day)[0] == self.bought

    def windows_on(self, day: date) -> dict[date, int]:
        """The seats that can still be given back, by the last day on which they can."""
        found: dict[date, int] = {}
        for start in self.renewals(day):
            if start <= day <= start + timedelta(days=WINDOW):
                found[start + timedelta(days=WINDOW)] = self.quantity_on(start)
        for (_, before), (since, quantity) in zip(self.seats, self.seats[1:], strict=False):
            given_back = any(less < quantity for then, less in self.seats if since < then <= day)
            if quantity > before and since <= day <= since + timedelta(days=WINDOW) and not given_back:
                found[since + timedelta(days=WINDOW)] = quantity - before
        return found

    def renews_on(self, day: date) -> bool:
        """Whether it is to be renewed, as far as was decided by a day."""
        return not self.ends or (self.auto_off is not None and day < self.auto_off)

    def renewal_after(self, day: date) -> date | None:
        """The day on which the next term begins; None where there is none."""
        if self.status_on(day) != "active" or not self.renews_on(day):
            return None
        return self.term_on(day)[1] + ONE_DAY


def tenant(customer: int) -> str:
    """A customer's tenant id."""
    return f"5d1f0c9e-8a55-4d5e-9a53-{customer:012d}"


def term_price(monthly: Decimal, term: str) -> Decimal:
    """The price of the whole term; a term of a month costs a fifth more."""
    return monthly * 12 if term == "P1Y" else rounded(monthly * Decimal("1.2"))
