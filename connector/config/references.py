"""Checks the names by which the parts of the mapping refer to each other, and finds rules that nothing can use."""

from collections.abc import Iterable, Iterator, Set
from typing import Any

from connector.config.nearest import did_you_mean, misspelt
from connector.config.nodes import shown
from connector.config.selecting import scope
from connector.domain.errors import Problem
from connector.domain.rules import Mapping

_MOST_PAIRS = 500_000
_SELECTING = ("prices", "bundles", "own_items", "minimums", "taxes", "tolerances")


def dangling(
    mapping: Mapping, ledgers: tuple[str, ...], given: tuple[str, ...], incomplete: Set[str]
) -> Iterator[Problem]:
    """Names that nothing bears: templates, a ledger that cannot be guessed, groups that are misspelt.

    `ledgers` are all there are, where that is known, `given` some of them. `incomplete` names the parts with rules
    that could not be read; what these may have named is not missed.
    """
    yield from _without_ledger(mapping, ledgers, given)
    if "templates" not in incomplete:
        yield from _without_template(mapping)
    if not incomplete & {"customers", *_SELECTING}:
        yield from _misspelt_groups(mapping)


def _without_template(mapping: Mapping) -> Iterator[Problem]:
    templates = {template.name for template in mapping.templates}
    for customer in mapping.customers:
        if customer.template is not None and customer.template not in templates:
            hint = did_you_mean(customer.template, templates) or "; write it under templates"
            yield Problem(customer.place, f"customers: there is no template {shown(customer.template)}{hint}")


def _misspelt_groups(mapping: Mapping) -> Iterator[Problem]:
    borne = {group for customer in mapping.customers for group in customer.groups}
    wanted = {rule.selector.group for _, rule in _selecting(mapping) if rule.selector.group}
    meant = _slips(wanted - borne, borne)
    for part, rule in _selecting(mapping):
        group = rule.selector.group
        if group in meant:
            wrong = f"{part}: no customer is in the group {shown(group)}; did you mean '{meant[group]}'?"
            yield Problem(rule.place, wrong)
    meant = _slips(borne - wanted, wanted & borne)
    for customer in mapping.customers:
        for group in customer.groups:
            if group in meant:
                wrong = f"customers: no rule is for the group {shown(group)}; did you mean '{meant[group]}'?"
                yield Problem(customer.place, wrong)


def _slips(unknown: Set[str], known: Set[str]) -> dict[str, str]:
    """What each unknown name was probably meant to be; nothing where there are too many to compare."""
    if len(unknown) * len(known) > _MOST_PAIRS:
        return {}
    found = {name: misspelt(name, known) for name in unknown}
    return {name: other for name, other in found.items() if other is not None}


def _without_ledger(mapping: Mapping, ledgers: tuple[str, ...], given: tuple[str, ...]) -> Iterator[Problem]:
    named = {customer.ledger for customer in mapping.customers if customer.ledger}
    known = ledgers or tuple(sorted(named.union(given)))
    if len(known) < 2:
        return
    rules: Iterable[Any] = (*mapping.customers, *mapping.resellers)
    for rule in rules:
        if rule.ledger is None:
            yield Problem(rule.place, f"'ledger' is missing, and there are several; expected {' or '.join(known)}")


def unused(mapping: Mapping) -> Iterator[Problem]:
    """Rules that can never apply to anything; warnings, because a mapping may be written ahead of its customers."""
    tenants = {customer.tenant_id for customer in mapping.customers}
    tenants |= {own.tenant_id for own in mapping.internal}
    borne = {group for customer in mapping.customers for group in customer.groups}
    nobodys = {rule.selector.group for _, rule in _selecting(mapping) if rule.selector.group} - borne
    few = len(nobodys) * len(borne) <= _MOST_PAIRS
    hints = {group: did_you_mean(group, borne) if few else "" for group in nobodys}
    for part, rule in _selecting(mapping):
        chosen = rule.selector
        if chosen.group and chosen.group not in borne:
            hint = hints[chosen.group]
            yield Problem(
                rule.place, f"{part}: {scope(chosen)} is not used, because no customer is in that group{hint}"
            )
        elif chosen.tenant_id and chosen.tenant_id not in tenants:
            yield Problem(rule.place, f"{part}: {scope(chosen)} is not used, because no customer has that tenant id")
    used = {customer.template for customer in mapping.customers}
    for template in mapping.templates:
        if template.name not in used:
            yield Problem(template.place, f"templates: {shown(template.name)} is not used by any customer")
    yield from _absorbed(mapping)
    yield from _items_nowhere(mapping)


def _absorbed(mapping: Mapping) -> Iterator[Problem]:
    own = {rule.tenant_id: rule.place for rule in mapping.internal}
    for customer in mapping.customers:
        if customer.tenant_id in own:
            where = own[customer.tenant_id]
            yield Problem(
                customer.place,
                f"customers: {customer.name} is never billed, because it is internal at {where}",
            )


def _items_nowhere(mapping: Mapping) -> Iterator[Problem]:
    billed = {customer.ledger for customer in mapping.customers}
    billed |= {special.ledger for special in mapping.subscriptions if special.ledger}
    billed |= {reseller.ledger for reseller in mapping.resellers if reseller.ledger}
    if None in billed or not billed:
        return
    names = [ledger for ledger in billed if ledger]
    for product in mapping.products:
        for ledger, item in product.items:
            if ledger and ledger not in billed:
                hint = did_you_mean(ledger, names)
                yield Problem(
                    product.place,
                    f"products: item {shown(item)} is not used, because no customer is billed in {shown(ledger)}{hint}",
                )


def _selecting(mapping: Mapping) -> Iterator[tuple[str, Any]]:
    for part in _SELECTING:
        for rule in getattr(mapping, part):
            yield part, rule
