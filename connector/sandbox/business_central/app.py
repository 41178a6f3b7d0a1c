"""Business Central as a simulator: environments with companies behind one door, with sign-in, limits and the API v2.0.

app = BusinessCentral(clock, tokens, [Environment("Production", tenant, {company.id: company})])
with Server(app, clock=clock) as server: ...
app.company().find("salesInvoices", externalDocumentNumber="CSP-1")
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from connector.sandbox.business_central.batching import run_batch
from connector.sandbox.business_central.calling import Call, answer
from connector.sandbox.business_central.company import Company
from connector.sandbox.business_central.environments import AUDIENCE, ROLE, Application, Environment, listed
from connector.sandbox.business_central.limits import Limits
from connector.sandbox.business_central.refusals import Refused, no_segment
from connector.sandbox.clock import SandboxClock
from connector.sandbox.messages import Request, Response, json_response
from connector.sandbox.tokens import Pass, Tokens

_LONGEST = timedelta(minutes=8)
_GATEWAY = timedelta(minutes=10)
_STATUS_CODES = {
    408: ("RequestTimeout", "The operation has exceeded the maximum time allowed."),
    429: ("Application_TooManyRequests", "Too many requests. The limit of requests per user is reached; try later."),
    500: ("Internal_ServerError", "An unexpected error occurred."),
    503: ("ServiceUnavailable", "The service is temporarily unavailable. Please try again later."),
    504: ("GatewayTimeout", "The gateway did not receive a response in time."),
}


class BusinessCentral:
    """The app object. `latency` is milliseconds each call takes on the sandbox clock, while it counts as under way."""

    def __init__(
        self,
        clock: SandboxClock,
        tokens: Tokens | None = None,
        environments: Iterable[Environment] = (),
        *,
        limits: Limits | None = None,
        latency: int = 0,
        language: str = "",
    ) -> None:
        """`language` is the application user's own, for requests that do not ask for one."""
        self.clock = clock
        self.tokens = tokens or Tokens(clock)
        self.environments = list(environments)
        self.limits = limits or Limits()
        self.latency = latency
        self.language = language

    def environment(self, name: str = "") -> Environment:
        """An environment by its name; without one, the first."""
        return next(one for one in self.environments if name in ("", one.name))

    def company(self, name: str = "", environment: str = "") -> Company:
        """A company by its name; without one, the first of the environment."""
        companies = self.environment(environment).companies.values()
        return next(company for company in companies if name in ("", company.name))

    def sign_in(self, client_id: str = "connector", *, role: str = ROLE, audience: str = AUDIENCE) -> str:
        """A token for an application, without asking Entra."""
        tenant, expires = self.environments[0].tenant_id, self.clock.now() + timedelta(hours=1)
        granted = Pass("", audience, tenant, client_id, expires, roles=frozenset({role} if role else ()))
        claims: dict[str, object] = {"aud": audience, "appid": client_id, "tid": tenant, "roles": [role]}
        return self.tokens.issue(claims, granted).token

    def handle(self, request: Request) -> Response:
        """Answer one request; called from several threads at once."""
        try:
            return self._route(request)
        except Refused as no:
            return self._refuse(no, request.headers.get("accept-language", self.language))

    def refusal(self, request: Request, status: int, retry_after: str | None) -> Response:
        """Business Central's body for a status that a fault asks for."""
        if status == 401:
            return self._refuse(_unauthorized())
        code, message = _STATUS_CODES.get(status, ("Unknown", "An error occurred."))
        return self._refuse(Refused(status, code, message, {"Retry-After": retry_after} if retry_after else {}))

    def _route(self, request: Request) -> Response:
        caller = self._caller(request)
        parts = request.path.strip("/").split("/")
        if parts[0] == "environments" or parts[:2] == ["admin", "v2.0"]:
            own = [one for one in self.environments if one.tenant_id == caller.tenant_id]
            version = "admin" if parts[0] == "admin" else parts[-1]
            body = {"value": listed(own, request.origin, version)}
            return json_response(200, body, **{"api_supported_versions": "1.0, 1.1, 1.2", **_ids()})
        if parts[0] != "v2.0" or "api" not in parts[1:4]:
            raise no_segment(parts[0])
        start = parts.index("api", 1)
        environment = self._environment(caller, parts[1:start])
        if parts[start + 1 : start + 2] != ["v2.0"]:
            raise no_segment(parts[start + 1] if len(parts) > start + 1 else "api")
        application = environment.admits(caller.client_id)
        if application is None:
            raise Refused(401, "Authentication_InvalidCredentials", "The server has rejected the client credentials.")
        base = f"{request.origin}/{'/'.join(parts[: start + 2])}"
        language = request.headers.get("accept-language", self.language)
        call = Call(request, environment, application, "/".join(parts[start + 2 :]), base, language)
        return self._take_turn(caller.client_id, call)

    def _take_turn(self, user: str, call: Call) -> Response:
        status = self.limits.enter(user, self.clock)
        if status:
            wait = self.limits.retry_after if status == 429 else 30
            raise Refused(status, *_STATUS_CODES[status], {} if wait is None else {"Retry-After": str(wait)})
        try:
            takes = timedelta(milliseconds=self.latency)
            if takes:
                self.clock.sleep(min(takes, _GATEWAY))
            if _LONGEST <= takes < _GATEWAY or call.request.twist == "times-out":
                raise Refused(408, *_STATUS_CODES[408])
            response = self._act(call)
            if takes >= _GATEWAY or call.request.twist == "acts-then-504":
                raise Refused(504, *_STATUS_CODES[504])
            if call.request.twist == "acts-then-503":
                raise Refused(503, *_STATUS_CODES[503])
            return response
        finally:
            self.limits.leave(user)

    def _act(self, call: Call) -> Response:
        _check_intent(call)
        response = run_batch(call) if call.path == "$batch" else answer(call)
        headers = {"OData-Version": "4.0", **_plain(_ids()), **dict(response.headers)}
        return Response(response.status, headers, response.body)

    def _caller(self, request: Request) -> Pass:
        shown = self.tokens.shown(request)
        if shown is None or shown.audience != AUDIENCE:
            raise _unauthorized()
        if not shown.is_app_only or ROLE not in shown.roles:
            raise Refused(401, "Authentication_InvalidCredentials", "The server has rejected the client credentials.")
        return shown

    def _environment(self, caller: Pass, place: list[str]) -> Environment:
        name = place[-1] if place else "Production"
        tenant = place[0] if len(place) > 1 else caller.tenant_id
        if tenant.lower() != caller.tenant_id.lower() and "." not in tenant:
            raise _unauthorized()
        for one in self.environments:
            if one.name.lower() == name.lower() and one.tenant_id == caller.tenant_id:
                return one
        raise Refused(404, "NoEnvironment", "Environment does not exist.")

    def _refuse(self, no: Refused, language: str = "") -> Response:
        headers = {**_plain(_ids()), **no.headers}
        body = json_response(no.status, no.body(language))
        kind = {"Content-Type": "application/json; odata.metadata=minimal", "OData-Version": "4.0"}
        return Response(no.status, {**kind, **headers}, body.body)


def _unauthorized() -> Refused:
    challenge = 'Bearer authorization_uri="https://login.microsoftonline.com/common"'
    no = "The credentials provided are incorrect"
    return Refused(401, "Unauthorized", no, {"WWW-Authenticate": challenge})


def _check_intent(call: Call) -> None:
    intent = call.request.headers.get("data-access-intent", "").lower()
    if intent == "readonly" and call.request.method != "GET":
        raise Refused(400, "BadRequest", "The Data-Access-Intent ReadOnly is only allowed for GET requests.")


def _ids() -> dict[str, str]:
    return {"Request_Id": str(uuid4()), "ms_correlation_x": str(uuid4()), "mise_correlation_id": str(uuid4())}


def _plain(headers: dict[str, Any]) -> dict[str, str]:
    return {name.replace("_", "-"): text for name, text in headers.items()}


__all__ = ["Application", "BusinessCentral"]
