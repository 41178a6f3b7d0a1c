"""Compares two plans of the same month under two mappings: what each customer owes under the one and the other."""

from collections import defaultdict
from decimal import Decimal

from connector.domain.document import Plan
from connector.domain.effect import Effect
from connector.engine.planning.terms import Account


def effects(old: Plan, new: Plan) -> tuple[Effect, ...]:
    """The customers for whom something changes; what belongs to no customer of a ledger comes under its own name."""
    amounts: dict[Account, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    blocked: dict[Account, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    names: dict[Account, str] = {}
    for side, plan in enumerate((old, new)):
        for document in plan.documents:
            account = document.ledger, document.customer, document.currency
            amounts[account][side] += document.net
            names[account] = document.customer_name
    by_tenant = {
        (tenant, document.currency): (document.ledger, document.customer, document.currency)
        for plan in (old, new)
        for document in plan.documents
        for tenant in document.tenants
    }
    for side, plan in enumerate((old, new)):
        for one in plan.blocked:
            nobody = "", "", one.currency
            name = one.customer_name or one.tenant_id or ""
            account = by_tenant.get((one.tenant_id or "", one.currency), (nobody[0], name, nobody[2]))
            names.setdefault(account, name)
            blocked[account][side] += one.cost
    found = []
    for account in sorted(amounts.keys() | blocked.keys()):
        (was, becomes), (stayed, stays) = amounts[account], blocked[account]
        if was != becomes or stayed != stays:
            ledger, customer, currency = account
            found.append(
                Effect(ledger, customer if ledger or was or becomes else "", names[account], currency, was, becomes,
                       stayed, stays)
            )  # fmt: skip
    return tuple(found)
