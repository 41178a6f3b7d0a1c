"""Finds rules that claim the same thing at the same time, so that nobody could say which one holds.

A later `valid_from` supersedes the same scope. Two rules are in conflict when both begin on the same day, or when
one that names its last day reaches into the other; and when a customer is in two groups whose rules are equally
narrow and no `priority` decides.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import date
from itertools import combinations, pairwise
from typing import Any

from connector.config.selecting import scope
from connector.domain.errors import Place, Problem
from connector.domain.rules import ALWAYS, BundleRule, CustomerRule, Mapping, Selector, Validity

_KEEP_ONE = "keep one of them, or let one begin later with valid_from"


@dataclass(frozen=True, slots=True)
class Claim:
    """A rule's claim on something: in which list, on what (told to people as `about`), when, and with what priority."""

    part: str
    key: object
    about: str
    place: Place
    validity: Validity
    priority: int = 0


def conflicts(mapping: Mapping) -> list[Problem]:
    """All ties and overlaps that can be seen in the mapping itself, each naming both places."""
    claims: dict[tuple[str, object], list[Claim]] = defaultdict(list)
    for claim in _claims(mapping):
        claims[claim.part, claim.key].append(claim)
    problems = [problem for same in claims.values() if len(same) > 1 for problem in _overlaps(same)]
    return problems + list(_group_ties(mapping))


def _claims(mapping: Mapping) -> Iterator[Claim]:
    for customer in mapping.customers:
        yield Claim("customers", customer.tenant_id, f"tenant {customer.tenant_id}", customer.place, customer.validity)
    for special in mapping.subscriptions:
        named = (special.subscription_id, special.entitlement_id, special.resource_group, special.tag)
        about = " ".join(part for part in named if part)
        yield Claim("subscriptions", named, about, special.place, special.validity)
    for reseller in mapping.resellers:
        yield Claim("resellers", reseller.mpn_id, f"reseller {reseller.mpn_id}", reseller.place, reseller.validity)
    for part in ("products", "prices", "minimums", "taxes"):
        for rule in getattr(mapping, part):
            yield Claim(part, rule.selector, scope(rule.selector), rule.place, rule.validity)
    for bundle in mapping.bundles:
        for component in bundle.includes:
            about = f"component {scope(component)} for {scope(bundle.selector)}"
            yield Claim("bundles", (bundle.selector, component), about, bundle.place, bundle.validity)
    for own in mapping.own_items:
        key = (own.selector, own.item, own.description, own.once)
        yield Claim("own_items", key, f"item {own.item} for {scope(own.selector)}", own.place, own.validity)
    for fx in mapping.fx:
        pair = (fx.source_currency, fx.target_currency)
        yield Claim("fx", pair, f"{pair[0]} to {pair[1]}", fx.place, fx.validity)
    yield from _timeless(mapping)


def _timeless(mapping: Mapping) -> Iterator[Claim]:
    named: tuple[tuple[str, Iterable[Any], Callable[[Any], object], str], ...] = (
        ("templates", mapping.templates, lambda rule: rule.name, "template"),
        ("exports", mapping.exports, lambda rule: rule.name, "export profile"),
        ("accepted", mapping.accepted, lambda rule: rule.finding, "finding"),
        ("internal", mapping.internal, lambda rule: rule.tenant_id, "tenant"),
        (
            "adjustments",
            mapping.adjustments,
            lambda rule: f"{rule.invoice} {rule.amount} ({rule.reason})",
            "adjustment",
        ),
        ("tolerances", mapping.tolerances, lambda rule: scope(rule.selector), ""),
    )
    for part, rules, name, word in named:
        for rule in rules:
            yield Claim(part, name(rule), f"{word} {name(rule)}".strip(), rule.place, ALWAYS)


def _starts(claim: Claim) -> date:
    return claim.validity.start or date.min


def _overlaps(claims: list[Claim]) -> Iterator[Problem]:
    ordered = sorted(claims, key=_starts)
    reaching: Claim | None = None
    for earlier, later in pairwise(ordered):
        if earlier.validity.end is not None and (reaching is None or earlier.validity.end > _ends(reaching)):
            reaching = earlier
        timeless = later.part in ("templates", "exports", "accepted", "internal", "adjustments", "tolerances")
        if _starts(earlier) == _starts(later):
            advice = "keep one of them" if timeless else _KEEP_ONE
            same_time = "" if timeless else " for the same time"
            yield Problem(
                later.place,
                f"{later.part}: {later.about} is also written at {earlier.place}{same_time}; {advice}",
            )
        elif reaching is not None and _starts(later) < _ends(reaching):
            yield Problem(
                later.place,
                f"{later.part}: {later.about} begins on {_starts(later)}, inside the rule at {reaching.place}; "
                "let their days not overlap, or leave out that rule's valid_to",
            )


def _ends(claim: Claim) -> date:
    return claim.validity.end or date.max


def _group_ties(mapping: Mapping) -> Iterator[Problem]:
    together: dict[tuple[str, str], list[CustomerRule]] = defaultdict(list)
    for customer in mapping.customers:
        for pair in combinations(sorted(set(customer.groups)), 2):
            together[pair].append(customer)
    if not together:
        return
    for part in ("prices", "taxes", "minimums", "bundles"):
        by_group, own = _by_subject(part, getattr(mapping, part))
        for (one, other), customers in together.items():
            if one in by_group and other in by_group:
                yield from _ties(part, by_group[one], by_group[other], customers, own)


_Scoped = dict[Selector, list[Claim]]


def _by_subject(
    part: str, rules: Iterable[Any]
) -> tuple[dict[str, _Scoped], dict[str, list[tuple[Selector, Validity]]]]:
    """The claims of every group by what is left of their scope, and those of single tenants."""
    groups: dict[str, _Scoped] = defaultdict(lambda: defaultdict(list))
    tenants: dict[str, list[tuple[Selector, Validity]]] = defaultdict(list)
    for rule in rules:
        subject: Selector = rule.selector
        for offered in rule.includes if isinstance(rule, BundleRule) else (subject,):
            rest = replace(offered, group=None, tenant_id=None, subscription_id=None)
            if subject.tenant_id is not None and subject.subscription_id is None:
                tenants[subject.tenant_id].append((rest, rule.validity))
            elif subject.group is not None and subject.subscription_id is None:
                priority = getattr(rule, "priority", 0)
                groups[subject.group][rest].append(
                    Claim(part, rest, scope(subject), rule.place, rule.validity, priority)
                )
    return {group: {rest: _superseded(same) for rest, same in by.items()} for group, by in groups.items()}, tenants


def _superseded(claims: list[Claim]) -> list[Claim]:
    """The claims of one scope, each ending where the next one begins."""
    ordered = sorted(claims, key=_starts)
    ended = []
    for at, claim in enumerate(ordered):
        following = next((other.validity.start for other in ordered[at + 1 :] if _starts(other) > _starts(claim)), None)
        open_ended = claim.validity.end is None and following is not None
        ended.append(replace(claim, validity=Validity(claim.validity.start, following)) if open_ended else claim)
    return ended


def _ties(
    part: str,
    one: _Scoped,
    other: _Scoped,
    customers: list[CustomerRule],
    own: dict[str, list[tuple[Selector, Validity]]],
) -> Iterator[Problem]:
    for rest in one.keys() & other.keys():
        for first in one[rest]:
            for second in other[rest]:
                meet = max(_starts(first), _starts(second)) < min(_ends(first), _ends(second))
                if not meet or first.priority != second.priority:
                    continue
                torn = next((c for c in customers if not _decided(own.get(c.tenant_id, []), rest)), None)
                if torn is not None:
                    yield _tie(part, first, second, torn)


def _tie(part: str, first: Claim, second: Claim, torn: CustomerRule) -> Problem:
    advice = "give one of them a higher priority" if part == "prices" else "write a rule for the customer itself"
    return Problem(
        second.place,
        f"{part}: {second.about} and {first.about} at {first.place} are equally narrow, and {torn.name} "
        f"({torn.place}) is in both groups; {advice}",
    )


def _decided(own: list[tuple[Selector, Validity]], rest: Selector) -> bool:
    """Whether a rule of the customer's own, narrower than any group's, settles the scope for all time."""
    return any(validity == ALWAYS and _covers(selector, rest) for selector, validity in own)


def _covers(wide: Selector, narrow: Selector) -> bool:
    return all(
        getattr(wide, part.name) is None or getattr(wide, part.name) == getattr(narrow, part.name)
        for part in fields(Selector)
    )
