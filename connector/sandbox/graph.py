"""A simulated Microsoft Graph, as far as it exports a partner's bills: requests, operations, manifests.

An export is asked for (202), takes its time as an operation, and ends in a manifest that names packed blobs.
Words for faults (`app:WORD`): on a request `failed` (the operation will fail), `empty` (it will say that there is
nothing), `forever` (it never ends); on an operation or manifest `gone` (410); on a manifest `short-sas` (the
signature is good for one second), `missing-blob` (one blob is named that is not there), `fewer` (fewer blobs are named
than counted), `schema` (a schema version nobody knows).
Source: Microsoft, "partners billing" API reference (Graph v1.0).
"""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_DNS, uuid4, uuid5

from connector.sandbox.attribute_sets import narrowed
from connector.sandbox.blobs import BlobStore, packed
from connector.sandbox.directory import BILLING_READ, GRAPH
from connector.sandbox.live import LiveWorld
from connector.sandbox.live.billing import line_text, usage_text
from connector.sandbox.live.changes import seven_digits
from connector.sandbox.manners import Manners
from connector.sandbox.messages import Request, Response, json_response
from connector.sandbox.partner_center.line_items import ON_GRAPH_FROM
from connector.sandbox.scenario.lines import PARTNER_ID
from connector.sandbox.tokens import Tokens

_ROOT = "/v1.0/reports/partners/billing/"
_NOT_STARTED = timedelta(seconds=5)
_EXPORTS = {
    "reconciliation/billed/export": "billedreconciliation",
    "usage/billed/export": "billedusage",
    "reconciliation/unbilled/export": "unbilledreconciliation",
    "usage/unbilled/export": "unbilledusage",
}


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be exported."""

    kind: str
    invoice: str = ""
    currency: str = ""
    period: str = ""
    attributes: str = "full"


@dataclass(frozen=True, slots=True)
class Operation:
    """An export under way; `lines` is what it will hold, or the blobs prepared for it; `fate` is how it ends."""

    id: str
    order: Order
    created: datetime
    lines: Sequence[str] | Sequence[Path]
    fate: str
    shape: str

    @property
    def manifest_id(self) -> str:
        """Its manifest has an id of its own."""
        return str(uuid5(NAMESPACE_DNS, self.id))


class Problem(Exception):
    """Graph says no: status, code, sentence."""

    def __init__(self, status: int, code: str, text: str) -> None:
        self.status, self.code, self.text = status, code, text
        super().__init__(status, code, text)


class Graph:
    """The partner billing part of Graph v1.0. `blobs_at` is where the blob store is served."""

    def __init__(
        self, live: LiveWorld, tokens: Tokens, blobs: BlobStore, blobs_at: str, manners: Manners | None = None
    ) -> None:
        self.live, self.blobs, self.manners = live, blobs, manners or Manners()
        self._tokens, self._blobs_at = tokens, blobs_at.rstrip("/")
        self._operations: dict[str, Operation] = {}
        self._lock = threading.Lock()
        self.prepared: dict[tuple[str, str], list[Path]] = {}
        """Blobs that are served as they lie on the disk, by kind (such as `billedreconciliation`) and invoice."""

    def handle(self, request: Request) -> Response:
        """Answer as Graph does."""
        try:
            response = self._route(request)
        except Problem as no:
            response = json_response(no.status, self._error(request, no.code, no.text))
        return self._stamped(request, response)

    def refusal(self, request: Request, status: int, retry_after: str | None) -> Response:
        """Graph's words for a status somebody wants to see."""
        code, text = {
            401: ("InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."),
            403: ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
            404: ("NotFound", "Resource not found."),
            429: ("TooManyRequests", "Too many requests. Please retry later."),
            503: ("ServiceUnavailable", "The service is temporarily unavailable."),
        }.get(status, ("UnknownError", ""))
        headers = {} if retry_after is None else {"Retry_After": retry_after}
        return self._stamped(request, json_response(status, self._error(request, code, text), **headers))

    def _route(self, request: Request) -> Response:
        self._check_caller(request)
        path = request.path
        if not path.lower().startswith(_ROOT):
            raise Problem(404, "ResourceNotFound", f"Resource not found for the segment '{path.rpartition('/')[2]}'.")
        rest = path[len(_ROOT) :].strip("/")
        kind = _EXPORTS.get(rest.lower())
        if kind is not None:
            if request.method != "POST":
                raise Problem(405, "Request_BadRequest", f"Specified HTTP method is not allowed for {rest}.")
            return self._start(request, kind)
        section, _, id_ = rest.partition("/")
        if request.method == "GET" and section == "operations":
            return self._operation(request, id_)
        if request.method == "GET" and section == "manifests":
            return json_response(200, self._manifest(request, self._found(request, id_, by_manifest=True)))
        raise Problem(404, "ResourceNotFound", f"Resource not found for the segment '{section}'.")

    def _check_caller(self, request: Request) -> None:
        if not request.headers.get("authorization", "").lower().startswith("bearer "):
            raise Problem(401, "InvalidAuthenticationToken", "Access token is empty.")
        caller = self._tokens.shown(request)
        if caller is None:
            raise Problem(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
        if caller.audience != GRAPH:
            raise Problem(401, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience.")
        if BILLING_READ not in (caller.roles if caller.is_app_only else caller.scopes):
            raise Problem(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")

    def _start(self, request: Request, kind: str) -> Response:
        order = _order(request, kind)
        lines, fate = self._content(order), request.twist
        if not lines and not fate:
            fate = "empty"
        with self._lock:
            count = len(self._operations)
            shape = self.manners.result_shape
            if shape == "both":
                shape = ("link", "embedded")[count % 2]
            made = Operation(str(uuid4()), order, self.live.clock.now(), lines, fate, shape)
            self._operations[made.id] = made
        return Response(202, {"Location": f"{request.origin}{_ROOT}operations/{made.id}", "Content-Length": "0"})

    def _content(self, order: Order) -> Sequence[str] | Sequence[Path]:
        if ready := self.prepared.get((order.kind, order.invoice)):
            return ready
        live = self.live
        if order.invoice:
            bill = live.bill(order.invoice)
            if bill is None or bill.is_older or bill.month < ON_GRAPH_FROM:
                return []
            reconciliation = order.kind == "billedreconciliation"
            made = map(line_text, live.lines(bill.id)) if reconciliation else map(usage_text, live.usage(bill.id))
        elif order.kind == "unbilledreconciliation":
            made = map(line_text, live.unbilled(order.currency, order.period))
        else:
            made = map(usage_text, live.unbilled_usage(order.currency, order.period))
        texts = list(made)
        return texts if order.attributes == "full" else [narrowed(text, order.kind) for text in texts]

    def _found(self, request: Request, id_: str, *, by_manifest: bool = False) -> Operation:
        with self._lock:
            operations = list(self._operations.values())
        for operation in operations:
            if id_.lower() == (operation.manifest_id if by_manifest else operation.id):
                age = self.live.clock.now() - operation.created
                if request.twist == "gone" or age > self.manners.manifest_life:
                    raise Problem(410, "Gone", "The resource is no longer available. Request the export again.")
                if by_manifest and not self._is_done(operation):
                    break
                return operation
        raise Problem(404, "NotFound", "Resource not found.")

    def _is_done(self, operation: Operation) -> bool:
        age = self.live.clock.now() - operation.created
        return operation.fate != "forever" and age >= self.manners.operation_takes

    def _operation(self, request: Request, id_: str) -> Response:
        operation = self._found(request, id_)
        now = self.live.clock.now()
        body: dict[str, Any] = {
            "@odata.context": f"{request.origin}/v1.0/$metadata#reports/partners/billing/operations/$entity",
            "@odata.type": "#microsoft.graph.partners.billing.runningOperation",
            "id": operation.id,
            "status": "running",
            "createdDateTime": f"{operation.created:%Y-%m-%dT%H:%M:%S}",
            "lastActionDateTime": seven_digits(now),
        }
        if not self._is_done(operation):
            body["status"] = "notStarted" if now - operation.created < _NOT_STARTED else "running"
            wait = self.manners.poll_after
            return json_response(200, body, **({} if wait is None else {"Retry_After": str(wait)}))
        if operation.fate in ("failed", "empty"):
            error = {"message": "No data available", "code": "5000"}
            if operation.fate == "failed":
                error = {"message": "The export could not be completed", "code": "5001"}
            body |= {"@odata.type": "#microsoft.graph.partners.billing.failedOperation", "status": "failed"}
            return json_response(200, body | {"error": error})
        body |= {"@odata.type": "#microsoft.graph.partners.billing.exportSuccessOperation", "status": "succeeded"}
        address = f"{request.origin}{_ROOT}manifests/{operation.manifest_id}"
        body["resourceLocation@odata.navigationLink"] = address
        if operation.shape == "embedded":
            body["resourceLocation"] = self._manifest(request, operation)
        return json_response(200, body)

    def _manifest(self, request: Request, operation: Operation) -> dict[str, Any]:
        folder, names, tag = self._laid_out(operation)
        life = timedelta(seconds=1) if request.twist == "short-sas" else self.manners.sas_life
        if request.twist == "missing-blob":
            names = [*names, f"part-{len(names):05d}-{uuid4()}.c000.json.gz"]
        shown = names[:-1] if request.twist == "fewer" else names
        return {
            "id": operation.manifest_id,
            "schemaVersion": "99" if request.twist == "schema" else "1",
            "dataFormat": "compressedJSON",
            "createdDateTime": f"{operation.created:%Y-%m-%dT%H:%M:%S.87}Z",
            "eTag": tag,
            "partnerTenantId": PARTNER_ID,
            "rootDirectory": f"{self._blobs_at}/{folder}",
            "sasToken": self.blobs.signature(folder, life),
            "partitionType": "Default",
            "blobCount": len(names),
            "blobs": [{"name": name, "partitionValue": "default"} for name in shown],
        }

    def _laid_out(self, operation: Operation) -> tuple[str, list[str], str]:
        """Put the blobs where the manifest says; returns their folder, their names and the tag of their content."""
        order, lines = operation.order, operation.lines
        digest = hashlib.sha256()
        for line in lines:
            digest.update(
                f"{line}\n".encode() if isinstance(line, str) else f"{line}{line.stat().st_mtime_ns}".encode()
            )
        tag = digest.hexdigest()[:17]
        subject = f"InvoiceId={order.invoice}" if order.invoice else f"Currency={order.currency}/Period={order.period}"
        folder = f"{order.kind}/v1/PartnerTenantId={PARTNER_ID}/{subject}/Fragment={order.attributes}/Version={tag}"
        files = [line for line in lines if isinstance(line, Path)]
        texts = [line for line in lines if isinstance(line, str)]
        count = len(files) or min(self.manners.blobs_per_export, len(texts))
        names = [f"part-{place:05d}-{uuid5(NAMESPACE_DNS, f'{tag}{place}')}.c000.json.gz" for place in range(count)]
        for place, name in enumerate(names):
            if not self.blobs.has(f"{folder}/{name}"):
                self.blobs.put(f"{folder}/{name}", files[place] if files else packed(texts[place::count]))
        return folder, names, tag

    def _error(self, request: Request, code: str, text: str) -> dict[str, Any]:
        inner = {
            "date": f"{self.live.clock.now():%Y-%m-%dT%H:%M:%S}",
            "request-id": str(uuid4()),
            "client-request-id": request.headers.get("client-request-id", str(uuid4())),
        }
        return {"error": {"code": code, "message": text, "innerError": inner}}

    def _stamped(self, request: Request, response: Response) -> Response:
        own = {"request-id": str(uuid4()), "client-request-id": request.headers.get("client-request-id", str(uuid4()))}
        return Response(response.status, {**response.headers, **own}, response.body)


def _order(request: Request, kind: str) -> Order:
    """Read what is asked for; raises Problem that says what is wrong."""
    if "application/json" not in request.headers.get("content-type", ""):
        raise Problem(415, "Request_BadRequest", "The content type must be application/json.")
    if any(name.startswith("$") for name in request.query):
        raise Problem(400, "Request_BadRequest", "Query options are not supported here.")
    try:
        body = {str(name).lower(): value for name, value in dict(request.json()).items()}
    except (ValueError, TypeError):
        raise Problem(400, "Request_BadRequest", "The request body is not a JSON object.") from None
    attributes = str(body.pop("attributeset", None) or "full").lower()
    if attributes not in ("full", "basic"):
        raise Problem(400, "Request_BadRequest", f"attributeSet {attributes} is not one of full and basic.")
    needed = ("invoiceid",) if kind.startswith("billed") else ("currencycode", "billingperiod")
    for name in needed:
        if not isinstance(body.get(name), str) or not body[name]:
            raise Problem(400, "Request_BadRequest", f"The property {name} is required.")
    unknown = set(body) - set(needed)
    if unknown:
        raise Problem(400, "Request_BadRequest", f"The property {sorted(unknown)[0]} does not exist.")
    if kind.startswith("billed"):
        return Order(kind, invoice=body["invoiceid"].upper(), attributes=attributes)
    period = body["billingperiod"].lower()
    if period not in ("current", "last"):
        raise Problem(400, "Request_BadRequest", f"billingPeriod {period} is not one of current and last.")
    return Order(kind, currency=body["currencycode"].upper(), period=period, attributes=attributes)
