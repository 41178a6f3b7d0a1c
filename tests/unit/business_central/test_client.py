"""What a server might answer to mislead us, answered by a server that does exactly that."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from connector.adapters.business_central.client import BusinessCentralRefused, Client, Question
from connector.adapters.business_central.faults import Meaning
from connector.adapters.business_central.opening import connected, quota_of
from connector.adapters.http import ForbiddenAddress, Garbled, Hosts, Patience, Session
from connector.domain.errors import SignInNeeded, Unavailable
from connector.domain.posting import OutcomeUnknown
from connector.sandbox.clock import SandboxClock
from connector.sandbox.messages import Request, Response, json_response
from connector.sandbox.serving import Server
from tests.unit.business_central.connected import NOON

COMPANY = "1388d3b1-dc80-5f57-a1e8-115af1cf135d"
ROWS = [{"id": f"00000000-0000-0000-0000-{n:012d}", "number": f"N{n}"} for n in range(1, 300)]
Deed = Callable[[Request, int], Any]


class Script:
    """Answers as the test says; the company is always there."""

    def __init__(self, deed: Deed) -> None:
        self.deed, self.asked = deed, list[Request]()

    def handle(self, request: Request) -> Response:
        if request.path.endswith("/companies"):
            return json_response(200, {"value": [{"id": COMPANY, "name": "CRONUS"}]})
        self.asked.append(request)
        found = self.deed(request, len(self.asked))
        return found if isinstance(found, Response) else json_response(200, found)


@contextmanager
def speaking(deed: Deed) -> Iterator[tuple[Client, Script]]:
    clock, script = SandboxClock(NOON), Script(deed)
    with Server(script, clock=clock) as server:
        session = Session(Hosts.of(server.url), clock=clock)
        client = connected(
            "books-eu", f"{server.url}/api/v2.0", "cronus", session=session, token=lambda: "t", quota=quota_of(clock),
            patience=Patience(attempts=2, total=30),
        )  # fmt: skip
        yield client, script


def ask(client: Client) -> list[Any]:
    return list(client.ask(Question("items")))


def test_pages_follow_each_other_and_a_row_on_two_of_them_comes_once() -> None:
    def pages(request: Request, nth: int) -> Any:
        link = f"{request.origin}{request.path}?$skiptoken={nth}"
        return {"value": ROWS[nth - 1 : nth + 1], **({"@odata.nextLink": link} if nth < 3 else {})}

    with speaking(pages) as (client, script):
        assert ask(client) == ROWS[:4]
        assert [request.query.get("$skiptoken") for request in script.asked] == [None, ["1"], ["2"]]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/api",
        "http://127.0.0.1:1/x",
        "//evil.example",
        "https://api.businesscentral.dynamics.com@e/",
    ],
)
def test_a_link_to_elsewhere_is_not_followed(link: str) -> None:
    with speaking(lambda *_: {"value": ROWS[:2], "@odata.nextLink": link}) as (client, script):
        with pytest.raises(ForbiddenAddress):
            ask(client)
        assert len(script.asked) == 1


def test_pages_that_lead_back_or_repeat_themselves_end() -> None:
    def back(request: Request, nth: int) -> Any:
        return {"value": ROWS[nth : nth + 1], "@odata.nextLink": f"{request.origin}{request.path}?a={nth % 2}"}

    def same(request: Request, nth: int) -> Any:
        return {"value": ROWS[:2], "@odata.nextLink": f"{request.origin}{request.path}?a={nth}"}

    for deed, said in ((back, "back to itself"), (same, "same page")):
        with speaking(deed) as (client, _), pytest.raises(Unavailable, match=said):
            ask(client)


@pytest.mark.parametrize("body", [{"items": []}, [], {"value": 3}, {"value": [1]}])
def test_what_is_no_list_is_not_taken_for_one(body: Any) -> None:
    with speaking(lambda *_: body) as (client, _), pytest.raises(Garbled):
        ask(client)


def batch(status: Callable[[str], int], *, upto: int = 1000) -> Deed:
    def answer(request: Request, nth: int) -> Any:
        asked = json.loads(request.body)["requests"]
        assert 1 <= len(asked) <= 100
        return {"responses": [
            {"id": one["id"], "status": status(one["url"]), "body": {"value": [{"id": one["id"], "url": one["url"]}]}
             if status(one["url"]) == 200 else {"error": {"code": "Unknown", "message": "No. CorrelationId:  x."}}}
            for one in asked[:upto]
        ]}  # fmt: skip

    return answer


def questions(count: int) -> list[Question]:
    return [Question("generalLedgerEntries", (f"documentNumber eq 'N&{n}'",), ("id",), top=1) for n in range(count)]


def test_many_questions_go_a_hundred_at_a_time_and_each_answer_is_its_own() -> None:
    with speaking(batch(lambda _: 200)) as (client, script):
        found = client.ask_together(questions(250))
        assert [one[0]["id"] for one in found] == [str(n) for n in range(250)]
        assert found[3][0]["url"] == (
            f"companies({COMPANY})/generalLedgerEntries?$filter=documentNumber%20eq%20'N%263'&$select=id&$top=1"
        )
        assert len(script.asked) == 3
        assert {one.headers["prefer"] for one in script.asked} == {"odata.continue-on-error"}
        assert not any("data-access-intent" in one.headers for one in script.asked)


def test_what_a_batch_leaves_unanswered_is_asked_again() -> None:
    with speaking(batch(lambda _: 200, upto=40)) as (client, script):
        assert len(client.ask_together(questions(90))) == 90
        assert len(script.asked) == 3


def test_a_batch_that_never_answers_all_is_given_up() -> None:
    with speaking(lambda *_: {"responses": []}) as (client, script):
        with pytest.raises(Unavailable, match="unanswered"):
            client.ask_together(questions(2))
        assert len(script.asked) == 4


@pytest.mark.parametrize(
    ("status", "outcome"), [(400, BusinessCentralRefused), (403, SignInNeeded), (503, Unavailable), (429, Unavailable)]
)
def test_the_status_of_each_answer_counts_though_the_batchs_own_is_200(status: int, outcome: type[Exception]) -> None:
    with speaking(batch(lambda url: status if "N%261" in url else 200)) as (client, _), pytest.raises(outcome):
        client.ask_together(questions(3))


def test_a_record_that_is_gone_is_none_and_a_wrong_address_is_an_error() -> None:
    def gone(request: Request, nth: int) -> Any:
        code = "Internal_RecordNotFound" if nth == 1 else "BadRequest_ResourceNotFound"
        return json_response(404, {"error": {"code": code, "message": "Not here."}})

    with speaking(gone) as (client, _):
        assert client.one("items(1)") is None
        with pytest.raises(BusinessCentralRefused, match=r"endpoints\.api") as refused:
            client.one("items(1)")
        assert refused.value.meaning is Meaning.REFUSED


def test_an_answer_to_a_write_that_cannot_be_read_leaves_its_outcome_open() -> None:
    page = Response(201, {"Content-Type": "application/json"}, b"<html>")
    with speaking(lambda *_: page) as (client, _), pytest.raises(OutcomeUnknown):
        client.create("salesInvoices", "{}")
