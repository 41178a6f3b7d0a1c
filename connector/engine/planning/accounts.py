"""What the mapping says about a ledger customer's documents: template, terms, purchase order, dimensions, holds."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from connector.domain.errors import Place
from connector.domain.rules import CustomerRule, Template
from connector.engine.mapping import Book, Offer

STANDARD = Template("standard", Place("the connector's own"))
_OWN = "own"
# Turns the ledger that a rule names (None: the only one) into the one that is meant.
LedgerOf = Callable[[str | None], str]


class Accounts:
    """Look-ups by ledger customer and tenant."""

    def __init__(self, book: Book, ledger: LedgerOf) -> None:
        self._book = book
        self._templates = {template.name: template for template in book.mapping.templates}
        self._by_tenant: dict[str, list[CustomerRule]] = defaultdict(list)
        self._by_place: dict[tuple[str, str], list[CustomerRule]] = defaultdict(list)
        for rule in book.mapping.customers:
            self._by_tenant[rule.tenant_id].append(rule)
            self._by_place[ledger(rule.ledger), rule.ledger_customer].append(rule)

    def rule(self, ledger: str, customer: str, tenant: str | None, day: date) -> CustomerRule | None:
        """The rule of a ledger customer; where it has none of its own (an exception, a reseller), the tenant's."""
        own = self._by_place.get((ledger, customer)) or self._by_tenant.get(tenant or "") or []
        if len(own) == 1:
            return own[0]
        mine = [rule for rule in own if rule.tenant_id == tenant] or own
        return next((rule for rule in mine if day in rule.validity), mine[-1] if mine else None)

    def named(self, ledger: str, customer: str) -> bool:
        """Whether the ledger customer has a rule of its own."""
        return (ledger, customer) in self._by_place

    def template(self, rule: CustomerRule | None) -> Template:
        """The template of a customer's documents."""
        return self._templates.get((rule.template if rule else None) or "", STANDARD)

    def tax_code(self, tenant: str | None, rule: CustomerRule | None, day: date) -> tuple[str | None, Decimal | None]:
        """The tax code and percentage of what the partner bills for its own services."""
        offer = Offer(tenant, None, None, None, None, _OWN, None, None, None, day, None)
        tax = self._book.tax(offer, rule)
        return (tax.tax_code, tax.tax_percent) if tax else (None, None)
