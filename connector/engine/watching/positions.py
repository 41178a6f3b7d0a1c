"""Where subscriptions are billed by the rules: on which item of which ledger customer, at which price."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connector.domain.watched import CYCLES, Charged, Held
from connector.engine.rates import UNIT_PLACES, Rate
from connector.engine.watching.selling import Selling

Place = tuple[str, str, str]
"""A ledger's name, its customer and an item."""


@dataclass(frozen=True, slots=True)
class Position:
    """A running subscription at its place; prices are a seat and month, None where they are not known.

    `cycle` is how many months it is billed for at a time.
    """

    held: Held
    rate: Rate | None
    price: Decimal | None
    cost: Decimal | None
    cycle: int = 1

    def is_sold_at(self, price: Decimal) -> bool:
        """Whether the rule's price, by the month or by the billing cycle, is this."""
        return self.price is not None and price in (self.price, self.price * self.cycle)


def positions(
    held: Iterable[Held],
    charged: Mapping[str, Charged],
    selling: Selling,
    ledger_of: Callable[[str | None], str],
    on: date,
    customer_of: Callable[[str, str], str] = lambda _, customer: customer,
) -> dict[Place, tuple[Position, ...]]:
    """All running subscriptions by their place; `ledger_of` gives the ledger that a rule means.

    `customer_of` gives the ledger customer that stands for one that was merged into it.
    """
    found: dict[Place, list[Position]] = defaultdict(list)
    for one in held:
        if not one.is_running or selling.is_ours(one):
            continue
        position = _position(one, charged.get(one.subscription_id), selling, on)
        if position is not None:
            named, customer, item, made = position
            ledger = ledger_of(named or None)
            found[ledger, customer_of(ledger, customer), item].append(made)
    return {place: tuple(some) for place, some in found.items()}


def _position(held: Held, charged: Charged | None, selling: Selling, on: date) -> tuple[str, str, str, Position] | None:
    account = selling.account(held, on)
    if account is None or account.ended:
        return None
    if charged is None or held.is_trial:
        item = selling.item(held, account.ledger or "", on)
        made = Position(held, None, None, None)
        return (account.ledger or "", account.ledger_customer, item, made) if item else None
    rate = selling.current_rate(held, charged)
    if rate.item is None or rate.ledger_customer is None:
        return None
    cycle = CYCLES.get(charged.billing_plan or "", 1)
    price = (
        Decimal(rate.unit).scaleb(-UNIT_PLACES) / cycle if rate.status == "priced" and rate.method == "seats" else None
    )
    cost = charged.effective / cycle if charged.currency == rate.currency else None
    return rate.ledger or "", rate.ledger_customer, rate.item, Position(held, rate, price, cost, cycle)


def places(
    held: Iterable[Held],
    selling: Selling,
    ledger_of: Callable[[str | None], str],
    on: date,
    customer_of: Callable[[str, str], str] = lambda _, customer: customer,
) -> dict[str, Place]:
    """Where each subscription is billed by the rules, running or not, by its id."""
    found = {}
    for one in held:
        account = None if selling.is_ours(one) else selling.account(one, on)
        item = selling.item(one, account.ledger or "", on) if account is not None and not account.ended else None
        if account is not None and item is not None:
            ledger = ledger_of(account.ledger)
            found[one.subscription_id] = ledger, customer_of(ledger, account.ledger_customer), item
    return found
