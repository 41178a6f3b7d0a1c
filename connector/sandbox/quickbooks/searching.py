"""Answers queries and the question what has changed, with the limits Intuit sets on both."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from connector.sandbox.quickbooks.company import Company, Thing
from connector.sandbox.quickbooks.entities import BY_LOWER, KEPT, Entity
from connector.sandbox.quickbooks.query import Condition, Query, parse
from connector.sandbox.quickbooks.refusals import invalid_property, query_invalid
from connector.sandbox.quickbooks.showing import shown

LOOK_BACK = timedelta(days=30)
CHANGES = 1000
_TIMES = {"metadata.createtime": "CreateTime", "metadata.lastupdatedtime": "LastUpdatedTime"}
_ATTACHED = {
    "attachableref.entityref.type": ("EntityRef", "type"),
    "attachableref.entityref.value": ("EntityRef", "value"),
    "attachableref.entityref": ("EntityRef", "value"),
    "attachableref.includeonsend": ("IncludeOnSend", ""),
}
_ORDER_WITHOUT = {"Customer": "DisplayName", "Vendor": "DisplayName", "CompanyCurrency": "Code"}

Look = Callable[[Thing], list[Any]]


def answer(company: Company, text: str) -> Thing:
    """The QueryResponse of a query; raises Refused 4000 and 4001."""
    query = parse(text)
    entity = BY_LOWER.get(query.entity.lower())
    if entity is None:
        raise query_invalid(f"Entity {query.entity} is not a valid entity name or is not queryable")
    chosen = _select(company, entity, query)
    if query.counts:
        return {"totalCount": len(chosen)}
    page = chosen[query.start - 1 : query.start - 1 + query.size]
    if not page:
        return {}
    things = [_projected(shown(company, entity.name, thing), entity, query) for thing in page]
    answered = {entity.name: things, "startPosition": query.start, "maxResults": len(page)}
    return {**answered, "totalCount": len(page)} if entity.has_total else answered


def changes(company: Company, entities: str, since: str) -> list[Thing]:
    """One answer per entity: what changed or was deleted since a moment, at most 1,000 objects together."""
    moment = _moment(company, since)
    if moment is None:
        raise invalid_property(f"changedSince '{since}'")
    oldest = company.now() - LOOK_BACK
    if moment < oldest:
        if company.behaviour.cdc_beyond == "refuse":
            raise query_invalid(f"changedSince {since} lies more than 30 days back")
        moment = oldest
    left, answers = CHANGES, []
    for name in entities.split(","):
        entity = BY_LOWER.get(name.strip().lower())
        if entity is None or not entity.tracked:
            raise query_invalid(f"Entity {name.strip()} is not supported for change data capture")
        found = _changed(company, entity, moment)[:left]
        left -= len(found)
        answers.append(
            {entity.name: found, "startPosition": 1, "maxResults": len(found), "totalCount": len(found)}
            if found
            else {}
        )
    return answers


def _changed(company: Company, entity: Entity, since: datetime) -> list[Thing]:
    found = []
    for key, moment in company.changed[entity.name].items():
        if moment >= since:
            found.append((moment, shown(company, entity.name, company.tables[entity.name][key])))
    for stone in company.tombstones:
        if stone.entity == entity.name and stone.at >= since:
            gone = {"domain": "QBO", "status": "Deleted", "Id": stone.id}
            found.append((stone.at, {**gone, "MetaData": {"LastUpdatedTime": stone.at.isoformat()}}))
    return [thing for _, thing in sorted(found, key=lambda pair: pair[0])]


def _select(company: Company, entity: Entity, query: Query) -> list[Thing]:
    asked = (entity.name, query.conditions, query.order, company.version)
    if asked == company.last_search[0]:
        return company.last_search[1]
    things = _candidates(company, entity, query)
    tests = [_test(company, entity, condition) for condition in query.conditions]
    if entity.is_list and not any(condition.field.lower() == "active" for condition in query.conditions):
        things = (thing for thing in things if thing.get("Active") is not False)
    chosen = [thing for thing in things if all(test(thing) for test in tests)]
    order = [(_look(company, entity, name, "ORDERBY"), falling) for name, falling in query.order]
    if not order:
        order = _usual_order(company, entity)
    for look, falling in reversed(order):
        chosen.sort(key=partial(_sortable, look), reverse=falling)
    company.last_search = (asked, chosen)
    return chosen


def _candidates(company: Company, entity: Entity, query: Query) -> Iterable[Thing]:
    """What may fit: everything, or what has the id or document number that is asked for."""
    if entity.name == "Preferences":
        return [company.preferences]
    table = company.tables[entity.name]
    for condition in query.conditions:
        exact = condition.operator in ("=", "IN")
        if exact and condition.field.lower() == "id":
            return [table[key] for key in dict.fromkeys(condition.values) if key in table]
        if exact and condition.field.lower() == "docnumber" and "DocNumber" in entity.asked:
            found = (pair for number in condition.values for pair in company.numbered(number))
            return {thing["Id"]: thing for name, thing in found if name == entity.name}.values()
    return table.values()


def _usual_order(company: Company, entity: Entity) -> list[tuple[Look, bool]]:
    if entity.is_transaction:
        return [(_look(company, entity, "TxnDate", ""), True), (_look(company, entity, "Id", ""), True)]
    name = _ORDER_WITHOUT.get(entity.name, "Name")
    return [(_look(company, entity, name, ""), False)] if name in entity.asked else []


def _look(company: Company, entity: Entity, field: str, where: str) -> Look:
    """How to find a field's values; raises Refused 4001 for one that does not exist or cannot be asked for."""
    lower = field.lower()
    if lower == "id":
        return lambda thing: [_Id(thing["Id"])]
    if lower == "metadata.lastupdatedtime":
        stamps = company.changed[entity.name]
        return lambda thing: [stamps.get(thing["Id"])]
    if lower == "metadata.createtime":
        return lambda thing: [datetime.fromisoformat(thing["MetaData"]["CreateTime"])]
    if entity.name == "Attachable" and lower in _ATTACHED:
        outer, inner = _ATTACHED[lower]
        return lambda thing: [
            ref[outer].get(inner) if inner else ref.get(outer) for ref in thing.get("AttachableRef", []) if outer in ref
        ]
    if entity.name not in KEPT:
        return lambda thing: []
    name = next((one for one in entity.asked if one.lower() == lower), None)
    if name is None:
        known = any(one.lower() == lower.split(".")[0] for one in (*entity.shape, "Id", "SyncToken", "MetaData"))
        if known:
            raise query_invalid(f"Property {field} is not {'sortable' if where == 'ORDERBY' else 'queryable'}")
        raise query_invalid(f"Property {field} not found for Entity {entity.name}")
    if name in ("Balance", "BalanceWithJobs"):
        return lambda thing: [shown(company, entity.name, thing).get(name)]
    return lambda thing: [_value(thing.get(name))]


def _value(value: Any) -> Any:
    return value.get("value") if isinstance(value, dict) else value


def _test(company: Company, entity: Entity, condition: Condition) -> Callable[[Thing], bool]:
    lower, operator = condition.field.lower(), condition.operator
    if lower == "id" and operator not in ("=", "IN"):
        raise query_invalid(f"Operator {operator} is not supported for property Id")
    look = _look(company, entity, condition.field, "WHERE")
    if lower in _TIMES:
        moments = [_moment(company, value) for value in condition.values]
        if None in moments or operator == "LIKE":
            raise query_invalid(f"Invalid value for property {condition.field}: {condition.values[0]}")
        return lambda thing: any(_compare(operator, seen, moment) for seen in look(thing) for moment in moments)
    if operator == "LIKE":
        pattern = re.compile(".*".join(re.escape(part) for part in condition.values[0].split("%")), re.I | re.S)
        return lambda thing: any(seen is not None and bool(pattern.fullmatch(str(seen))) for seen in look(thing))
    wanted = condition.values
    return lambda thing: any(_matches(operator, seen, value) for seen in look(thing) for value in wanted)


def _matches(operator: str, seen: Any, value: str) -> bool:
    if seen is None:
        return False
    if isinstance(seen, bool):
        return operator in ("=", "IN") and value.lower() == ("true" if seen else "false")
    if isinstance(seen, Decimal):
        try:
            return _compare(operator, seen, Decimal(value))
        except InvalidOperation:
            return False
    return _compare(operator, str(seen).lower(), value.lower())


def _compare(operator: str, seen: Any, value: Any) -> bool:
    match operator:
        case "=" | "IN":
            return bool(seen == value)
        case "<":
            return bool(seen < value)
        case ">":
            return bool(seen > value)
        case "<=":
            return bool(seen <= value)
        case _:
            return bool(seen >= value)


class _Id(str):
    """An id that sorts as a number where it is one."""

    __slots__ = ()

    def order(self) -> tuple[int, str]:
        return (int(self), "") if self.isdigit() else (10**30, self)


def _sortable(look: Look, thing: Thing) -> tuple[int, Any]:
    values = look(thing)
    value = values[0] if values else None
    if value is None:
        return (0, 0)
    if isinstance(value, _Id):
        return (1, value.order())
    return (1, value.lower() if isinstance(value, str) else value)


def _projected(thing: Thing, entity: Entity, query: Query) -> Thing:
    chosen = {field.lower() for field in query.fields}
    if query.all_fields:
        hidden = entity.name == "Item" and "sku" not in chosen
        return {name: value for name, value in thing.items() if name != "Sku"} if hidden else thing
    roots = {field.split(".")[0] for field in chosen} | {"id"}
    for field in query.fields:
        if not any(field.lower().split(".")[0] == name.lower() for name in (*entity.shape, *thing)):
            raise query_invalid(f"Property {field} not found for Entity {entity.name}")
    return {**{name: value for name, value in thing.items() if name.lower() in roots}, "sparse": True}


def _moment(company: Company, text: str) -> datetime | None:
    """A moment as a filter writes it; without an offset it is the company's own time."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(company.zone)).astimezone(UTC)
