"""QuickBooks Online as a simulator: several companies behind one door, with sign-in, quotas and the accounting API.

app = QuickBooks(clock, [open_company("9130357992222846", clock)])
tokens = app.sign_in("9130357992222846")
with Server(app, clock=clock) as server: ...
app.company("9130357992222846").every("Invoice")
"""

import hashlib
import itertools
import re
from collections.abc import Iterable
from typing import Any

from connector.sandbox.clock import SandboxClock, Seconds
from connector.sandbox.messages import Request, Response
from connector.sandbox.quickbooks.attachments import ticket
from connector.sandbox.quickbooks.behaviour import Remembered
from connector.sandbox.quickbooks.calls import route
from connector.sandbox.quickbooks.company import Company
from connector.sandbox.quickbooks.quotas import Quotas
from connector.sandbox.quickbooks.refusals import Refused, company_ended, gateway, refused, unsupported
from connector.sandbox.quickbooks.signing_in import SignIn
from connector.sandbox.quickbooks.tokens import Pair, TokenDesk, TokenRules
from connector.sandbox.quickbooks.wire import answered, encoded

LONGEST_REQUEST_ID = 50
LONGEST_BATCH_REQUEST_ID = 36
_API = re.compile(r"/v3/company/([^/]+)/(.+)")


class QuickBooks:
    """The app object, with `companies`, `tokens`, `signing_in`, `quotas`, and how many calls were `turned_away`."""

    def __init__(
        self,
        clock: SandboxClock,
        companies: Iterable[Company] = (),
        *,
        client_id: str = "sandbox-client",
        client_secret: str = "sandbox-secret",  # noqa: S107
        quotas: Quotas | None = None,
        tokens: TokenRules | None = None,
        latency: Seconds = 0,
        throttled_as: str = "upper",
    ) -> None:
        """`latency` is what each call takes on the sandbox clock; a 429 is written `upper`, `lower` or `empty`."""
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
                self.clock.sleep(self.latency)
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
            made = route(request, company, rest, requestid)
        except Refused as refusal:
            return self._fault(request, refusal, company)
        if isinstance(made, Response):
            return Response(made.status, {**made.headers, "intuit_tid": self._tid()}, made.body)
        return answered(
            request, 200, encoded({**made, "time": company.time()}), self._tid(), Service_Time="total=42, db=17"
        )

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
