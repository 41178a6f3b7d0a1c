"""Partner Center's audit records: what people changed, for ninety days.

Source: Microsoft, "Get a record of Partner Center activity by user", "Auditing resources".
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from connector.sandbox.live import LiveWorld, Record
from connector.sandbox.manners import Manners
from connector.sandbox.messages import Request, Response, json_response
from connector.sandbox.partner_center.paging import collection, number, sought, wanted
from connector.sandbox.partner_center.refusals import Problem

_OLDEST = timedelta(days=90)
_USUAL = timedelta(days=30)


def listed(request: Request, live: LiveWorld, manners: Manners) -> Response:
    """The records from a day on, newest first; days count from midnight in UTC, the end day is not included."""
    now = live.clock.now()
    start = _day(request, "startDate") or (now - _USUAL)
    end = _day(request, "endDate") or now + timedelta(seconds=1)
    if start.date() < (now - _OLDEST).date():
        raise Problem(400, "3000", "startDate must not be more than 90 days ago")
    if start > now or end < start:
        raise Problem(400, "3000", "startDate must lie in the past and before endDate")
    found = [record for record in live.records() if start <= record.happened < end]
    choice = wanted(request)
    if choice:
        found = [record for record in found if _fits(record, choice)]
    size = number(request, "size", manners.largest_page, manners.largest_page)
    keys = [str(record.content["id"]) for record in found]
    places, links, token = sought(request, keys, size, manners)
    body = collection([found[place].content for place in places], links)
    return json_response(200, ({"continuationToken": token} if token else {}) | body)


def _day(request: Request, name: str) -> datetime | None:
    text = request.first(name)
    if not text:
        return None
    try:
        return datetime.fromisoformat(text[:10]).replace(tzinfo=UTC)
    except ValueError:
        raise Problem(400, "3000", f"{name} must be a day such as 2026-10-31") from None


def _fits(record: Record, choice: dict[str, str]) -> bool:
    content: dict[str, Any] = record.content
    field, value = choice["Field"].lower(), choice["Value"].lower()
    match (field, choice["Operator"].lower()):
        case ("companyname", "substring"):
            return value in str(content.get("customerName", "")).lower()
        case ("customerid", "equals"):
            return value == str(content.get("customerId", "")).lower()
        case ("resourcetype", "equals"):
            return value == str(content["resourceType"]).lower()
    raise Problem(400, "3000", f"audit records cannot be filtered by {choice['Field']} {choice['Operator']}")
