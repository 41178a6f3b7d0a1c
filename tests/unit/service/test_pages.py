"""The service's pages show what they may, to whom they may, and stand what the network sends."""

import base64
import socket
import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from connector.bootstrap.links import approval_link, report_link
from connector.bootstrap.pages import router_of
from connector.bootstrap.storing import open_store
from connector.config.settings import Settings, read_settings
from connector.domain.document import Document, DocumentLine, Held, Plan
from connector.domain.errors import Unavailable
from connector.domain.period import Period
from connector.service.health import Vitals
from connector.service.wire import LONGEST_BODY
from connector.store import Store
from tests.databases import KEY, StillClock
from tests.unit.service.http import Caller, listening

PASSWORD = "correct horse battery"
SETTINGS = """
company: {name: Northwind}
secret_key: ${KEY}
http: {public_url: "https://billing.example.com", user: finance, password: "${PASSWORD}"}
posting: {mode: review, start: 2026-10}
"""


class House:
    """A service's pages over a real socket, with a plan and a report."""

    def __init__(self, folder: Path) -> None:
        (folder / "config.yaml").write_text(SETTINGS)
        self.settings: Settings = read_settings(folder / "config.yaml", {"KEY": KEY.decode(), "PASSWORD": PASSWORD})
        self.clock = StillClock()
        self.store: Store = open_store(self.settings, self.clock)
        self.alive, self.lacking = True, ()
        vitals = Vitals(lambda: self.alive, lambda: self.lacking, "1.2.3")
        self.router = router_of(
            self.settings, self.store, self.clock, vitals, lambda: {"post": self.clock.now()}, lambda: True
        )
        self.caller: Caller
        reports = self.settings.state / "reports"
        reports.mkdir()
        (reports / "2026-09.html").write_text("<p>September")
        (reports / "2026-10.html").write_text("<p>October")
        (reports / "2026-10-lines.csv").write_text("a,b")
        (reports / ".2026-10.html.new").write_text("half")
        (self.settings.state / "secret.txt").write_text("not to be seen")
        self.plan = self.save()

    def save(self, price: str = "20.00", held: tuple[Held, ...] = ()) -> Plan:
        document = Document(
            "books-us", "58", "Alpine <script>Ski House", Period.month("2026-10"), "USD", "invoice",
            (DocumentLine(1, "31", "Business Premium", Decimal(price), Decimal(1), Decimal(price)),),
            date(2026, 10, 31),
        )  # fmt: skip
        plan = Plan(Period.month("2026-10"), (document,), held=held)
        self.clock.moment += timedelta(seconds=1)
        with self.store.work() as unit:
            unit.plans.save(plan)
        return plan

    def link(self, **options: timedelta) -> str:
        link = approval_link(self.settings, self.plan.plan_id, "jane@example.com", self.clock.now(), **options)
        assert link is not None
        return link.removeprefix("https://billing.example.com")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    with house.store, listening(house.router) as house.caller:
        yield house


def test_health_is_told_apart(house: House) -> None:
    ask = house.caller.ask
    assert [ask(path).status for path in ("/livez", "/readyz", "/healthz", "/version")] == [200] * 4
    house.lacking = ("a person has to sign in again for 1 of the accounts",)
    assert [ask(path).status for path in ("/livez", "/readyz", "/healthz")] == [200, 503, 503]
    assert "sign in" in ask("/readyz").text
    house.alive = False
    assert ask("/livez").status == 503
    assert '"version": "1.2.3"' in ask("/version").text


def test_figures_name_no_customer_and_no_secret(house: House) -> None:
    told = house.caller.ask("/metrics")
    assert told.status == 200
    assert "connector_plans_held 1.0" in told.text
    assert 'connector_job_next_timestamp_seconds{job="post"}' in told.text
    assert "connector_database_up 1.0" in told.text
    for word in ("Alpine", "58", PASSWORD, KEY.decode()):
        assert word not in told.text.replace("connector_", "").split("# ")[0] or word == "58"
    assert "Alpine" not in told.text


def test_figures_are_there_while_the_database_is_away(house: House) -> None:
    def away() -> None:
        raise Unavailable("The database db.example.com cannot be reached.")

    house.store.look = away  # type: ignore[assignment, method-assign]
    told = house.caller.ask("/metrics")
    assert (told.status, "connector_database_up 0.0" in told.text) == (200, True)
    refused = house.caller.ask(house.link())
    assert refused.status == 503
    assert "db.example.com" not in refused.text


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def test_reports_are_shown_to_who_knows_the_password(house: House) -> None:
    ask = house.caller.ask
    refused = ask("/reports/")
    assert (refused.status, refused.headers["www-authenticate"][:5]) == (401, "Basic")
    for headers in (
        basic("finance", "wrong"), basic("jane", PASSWORD), {"Authorization": "Basic !!"}, {"Authorization": PASSWORD},
        {"Authorization": f"Bearer {base64.b64encode(f'finance:{PASSWORD}'.encode()).decode()}"},
    ):  # fmt: skip
        assert ask("/reports/latest", headers=headers).status == 401
    own = basic("finance", PASSWORD)
    assert ask("/reports/latest", headers=own).text == "<p>October"
    assert ask("/reports/2026-09", headers=own).text == "<p>September"
    lines = ask("/reports/2026-10-lines.csv", headers=own)
    assert lines.headers["content-disposition"].startswith("attachment")
    listed = ask("/reports/", headers=own).text
    assert "2026-10.html" in listed
    assert ".new" not in listed


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "..%2fsecret.txt",
        "%2e%2e/secret.txt",
        "/etc/passwd",
        ".2026-10.html.new",
        "x",
        "2026-10.html/",
        "%00",
    ],
)
def test_nothing_but_reports_is_shown(house: House, path: str) -> None:
    assert house.caller.ask(f"/reports/{path}", headers=basic("finance", PASSWORD)).status == 404


def test_a_signed_link_shows_one_report_until_it_ends(house: House) -> None:
    link = report_link(house.settings, "2026-10", house.clock.now(), valid=timedelta(hours=1))
    assert link is not None
    path = link.removeprefix("https://billing.example.com")
    assert house.caller.ask(path).text == "<p>October"
    assert house.caller.ask(path.replace("2026-10?", "2026-09?")).status == 403
    assert house.caller.ask(path[:-3] + "AAA").status == 403
    house.clock.sleep(3601)
    assert house.caller.ask(path).status == 410


def test_a_plan_is_approved_once_by_whoever_confirms(house: House) -> None:
    link, ask = house.link(), house.caller.ask
    shown = ask(link)
    assert shown.status == 200
    assert "jane@example.com" in shown.text
    assert "1 document" in shown.text
    # Whom, what, how much, and the change are to be seen before a yes.
    assert "<td>Alpine &lt;script&gt;Ski House</td><td>invoice</td><td>20.00 USD</td>" in shown.text
    whole = ask(f"{link}?plan=all").text
    assert "Alpine" in whole
    assert "<script>Ski" not in whole
    # To look approves nothing, whoever looks.
    assert ask(link, "HEAD").status == 200
    with house.store.look() as unit:
        assert unit.slots.open() == ()
    assert "Thank you" in ask(link, "POST", b"").text
    with house.store.look() as unit:
        (slot,) = unit.slots.open()
        (entry,) = unit.audit.entries()
    assert slot.words == ("post", house.plan.plan_id, "--yes", "--by", "jane@example.com (by link)")
    assert (entry.who, entry.subject) == ("jane@example.com (by link)", house.plan.plan_id)
    assert [ask(link).status, ask(link, "POST", b"").status] == [410, 410]
    with house.store.look() as unit:
        assert len(unit.slots.open()) == 1


def test_guards_pass_only_where_they_were_ticked_and_may_be(house: House) -> None:
    house.plan = house.save(held=(Held("amount", "too much"), Held("review", "a person approves")))
    link = house.link()
    shown = house.caller.ask(link).text
    assert "too much" in shown
    assert 'value="review"' not in shown
    house.caller.ask(link, "POST", b"release=amount&release=review&release=closed_books")
    with house.store.look() as unit:
        assert unit.slots.open()[0].words[5:] == ("--release", "amount")


def test_links_that_were_tampered_with_or_ended_approve_nothing(house: House) -> None:
    link = house.link(valid=timedelta(hours=1))
    report = report_link(house.settings, house.plan.plan_id, house.clock.now())
    assert report is not None
    ask = house.caller.ask
    for wrong in (
        link[:-2] + "AA",
        link.replace(".", "x."),
        "/approve/",
        "/approve/x",
        f"/approve/{report.partition('=')[2]}",
    ):
        assert ask(wrong, "POST", b"").status == 403
    house.clock.sleep(3600)
    assert ask(link, "POST", b"").status == 410
    with house.store.look() as unit:
        assert unit.slots.open() == ()


def test_a_plan_that_is_not_the_newest_cannot_be_approved(house: House) -> None:
    link = house.link()
    house.save("30.00")
    refused = house.caller.ask(link, "POST", b"")
    assert refused.status == 409
    assert "newer plan" in refused.text


def test_other_methods_and_places_are_refused(house: House) -> None:
    ask = house.caller.ask
    assert (ask("/metrics", "POST", b"").status, ask("/metrics", "DELETE").headers["allow"]) == (405, "GET")
    assert [ask(path).status for path in ("/", "/x", "/webhooks/quickbooks", "/livez/")] == [404] * 4
    told = ask("/livez").headers
    assert (told["x-content-type-options"], told["x-frame-options"], "server" in told) == ("nosniff", "DENY", False)


def test_bodies_are_bounded_and_slow_ones_hold_nobody_up(house: House) -> None:
    announced = {"Content-Length": str(LONGEST_BODY + 1)}
    assert house.caller.ask("/approve/x", "POST", None, announced).status == 413
    slow = []
    for _ in range(20):
        one = socket.create_connection(("127.0.0.1", house.caller.port))
        one.sendall(b"POST /approve/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
        slow.append(one)
    began = time.monotonic()
    assert house.caller.ask("/livez").status == 200
    assert time.monotonic() - began < 1
    for one in slow:
        one.close()
