"""The session: nothing of the environment decides, nothing leaves to where it must not, everything ends."""

import logging
import select
import socket
import traceback
from datetime import timedelta
from pathlib import Path

import pytest

from connector.adapters.http import ForbiddenAddress, Hosts, Network, NeverSent, Quota, Session
from connector.domain.errors import ConnectorError
from connector.sandbox.authority import Authority
from tests.clocks import JumpingClock
from tests.wire import Server, answer, say


def headers_of(request: bytes) -> dict[str, str]:
    """Return a request's headers by lower-case name."""
    lines = request.decode().split("\r\n\r\n", maxsplit=1)[0].split("\r\n")[1:]
    return {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}


def test_the_environment_decides_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password canary\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with Server(say(answer(200))) as server, Session(Hosts.of(server.url)) as session:
        session.get(f"{server.url}/x", headers={"Authorization": "Bearer ours"})
        session.get(f"{server.url}/x")
    assert headers_of(server.requests[0])["authorization"] == "Bearer ours"
    assert "authorization" not in headers_of(server.requests[1])


def test_certificates_come_from_the_configuration_only(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, other = Authority(), Authority()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other.ca_file))
    with Server(say(answer(200)), tls=ours.context()) as server:
        with Session(Hosts.of(server.url), Network(ca_file=ours.ca_file)) as session:
            assert session.get(server.url, verify=False).status_code == 200
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ours.ca_file))
        with Session(Hosts.of(server.url)) as session, pytest.raises(NeverSent, match=r"network\.ca_file"):
            session.get(server.url, verify=False)


def test_one_s_own_authority_is_trusted_beside_the_public_ones() -> None:
    """A company's proxy may look into some connections and not into others."""
    ours = Authority()
    with (
        Server(say(answer(200)), tls=ours.context()) as server,
        Session(Hosts.of(server.url), Network(ca_file=ours.ca_file)) as session,
    ):
        session.get(server.url)
        adapter = session.get_adapter(server.url)
        trusted = adapter._context.get_ca_certs()  # type: ignore[attr-defined]
    names = [dict(pair for (pair,) in certificate["subject"]).get("commonName") for certificate in trusted]
    assert "Connector sandbox authority" in names
    assert len(names) > 100


def test_a_proxy_is_used_and_cannot_pretend_to_be_the_service() -> None:
    ours, other = Authority(), Authority()
    with Server(say(answer(200, b"{}")), tls=ours.context()) as server:

        def tunnel(connection: socket.socket, _: bytes) -> None:
            with socket.create_connection(("127.0.0.1", server.port)) as target:
                connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                ends = {connection: target, target: connection}
                while True:
                    for end in select.select([*ends], [], [], 5)[0]:
                        piece = end.recv(65536)
                        if not piece:
                            return
                        ends[end].sendall(piece)

        with Server(tunnel) as proxy:
            for authority, trusted in ((ours, True), (other, False)):
                network = Network(ca_file=authority.ca_file, proxy=proxy.url)
                with Session(Hosts.of(server.url), network) as session:
                    if trusted:
                        assert session.get(f"{server.url}/x?sig=1").status_code == 200
                    else:
                        with pytest.raises(NeverSent, match="certificate is not trusted"):
                            session.get(server.url)
            first = [request.split(b" ")[:2] for request in proxy.requests]
    assert first == [[b"CONNECT", f"localhost:{server.port}".encode()]] * 2


def test_an_authority_s_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("rubbish")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(ConnectorError, match=rf"network\.ca_file .*{name} cannot be used"):
            Session(Hosts.of("https://api.example"), Network(ca_file=tmp_path / name))


def test_no_redirect_is_followed() -> None:
    with Server(say(answer(302, b"", {"Location": "https://evil.example/"}))) as server:
        with Session(Hosts.of(server.url)) as session:
            assert session.post(server.url, data=b"{}", allow_redirects=True).status_code == 302
        assert len(server.requests) == 1


def test_no_cookie_is_kept() -> None:
    with Server(say(answer(200, b"", {"Set-Cookie": "a=b; Path=/"}))) as server:
        with Session(Hosts.of(server.url)) as session:
            session.get(server.url)
            session.get(server.url)
        assert "cookie" not in headers_of(server.requests[1])


def test_only_allowed_hosts_are_called() -> None:
    with Server(say(answer(200))) as server:
        with Session(Hosts.of("https://api.example")) as session, pytest.raises(ForbiddenAddress):
            session.get(server.url)
        assert server.requests == []


def test_a_token_never_goes_where_the_address_is_the_key() -> None:
    with Server(say(answer(200))) as server:
        with Session(Hosts.of(server.url), bearer=False) as session, pytest.raises(ForbiddenAddress, match="token"):
            session.get(server.url, headers={"Authorization": "Bearer canary"})
        assert server.requests == []


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("/part-0.json.gz?sig=canary", {}),
        ("-1/part-0.json.gz?sig=canary", {}),
        ("https://?sig=canary", {}),
        ("https://exa mple.com:port/?sig=canary", {}),
        ("ftp://example.com/?sig=canary", {}),
        ("https://example.com/", {"Authorization": "Bearer canary\n"}),
    ],
)
def test_a_call_that_cannot_be_written_is_refused_in_our_words(url: str, headers: dict[str, str]) -> None:
    """The library's own words repeat the whole address with its key, or the token."""
    with Session(Hosts.of("https://example.com")) as session, pytest.raises(ForbiddenAddress) as caught:
        session.get(url, headers=headers)
    assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_every_wait_has_an_end() -> None:
    network = Network(connect_timeout=timedelta(seconds=2), read_timeout=timedelta(seconds=3))
    assert Session(Hosts.of("https://api.example"), network).timeout == (2.0, 3.0)


def test_addresses_and_tokens_stay_out_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """urllib3 writes whole addresses at DEBUG; the command line keeps it at WARNING, and so does this test."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    with Server(say(answer(500, b"canary-body"))) as server, Session(Hosts.of(server.url)) as session:
        session.get(f"{server.url}/x?sig=canary", headers={"Authorization": "Bearer canary"})
    assert "canary" not in caplog.text
    assert f"GET {server.url}/x: 500" in caplog.text


def test_the_service_s_clock_is_noticed() -> None:
    clock = JumpingClock()
    date = (clock.now() + timedelta(minutes=7)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    with Server(say(answer(200, b"", {"Date": date}))) as server, Session(Hosts.of(server.url), clock=clock) as session:
        assert session.skew is None
        session.get(server.url)
        assert session.skew == timedelta(minutes=7)


def test_a_session_s_quota_pauses_when_the_service_says_so() -> None:
    clock = JumpingClock()
    with (
        Server(say(answer(429, b"", {"Retry-After": "20"})), say(answer(200))) as server,
        Session(Hosts.of(server.url), clock=clock, quota=Quota(10, 1, clock)) as session,
    ):
        assert session.get(server.url).status_code == 429
        assert session.get(server.url).status_code == 200
    assert sum(clock.slept) >= 20


def test_libraries_get_their_bodies_as_they_are_used_to() -> None:
    with (
        Server(say(answer(200, '\ufeff{"name": "Zoë"}'.encode(), {"Content-Type": "text/plain"}))) as server,
        Session(Hosts.of(server.url)) as session,
    ):
        response = session.get(server.url)
    assert response.encoding == "utf-8"
    assert "Zoë" in response.text
    assert response.content.startswith(b"\xef\xbb\xbf")
