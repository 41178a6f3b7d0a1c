"""One call of the API: which row or list it means, whether the caller may, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.sandbox.business_central import saving
from connector.sandbox.business_central.acting import act
from connector.sandbox.business_central.asking import (
    LARGEST_PAGE,
    Question,
    answer_list,
    found_rows,
    page_size_of,
    view_of,
)
from connector.sandbox.business_central.company import Company
from connector.sandbox.business_central.environments import Application, Environment
from connector.sandbox.business_central.filing import PAGES_OF_FILES, printed, put_content
from connector.sandbox.business_central.places import Place, find_place, segments_of
from connector.sandbox.business_central.refusals import (
    Refused,
    bad_request,
    changed,
    no_segment,
    no_token,
    not_allowed,
)
from connector.sandbox.business_central.replicas import behind
from connector.sandbox.business_central.showing import shown
from connector.sandbox.messages import Request, Response, json_response

_JSON = "application/json; odata.metadata=minimal; odata.streaming=true"
_READING = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has passed the gate. `path` is what follows `api/v2.0/`, `base` everything before it."""

    request: Request
    environment: Environment
    application: Application
    path: str
    base: str
    language: str = ""


def answer(call: Call) -> Response:
    """Do what a call asks; raises Refused, and then nothing has changed unless the service commits on the way."""
    method = call.request.method
    if method not in ("GET", "POST", "PATCH", "DELETE"):
        raise not_allowed(method, call.path, "Entity")
    _check_permissions(call)
    segments = segments_of(call.path)
    if segments[0][0] == "companies":
        if len(segments) == 1 and segments[0][1] is None:
            return _companies(call)
        company = call.environment.company(segments[0][1])
        inner, address = segments[1:], f"{call.base}/companies({company.id})"
    else:
        company = call.environment.company(call.request.first("company") or call.request.headers.get("company", ""))
        inner, address = segments, f"{call.base}/companies({company.id})"
    if not inner:
        return _company(call, company)
    with company.lock:
        company.actor = call.application.client_id
        if company.behaviour.replica_lag and call.request.headers.get("data-access-intent", "").lower() == "readonly":
            company = behind(company)
        with company.transaction():
            return _within(call, company, find_place(company, inner, address))


def _within(call: Call, company: Company, place: Place) -> Response:
    method = call.request.method
    if place.action:
        if method != "POST":
            raise not_allowed(method, place.action, "Action")
        _check_token(call, company, place, needed=False)
        act(company, place, call.request.twist)
        location = {"Location": place.address} if company.behaviour.location_on_actions else {}
        return Response(204, location)
    if place.stream:
        return _stream(call, company, place)
    match method:
        case "GET":
            return _read(call, company, place)
        case "POST":
            if place.row is not None:
                raise not_allowed("POST", place.page.name, "Entity")
            _check_json(call)
            row = saving.create(company, place, saving.decoded(call.request.body))
            address = f"{place.address}({row['id']})"
            return _row(call, company, place, row, address, 201, {"Location": address})
        case "PATCH":
            if place.row is None:
                raise not_allowed("PATCH", place.page.name, "Collection")
            _check_token(call, company, place, needed=True)
            _check_json(call)
            row = saving.change(company, place, saving.decoded(call.request.body))
            return _row(call, company, place, row, place.address, 200)
    if place.row is None:
        raise not_allowed("DELETE", place.page.name, "Collection")
    _check_token(call, company, place, needed=False)
    saving.delete(company, place)
    return Response(204)


def _read(call: Call, company: Company, place: Place) -> Response:
    question = Question(call.request.query, page_size_of(call.request.headers) or LARGEST_PAGE)
    if place.counts:
        return Response(200, {"Content-Type": "text/plain"}, str(len(found_rows(company, place, question))).encode())
    if place.row is not None:
        return _row(call, company, place, place.row, place.address, 200)
    context = f"{call.base}/$metadata#{place.address.removeprefix(call.base + '/')}"
    preferred = page_size_of(call.request.headers) is not None
    headers = {"Preference_Applied": "odata.maxpagesize"} if preferred else {}
    return json_response(200, answer_list(company, place, question, context), Content_Type=_JSON, **headers)


def _row(
    call: Call,
    company: Company,
    place: Place,
    row: Mapping[str, Any],
    address: str,
    status: int,
    headers: Mapping[str, str] | None = None,
) -> Response:
    question = Question(call.request.query)
    question.check()
    context = f"{call.base}/$metadata#companies({company.id})/{place.page.name}/$entity"
    body = shown(company, place.page, dict(row), view_of(place.page, question), address)
    made = json_response(status, {"@odata.context": context, **body})
    return Response(status, {"Content-Type": _JSON, "ETag": company.etag(dict(row)), **dict(headers or {})}, made.body)


def _stream(call: Call, company: Company, place: Place) -> Response:
    row, method = place.row, call.request.method
    assert row is not None  # noqa: S101 - a stream belongs to a row
    if method == "GET":
        if place.page.name == "pdfDocument" and place.above is not None and place.parent is not None:
            if place.above.name == "salesCreditMemos" and not place.parent["_posted"]:
                raise no_segment(place.stream)
            content = printed(place.above.name, place.parent)
            return Response(200, {"Content-Type": "application/pdf"}, content)
        return Response(200, {"Content-Type": "application/octet-stream"}, company.files.get(row["id"], b""))
    if method != "PATCH" or place.page.name not in PAGES_OF_FILES:
        raise not_allowed(method, place.stream, "Stream")
    _check_token(call, company, place, needed=True)
    if "json" in call.request.headers.get("content-type", ""):
        raise bad_request("The content of a stream is sent as application/octet-stream.")
    put_content(company, place.page.name, row, call.request.body)
    return Response(204)


def _check_token(call: Call, company: Company, place: Place, *, needed: bool) -> None:
    """If-Match: demanded where something is changed, honoured wherever it is sent."""
    given = call.request.headers.get("if-match", "")
    row = place.row
    if not given:
        if needed:
            raise no_token()
        return
    if given == "*" or row is None:
        return
    if not given.startswith('W/"'):
        raise no_token()
    if given != company.etag(row):
        raise changed()


def _check_json(call: Call) -> None:
    if "json" not in call.request.headers.get("content-type", "").lower():
        raise Refused(415, "BadRequest", "The request's Content-Type must be application/json.")


def _check_permissions(call: Call) -> None:
    application = call.application
    if call.request.method in _READING and not application.may_read:
        raise _forbidden("Read")
    if call.request.method not in _READING and not application.may_write:
        raise _forbidden("Insert, Modify or Delete")


def _forbidden(what: str) -> Refused:
    no = f"Sorry, the current permissions prevented the action. (TableData {what}: Base Application by Microsoft)"
    return Refused(403, "Authorization_InsufficientPermissions", no)


def _companies(call: Call) -> Response:
    if call.request.method != "GET":
        raise not_allowed(call.request.method, "companies", "Collection")
    rows = call.environment.listed()
    for name in ("name", "displayName", "id"):
        wanted = f"{name} eq '"
        text = call.request.first("$filter")
        if text.startswith(wanted):
            rows = [row for row in rows if row[name] == text.removeprefix(wanted).removesuffix("'").replace("''", "'")]
    return json_response(200, {"@odata.context": f"{call.base}/$metadata#companies", "value": rows}, Content_Type=_JSON)


def _company(call: Call, company: Company) -> Response:
    if call.request.method != "GET":
        raise not_allowed(call.request.method, "companies", "Entity")
    row = next(one for one in call.environment.listed() if one["id"] == company.id)
    context = f"{call.base}/$metadata#companies/$entity"
    return json_response(200, {"@odata.context": context, **row}, Content_Type=_JSON)
