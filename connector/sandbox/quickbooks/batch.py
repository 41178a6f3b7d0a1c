"""Several operations in one request: up to 30, each for itself, each with its own answer or fault."""

from typing import Any

from connector.sandbox.quickbooks.behaviour import Remembered
from connector.sandbox.quickbooks.company import Company, Thing
from connector.sandbox.quickbooks.entities import EVERY
from connector.sandbox.quickbooks.refusals import Refused, missing, refused
from connector.sandbox.quickbooks.saving import save
from connector.sandbox.quickbooks.searching import answer, changes
from connector.sandbox.quickbooks.wire import decoded, encoded

MOST = 30
LONGEST_ID = 10


def run_batch(company: Company, body: dict[str, Any], requestid: str) -> list[Thing]:
    """The items' answers; with a request id, an item done before is answered as it was then."""
    items = body.get("BatchItemRequest")
    if not isinstance(items, list) or not items:
        raise Refused([missing("BatchItemRequest")])
    if len(items) > MOST:
        detail = f"Batch size exceeds allowed limit. Supplied:{len(items)} Max:{MOST}"
        raise refused("1040", "Batch size exceeds allowed limit", detail)
    for item in items:
        if not isinstance(item, dict) or not item.get("bId"):
            raise Refused([missing("bId")])
        if requestid and len(str(item["bId"])) > LONGEST_ID:
            detail = f"bId has at most {LONGEST_ID} characters with a requestid"
            raise refused("2130", "Invalid Request Id Format", detail)
    return [_answer(company, item, requestid) for item in items]


def _answer(company: Company, item: dict[str, Any], requestid: str) -> Thing:
    key = str(item["bId"])
    known = f"{requestid}/{key}"
    if requestid and company.behaviour.requestid and known in company.remembered:
        return decoded(company.remembered[known].body)
    try:
        made = _do(company, item)
    except Refused as refusal:
        made = {"Fault": refusal.fault()}
    made = {**made, "bId": key}
    if requestid and company.behaviour.requestid:
        company.remembered[known] = Remembered(b"", 200, encoded(made), company.clock.now())
    return made


def _do(company: Company, item: dict[str, Any]) -> Thing:
    if "Query" in item:
        return {"QueryResponse": answer(company, str(item["Query"]))}
    if "CDCQuery" in item:
        asked = item["CDCQuery"] if isinstance(item["CDCQuery"], dict) else {}
        found = changes(company, str(asked.get("Entities", "")), str(asked.get("ChangedSince", "")))
        return {"CDCResponse": [{"QueryResponse": found}]}
    names = [name for name in item if name not in ("bId", "operation", "optionsData")]
    entity = EVERY.get(names[0]) if len(names) == 1 else None
    if entity is None or not isinstance(item[names[0]], dict):
        raise refused("2000", "Invalid or unsupported object name", f"Object Name: {', '.join(names)}")
    operation = item.get("operation")
    if operation not in ("create", "update", "delete"):
        raise refused("2170", "Invalid Enumeration", f"Invalid Enumeration : {operation}")
    options = frozenset(str(item.get("optionsData", "")).lower().split(","))
    return {entity.name: save(company, entity, item[entity.name], operation, options)}
