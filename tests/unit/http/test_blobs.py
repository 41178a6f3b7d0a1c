"""Files of an export arrive whole or not at all, and the token stays at home."""

import gzip
import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.adapters.http import (
    Blob,
    Bounds,
    BrokenOff,
    ForbiddenAddress,
    Hosts,
    Patience,
    Refused,
    Session,
    TooLarge,
    read_blob,
)
from tests.clocks import JumpingClock
from tests.unit.http.test_session import headers_of
from tests.wire import Deed, Server, answer, reset, say

LINES = b"".join(b'{"InvoiceNumber":"G1","Subtotal":"%d.50"}\n' % number for number in range(3000))
PACKED = gzip.compress(LINES[:50_000]) + gzip.compress(LINES[50_000:])
ONCE = Patience(attempts=1)


@contextmanager
def store(*deeds: Deed) -> Iterator[tuple[Server, Session]]:
    """Run a blob store."""
    with Server(*deeds) as server, Session(Hosts.of(server.url), clock=JumpingClock(), bearer=False) as session:
        yield server, session


def fetch(deed: Deed, folder: Path, **options: Any) -> Blob:
    """Download once."""
    with store(deed) as (server, session):
        return read_blob(
            session, f"{server.url}/a/b.json.gz?sig=canary", folder / "b.json.gz", patience=ONCE, **options
        )


def test_a_blob_arrives_as_it_is(tmp_path: Path) -> None:
    with store(say(answer(200, PACKED, {"ETag": '"7"'}))) as (server, session):
        blob = read_blob(session, f"{server.url}/a?sig=x", tmp_path / "deep" / "b.json.gz")
    assert blob.path.read_bytes() == PACKED
    assert (blob.size, blob.unpacked, blob.etag) == (len(PACKED), len(LINES), '"7"')
    assert blob.sha256 == hashlib.sha256(PACKED).hexdigest()
    sent = headers_of(server.requests[0])
    assert sent["accept-encoding"] == "identity"
    assert "authorization" not in sent


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    """Even where the transfer is whole: at random places, and exactly between two members."""
    chance = random.Random(11)
    between = len(gzip.compress(LINES[:50_000]))
    for cut in [between, 1, len(PACKED) - 1, *(chance.randrange(1, len(PACKED)) for _ in range(25))]:
        with pytest.raises(BrokenOff) as caught:
            fetch(say(answer(200, PACKED[:cut])), tmp_path, expected_size=len(PACKED))
        assert "canary" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cut", [10, 1000, len(PACKED) - 4])
def test_a_cut_is_noticed_without_an_announced_size_too(cut: int, tmp_path: Path) -> None:
    with pytest.raises(BrokenOff):
        fetch(say(answer(200, PACKED[:cut])), tmp_path)
    with pytest.raises(BrokenOff):
        fetch(say(answer(200, PACKED)[: -len(PACKED) + cut]), tmp_path)


def test_a_file_whose_length_nobody_says_is_not_trusted(tmp_path: Path) -> None:
    with pytest.raises(BrokenOff, match="how long"):
        fetch(say(answer(200, PACKED, length=False)), tmp_path)
    assert fetch(say(answer(200, PACKED, length=False)), tmp_path, expected_size=len(PACKED)).size == len(PACKED)


def test_chunks_mark_their_end(tmp_path: Path) -> None:
    half = len(PACKED) // 2
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (PACKED[:half], PACKED[half:]))
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert fetch(say(head + chunks + b"0\r\n\r\n"), tmp_path).size == len(PACKED)
    with pytest.raises(BrokenOff):
        fetch(say(head + chunks), tmp_path)


def test_a_web_page_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(BrokenOff, match="damaged"):
        fetch(say(answer(200, b"<html>Sign in</html>")), tmp_path)
    with pytest.raises(BrokenOff, match="incomplete"):
        fetch(say(answer(200, b"")), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_packed_may_come_as_well(tmp_path: Path) -> None:
    blob = fetch(say(answer(200, LINES)), tmp_path, gzipped=False)
    assert (blob.size, blob.unpacked) == (len(LINES), len(LINES))


def test_an_expired_address_is_refused_in_the_store_s_words(tmp_path: Path) -> None:
    body = b"<?xml version='1.0'?><Error><Code>AuthenticationFailed</Code><Message>Server failed</Message></Error>"
    headers = {"x-ms-request-id": "b1", "x-ms-error-code": "AuthenticationFailed"}
    with pytest.raises(Refused) as caught:
        fetch(say(answer(403, body, headers)), tmp_path)
    assert (caught.value.status, caught.value.code, caught.value.request_id) == (403, "AuthenticationFailed", "b1")
    assert "canary" not in str(caught.value)


def test_a_broken_download_is_begun_anew(tmp_path: Path) -> None:
    cut = say(answer(200, PACKED)[:-100])
    with store(reset, cut, say(answer(503)), say(answer(200, PACKED))) as (server, session):
        assert read_blob(session, server.url, tmp_path / "b", patience=Patience(first=0.001)).size == len(PACKED)
        assert len(server.requests) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_sizes_are_bounded(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        fetch(say(answer(200, PACKED)), tmp_path, bounds=Bounds(size=1000))
    with pytest.raises(TooLarge):
        fetch(say(answer(200, gzip.compress(b" " * 5_000_000))), tmp_path, bounds=Bounds(unpacked=1_000_000))
    with pytest.raises(TooLarge):
        fetch(say(answer(500, b" " * 2_000_000)), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_time_is_bounded(tmp_path: Path) -> None:
    class Late(JumpingClock):
        def monotonic(self) -> float:
            self.advance(1)
            return super().monotonic()

    with (
        Server(say(answer(200, PACKED))) as server,
        Session(Hosts.of(server.url), clock=Late()) as session,
        pytest.raises(BrokenOff, match="too long"),
    ):
        read_blob(session, server.url, tmp_path / "b", patience=ONCE, bounds=Bounds(deadline=timedelta(seconds=0.5)))


def test_blobs_come_from_allowed_places_only(tmp_path: Path) -> None:
    with (
        Session(Hosts.of(suffixes=(".blob.core.windows.net",)), bearer=False) as session,
        pytest.raises(ForbiddenAddress),
    ):
        read_blob(session, "https://evil.example/x?sig=canary", tmp_path / "b")
