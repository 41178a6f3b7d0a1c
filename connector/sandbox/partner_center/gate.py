"""Partner Center's gate: whose token it is, what it allows, which headers came along, and how many calls before.

Sources: Microsoft, "Partner Center REST headers", "Partner Center authentication", "API throttling guidance".
"""

import re
import secrets
from uuid import UUID, uuid4

from connector.sandbox.clock import SandboxClock
from connector.sandbox.directory import IMPERSONATION, PARTNER_CENTER, RETIRED
from connector.sandbox.manners import Manners
from connector.sandbox.messages import Request, Response
from connector.sandbox.partner_center.refusals import Problem, Throttle
from connector.sandbox.quota import Allowance
from connector.sandbox.tokens import Pass, Tokens

_GUIDS = ("ms-requestid", "ms-correlationid")


class Gate:
    """Lets a request pass or says why not."""

    def __init__(self, tokens: Tokens, clock: SandboxClock, manners: Manners) -> None:
        self._tokens, self._manners = tokens, manners
        self.allowances = {
            "customers": Allowance(manners.quota, 60, clock),
            "subscriptions": Allowance(manners.quota, 60, clock),
            "orders": Allowance(manners.quota, 60, clock),
            "others": Allowance(manners.other_quota, 60, clock),
        }

    def pass_through(self, request: Request, *, people_only: bool = False) -> Pass:
        """The caller's pass; raises Problem or Throttle."""
        kind = resource_of(request.path)
        wait = self.allowances[kind].take()
        if wait is not None:
            raise Throttle(wait, plain=kind != "others")
        caller = self._caller(request)
        self._headers(request)
        if caller.is_app_only and people_only:
            raise Problem(403, "900329")
        if request.method != "GET":
            # Reading is all the connector ever needs: whoever writes here has lost the way.
            raise Problem(403, "900308")
        return caller

    def _caller(self, request: Request) -> Pass:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise Problem(401, "400")
        known = self._tokens.find(token.strip())
        if known is not None and known.audience == RETIRED:
            raise Problem(401, "900420")
        caller = self._tokens.shown(request)
        if caller is None or caller.audience != PARTNER_CENTER:
            raise Problem(401, "800001")
        if caller.is_app_only:
            return caller
        if IMPERSONATION not in caller.scopes:
            raise Problem(403, "900308")
        if self._manners.mfa_enforced and not caller.mfa:
            raise Problem(401, "900421")
        return caller

    def _headers(self, request: Request) -> None:
        given = request.headers
        accepts = given.get("accept", "*/*").lower()
        if not any(kind in accepts for kind in ("application/json", "application/*", "*/*", "application/pdf")):
            raise Problem(400, "3000", f"Accept is {accepts}, but the answer is application/json")
        if given.get("ms-contract-version", "v1").lower() != "v1":
            raise Problem(400, "3000", "MS-Contract-Version must be v1")
        for name in _GUIDS:
            if name in given and not _is_guid(given[name]):
                raise Problem(400, "3000", f"{name} is not a GUID")
        if self._manners.strict_headers:
            needed = ("accept", "ms-contract-version", *_GUIDS)
            missing = [name for name in needed if name not in given]
            if missing:
                raise Problem(400, "3000", f"the header {missing[0]} is missing")
            if "application/json" not in accepts and "application/pdf" not in accepts:
                raise Problem(400, "3000", "Accept must name application/json")


def resource_of(path: str) -> str:
    """Which allowance a path counts against."""
    parts = path.strip("/").split("/")[1:]
    if parts[:1] != ["customers"]:
        return "others"
    if len(parts) > 2 and parts[2] in ("subscriptions", "orders"):
        return parts[2]
    return "customers" if len(parts) <= 2 else "others"


def stamped(request: Request, response: Response, manners: Manners) -> Response:
    """An answer with Partner Center's own headers, and with the byte order mark it likes to begin with."""
    headers = dict(response.headers)
    headers["MS-RequestId"] = request.headers.get("ms-requestid", str(uuid4()))
    headers["MS-CorrelationId"] = request.headers.get("ms-correlationid", str(uuid4()))
    headers["MS-CV"] = f"{secrets.token_urlsafe(12)}.0"
    headers["MS-ServerId"] = f"0{secrets.randbelow(10):05d}"
    body = response.body
    is_json = "json" in headers.get("Content-Type", "")
    if manners.byte_order_mark and is_json and isinstance(body, bytes) and body:
        body = b"\xef\xbb\xbf" + body
    return Response(response.status, headers, body)


def _is_guid(text: str) -> bool:
    try:
        return bool(UUID(text)) and re.fullmatch(r"\{?[0-9A-Fa-f-]{32,38}\}?", text) is not None
    except ValueError:
        return False
