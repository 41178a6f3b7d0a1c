"""QuickBooks Online as a simulator: several companies behind one door, with sign-in, quotas and the accounting API.

app = QuickBooks(clock, [open_company("9130357992222846", clock)])
tokens = app.sign_in("9130357992222846")
with Server(app, clock=clock) as server: ...
app.company("9130357992222846").every("Invoice")
"""

import hashlib
import itertools
import re
from collections.abc import Callable, Iterable
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.messages import Request, Response
from connector.sandbox.quickbooks.attachments import temporary_address, ticket, upload
from connector.sandbox.quickbooks.batch import run_batch
from connector.sandbox.quickbooks.company import Company, Mail, Remembered, Thing
from connector.sandbox.quickbooks.entities import BY_LOWER, Entity
from connector.sandbox.quickbooks.quotas import Quotas
from connector.sandbox.quickbooks.refusals import (
    Refused,
    business,
    company_ended,
    gateway,
    invalid_id,
    missing,
    refused,
    unsupported,
)
from connector.sandbox.quickbooks.saving import save
from connector.sandbox.quickbooks.searching import answer, changes
from connector.sandbox.quickbooks.showing import shown
from connector.sandbox.quickbooks.signing_in import SignIn
from connector.sandbox.quickbooks.tokens import Pair, TokenDesk, TokenRules
from connector.sandbox.quickbooks.wire import answered, decoded, encoded

LONGEST_REQUEST_ID = 50
LONGEST_BATCH_REQUEST_ID = 36
MAILS_A_DAY = 40
_API = re.compile(r"/v3/company/([^/]+)/(.+)")


class QuickBooks:
    """The app object. `latency` is seconds each API call takes on the sandbox clock, while it counts as under way."""

    def __init__(
        self,
        clock: SandboxClock,
        companies: Iterable[Company] = (),
        *,
        client_id: str = "sandbox-client",
        client_secret: str = "sandbox-secret",  # noqa: S107
        quotas: Quotas | None = None,
        tokens: TokenRules | None = None,
        latency: int = 0,
        throttled_as: str = "upper",
    ) -> None:
        """`latency` is in milliseconds; `throttled_as` is how a 429 looks: `upper`, `lower`, or an `empty` body."""
        self.clock = clock
        self.companies = {company.realm: company for company in companies}
        self.quotas = quotas or Quotas()
        self.tokens = TokenDesk(clock, tokens, client_id)
        self.signing_in = SignIn(self.tokens, client_id, client_secret)
        self.signing_in.realm = next(iter(self.companies), "")
        self.latency = latency
        self.throttled_as = throttled_as
        self.turned_away = 0
        self._tids = itertools.count(1)

    def company(self, realm: str | None = None) -> Company:
        """A company by its realm; without one, the first."""
        return self.companies[realm or next(iter(self.companies))]

    def add(self, company: Company) -> Company:
        """One more company."""
        self.companies[company.realm] = company
        self.signing_in.realm = self.signing_in.realm or company.realm
        return company

    def sign_in(self, realm: str | None = None) -> Pair:
        """Tokens for a company, as if a person had just consented."""
        return self.tokens.grant(self.company(realm).realm)

    def handle(self, request: Request) -> Response:
        """Answer one request; called from several threads at once."""
        signed = self.signing_in.handle(request)
        if signed is not None:
            return signed
        found = _API.fullmatch(request.path.rstrip("/"))
        if found is not None:
            return self._call(request, found[1], found[2])
        if request.path.startswith("/attachments/"):
            return self._file(request)
        return self._fault(request, unsupported(f"Could not find resource for relative : {request.path}"))

    def refusal(self, request: Request, status: int, retry_after: str | None) -> Response:
        """Intuit's body for a status that a fault asks for."""
        more = {"Retry_After": retry_after} if retry_after else {}
        if status == 429:
            return self._throttled(request, more)
        if status == 401:
            return self._gate(request, 401)
        if status == 403:
            return self._gate(request, 403)
        said = refused(
            "10000", "An application error has occurred while processing your request", "System Failure Error"
        )
        body = {"Fault": {**said.fault(), "type": "SystemFault"}, "time": self._time(request)}
        return answered(request, status, encoded(body), self._tid(), **more)

    def _call(self, request: Request, realm: str, rest: str) -> Response:
        token = request.headers.get("authorization", "")
        granted = self.tokens.realm_of(token.removeprefix("Bearer ")) if token.startswith("Bearer ") else None
        if granted is None:
            return self._gate(request, 401)
        company = self.companies.get(realm)
        if company is None or granted != realm:
            return self._gate(request, 403)
        if not self.quotas.enter(realm, self.clock.now(), batch=rest == "batch"):
            self.turned_away += 1
            return self._throttled(request, {})
        try:
            if self.latency:
                self.clock.sleep(self.latency / 1000)
            with company.lock:
                return self._once(request, company, rest)
        finally:
            self.quotas.leave(realm)

    def _once(self, request: Request, company: Company, rest: str) -> Response:
        """Answer a request, or give the answer it had when it came before under the same request id."""
        requestid = request.first("requestid")
        if not requestid or request.method != "POST":
            return self._answer(request, company, rest, "")
        limit = LONGEST_BATCH_REQUEST_ID if rest == "batch" else LONGEST_REQUEST_ID
        if len(requestid) > limit:
            detail = f"requestid has at most {limit} characters. Supplied:{requestid}"
            return self._fault(request, refused("2130", "Invalid Request Id Format", detail))
        if rest == "batch" or not company.behaviour.requestid:
            return self._answer(request, company, rest, requestid)
        company.forget_old_requests()
        asked = hashlib.sha256(rest.encode() + b"\0" + request.body).digest()
        known = company.remembered.get(requestid)
        if known is not None:
            if known.asked != asked:
                detail = f"The request ID {requestid} already exists with another content."
                return self._fault(request, refused("600", "Duplicate Request ID", detail))
            return answered(request, known.status, known.body, self._tid())
        response = self._answer(request, company, rest, requestid)
        body = response.body if isinstance(response.body, bytes) else b""
        company.remembered[requestid] = Remembered(asked, response.status, body, self.clock.now())
        return response

    def _answer(self, request: Request, company: Company, rest: str, requestid: str) -> Response:
        try:
            if company.suspended:
                raise company_ended()
            made = self._route(request, company, rest, requestid)
        except Refused as refusal:
            return self._fault(request, refusal, company)
        if isinstance(made, Response):
            return made
        return answered(
            request, 200, encoded({**made, "time": company.time()}), self._tid(), Service_Time="total=42, db=17"
        )

    def _route(self, request: Request, company: Company, rest: str, requestid: str) -> Thing | Response:
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
        if request.method == "POST" and place == "batch":
            return {"BatchItemResponse": run_batch(company, decoded(request.body), requestid)}
        if request.method == "POST" and place == "upload":
            kind = request.headers.get("content-type", "")
            return {"AttachableResponse": upload(company, kind, request.body, request.origin)}
        if request.method == "GET" and place == "download":
            company.get("Attachable", below)
            link = temporary_address(company, below, request.origin)
            return Response(200, {"Content-Type": "text/plain", "intuit_tid": self._tid()}, link.encode())
        entity = BY_LOWER.get(place.lower())
        if entity is None or place != place.lower() or not (entity.shape or entity.name in _READ_ONLY):
            raise _nowhere(request)
        if request.method == "GET":
            return self._read(request, company, entity, below)
        if request.method == "POST":
            return self._write(request, company, entity, below)
        raise _nowhere(request)

    def _read(self, request: Request, company: Company, entity: Entity, below: str) -> Thing | Response:
        if entity.name == "Preferences" and not below:
            return {"Preferences": company.preferences}
        key, _, more = below.partition("/")
        if entity.name == "CompanyInfo":
            return {"CompanyInfo": company.get("CompanyInfo", "1")}
        if entity.name == "ExchangeRate" and not below:
            return {"ExchangeRate": _rate(company, request.first("sourcecurrencycode"), request.first("asofdate"))}
        if not key or (more and more != "pdf"):
            raise _nowhere(request)
        if not re.fullmatch(r"[A-Za-z0-9-]+", key):
            raise invalid_id(key)
        thing = company.get(entity.name, key)
        if more == "pdf":
            text = f"%PDF-1.4\n% {entity.name} {thing.get('DocNumber', key)} {thing.get('TotalAmt')}\n%%EOF\n"
            return Response(200, {"Content-Type": "application/pdf", "intuit_tid": self._tid()}, text.encode())
        return {entity.name: shown(company, entity.name, thing)}

    def _write(self, request: Request, company: Company, entity: Entity, below: str) -> Thing:
        key, _, more = below.partition("/")
        if more == "send" and entity.name in ("Invoice", "CreditMemo"):
            return {entity.name: shown(company, entity.name, _send(company, entity.name, key, request.first("sendTo")))}
        if below or entity.name in ("CompanyInfo", "TaxCode", "TaxRate"):
            raise _nowhere(request)
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

    def _file(self, request: Request) -> Response:
        realm, _, key = request.path.removeprefix("/attachments/").partition("/")
        company = self.companies.get(realm)
        expires = request.first("expires")
        if company is None or key not in company.files or not expires.isdigit():
            return Response(404, {"Content-Type": "application/xml"}, b"<Error><Code>NoSuchKey</Code></Error>")
        late = self.clock.now().timestamp() > int(expires)
        if late or request.first("signature") != ticket(company, key, int(expires)):
            return Response(403, {"Content-Type": "application/xml"}, b"<Error><Code>AccessDenied</Code></Error>")
        kind = company.get("Attachable", key)["ContentType"]
        return Response(200, {"Content-Type": kind}, company.files[key])

    def _gate(self, request: Request, status: int) -> Response:
        if status == 401:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")[:20]
            detail = f"Token expired: {token}" if token else "No token"
            body = gateway(401, "AuthenticationFailed", "3200", detail, "AUTHENTICATION")
            more = {"WWW_Authenticate": 'Bearer realm="Intuit", error="invalid_token"'}
        else:
            body, more = gateway(403, "ApplicationAuthorizationFailed", "3100", "", "AUTHORIZATION"), {}
        stamped = {**body, "time": int(self.clock.now().timestamp() * 1000)}
        return answered(request, status, encoded(stamped), self._tid(), **more)

    def _throttled(self, request: Request, more: dict[str, str]) -> Response:
        if self.throttled_as == "empty":
            return Response(429, {"intuit_tid": self._tid()}, b"")
        detail = "The request limit was reached."
        body: dict[str, Any] = gateway(429, "ThrottleExceeded", "3001", detail, "SERVICE")
        if self.throttled_as == "upper":
            said = refused("3001", "message=ThrottleExceeded; errorCode=003001; statusCode=429", detail, None)
            body = {"Fault": {**said.fault(), "type": "SERVICE"}}
        return answered(request, 429, encoded(body), self._tid(), **more)

    def _fault(self, request: Request, refusal: Refused, company: Company | None = None) -> Response:
        body = {"Fault": refusal.fault(), "time": company.time() if company else self._time(request)}
        return answered(request, refusal.status, encoded(body), self._tid())

    def _time(self, request: Request) -> str:
        found = _API.fullmatch(request.path)
        company = self.companies.get(found[1]) if found else None
        return company.time() if company else self.clock.now().isoformat(timespec="milliseconds")

    def _tid(self) -> str:
        count = next(self._tids)
        return f"1-{int(self.clock.now().timestamp()):08x}-{count:024x}"


_READ_ONLY = ("CompanyInfo", "Preferences", "TaxCode", "TaxRate", "RecurringTransaction")
Setting = Callable[[Company, dict[str, Any]], Thing]


def _nowhere(request: Request) -> Refused:
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
