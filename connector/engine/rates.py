"""The rate of a charge: the item it is billed as and the price the rules give it, with the rule's file and line.

A licence has a unit price per billing cycle, rounded to the currency's minor units (or the rule's step). Usage,
credits and pass-through have a factor on the amount. Both are whole numbers: no float is used, division comes last.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from connector.domain.money import ZERO
from connector.domain.values import value_object

UNIT_PLACES = 4
MONTHS = {"monthly": 1, "annual": 12, "triennial": 36}


@dataclass(frozen=True, slots=True)
class PricePoint:
    """What a charge cost: prices per unit and cycle, in the charge's currency's pricing terms, and its quantity.

    `effective` is the unsigned effective unit price; `share` the part of the cycle it is for. `priced_by_amount`
    is true for usage and credits. `quantity` is only filled where a price depends on it.
    """

    currency: str
    pricing_currency: str | None
    exchange_rate: Decimal | None
    unit_price: Decimal | None
    effective: Decimal | None
    share: Fraction
    priced_by_amount: bool
    is_credit: bool
    free_of_charge: bool
    quantity: Decimal | None = None


@value_object()
class Rate:
    """What the rules say for one key. `status` is priced, absorbed, or why it cannot be billed.

    `method` is seats (unit × quantity × share), amount (factor × base) or none. `unit` counts 10^-4 of `currency`;
    `whole`, where it is not 0, is the price of all seats together (10^-7) because each seat has its own tier;
    `factor` is applied to the cost (`base` net or list); `free` seats are not billed; `floor` is a margin in
    percent; `formula` and `places` tell a person how and by which lines of YAML; `arithmetic` is the sum that gives
    the unit price (or, by amount, the factor), written so that anyone can do it again. `exchange` says which exchange
    rate was used and whose it is; `rule` names the deal itself, whatever it was applied to: another deal, another name.
    """

    status: str
    currency: str
    ledger: str | None = None
    ledger_customer: str | None = None
    customer_name: str | None = None
    item: str | None = None
    method: str = "none"
    unit: int = 0
    whole: int = 0
    factor: Fraction = Fraction(0)
    base: str = "net"
    free: Decimal = ZERO
    bundle: str | None = None
    floor: Decimal | None = None
    tax_percent: Decimal | None = None
    bare_unit: int = 0
    formula: str = ""
    arithmetic: str = ""
    places: tuple[str, ...] = ()
    frequency: str = "as_vendor"
    bills: str = "arrears"
    tax_code: str | None = None
    exchange: str = ""
    rule: str = ""


class NoPrice(Exception):
    """A rule exists, but what it needs (a retail price, an exchange rate) is not at hand."""
