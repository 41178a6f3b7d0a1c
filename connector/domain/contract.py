"""A subscription's two sides: what it is at Microsoft, how the ledger bills it, and what should be where they meet."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

RECONCILED, WATCHED = "reconcile", "watch"


class Holding(StrEnum):
    """What a subscription is at Microsoft."""

    ACTIVE = "active"
    TRIAL = "trial"
    CHANGING = "changing"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    DELETED = "deleted"


class Billing(StrEnum):
    """How the ledger bills it: in the last period, by a recurring template, by our plan, no more, or credited."""

    BILLED = "billed"
    RECURRING = "recurring"
    PLANNED = "planned"
    STOPPED = "stopped"
    CREDITED = "credited"


@dataclass(frozen=True, slots=True)
class Expectation:
    """Whether both sides fit, why, and otherwise the kind of finding and who tells it (reconcile or watch)."""

    fits: bool
    because: str
    kind: str = ""
    told_by: str = ""


_FITS = Expectation(fits=True, because="it runs and is billed")
_ENDED = Expectation(fits=True, because="it has ended and is billed no more")
_GIVEN_BACK = Expectation(fits=True, because="it has ended, and what was billed was given back")
_ENDS_LATER = Expectation(
    fits=False, because="it has ended, and the last period may have been billed beyond its end",
    kind="cancelled_still_billed", told_by=RECONCILED,
)  # fmt: skip
_GOES_ON = Expectation(
    fits=False, because="it has ended, and the ledger goes on billing it", kind="cancelled_still_billed",
    told_by=WATCHED,
)  # fmt: skip
_STILL_CHARGED = Expectation(
    fits=False, because="it runs at Microsoft, and the ledger bills it no more", kind="cancelled_still_charged",
    told_by=WATCHED,
)  # fmt: skip
_SUSPENDED_CHARGED = Expectation(
    fits=False, because="it is charged until its term ends although it is suspended, and is billed no more",
    kind="cancelled_still_charged", told_by=WATCHED,
)  # fmt: skip
_CHARGED_SUSPENDED = Expectation(fits=True, because="it is charged until its term ends although it is suspended")
_FREE = Expectation(fits=True, because="a trial costs nothing and is not billed")
_FREE_BILLED = Expectation(
    fits=False, because="a trial costs nothing and was billed", kind="quantity_over_billed", told_by=RECONCILED
)
_BEFORE_IT_IS_PAID = Expectation(fits=True, because="what bills it begins when the trial becomes paid")
_FOLLOWS = Expectation(
    fits=False, because="it becomes another product, and the template goes on billing the former one",
    kind="product_change_not_followed", told_by=WATCHED,
)  # fmt: skip
_PLANNED_ANEW = Expectation(fits=True, because="the plan follows what Microsoft charges")

_H, _B = Holding, Billing
MATRIX = MappingProxyType(
    {
        (_H.ACTIVE, _B.BILLED): _FITS,
        (_H.ACTIVE, _B.RECURRING): _FITS,
        (_H.ACTIVE, _B.PLANNED): _FITS,
        (_H.ACTIVE, _B.STOPPED): _STILL_CHARGED,
        (_H.ACTIVE, _B.CREDITED): _STILL_CHARGED,
        (_H.TRIAL, _B.BILLED): _FREE_BILLED,
        (_H.TRIAL, _B.RECURRING): _BEFORE_IT_IS_PAID,
        (_H.TRIAL, _B.PLANNED): _BEFORE_IT_IS_PAID,
        (_H.TRIAL, _B.STOPPED): _FREE,
        (_H.TRIAL, _B.CREDITED): _FREE,
        (_H.CHANGING, _B.BILLED): _FITS,
        (_H.CHANGING, _B.RECURRING): _FOLLOWS,
        (_H.CHANGING, _B.PLANNED): _PLANNED_ANEW,
        (_H.CHANGING, _B.STOPPED): _STILL_CHARGED,
        (_H.CHANGING, _B.CREDITED): _STILL_CHARGED,
        (_H.SUSPENDED, _B.BILLED): _CHARGED_SUSPENDED,
        (_H.SUSPENDED, _B.RECURRING): _CHARGED_SUSPENDED,
        (_H.SUSPENDED, _B.PLANNED): _CHARGED_SUSPENDED,
        (_H.SUSPENDED, _B.STOPPED): _SUSPENDED_CHARGED,
        (_H.SUSPENDED, _B.CREDITED): _SUSPENDED_CHARGED,
        (_H.EXPIRED, _B.BILLED): _ENDS_LATER,
        (_H.EXPIRED, _B.RECURRING): _GOES_ON,
        (_H.EXPIRED, _B.PLANNED): _PLANNED_ANEW,
        (_H.EXPIRED, _B.STOPPED): _ENDED,
        (_H.EXPIRED, _B.CREDITED): _GIVEN_BACK,
        (_H.CANCELLED, _B.BILLED): _ENDS_LATER,
        (_H.CANCELLED, _B.RECURRING): _GOES_ON,
        (_H.CANCELLED, _B.PLANNED): _PLANNED_ANEW,
        (_H.CANCELLED, _B.STOPPED): _ENDED,
        (_H.CANCELLED, _B.CREDITED): _GIVEN_BACK,
        (_H.DELETED, _B.BILLED): _ENDS_LATER,
        (_H.DELETED, _B.RECURRING): _GOES_ON,
        (_H.DELETED, _B.PLANNED): _PLANNED_ANEW,
        (_H.DELETED, _B.STOPPED): _ENDED,
        (_H.DELETED, _B.CREDITED): _GIVEN_BACK,
    }
)
"""What is expected of every pair of states; whoever looks tells what does not fit."""


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """A line that a recurring template in force bills on its next day."""

    ledger: str
    template: str
    customer: str
    item: str
    amount: Decimal
    currency: str
    next_day: date
    customer_name: str | None = None
    quantity: Decimal | None = None
    source: str = ""
    line: int = 0
    row_hash: str = ""


@dataclass(frozen=True, slots=True)
class BilledLine:
    """A ledger line that bills an item: its last day of service (without one the document's day), and its money."""

    last: date
    amount: Decimal
    currency: str
    reference: str
    is_credit: bool
    source: str = ""
    line: int = 0
    row_hash: str = ""
