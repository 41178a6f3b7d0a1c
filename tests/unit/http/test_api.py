"""A service's interface: tokens, ids, retries of reads, no retry of writes, the service's own words."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.adapters.http import (
    GRAPH,
    PARTNER_CENTER,
    Answer,
    Api,
    Failing,
    ForbiddenAddress,
    Garbled,
    Hosts,
    OutcomeUnknown,
    Patience,
    Quota,
    Refused,
    Session,
    Throttled,
)
from tests.clocks import JumpingClock
from tests.unit.http.test_session import headers_of
from tests.wire import Deed, Server, answer, reset, say

OK = say(answer(200, b'{"ok": true}'))
PATIENT = Patience(first=0.001)


@contextmanager
def service(*deeds: Deed, **options: Any) -> Iterator[tuple[Api, Server, JumpingClock]]:
    """Run a server and an Api for it, on a clock that jumps."""
    clock = JumpingClock()
    with Server(*deeds) as server, Session(Hosts.of(server.url), clock=clock) as session:
        options.setdefault("patience", PATIENT)
        yield Api(f"{server.url}/v1", session, lambda: "token-1", **options), server, clock


def no(status: int, body: Any = b"", **headers: str) -> Deed:
    """Answer with a refusal."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return say(answer(status, content, {name.replace("_", "-"): value for name, value in headers.items()}))


def test_a_read_carries_token_parameters_and_ids() -> None:
    with service(OK, tracing=PARTNER_CENTER, headers={"X-Locale": "en-US"}) as (api, server, _):
        got = api.get("/customers", params={"size": 2, "filter": '{"a b"}'}, headers={"MS-Contract-Version": "v1"})
    assert got.json() == {"ok": True}
    first = server.requests[0].split(b"\r\n")[0]
    assert first == b"GET /v1/customers?size=2&filter=%7B%22a+b%22%7D HTTP/1.1"
    sent = headers_of(server.requests[0])
    assert sent["authorization"] == "Bearer token-1"
    assert sent["x-locale"] == "en-US"
    assert sent["ms-contract-version"] == "v1"
    assert len(sent["ms-requestid"]) == len(sent["ms-correlationid"]) == 36
    assert got.request_id == sent["ms-requestid"]


def test_a_link_is_followed_within_the_service_and_nowhere_else() -> None:
    with service(OK) as (api, server, _):
        api.get(f"{server.url}/v1/operations/7?x=1")
        with pytest.raises(ForbiddenAddress):
            api.get("https://evil.example/v1/operations/7")
        with pytest.raises(ForbiddenAddress):
            api.get("//evil.example/v1/operations/7")
        assert [request.split(b" ")[1] for request in server.requests] == [b"/v1/operations/7?x=1"]


def test_reads_are_repeated_with_the_same_id_after_silence_and_a_new_one_after_an_answer() -> None:
    with service(reset, no(503), OK, tracing=PARTNER_CENTER) as (api, server, _):
        api.get("/customers")
    requests = [headers_of(request)["ms-requestid"] for request in server.requests]
    assert requests[0] == requests[1] != requests[2]
    assert len({headers_of(request)["ms-correlationid"] for request in server.requests}) == 1


def test_a_garbled_answer_to_a_read_is_asked_for_again() -> None:
    with service(say(answer(200, b"<html>")), OK) as (api, server, _):
        assert api.get("/x").json() == {"ok": True}
        assert len(server.requests) == 2
    with service(say(answer(200, b"<html>"))) as (api, _, _), pytest.raises(Garbled):
        api.get("/x")


def test_anything_may_be_asked_for() -> None:
    with service(say(answer(200, b"a,b\n1,2\n"))) as (api, _, _):
        assert api.get("/pricesheets", accept="text/csv").text == "a,b\n1,2\n"
    with service(say(answer(204, b""))) as (api, _, _):
        assert api.get("/utilization").status == 204


WRITES = [
    (reset, OutcomeUnknown),
    (no(500, {"error": {"code": "x", "message": "y"}}), OutcomeUnknown),
    (no(503), OutcomeUnknown),
    (no(408), OutcomeUnknown),
    (no(429), Throttled),
    (no(400), Refused),
    (no(409), Refused),
    (no(302, Location="https://evil.example"), Refused),
    (say(answer(200, b"<html>")), OutcomeUnknown),
    (say(answer(200, b'{"Invoice": {"Id": "1"')), OutcomeUnknown),
]


@pytest.mark.parametrize(("deed", "kind"), WRITES, ids=[str(number) for number in range(len(WRITES))])
def test_a_write_is_made_once_whatever_comes_of_it(deed: Deed, kind: type[Exception]) -> None:
    with service(deed, OK) as (api, server, clock):
        with pytest.raises(kind) as caught:
            api.post("/invoice", json={"Amount": Decimal("33.10")})
        assert len(server.requests) == 1
        assert clock.slept == []
    assert type(caught.value) is kind
    assert server.requests[0].endswith(b'\r\n\r\n{"Amount":33.10}')


def test_a_post_that_only_reads_is_repeated() -> None:
    with service(reset, no(500), say(answer(202, b"", {"Location": "/operations/1"})), tracing=GRAPH) as (
        api,
        server,
        _,
    ):
        assert api.post("/export", json={"invoiceId": "G1"}, reads=True).status == 202
        ids = [headers_of(request)["client-request-id"] for request in server.requests]
        assert ids[0] == ids[1] != ids[2]


def test_after_a_refused_token_a_read_is_made_once_more_with_another() -> None:
    tokens, forgotten = iter(["old", "new", "newer"]), []
    with Server(no(401), OK) as server, Session(Hosts.of(server.url), clock=JumpingClock()) as session:
        api = Api(server.url, session, lambda: next(tokens), forget=lambda: forgotten.append(1))
        api.get("/x")
        assert [headers_of(request)["authorization"] for request in server.requests] == ["Bearer old", "Bearer new"]
    assert forgotten == [1]
    with Server(no(401)) as server, Session(Hosts.of(server.url), clock=JumpingClock()) as session:
        api = Api(server.url, session, lambda: "same", forget=lambda: forgotten.append(1))
        with pytest.raises(Refused):
            api.get("/x")
        assert len(server.requests) == 2
        with pytest.raises(Refused):
            api.post("/x", json={})
        assert len(server.requests) == 3


def test_a_throttled_service_is_left_alone_by_all_callers() -> None:
    clock = JumpingClock()
    quota = Quota(100, 1, clock)
    body = {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 57 seconds."}
    with Server(no(429, body), OK) as server, Session(Hosts.of(server.url), clock=clock) as session:
        with pytest.raises(Throttled) as caught:
            Api(server.url, session, quota=quota).post("/x", json={})
        assert caught.value.retry_after == 57
        begun = clock.monotonic()
        Api(server.url, session, quota=quota).get("/y")
        assert clock.monotonic() - begun >= 57


def test_a_wait_by_date_counts_from_the_service_s_clock() -> None:
    said = {"Retry_After": "Mon, 23 Nov 2026 18:00:30 GMT", "Date": "Mon, 23 Nov 2026 18:00:00 GMT"}
    with service(no(503, b"", **said), OK) as (api, _, clock):
        api.get("/x")
    assert 30 <= sum(clock.slept) < 40


COMPLAINTS = [
    ({"code": "20002", "description": "No relationship", "data": [], "source": "X"}, "20002", "No relationship"),
    ({"code": 800090, "description": "Seats"}, "800090", "Seats"),
    ({"error": {"code": "Request_EntityChanged", "message": "Changed"}}, "Request_EntityChanged", "Changed"),
    ({"error": {"code": "5000", "message": "No data"}}, "5000", "No data"),
    ({"error": "invalid_grant", "error_description": "AADSTS7: ended"}, "invalid_grant", "AADSTS7: ended"),
    (
        {"Fault": {"Error": [{"Message": "Duplicate", "Detail": "No. 7", "code": "6140"}], "type": "ValidationFault"}},
        "6140",
        "Duplicate: No. 7",
    ),
    ({"fault": {"error": [{"message": "Throttled", "code": "3001"}]}}, "3001", "Throttled"),
    ([{"code": "1", "message": "in a list"}], "1", "in a list"),
    (b"\xef\xbb\xbf<?xml version='1.0'?><Error><Code>AuthenticationFailed</Code><Message>Bad</Message></Error>",
     "AuthenticationFailed", "Bad"),
    (b"<html>whole page</html>", "", ""),
    (b"", "", ""),
    (b"null", "", ""),
    ({"Fault": {}}, "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code", "text"), COMPLAINTS, ids=[str(number) for number in range(len(COMPLAINTS))])
def test_the_service_s_own_words_are_found(body: Any, code: str, text: str) -> None:
    with service(no(403, body)) as (api, _, _), pytest.raises(Refused) as caught:
        api.get("/x")
    assert (caught.value.status, caught.value.code, caught.value.text) == (403, code, text)


IDS = [
    {"MS_RequestId": "r1", "MS_CorrelationId": "c1"},
    {"request_id": "r1", "client_request_id": "c1"},
    {"x_ms_request_id": "r1", "x_ms_correlation_request_id": "c1"},
]


@pytest.mark.parametrize("ids", IDS, ids=["partner center", "graph", "azure"])
@pytest.mark.parametrize("status", [400, 429, 503])
def test_every_error_names_the_ids_support_will_ask_for(ids: dict[str, str], status: int) -> None:
    with (
        service(no(status, b"", **ids), patience=Patience(attempts=1), tracing=PARTNER_CENTER) as (api, _, _),
        pytest.raises((Refused, Throttled, Failing)) as caught,
    ):
        api.get("/x?sig=canary")
    assert (caught.value.request_id, caught.value.correlation_id) == ("r1", "c1")
    assert "request id r1" in str(caught.value)
    assert "canary" not in str(caught.value)


def test_quickbooks_id_is_named_too() -> None:
    head = b"HTTP/1.1 400 Bad\r\nintuit_tid: 1-5f7\r\nContent-Length: 0\r\n\r\n"
    with service(say(head)) as (api, _, _), pytest.raises(Refused, match="request id 1-5f7"):
        api.post("/x", json={})


def test_something_large_goes_straight_to_disk(tmp_path: Path) -> None:
    """As a price sheet does: with the token, whole or not at all, with all the patience of a read."""
    sheet = b'"ProductTitle","UnitPrice"\n' * 10_000
    forgotten: list[int] = []
    cut = say(answer(200, sheet)[:-100])
    with service(reset, no(503), no(401), cut, say(answer(200, sheet)), forget=lambda: forgotten.append(1)) as (
        api,
        server,
        _,
    ):
        saved = api.download("sales/pricesheets(Market='US')/$value", tmp_path / "sheet.csv", {"timeline": "current"})
    assert saved.path.read_bytes() == sheet
    assert (saved.size, forgotten) == (len(sheet), [1])
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.csv"]
    sent = headers_of(server.requests[-1])
    assert (sent["authorization"], sent["accept-encoding"]) == ("Bearer token-1", "identity")
    with service(no(404, {"code": "7"})) as (api, _, _), pytest.raises(Refused):
        api.download("x", tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_an_answer_a_library_got_is_judged_alike() -> None:
    clock = JumpingClock()
    with Server(no(503)) as server, Session(Hosts.of(server.url), clock=clock) as session:
        got = Answer.of(session.post(f"{server.url}/v3/company/1/invoice?requestid=7", data=b"{}"), clock.now())
    assert isinstance(got.failure(reads=False), OutcomeUnknown)
    assert isinstance(got.failure(reads=True), Failing)
