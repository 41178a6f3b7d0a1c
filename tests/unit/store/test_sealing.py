"""What is sealed opens with its key, in its own place, and nowhere else."""

import base64
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.errors import ConnectorError
from connector.store.sealing import Sealer
from tests.databases import KEY, OTHER_KEY

SEALER = Sealer.of(KEY)


@settings(max_examples=30)
@given(st.text(), st.text(min_size=1), st.text(min_size=1))
def test_what_is_sealed_comes_back(value: str, owner: str, kind: str) -> None:
    assert SEALER.unseal(SEALER.seal(value, owner=owner, kind=kind), owner=owner, kind=kind) == value


def test_the_sealed_text_shows_nothing() -> None:
    assert "hush" not in SEALER.seal("hush", owner="a", kind="refresh")


@pytest.mark.parametrize(("owner", "kind"), [("b", "refresh"), ("a", "cache")])
def test_it_opens_in_its_own_place_only(owner: str, kind: str) -> None:
    sealed = SEALER.seal("hush", owner="a", kind="refresh")
    with pytest.raises(ConnectorError, match="sealed for another place"):
        SEALER.unseal(sealed, owner=owner, kind=kind)


def test_another_key_is_told_in_one_sentence() -> None:
    with pytest.raises(ConnectorError, match="does not open with this `secret_key`") as caught:
        Sealer.of(OTHER_KEY).unseal(SEALER.seal("hush", owner="a", kind="refresh"), owner="a", kind="refresh")
    assert caught.value.__cause__ is None


def test_without_a_key_nothing_is_sealed() -> None:
    for nothing in (None, b"", b"  \n"):
        with pytest.raises(ConnectorError, match="set `secret_key` to 32 random bytes"):
            Sealer.of(nothing).seal("hush", owner="a", kind="refresh")


def test_two_keys_seal_with_the_first_and_open_with_either() -> None:
    both = Sealer.of(OTHER_KEY + b",\n" + KEY)
    old = SEALER.seal("hush", owner="a", kind="refresh")
    assert both.unseal(old, owner="a", kind="refresh") == "hush"
    new = both.rotate(old, owner="a")
    assert Sealer.of(OTHER_KEY).unseal(new, owner="a", kind="refresh") == "hush"
    with pytest.raises(ConnectorError, match="opens with neither key"):
        SEALER.rotate(new, owner="a")


def test_base64_of_either_alphabet_is_a_key_with_or_without_padding() -> None:
    raw = bytes(range(224, 256))
    spellings = (base64.b64encode(raw), base64.urlsafe_b64encode(raw), base64.b64encode(raw).rstrip(b"="))
    sealed = Sealer.of(spellings[0]).seal("hush", owner="a", kind="k")
    assert {Sealer.of(spelling).unseal(sealed, owner="a", kind="k") for spelling in spellings} == {"hush"}


@pytest.mark.parametrize("key", [b"short", KEY[:-5], b"!" * 44, KEY * 2, "ключ".encode()])
def test_what_is_no_key_is_refused_without_showing_it(key: bytes) -> None:
    with pytest.raises(ConnectorError, match="expected 32 bytes in base64") as caught:
        Sealer.of(key)
    assert not re.search(re.escape(key.decode()), str(caught.value))


def test_three_keys_are_too_many() -> None:
    with pytest.raises(ConnectorError, match="the new and the old one"):
        Sealer.of(b",".join((KEY, OTHER_KEY, KEY)))
