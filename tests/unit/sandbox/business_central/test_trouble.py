"""Trouble on the line to the simulated Business Central: lost answers, doubled and late requests, many at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from connector.sandbox.business_central import Limits
from connector.sandbox.faults import Faults
from connector.sandbox.serving import Server
from tests.unit.sandbox.business_central.caller import TENANT, Caller, line, open_caller, written

DRAFT = "POST /v2.0/*/salesInvoices"
POST = "POST /v2.0/*/salesInvoices(*)/Microsoft.NAV.post"


class Line:
    """A client with a connection of its own."""

    def __init__(self, bc: Caller, server: Server) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {bc.token}"
        self.base = f"{server.url}/v2.0/{TENANT}/Production/api/v2.0/companies({bc.company.id})"

    def post(self, path: str, body: Any = None) -> requests.Response:
        kind = {"Content-Type": "application/json"} if body is not None else {}
        content = written(body) if body is not None else b""
        return self.session.post(f"{self.base}/{path}", data=content, headers=kind, timeout=10)

    def draft(self, number: str) -> requests.Response:
        wanted = {"customerNumber": "C10", "externalDocumentNumber": number, "salesInvoiceLines": [line()]}
        return self.post("salesInvoices", wanted)


@contextmanager
def on_the_line(*faults: dict[str, Any]) -> Iterator[tuple[Caller, Line, Server]]:
    bc = open_caller()
    with Server(bc.app, clock=bc.clock, faults=Faults(faults)) as server:
        client = Line(bc, server)
        with client.session:
            yield bc, client, server


def test_an_answer_that_is_lost_does_not_undo_the_posting() -> None:
    with on_the_line({"on": POST, "do": "answer_lost"}) as (bc, client, _):
        key = client.draft("CSP-1").json()["id"]
        with pytest.raises(requests.ConnectionError):
            client.post(f"salesInvoices({key})/Microsoft.NAV.post")
        assert bc.company.row("salesInvoices", key)["status"] == "Open"


def test_a_request_that_comes_twice_makes_two_drafts() -> None:
    with on_the_line({"on": DRAFT, "do": "twice"}) as (bc, client, _):
        assert client.draft("CSP-1").status_code == 201
        assert [row["status"] for row in bc.company.find("salesInvoices", externalDocumentNumber="CSP-1")] == (
            ["Draft", "Draft"]
        )


def test_a_late_request_acts_when_nobody_expects_it_any_more() -> None:
    with on_the_line({"on": DRAFT, "do": "late:300"}) as (bc, client, server):
        with pytest.raises(requests.ConnectionError):
            client.draft("CSP-1")
        assert bc.company.find("salesInvoices", externalDocumentNumber="CSP-1") == []
        bc.clock.advance(300)
        server.settle()
        assert len(bc.company.find("salesInvoices", externalDocumentNumber="CSP-1")) == 1


@pytest.mark.parametrize(
    ("trouble", "status", "drafts"),
    [("status:429:7", 429, 0), ("status:503:7", 503, 0), ("app:acts-then-504", 504, 1), ("app:times-out", 408, 0)],
)
def test_refusals_have_the_services_own_body(trouble: str, status: int, drafts: int) -> None:
    with on_the_line({"on": DRAFT, "do": trouble}) as (bc, client, _):
        refused = client.draft("CSP-1")
        assert refused.status_code == status
        assert set(refused.json()["error"]) == {"code", "message"}
        assert refused.headers.get("Retry-After") == ("7" if trouble.startswith("status") else None)
        assert len(bc.company.rows("salesInvoices")) == drafts


def test_an_answer_may_break_off() -> None:
    with on_the_line({"on": DRAFT, "do": "cut:40"}) as (bc, client, _):
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            client.draft("CSP-1")
        assert len(bc.company.rows("salesInvoices")) == 1


def test_many_clients_at_once_get_numbers_of_their_own() -> None:
    with on_the_line() as (bc, client, server):
        bc.app.limits = Limits()

        def work(number: int) -> int:
            own = Line(bc, server)
            with own.session:
                key = own.draft(f"CSP-{number}").json()["id"]
                return own.post(f"salesInvoices({key})/Microsoft.NAV.post").status_code

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(work, range(40))) == {204}
        numbers = [row["number"] for row in bc.company.rows("salesInvoices")]
        assert sorted(numbers) == [f"PS-INV{103001 + n}" for n in range(40)]
        assert 1 <= bc.app.limits.most_at_once <= 5
        assert bc.app.limits.turned_away == 0
        assert client.draft("CSP-99").status_code == 201
