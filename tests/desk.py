"""A desk to plan at without files: expected slices made by hand, rules made by hand, and plans of both."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from connector.domain.document import Document, Plan
from connector.domain.errors import Place
from connector.domain.money import round_half_up, to_minor
from connector.domain.period import Period
from connector.domain.posted import Posted
from connector.domain.rules import CustomerRule, Mapping, Template
from connector.engine.mapping import Book
from connector.engine.planning.accounts import Accounts
from connector.engine.planning.billed import Billed
from connector.engine.planning.cutting import cut
from connector.engine.planning.dividing import Usage, UsageSum
from connector.engine.planning.pieces import pieces_of
from connector.engine.planning.planning import Asked, Books, make_plan
from connector.engine.planning.terms import Guards, Terms
from connector.engine.rates import Rate
from connector.engine.reconciliation.shapes import Charge, Slice
from tests.builders import SUBSCRIPTION, TENANT

OCTOBER = Period.month("2026-10")
HERE = Place("mapping.yaml", 1)
RATE = Rate("priced", "USD", formula="net 20.00 + 20 %", places=("mapping.yaml:3",))


def customer(**changes: Any) -> CustomerRule:
    """The customer that slices are for, unless told otherwise."""
    given: dict[str, Any] = {
        "name": "Alpine Ski House", "tenant_id": TENANT, "ledger": None, "ledger_customer": "58", "place": HERE,
        "currency": "USD",
    }  # fmt: skip
    return CustomerRule(**{**given, **changes})


def charge(amount: str, row: str, part: str = "", invoice: str = "G1") -> Charge:
    """A charge behind a slice."""
    return Charge(Decimal(amount), row, "vendor.csv", 1, part, invoice)


def piece(*charges: Charge, worth: str = "240.00", **changes: Any) -> Slice:
    """Ten seats for October at 24.00, billed to the customer; `worth` is in the currency."""
    behind = charges or (charge("200.00", "r1"),)
    currency = changes.get("currency", "USD")
    given: dict[str, Any] = {
        "customer_id": TENANT, "customer_name": "Alpine Ski House", "subscription_id": SUBSCRIPTION,
        "product_id": "CFQ7TTC0LCHC", "sku_id": "0002", "product_name": "Business Premium", "category": "license",
        "term": "P1Y", "billing_plan": "monthly", "promotion_id": None, "ledger": "", "ledger_customer": "58",
        "item": "31", "currency": currency, "cost_currency": "USD", "kind": "cyclecharge", "reference_id": None,
        "period": OCTOBER, "subscription_start": date(2026, 3, 1), "status": "priced", "method": "seats",
        "is_credit": False, "is_free": False, "rate_id": 0, "unit": 240_000, "bare_unit": 240_000, "seats": 10_000,
        "all_seats": 10_000, "gained": 10_000, "lost": 0, "days": 1, "of_days": 1, "months": 1, "share_by": "cycle",
        "worth": to_minor(Decimal(worth), currency), "cost": sum((one.amount for one in behind), Decimal(0)),
        "lines": len(behind), "source": "vendor.csv", "line": 1, "charges": tuple(sorted(behind)),
    }  # fmt: skip
    return Slice(**{**given, **changes})


def usage(*charges: Charge, worth: str, **changes: Any) -> Slice:
    """Azure usage of October."""
    given: dict[str, Any] = {
        "category": "azure", "method": "amount", "seats": 0, "unit": 0, "product_id": "DZH318Z0BPS6", "sku_id": "000F",
        "product_name": "B2ms", "item": "40", "kind": "new", "term": None, "billing_plan": None,
    }  # fmt: skip
    return piece(*charges, worth=worth, **{**given, **changes})


def used(amount: str, group: str = "", *, tags: str = "", azure: str = "", meter: str = "") -> UsageSum:
    """Daily usage behind `usage`, summed."""
    key = "G1", SUBSCRIPTION, "DZH318Z0BPS6", "000F"
    return UsageSum(key, azure, "", group, meter, tags, Decimal(amount), Decimal(1), 1)


@dataclass(slots=True)
class Desk:
    """What is planned with."""

    customers: tuple[CustomerRule, ...] = field(default_factory=lambda: (customer(),))
    templates: tuple[Template, ...] = ()
    rates: tuple[Rate, ...] = (RATE,)
    usage: tuple[UsageSum, ...] = ()
    mapping: dict[str, Any] = field(default_factory=dict)
    guards: Guards = field(default_factory=Guards)
    start: date | None = date(2026, 1, 1)
    period: Period = OCTOBER
    more: dict[str, Any] = field(default_factory=dict)

    def plan(self, slices: Iterable[Slice], posted: Sequence[Posted] = (), asked: Asked | None = None) -> Plan:
        """Plan some slices."""
        mapping = Mapping(customers=self.customers, templates=self.templates, **self.mapping)
        accounts = Accounts(Book(mapping), lambda name: name or "")
        cuts = [
            one
            for each in slices
            for one in cut(
                each,
                accounts.rule(each.ledger or "", each.ledger_customer or "", each.customer_id, self.period.start),
                self.period,
                None,
            )
        ]
        made = pieces_of(cuts, mapping, lambda number: self.rates[number] if number >= 0 else None)
        books = Books(Billed(posted), accounts, Usage(self.usage, mapping))
        terms = Terms(self.period, self.start, guards=self.guards, **self.more)
        return make_plan(made, books, terms, {}, asked or Asked())


def post(documents: Iterable[Document], first: int = 1, **changes: Any) -> list[Posted]:
    """Documents as if they had been posted."""
    return [Posted(one, number=f"CSP-{number:05d}", **changes) for number, one in enumerate(documents, first)]


def worth_of(shares: Iterable[Fraction]) -> Decimal:
    """What exact shares come to together, rounded once."""
    whole = sum(shares, Fraction(0))
    return round_half_up(Decimal(whole.numerator) / Decimal(whole.denominator), 2)
