"""Which records of a ledger the mapping points to, and should not: inactive, gone, merged or renamed ones.

A record counts as renamed where the mapping still calls it by a name that it had before.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connector.domain import rules
from connector.domain.errors import Place

CUSTOMER = "customer"
ITEM = "item"


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was last seen, with the names it had before."""

    name: str
    active: bool
    gone: bool
    merged_into: str | None
    former: frozenset[str]


@dataclass(frozen=True, slots=True)
class Stale:
    """A record that the mapping points to and should not: `kind` is customer or item; `place` is the rule's."""

    ledger: str
    kind: str
    record_id: str
    text: str
    place: Place


def known_records(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str, str], Record]:
    """The records by ledger, kind and id, from all their states (ledger_records)."""
    states: dict[tuple[str, str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        states[row["ledger"] or "", row["kind"], row["record_id"]].append(row)
    return {key: _last(sorted(seen, key=_moment)) for key, seen in states.items()}


def survivors(records: Mapping[tuple[str, str, str], Record]) -> dict[tuple[str, str], str]:
    """Of each ledger customer that was merged into another: the one that stands for both, by ledger and id."""
    found = {}
    for ledger, kind, record_id in records:
        way = [record_id]
        while kind == CUSTOMER and (record := records.get((ledger, CUSTOMER, way[-1]))) and record.merged_into:
            if record.merged_into in way:
                break
            way.append(record.merged_into)
        if len(way) > 1:
            found[ledger, record_id] = way[-1]
    return found


def stale(
    mapping: rules.Mapping,
    records: Mapping[tuple[str, str, str], Record],
    ledger_of: Callable[[str | None], str],
    ledgers: Iterable[str],
) -> tuple[Stale, ...]:
    """What the mapping points to and should not, in a stable order; kinds of which nothing was read are passed over."""
    read = {(ledger, kind) for ledger, kind, _ in records}
    found: dict[tuple[str, str, str], Stale] = {}
    for ledger, kind, record_id, name, place in sorted(
        _pointed(mapping, ledger_of, tuple(ledgers)), key=lambda one: (*one[:3], str(one[4]))
    ):
        key = (ledger, kind, record_id)
        if key in found or (ledger, kind) not in read:
            continue
        text = _wrong(kind, record_id, records.get(key), name)
        if text:
            found[key] = Stale(*key, text, place)
    return tuple(found[key] for key in sorted(found))


def _moment(row: Mapping[str, Any]) -> tuple[str, int]:
    return row["observed_at"] or "", row["line"] or 0


def _last(states: list[Mapping[str, Any]]) -> Record:
    last = states[-1]
    name = last["name"] or ""
    return Record(
        name=name,
        active=last["active"] is not False,
        gone=bool(last["gone"]),
        merged_into=last["merged_into"] or None,
        former=frozenset(_plain(one["name"] or "") for one in states) - {_plain(name), ""},
    )


def _pointed(
    mapping: rules.Mapping, ledger_of: Callable[[str | None], str], ledgers: tuple[str, ...]
) -> Iterator[tuple[str, str, str, str, Place]]:
    """Every record that a rule points to: ledger, kind, id, the name people gave it there, and the rule's place."""
    for customer in mapping.customers:
        yield ledger_of(customer.ledger), CUSTOMER, customer.ledger_customer, customer.name, customer.place
    accounts: list[Any] = [*mapping.resellers, *mapping.subscriptions]
    for rule in accounts:
        if rule.ledger_customer:
            yield ledger_of(rule.ledger), CUSTOMER, rule.ledger_customer, "", rule.place
    for ledger in ledgers:
        for product in mapping.products:
            if item := product.item(ledger):
                yield ledger, ITEM, item, product.name, product.place
        billing: list[Any] = [*mapping.subscriptions, *mapping.bundles, *mapping.own_items, *mapping.minimums]
        for rule in billing:
            if rule.item:
                yield ledger, ITEM, rule.item, getattr(rule, "name", None) or "", rule.place


def _wrong(kind: str, record_id: str, record: Record | None, called: str) -> str:
    if record is None:
        return f"there is no {kind} {record_id} in the ledger"
    what = f"{kind} {record_id} ({record.name})" if record.name else f"{kind} {record_id}"
    if record.merged_into:
        return f"{what} was merged into {record.merged_into}"
    if record.gone:
        return f"{what} was deleted or merged into another"
    if not record.active:
        return f"{what} is inactive"
    if called and _plain(called) in record.former:
        return f"{kind} {record_id}, which the mapping calls {called}, was renamed {record.name}"
    return ""


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
