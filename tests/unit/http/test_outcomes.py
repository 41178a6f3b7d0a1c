"""Whether a request can have reached the service: the question exactly-once posting rests on."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from connector.adapters.http import (
    BrokenOff,
    Hosts,
    HttpFailure,
    Network,
    NeverSent,
    OutcomeUnknown,
    Session,
    never_sent,
)
from connector.domain import posting
from connector.domain.errors import Unavailable
from connector.sandbox.authority import Authority
from tests.wire import Server, answer, reset, say, silence


@contextmanager
def refusing(_: Path) -> Iterator[str]:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@contextmanager
def unknown(_: Path) -> Iterator[str]:
    """A name nobody knows."""
    yield "https://no-such-host.invalid"


@contextmanager
def full(_: Path) -> Iterator[str]:
    """A server whose queue of callers is full, so that a new caller hears nothing."""
    with socket.socket() as listening, ExitStack() as callers:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _number in range(3):
            caller = callers.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def untrusted(folder: Path) -> Iterator[str]:
    """A server whose certificate nobody vouches for."""
    with Server(say(answer(200)), tls=Authority(folder).context()) as server:
        yield server.url
        assert server.requests == []


@contextmanager
def silent(_: Path) -> Iterator[str]:
    with Server(silence) as server:
        yield server.url
        assert len(server.requests) == 1


@contextmanager
def resetting(_: Path) -> Iterator[str]:
    with Server(reset) as server:
        yield server.url
        assert len(server.requests) == 1


@contextmanager
def hanging_up(_: Path) -> Iterator[str]:
    with Server(say(b"")) as server:
        yield server.url


@contextmanager
def cut(_: Path) -> Iterator[str]:
    """A body that is shorter than announced."""
    with Server(say(answer(200, b"x" * 100)[:-50])) as server:
        yield server.url


@contextmanager
def cut_chunks(_: Path) -> Iterator[str]:
    """A body in chunks without the last one."""
    with Server(say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nwo")) as server:
        yield server.url


@contextmanager
def babbling(_: Path) -> Iterator[str]:
    """A status line that is none."""
    with Server(say(b"220 smtp.example ESMTP\r\n\r\n")) as server:
        yield server.url


@contextmanager
def dripping(_: Path) -> Iterator[str]:
    """A body that stops in the middle without an end."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome"

    def drip(connection: socket.socket, request: bytes) -> None:
        connection.sendall(head)
        silence(connection, request)

    with Server(drip) as server:
        yield server.url


NOT_SENT = [(refusing, "refused"), (unknown, "name"), (full, "timeout"), (untrusted, "certificate")]
OPEN = [silent, resetting, hanging_up, cut, cut_chunks, babbling, dripping]
BRIEF = Network(connect_timeout=timedelta(seconds=0.3), read_timeout=timedelta(seconds=0.2))


def failure(url: str, method: str, network: Network = BRIEF) -> HttpFailure:
    """Return how a call fails."""
    with Session(Hosts.of(url), network) as session, pytest.raises(HttpFailure) as caught:
        session.request(method, f"{url}/v1/invoice?sig=canary", data=b"{}")
    assert "canary" not in str(caught.value)
    assert "/v1/invoice" in str(caught.value)
    return caught.value


@pytest.mark.parametrize(("world", "reason"), NOT_SENT, ids=[world.__name__ for world, _ in NOT_SENT])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_never_left_is_known_never_to_have_left(world, reason: str, method: str, tmp_path: Path) -> None:
    with world(tmp_path) as url:
        error = failure(url, method)
    assert isinstance(error, NeverSent)
    assert isinstance(error, Unavailable)
    assert isinstance(error, posting.NeverSent)
    assert (error.reason, error.exit_code, never_sent(error)) == (reason, 75, True)


@pytest.mark.parametrize("world", OPEN, ids=[world.__name__ for world in OPEN])
def test_a_write_without_a_whole_answer_may_have_happened(world, tmp_path: Path) -> None:
    with world(tmp_path) as url:
        error = failure(url, "POST")
    assert type(error) is OutcomeUnknown
    assert isinstance(error, posting.OutcomeUnknown)
    assert (error.exit_code, never_sent(error)) == (75, False)
    assert "not known" in str(error)


@pytest.mark.parametrize("world", OPEN, ids=[world.__name__ for world in OPEN])
def test_a_read_without_a_whole_answer_may_be_made_again(world, tmp_path: Path) -> None:
    with world(tmp_path) as url:
        error = failure(url, "GET")
    assert type(error) is BrokenOff
    assert not never_sent(error)


@pytest.mark.parametrize(
    ("world", "gone"),
    [(world, True) for world, _ in NOT_SENT] + [(world, False) for world in (silent, resetting, babbling)],
)
def test_errors_of_the_library_itself_are_judged_alike(world, gone: bool, tmp_path: Path) -> None:
    with world(tmp_path) as url, requests.Session() as session:
        session.trust_env = False
        with pytest.raises(requests.RequestException) as caught:
            session.post(url, data=b"{}", timeout=(0.3, 0.2))
    assert never_sent(caught.value) is gone


def test_what_went_wrong_before_does_not_speak_for_what_goes_wrong_now(tmp_path: Path) -> None:
    with refusing(tmp_path) as nobody, resetting(tmp_path) as url, requests.Session() as session:
        try:
            session.post(nobody, timeout=1)
        except requests.ConnectionError:
            with pytest.raises(requests.ConnectionError) as caught:
                session.post(url, timeout=1)
    assert caught.value.__context__ is not None
    assert not never_sent(caught.value)


def test_a_proxy_that_refuses_keeps_the_request_from_leaving() -> None:
    with Server(say(answer(407, b"", {"Proxy-Authenticate": "Basic"}))) as proxy:
        network = Network(proxy=proxy.url.replace("http://", "http://user:canary@"), read_timeout=timedelta(seconds=1))
        error = failure("https://api.partnercenter.microsoft.com", "POST", network)
    assert isinstance(error, NeverSent)
    assert error.reason == "proxy"
    assert "canary" not in repr(network)
    assert proxy.requests[0].startswith(b"CONNECT api.partnercenter.microsoft.com:443")


def test_a_connection_closed_while_idle_is_made_anew() -> None:
    with Server(say(answer(200, b"{}", stays=True))) as server, Session(Hosts.of(server.url)) as session:
        for _ in range(2):
            assert session.post(server.url, data=b"{}").status_code == 200
            time.sleep(0.05)  # for the server's goodbye to arrive; sooner, nobody could know what became of the call
        assert len(server.requests) == 2
