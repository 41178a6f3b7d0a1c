"""Bodies: bounded, whole, decoded as meant, numbers as written, and no secrets in what is quoted of them."""

import gzip
import json
import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.adapters.http import Api, BrokenOff, Garbled, Hosts, Patience, Session, TooLarge, written
from connector.adapters.http.bodies import parse, quoted, text_of, unpacked
from connector.adapters.http.gzips import Cut, OverLimit, gunzip
from tests.wire import Deed, Server, answer, say

ONCE = Patience(attempts=1)


def got(deed: Deed, **options: object) -> object:
    """Return the JSON of one answer."""
    with Server(deed) as server, Session(Hosts.of(server.url), **options) as session:  # type: ignore[arg-type]
        return Api(server.url, session, patience=ONCE).get("/x").json()


def test_numbers_stay_as_written() -> None:
    body = b'{"price": 12345678901234567.890123456789, "count": 3, "small": 1.10}'
    value = got(say(answer(200, body)))
    assert value == {"price": Decimal("12345678901234567.890123456789"), "count": 3, "small": Decimal("1.10")}
    assert str(value["small"]) == "1.10"  # type: ignore[index]


def test_a_byte_order_mark_is_no_trouble() -> None:
    assert got(say(answer(200, '\ufeff{"name": "Zoë"}'.encode()))) == {"name": "Zoë"}


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "text/plain; charset=utf-8"])
def test_text_is_utf_8_unless_something_else_is_said(kind: str) -> None:
    assert got(say(answer(200, '{"name": "Zoë"}'.encode(), {"Content-Type": kind}))) == {"name": "Zoë"}


def test_another_character_set_is_believed() -> None:
    body = '{"name": "Zoë"}'.encode("latin-1")
    assert got(say(answer(200, body, {"Content-Type": "application/json;charset=ISO-8859-1"}))) == {"name": "Zoë"}
    assert text_of(b"abc", "no-such-set") == "abc"


@pytest.mark.parametrize(
    "body", [b"<html>Sign in to the hotel's network</html>", b"{", b'{"a": NaN}', b"[" * 100_000, b"1" * 5000]
)
def test_what_is_no_json_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(Garbled, match="JSON was expected"):
        got(say(answer(200, body, {"Content-Type": "text/html"})))


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate"])
def test_packed_bodies_are_unpacked(encoding: str) -> None:
    body = zlib.compress(b'{"a": 1}') if encoding == "deflate" else gzip.compress(b'{"a": 1}')
    assert got(say(answer(200, body, {"Content-Encoding": encoding}))) == {"a": 1}


def test_a_cut_gzip_is_noticed_although_the_answer_is_whole() -> None:
    packed = gzip.compress(json.dumps(list(range(5000))).encode())
    with pytest.raises(BrokenOff, match="cut"):
        got(say(answer(200, packed[: len(packed) // 2], {"Content-Encoding": "gzip"})))


def test_a_body_without_end_is_bounded() -> None:
    with pytest.raises(TooLarge):
        got(say(answer(200, b" " * 200_000)), limit=100_000)


def test_a_bomb_is_bounded() -> None:
    bomb = gzip.compress(b" " * 20_000_000)
    with pytest.raises(TooLarge):
        got(say(answer(200, bomb, {"Content-Encoding": "gzip"})), limit=1_000_000)


def test_a_body_that_drips_for_ever_ends() -> None:
    def drip(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _number in range(100):
            connection.sendall(b" ")
            time.sleep(0.01)

    begun = time.monotonic()
    with pytest.raises(BrokenOff, match="too long"):
        got(drip, deadline=timedelta(seconds=0.2))
    assert time.monotonic() - begun < 0.8


def pieces(packed: bytes, size: int) -> Iterator[bytes]:
    return (packed[at : at + size] for at in range(0, len(packed), size))


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=4), st.integers(1, 50))
def test_gzip_of_several_members_is_read_in_any_pieces(members: list[bytes], size: int) -> None:
    packed = b"".join(gzip.compress(member) for member in members)
    assert b"".join(gunzip(pieces(packed, size), limit=10_000)) == b"".join(members)
    assert b"".join(gunzip(pieces(packed + b"\0\0\0", size), limit=10_000)) == b"".join(members)


@given(st.binary(min_size=1, max_size=300), st.data())
def test_every_cut_of_a_gzip_is_noticed_and_no_flipped_bit_changes_its_content(
    content: bytes, data: st.DataObject
) -> None:
    packed = gzip.compress(content, mtime=0)
    cut = data.draw(st.integers(1, len(packed) - 1))
    with pytest.raises(Cut):
        list(gunzip(iter([packed[:cut]]), limit=10_000))
    at = data.draw(st.integers(10, len(packed) - 1))  # the header's own bytes change nothing
    broken = packed[:at] + bytes([packed[at] ^ 1 << data.draw(st.integers(0, 7))]) + packed[at + 1 :]
    with suppress(Cut):
        assert b"".join(gunzip(iter([broken]), limit=10_000)) == content


def test_encodings_nobody_asked_for_are_refused() -> None:
    with pytest.raises(Cut):
        unpacked(b"x", "br", limit=10)
    assert unpacked(b"x", "identity", limit=10) == b"x"
    with pytest.raises(OverLimit):
        unpacked(zlib.compress(b"x" * 100), "deflate", limit=10)
    with pytest.raises(Cut):
        unpacked(zlib.compress(b"x" * 100)[:-5], "deflate", limit=1000)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40)
@given(json_values)
def test_what_is_written_is_read_again(value: object) -> None:
    assert parse(written(value)) == value


@pytest.mark.parametrize("value", [0.1, Decimal("NaN"), Decimal("Infinity"), object(), b"x", {1}])
def test_what_has_no_exact_form_is_not_written(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        written({"amount": value})


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer canary-token-value",
        "GET https://x.blob.core.windows.net/a?sp=rl&sig=canary%2Bx&se=1",
        '{"refresh_token":"canary-1"}',
        "client_secret=canary&grant_type=x",
        "got eyJhbGciOi.canary.canary",
        "code=canary",
    ],
)
def test_quoted_words_hold_no_secrets(text: str) -> None:
    assert "canary" not in quoted(text)


def test_quoted_words_are_one_short_line() -> None:
    assert quoted("a\r\nb\x1b[31m\tc") == "a b [31m c"
    assert len(quoted("x" * 5000)) <= 501
