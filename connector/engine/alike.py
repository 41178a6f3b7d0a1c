"""Customers whom the rules treat alike, so that a price is worked out once for all of them.

Two customers are alike when nothing that a price can depend on tells them apart: the same ledger, currency, groups
and habits, and no rule that names one of them. A customer named by several rules is left out: it is never alike.
"""

from collections import Counter

from connector.domain.rules import CustomerRule, Mapping


def alike(mapping: Mapping) -> dict[str, tuple[CustomerRule, str]]:
    """Each such customer's rule, and the tenant that stands for all who are alike, by tenant id."""
    rules = Counter(rule.tenant_id for rule in mapping.customers)
    apart = {rule.tenant_id for rule in mapping.internal} | _named(mapping)
    first: dict[object, str] = {}
    found: dict[str, tuple[CustomerRule, str]] = {}
    for rule in sorted(mapping.customers, key=lambda rule: rule.tenant_id):
        if rules[rule.tenant_id] > 1 or rule.tenant_id in apart:
            continue
        traits = (rule.ledger, rule.currency, frozenset(rule.groups), rule.frequency, rule.bills, rule.validity)
        found[rule.tenant_id] = rule, first.setdefault(traits, rule.tenant_id)
    return found


def _named(mapping: Mapping) -> set[str]:
    """Tenants that a price, bundle or tax names."""
    selectors = [rule.selector for group in (mapping.prices, mapping.bundles, mapping.taxes) for rule in group]
    return {selector.tenant_id for selector in selectors if selector.tenant_id}
