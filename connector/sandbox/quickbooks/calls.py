"""The addresses below a company: what each of them reads or writes."""

import re
from typing import Any

from connector.sandbox.messages import Request, Response
from connector.sandbox.quickbooks.attachments import temporary_address, upload
from connector.sandbox.quickbooks.batch import run_batch
from connector.sandbox.quickbooks.behaviour import Mail
from connector.sandbox.quickbooks.company import Company, Thing
from connector.sandbox.quickbooks.entities import BY_LOWER, Entity
from connector.sandbox.quickbooks.refusals import Refused, business, invalid_id, missing, refused, unsupported
from connector.sandbox.quickbooks.reporting import general_ledger
from connector.sandbox.quickbooks.saving import save
from connector.sandbox.quickbooks.searching import answer, changes
from connector.sandbox.quickbooks.showing import shown
from connector.sandbox.quickbooks.wire import decoded

MAILS_A_DAY = 40
_READ_ONLY = ("CompanyInfo", "Preferences", "TaxCode", "TaxRate", "RecurringTransaction")


def route(request: Request, company: Company, rest: str, requestid: str) -> Thing | Response:
    """Do what an address asks for; returns an object for JSON, or a whole answer. Raises Refused."""
    place, _, below = rest.partition("/")
    if request.method == "POST" and place == "query" and not below:
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind not in ("application/text", "text/plain"):
            raise refused("1050", "Invalid Content Type", f"Invalid Content Type : {kind}")
        return {"QueryResponse": answer(company, request.body.decode("utf-8", "replace"))}
    if request.method == "GET" and place == "query" and not below:
        return {"QueryResponse": answer(company, request.first("query"))}
    if request.method == "GET" and place == "cdc":
        since = request.first("changedSince")
        if not since or not request.first("entities"):
            raise Refused([missing("changedSince" if not since else "entities")])
        return {"CDCResponse": [{"QueryResponse": changes(company, request.first("entities"), since)}]}
    if request.method == "GET" and place == "reports" and below == "GeneralLedger":
        return general_ledger(company, request)
    if request.method == "POST" and place == "batch":
        return {"BatchItemResponse": run_batch(company, decoded(request.body), requestid)}
    if request.method == "POST" and place == "upload":
        kind = request.headers.get("content-type", "")
        return {"AttachableResponse": upload(company, kind, request.body, request.origin)}
    if request.method == "GET" and place == "download":
        company.get("Attachable", below)
        link = temporary_address(company, below, request.origin)
        return Response(200, {"Content-Type": "text/plain"}, link.encode())
    entity = BY_LOWER.get(place.lower())
    if entity is None or place != place.lower() or not (entity.shape or entity.name in _READ_ONLY):
        raise nowhere(request)
    if request.method == "GET":
        return _read(request, company, entity, below)
    if request.method == "POST":
        return _write(request, company, entity, below)
    raise nowhere(request)


def _read(request: Request, company: Company, entity: Entity, below: str) -> Thing | Response:
    if entity.name == "Preferences" and not below:
        return {"Preferences": company.preferences}
    key, _, more = below.partition("/")
    if entity.name == "CompanyInfo":
        return {"CompanyInfo": company.get("CompanyInfo", "1")}
    if entity.name == "ExchangeRate" and not below:
        return {"ExchangeRate": _rate(company, request.first("sourcecurrencycode"), request.first("asofdate"))}
    if not key or (more and more != "pdf"):
        raise nowhere(request)
    if not re.fullmatch(r"[A-Za-z0-9-]+", key):
        raise invalid_id(key)
    thing = company.get(entity.name, key)
    if more == "pdf":
        text = f"%PDF-1.4\n% {entity.name} {thing.get('DocNumber', key)} {thing.get('TotalAmt')}\n%%EOF\n"
        return Response(200, {"Content-Type": "application/pdf"}, text.encode())
    return {entity.name: shown(company, entity.name, thing)}


def _write(request: Request, company: Company, entity: Entity, below: str) -> Thing:
    key, _, more = below.partition("/")
    if more == "send" and entity.name in ("Invoice", "CreditMemo"):
        return {entity.name: shown(company, entity.name, _send(company, entity.name, key, request.first("sendTo")))}
    if below or entity.name in ("CompanyInfo", "TaxCode", "TaxRate"):
        raise nowhere(request)
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json":
        raise refused("1050", "Invalid Content Type", f"Invalid Content Type : {kind}")
    body = decoded(request.body)
    if entity.name == "Preferences":
        return {"Preferences": _set_preferences(company, body)}
    operation = request.first("operation", "update" if "Id" in body else "create").lower()
    if operation not in ("create", "update", "delete", "void"):
        raise unsupported(operation)
    options = frozenset(request.first("include").lower().split(","))
    return {entity.name: save(company, entity, body, operation, options)}


def nowhere(request: Request) -> Refused:
    """500: nothing lives at this address."""
    return unsupported(f"Could not find resource for relative : {request.path} of full path: {request.path}")


def _send(company: Company, entity: str, key: str, to: str) -> Thing:
    """E-mail a document, as its own act: the document says afterwards that it was sent, and to whom."""
    old = company.get(entity, key)
    address = to or old.get("BillEmail", {}).get("Address", "")
    if not address:
        raise Refused([missing("BillEmail.Address")])
    today = [mail for mail in company.mails if mail.at.date() == company.today()]
    if len(today) >= MAILS_A_DAY:
        raise business("Business Validation Error: The limit of e-mails a day has been reached.")
    company.mails.append(Mail(entity, key, address, company.now()))
    sent: Thing = {"EmailStatus": "EmailSent", "BillEmail": {"Address": address}}
    sent["DeliveryInfo"] = {"DeliveryType": "Email", "DeliveryTime": company.now().isoformat(timespec="seconds")}
    return company.put(entity, {**old, **sent}, old)


def _rate(company: Company, code: str, day: str) -> Thing:
    known = [
        rate
        for rate in company.find("ExchangeRate", SourceCurrencyCode=code)
        if rate["AsOfDate"] <= (day or company.today().isoformat())
    ]
    if not known:
        return company.get("ExchangeRate", "")
    return max(known, key=lambda rate: str(rate["AsOfDate"]))


def _set_preferences(company: Company, body: dict[str, Any]) -> Thing:
    if body.get("SyncToken") != company.preferences["SyncToken"]:
        raise refused("5010", "Stale Object Error", "Stale Object Error : The preferences were changed meanwhile.")
    for group, values in body.items():
        if group in company.preferences and isinstance(values, dict):
            company.prefer(group, **values)
    return company.preferences
