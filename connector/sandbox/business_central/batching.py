"""Several requests in one (`$batch`): done in their order, until the first that fails unless the client says otherwise.

The answer's own status says nothing; each request has its own. With `Isolation: snapshot` all of them are one
transaction, except for what an action commits by itself.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from connector.sandbox.business_central.calling import Call, answer
from connector.sandbox.business_central.refusals import Refused, bad_request, not_allowed
from connector.sandbox.business_central.saving import decoded
from connector.sandbox.messages import Request, Response, json_response

MOST = 100
_PLAIN = {"content-type": "application/json; odata.metadata=minimal", "odata-version": "4.0"}
_EXACT = msgspec.json.Encoder(decimal_format="number")


class _Undone(Exception):
    """Takes back everything a snapshot batch did."""


def run_batch(call: Call) -> Response:
    """Run the requests of a batch; raises Refused for a batch that is none."""
    if call.request.method != "POST":
        raise not_allowed(call.request.method, "$batch", "Batch")
    wanted = decoded(call.request.body).get("requests")
    if not isinstance(wanted, list) or not wanted or not all(isinstance(one, dict) for one in wanted):
        raise bad_request("Invalid Request Body")
    if len(wanted) > MOST:
        raise bad_request(f"The maximum number of operations in a batch request ({MOST}) is exceeded.")
    goes_on = "odata.continue-on-error" in call.request.headers.get("prefer", "").lower()
    if call.request.headers.get("isolation", "").lower() == "snapshot":
        return _together(call, wanted, goes_on)
    responses, _ = _run(call, wanted, goes_on)
    return json_response(200, {"responses": responses})


def _together(call: Call, wanted: list[Mapping[str, Any]], goes_on: bool) -> Response:
    responses: list[dict[str, Any]] = []
    try:
        with ExitStack() as stack:
            for company in call.environment.companies.values():
                stack.enter_context(company.lock)
                stack.enter_context(company.transaction())
            responses, failed = _run(call, wanted, goes_on)
            if failed:
                raise _Undone
    except _Undone:
        pass
    return json_response(200, {"responses": responses})


def _run(call: Call, wanted: list[Mapping[str, Any]], goes_on: bool) -> tuple[list[dict[str, Any]], bool]:
    responses, failed = [], False
    for one in wanted:
        response = _one(call, one)
        responses.append(response)
        if response["status"] >= 400:
            failed = True
            if not goes_on:
                break
    return responses, failed


def _one(call: Call, wanted: Mapping[str, Any]) -> dict[str, Any]:
    key = wanted.get("id")
    try:
        made = answer(_inner(call, wanted))
    except Refused as no:
        return {
            "id": key,
            "status": no.status,
            "headers": dict(_PLAIN),
            "body": no.body(call.language),
        }
    body = made.whole()
    if not body:
        return {"id": key, "status": made.status, "headers": {}}
    headers = dict(_PLAIN) | {name.lower(): text for name, text in made.headers.items() if name in ("Location", "ETag")}
    return {"id": key, "status": made.status, "headers": headers, "body": msgspec.Raw(body)}


def _inner(call: Call, wanted: Mapping[str, Any]) -> Call:
    method, url = wanted.get("method"), wanted.get("url")
    if not isinstance(method, str) or not isinstance(url, str):
        raise bad_request("Every request of a batch needs a method and a url.")
    target = urlsplit(url)
    path = unquote(target.path).lstrip("/")
    if target.netloc:
        path = unquote(url.removeprefix(call.base)).split("?")[0].lstrip("/")
    path = path.removeprefix("api/v2.0/")
    if path.startswith("$batch"):
        raise bad_request("A batch cannot stand within a batch.")
    headers = {name.lower(): str(text) for name, text in (wanted.get("headers") or {}).items()}
    if "companyid" in headers and "company" not in headers:
        headers["company"] = headers["companyid"]
    body = wanted.get("body")
    content = b"" if body is None else body.encode() if isinstance(body, str) else _EXACT.encode(body)
    if content and not isinstance(body, str):
        headers.setdefault("content-type", "application/json")
    request = Request(
        method.upper(),
        path,
        parse_qs(target.query, keep_blank_values=True),
        headers,
        content,
        target.query,
        call.request.origin,
        call.request.twist,
    )
    return Call(request, call.environment, call.application, path, call.base, call.language)
