"""The floor every simulator stands on: real sockets, trouble where it was ordered, and nothing left behind."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests

from connector.sandbox.authority import Authority
from connector.sandbox.clock import SandboxClock
from connector.sandbox.faults import Faults
from connector.sandbox.serving import Request, Response, Server, json_response

NOW = datetime(2026, 11, 9, 8, tzinfo=UTC)


class Counter:
    """Counts what it saw; answers with what was asked."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def handle(self, request: Request) -> Response:
        self.seen.append(request.path)
        if request.path == "/stream":
            return Response(200, {"Content-Type": "application/octet-stream"}, iter([b"ab" * 500] * 100))
        if request.path == "/none":
            return Response(204)
        if request.path == "/broken":
            raise KeyError("a mistake of the simulator")
        return json_response(
            200, {"path": request.path, "query": dict(request.query), "body": request.body.decode()}, X_Seen="1"
        )

    def refusal(self, request: Request, status: int, retry_after: str | None) -> Response:
        return json_response(status, {"code": "own"}, Retry_After=retry_after or "9")


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False
        yield made


def server(faults: Faults | None = None, app: Counter | None = None, clock: SandboxClock | None = None) -> Server:
    return Server(app or Counter(), clock=clock or SandboxClock(NOW), faults=faults)


def test_answers_keep_alive_streams_and_says_nothing_in_a_204(session: requests.Session) -> None:
    with server() as running:
        first = session.post(running.url + "/a%27b/$value?q=1&q=2&empty=", data=b"\xc3\xa4").json()
        assert first == {"path": "/a'b/$value", "query": {"q": ["1", "2"], "empty": [""]}, "body": "ä"}
        assert session.post(running.url + "/c", data=iter([b"x", b"yz"])).json()["body"] == "xyz"
        assert len(session.get(running.url + "/stream").content) == 100_000
        assert session.get(running.url + "/none").status_code == 204
        assert session.head(running.url + "/a").headers["X-Seen"] == "1"
        assert len({threading.get_ident()}) == 1
        assert [exchange.request.path for exchange in running.exchanges][:2] == ["/a'b/$value", "/c"]


@pytest.mark.parametrize(
    ("do", "acted"),
    [("request_lost", 0), ("answer_lost", 1), ("reset", 0), ("cut:3", 1), ("reset:3", 1), ("late:5", 0)],
)
def test_no_answer(session: requests.Session, do: str, acted: int) -> None:
    app = Counter()
    with server(Faults([{"on": "POST /x", "do": do}]), app) as running:
        with pytest.raises(requests.RequestException):
            _ = session.post(running.url + "/x", data=b"1").content
        assert len(app.seen) == acted
        assert session.post(running.url + "/x", data=b"1").status_code == 200
        assert running.exchanges[0].fault == do


def test_a_late_request_acts_when_the_clock_gets_there(session: requests.Session) -> None:
    app, clock = Counter(), SandboxClock(NOW)
    with server(Faults([{"on": "* /x", "do": "late:60"}]), app, clock) as running:
        with pytest.raises(requests.ConnectionError):
            session.post(running.url + "/x")
        clock.advance(59)
        running.settle()
        assert app.seen == []
        clock.advance(1)
        session.get(running.url + "/y")
        assert app.seen == ["/x", "/y"]


def test_other_faults(session: requests.Session) -> None:
    rules = [
        {"on": "GET /a*b", "nth": 2, "times": 2, "do": "status:429:57"},
        {"on": "GET /g", "do": "garbage:503"},
        {"on": "* /t", "do": "twice", "times": 0},
        {"on": "GET /q?*seek=Next*", "do": "status:500"},
        {"on": "GET /d", "do": "delay:0.05"},
    ]
    app = Counter()
    with server(Faults(rules), app) as running:
        answers = [session.get(running.url + "/a/x/b") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 429, 429, 200]
        assert (answers[1].json(), answers[1].headers["Retry-After"]) == ({"code": "own"}, "57")
        page = session.get(running.url + "/g")
        assert (page.status_code, page.text[:9]) == (503, "<!DOCTYPE")
        session.put(running.url + "/t")
        assert app.seen.count("/t") == 2
        assert [session.get(running.url + "/q" + query).status_code for query in ("", "?a=1&seek=Next")] == [200, 500]
        assert session.get(running.url + "/d").status_code == 200


@pytest.mark.parametrize(
    "rule",
    [
        {"on": "GET /", "do": "explode"},
        {"on": "GET", "do": "reset"},
        {"on": "GET /", "nth": 0, "do": "reset"},
        {"what": 1},
    ],
)
def test_a_fault_nobody_knows_is_refused(rule: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="fault"):
        Faults([rule])


def test_tls_with_an_authority_of_its_own(session: requests.Session) -> None:
    authority = Authority()
    with Server(Counter(), clock=SandboxClock(NOW), tls=authority) as running:
        assert running.url.startswith("https://localhost:")
        session.verify = str(authority.ca_file)
        assert session.get(running.url + "/x").status_code == 200
        session.verify = True
        with pytest.raises(requests.exceptions.SSLError):
            session.get(running.url + "/z")
        strict = ssl.create_default_context(cafile=authority.ca_file)
        strict.verify_flags |= ssl.VERIFY_X509_STRICT
        address = ("127.0.0.1", int(running.url.rsplit(":", 1)[1]))
        with socket.create_connection(address) as line, strict.wrap_socket(line, server_hostname="127.0.0.1") as own:
            assert own.version() == "TLSv1.3"


def test_a_mistake_of_the_simulator_comes_to_light(session: requests.Session) -> None:
    with pytest.raises(RuntimeError, match="a mistake of the simulator"), server() as running:
        assert session.get(running.url + "/broken").status_code == 500


def test_nothing_is_left_behind(session: requests.Session) -> None:
    before = threading.active_count()
    with server() as running:
        session.get(running.url + "/x")
    assert threading.active_count() == before
    with pytest.raises(requests.ConnectionError):
        session.get(running.url + "/x")


def test_threads_that_sleep_at_once_sleep_together() -> None:
    clock, together = SandboxClock(NOW), threading.Barrier(5)

    def sleep(seconds: int) -> None:
        together.wait()
        clock.sleep(seconds)

    sleepers = [threading.Thread(target=sleep, args=(seconds,)) for seconds in (60, 60, 45, 60, 30)]
    for sleeper in sleepers:
        sleeper.start()
    for sleeper in sleepers:
        sleeper.join()
    assert 60 <= clock.monotonic() < 200
    clock.sleep(-1)
    clock.sleep(0)


def test_the_clock() -> None:
    clock = SandboxClock(NOW)
    assert clock.now() == NOW
    clock.advance(90)
    clock.sleep(10)
    assert (clock.now() - NOW).total_seconds() == clock.monotonic() == 100
    clock.advance_to(NOW)
    assert (clock.now() - NOW).total_seconds() == 100
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)
    with pytest.raises(ValueError, match="zone"):
        SandboxClock(NOW.replace(tzinfo=None))
    assert abs((SandboxClock().now() - datetime.now(UTC)).total_seconds()) < 5
