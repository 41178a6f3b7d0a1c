"""Posts many invoices into the simulated QuickBooks on a virtual clock: how much of the quota is used, how fast.

Every answer takes 200 ms, QuickBooks allows 500 requests a minute and 10 a second. The connector's own round, poster,
store and adapter are at work; only the wire is left out, and time passes while everybody waits.
"""

import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import requests

from connector.adapters.quickbooks import turns
from connector.adapters.quickbooks.client import Client
from connector.adapters.quickbooks.posting import QuickBooksPosting
from connector.adapters.quickbooks.source import QuickBooksSource
from connector.domain.posting import Approval
from connector.engine.posting_rules import Bounds
from connector.jobs.approving import Approver
from connector.jobs.carriers import carriers
from connector.jobs.post import Poster
from connector.jobs.posting_round import Round
from connector.sandbox.quickbooks import Bookkeeper, QuickBooks, open_company
from connector.sandbox.serving import Request
from connector.store import Store
from tests.bench.virtual_time import Threading, VirtualClock
from tests.crash.office import REALM, a_plan

LATENCY = 0.2  # seconds
PER_MINUTE = 500


@dataclass(frozen=True)
class Throughput:
    """What a run came to, in virtual time."""

    invoices: int
    requests: int
    minutes: float
    turned_away: int
    verified: int

    @property
    def share(self) -> float:
        """The share of the quota that was used."""
        return self.requests / (self.minutes * PER_MINUTE)


class Direct:
    """What the adapter takes for its session; the simulator answers in the same thread."""

    def __init__(self, app: QuickBooks) -> None:
        self.app, self.count = app, 0
        self._guard = threading.Lock()

    def request(self, method: str, url: str, **given: Any) -> requests.Response:
        with self._guard:
            self.count += 1
        prepared = requests.Request(
            method, url, headers=given.get("headers"), data=given.get("data"), params=given.get("params")
        ).prepare()
        split = urlsplit(str(prepared.url))
        body = prepared.body or b""
        answer = self.app.handle(
            Request(
                method,
                split.path,
                parse_qs(split.query),
                {name.lower(): value for name, value in prepared.headers.items()},
                body.encode() if isinstance(body, str) else bytes(body),
                split.query,
            )
        )
        response = requests.Response()
        response.status_code, response.request, response.url = answer.status, prepared, str(prepared.url)
        response.headers.update(answer.headers)
        response._content = answer.whole()
        response.encoding = "utf-8"
        return response


class Signed:
    """A sign-in that is always good."""

    def __init__(self, token: str) -> None:
        self._token = token

    def current(self) -> str:
        return self._token

    def renewed(self, refused: str | None) -> str:
        return self._token


class Counted(Round):
    """A round whose workers are known to the clock."""

    def _work(self, number: int) -> None:
        with self._clock.worker():  # type: ignore[attr-defined]
            super()._work(number)


def post(invoices: int, folder: Path) -> Throughput:
    """Post so many invoices and say what it took."""
    clock: Any = VirtualClock()
    app = QuickBooks(clock, [open_company(REALM, clock)])
    finance = Bookkeeper(app.company())
    customers = [finance.customer(f"Customer {number}") for number in range(invoices)]
    plan = a_plan(customers, [finance.item("Business Premium"), finance.item("Azure")])
    direct: Any = Direct(app)
    with mock.patch.object(turns, "threading", Threading(clock)):
        client = Client(
            "books-us",
            REALM,
            "http://quickbooks",
            session=direct,
            bearer=Signed(app.sign_in().access_token),
            clock=clock,
        )
    source = QuickBooksSource(client, clock)
    ledger = QuickBooksPosting(client, source)
    with Store.open(f"sqlite:///{folder}/connector.db", clock=clock) as store:
        approver = Approver(store, ledger, "CSP-")
        with clock.worker():
            approver.approve(plan.documents, Approval(plan.plan_id, "jane", clock.now(), "review"))
        app.latency, begun, before = LATENCY, clock.monotonic(), direct.count

        def poster(number: int) -> Poster:
            return Poster(f"bench/{number}", store, carriers(ledger, store), clock, Bounds(), approver.renumber)

        Counted("books-us", store, poster, clock).run()
        with store.look() as unit:
            verified = sum(one.state == "verified" for one in unit.postings.all())
    minutes = (clock.monotonic() - begun) / 60
    return Throughput(invoices, direct.count - before, minutes, app.turned_away, verified)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(post(1000, Path(folder)))
