"""What stands behind a document line by line: the itemised list that a customer gets with an invoice."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ItemisedCharge:
    """One charge, or part of one, behind a line; `amount` is what the line bills for it, `cost` what Microsoft charges.

    `before_credit` is the cost before partner earned credit, where any was earned. What has no charge of Microsoft's
    (own items, minimums, corrections) has no `invoice` and no `charge_type`.
    """

    line: int
    product: str
    subscription_id: str
    charge_type: str
    first: date | None
    last: date | None
    quantity: Decimal | None
    amount: Decimal
    invoice: str
    cost: Decimal
    cost_currency: str
    before_credit: Decimal | None = None
    tenant: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class ItemisedUsage:
    """One day's usage of one resource behind a line; the amounts of a charge's usage sum to the charge's."""

    line: int
    day: date | None
    azure_subscription: str
    resource_group: str
    resource: str
    meter_category: str
    meter: str
    region: str
    quantity: Decimal | None
    unit: str
    amount: Decimal
    cost: Decimal
    tags: str = ""


@dataclass(frozen=True, slots=True)
class Annex:
    """All that stands behind a document."""

    charges: tuple[ItemisedCharge, ...]
    usage: tuple[ItemisedUsage, ...]
