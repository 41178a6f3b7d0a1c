"""Lists are read to their end, once, whatever the pages look like; a list without an end is given up."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connector.adapters.partner_center import PartnerCenterSource
from connector.adapters.partner_center.client import LostInPages, next_token, safe
from connector.domain.extraction import Seen
from connector.sandbox.messages import Request, Response
from connector.sandbox.running import Deal, Running
from tests.unit.partner_center.wire import opened


@pytest.fixture
def opened_source(tmp_path: Path) -> Iterator[tuple[PartnerCenterSource, Running]]:
    with opened(tmp_path) as (source, sandbox):
        sandbox.manners.largest_page = 2
        yield source, sandbox


def asked(sandbox: Running, path: str) -> int:
    return sum(exchange.request.path == path for exchange in sandbox.servers["api"].exchanges)


@pytest.mark.parametrize("trouble", ["", "app:repeat", "app:empty"])
def test_every_customer_comes_once(opened_source: tuple[PartnerCenterSource, Running], trouble: str) -> None:
    source, sandbox = opened_source
    if trouble:
        sandbox.faults.add(on="GET /v1/customers", nth=2, times=1, do=trouble)
    names = [record["id"] for record in source.customers()]
    assert sorted(names) == sorted(one.tenant_id for one in sandbox.live.customers())


def test_a_list_that_goes_round_is_given_up_at_once(opened_source: tuple[PartnerCenterSource, Running]) -> None:
    source, sandbox = opened_source
    sandbox.faults.add(on="GET /v1/customers", nth=2, times=0, do="app:loop")
    with pytest.raises(LostInPages, match=r"leads back|came twice"):
        list(source.customers())
    assert asked(sandbox, "/v1/customers") <= 5


def curtailed(sandbox: Running, *, deaf: bool) -> Callable[[Request], Response]:
    """Partner Center with pages of one invoice whatever was asked, without a word of a next one; or deaf to offsets."""
    handle = sandbox.partner_center.handle

    def handling(request: Request) -> Response:
        answer = handle(request)
        if request.path != "/v1/invoices":
            return answer
        if deaf:
            answer = handle(replace(request, query={**request.query, "offset": ["0"]}))
        body = json.loads(answer.whole().removeprefix(b"\xef\xbb\xbf"))
        body["links"].pop("next", None)
        body["items"] = body["items"][: None if deaf else 1]
        return Response(200, answer.headers, json.dumps(body).encode())

    return handling


@pytest.mark.parametrize("deaf", [False, True])
def test_a_page_that_is_shorter_than_asked_for_need_not_be_the_last(tmp_path: Path, deaf: bool) -> None:
    """Microsoft does not say how long a page of invoices can be; one that does not turn at all is read once."""
    with opened(tmp_path, Deal(customers=3, seed=5, months=2)) as (source, sandbox):
        there = [bill.id for bill in reversed(sandbox.live.bills())]
        assert len(there) > 1
        sandbox.partner_center.handle = curtailed(sandbox, deaf=deaf)  # type: ignore[assignment, method-assign]
        assert [record["id"] for record in source.invoices()] == there


def test_subscriptions_come_in_the_order_of_the_customers(opened_source: tuple[PartnerCenterSource, Running]) -> None:
    source, sandbox = opened_source
    names = [one.tenant_id for one in sandbox.live.customers()]
    sandbox.live.leave(names[2])
    looks = list(source.subscriptions(names))
    assert [look.customer_id for look in looks] == names
    assert [look.seen for look in looks] == [Seen.LISTED, Seen.LISTED, Seen.LEFT, Seen.LISTED, Seen.LISTED]
    assert all(record["customerId"] == look.customer_id for look in looks for record in look.subscriptions)


def test_what_goes_wrong_for_everybody_ends_the_round(opened_source: tuple[PartnerCenterSource, Running]) -> None:
    source, sandbox = opened_source
    sandbox.faults.add(on="GET /v1/customers/*/subscriptions", times=0, do="status:400")
    names = [one.tenant_id for one in sandbox.live.customers()] * 5
    with pytest.raises(Exception, match="400"):
        list(source.subscriptions(names))
    assert len(sandbox.servers["api"].exchanges) < 40


def test_every_call_has_the_headers_that_microsoft_asks_for(opened_source: tuple[PartnerCenterSource, Running]) -> None:
    source, sandbox = opened_source
    list(source.customers())
    headers = [exchange.request.headers for exchange in sandbox.servers["api"].exchanges]
    assert {one["x-locale"] for one in headers} == {"en-US"}
    assert {one["ms-contract-version"] for one in headers} == {"v1"}
    assert len({one["ms-requestid"] for one in headers}) == len(headers)
    assert all("validatemfa" not in one for one in headers)


def test_the_token_is_taken_from_the_link_or_the_body() -> None:
    header = {"key": "MS-ContinuationToken", "value": "AQ=="}
    link = {"uri": "/customers?size=2?seekOperation=Next", "method": "GET", "headers": [header]}
    assert next_token({"links": {"next": link}}) == "AQ=="
    assert next_token({"continuationToken": "Bw=="}) == "Bw=="
    assert next_token({"links": {"self": link}}) == ""
    assert safe("../x?y") == "..%2Fx%3Fy"
