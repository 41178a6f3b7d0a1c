"""Trouble on the line to QuickBooks, over real sockets: what each guard alone holds off, and what none of them does."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.faults import Faults
from connector.sandbox.quickbooks import Behaviour, QuickBooks, no_quotas
from connector.sandbox.serving import Server
from tests.unit.sandbox.quickbooks.caller import REALM, START, invoice, shop


@contextmanager
def troubled(do: str, behaviour: Behaviour) -> Iterator[tuple[QuickBooks, Server]]:
    clock = SandboxClock(START)
    app = QuickBooks(clock, [shop(clock, behaviour=behaviour)], quotas=no_quotas())
    faults = Faults([{"on": f"POST /v3/company/{REALM}/invoice*", "do": do}])
    with Server(app, clock=clock, faults=faults) as server:
        yield app, server


def post(app: QuickBooks, server: Server, requestid: str = "") -> int | None:
    """Post the same invoice once more; None where no answer came."""
    target = urlsplit(server.url)
    line = http.client.HTTPConnection(target.hostname or "", target.port or 0, timeout=5)
    headers = {"Authorization": f"Bearer {app.sign_in().access_token}", "Accept": "application/json"}
    path = f"/v3/company/{REALM}/invoice?minorversion=75" + (f"&requestid={requestid}" if requestid else "")
    try:
        line.request("POST", path, json.dumps(invoice()), {**headers, "Content-Type": "application/json"})
        return line.getresponse().status
    except (http.client.HTTPException, OSError):
        return None
    finally:
        line.close()


@pytest.mark.parametrize("do", ["request_lost", "answer_lost", "late:300", "twice", "reset", "garbage:503"])
@pytest.mark.parametrize(
    ("guards", "least"),
    [
        ({"unique_numbers": False}, 1),
        ({"requestid": False}, 1),
        ({"unique_numbers": False, "requestid": False}, 2),
    ],
)
def test_each_guard_alone_leaves_one_invoice(do: str, guards: dict[str, Any], least: int) -> None:
    with troubled(do, Behaviour(**guards)) as (app, server):
        first = post(app, server, "i-1")
        post(app, server, "i-1")
        app.clock.advance(301)
        server.settle()
        made = len(app.company().every("Invoice"))
    assert (first is not None) == (do in ("twice", "garbage:503"))
    expected = 1 if do in ("request_lost", "reset") else least
    assert made == expected + (1 if do == "twice" and least == 2 else 0)


def test_a_throttled_call_did_nothing() -> None:
    with troubled("status:429:60", Behaviour()) as (app, server):
        assert post(app, server, "i-1") == 429
        assert app.company().every("Invoice") == []
        assert post(app, server, "i-1") == 200
