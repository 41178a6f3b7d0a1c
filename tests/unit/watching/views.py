"""Builds what a watch looks at, for tests: a customer, its rules, and its subscriptions in every state."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from connector.domain.errors import Place
from connector.domain.rules import CustomerRule, Mapping, PriceRule, ProductRule, Selector
from connector.domain.watched import Charged, Held, Lead, Offered
from connector.engine.mapping import Book
from connector.engine.watching import View
from connector.engine.watching.positions import places, positions
from connector.engine.watching.prices import Prices
from connector.engine.watching.selling import Selling

HERE = Place("mappings.yaml", 1)
TENANT = "5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11"
SUBSCRIPTION = "9d7d1f3d-c8de-461c-db6d-91debd5129f0"
PREMIUM, E3 = "CFQ7TTC0LCHC", "CFQ7TTC0LF8R"
PLACE = ("books", "58", "31")
ON = date(2026, 12, 15)
MAPPING = Mapping(
    customers=(CustomerRule("Alpine Ski House", TENANT, "books", "58", HERE, currency="USD"),),
    products=(
        ProductRule("Premium", Selector(product_id=PREMIUM), (("", "31"),), HERE),
        ProductRule("E3", Selector(product_id=E3), (("", "32"),), HERE),
    ),
    prices=(PriceRule(Selector(), HERE, unit_price=Decimal("30.00")),),
)


def held(**changes: Any) -> Held:
    """Ten seats of Business Premium for a year, running."""
    usual = Held(
        TENANT, SUBSCRIPTION, "2026-12-14T02:00:00Z", Offered(PREMIUM, "0002", "P1Y", "monthly"),
        "Microsoft 365 Business Premium", "active", Decimal(10), is_trial=False, auto_renew=True,
        created=date(2026, 1, 1), term_start=date(2026, 1, 1), commitment_end=date(2026, 12, 31),
    )  # fmt: skip
    return replace(usual, **changes)


def charged(**changes: Any) -> Charged:
    """The last month of it, at 22.00 a seat."""
    usual = Charged(
        SUBSCRIPTION, "USD", "USD", Decimal("22.00"), Decimal("22.00"), date(2026, 11, 1), date(2026, 11, 30),
        "monthly", "P1Y", None,
    )  # fmt: skip
    return replace(usual, **changes)


def view(some: Iterable[Held], mapping: Mapping = MAPPING, **changes: Any) -> View:
    """What is known of some subscriptions on the day; `changes` are other parts of the view."""
    every = tuple(some)
    selling = Selling(Book(mapping), lambda _: "USD", lambda *_: None, "USD")
    costs = changes.pop("charged", {SUBSCRIPTION: charged()})
    on = changes.pop("on", ON)

    def ledger_of(name: str | None) -> str:
        return name or "books"

    usual = View(
        on, Lead(), every, {one.subscription_id: (one,) for one in every}, Prices(()), selling, charged=costs,
        positions=positions(every, costs, selling, ledger_of, on), places=places(every, selling, ledger_of, on),
        seen=frozenset({"subscriptions", "prices", "ledger", "audit", "azure", "debts", "accesses"}),
    )  # fmt: skip
    return replace(usual, **changes)
