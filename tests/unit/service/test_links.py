"""A signed link holds for what it was made for, until it ends; nothing of it can be changed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.errors import ConnectorError
from connector.service.links import EndedLink, InvalidLink, Signer, keys_of
from tests.databases import KEY, OTHER_KEY

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SIGNER = Signer(keys_of(KEY.decode()))
TOKEN = SIGNER.sign("approve", "plan-1", until=NOW + timedelta(days=1), who="jané@example.com")


def test_a_link_says_what_was_signed() -> None:
    read = SIGNER.read(TOKEN, "approve", NOW)
    assert (read.subject, read.who, read.until) == ("plan-1", "jané@example.com", NOW + timedelta(days=1))
    assert SIGNER.sign("approve", "plan-1", until=NOW, who="") != SIGNER.sign("approve", "plan-1", until=NOW, who="")


def test_a_link_ends_and_is_for_one_purpose() -> None:
    with pytest.raises(EndedLink, match="2026-11-27 12:00"):
        SIGNER.read(TOKEN, "approve", NOW + timedelta(days=1))
    with pytest.raises(InvalidLink):
        SIGNER.read(TOKEN, "report", NOW)


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("AQz09-_.=% "))
def test_no_character_of_it_can_be_changed(at: int, instead: str) -> None:
    changed = TOKEN[:at] + instead + TOKEN[at + 1 :]
    if changed == TOKEN:
        return
    try:
        read = SIGNER.read(changed, "approve", NOW)
    except InvalidLink:
        return
    # The last character of base64 has bits that say nothing.
    assert read == SIGNER.read(TOKEN, "approve", NOW)
    assert at in (len(TOKEN) - 1, TOKEN.index(".") - 1)


@given(st.text(max_size=300))
def test_what_was_made_up_is_refused(text: str) -> None:
    with pytest.raises(InvalidLink):
        SIGNER.read(text, "approve", NOW)


def test_another_key_signs_nothing_for_this_one_and_the_old_key_holds_while_it_is_changed() -> None:
    with pytest.raises(InvalidLink):
        Signer(keys_of(OTHER_KEY.decode())).read(TOKEN, "approve", NOW)
    both = Signer(keys_of(f"{OTHER_KEY.decode()},{KEY.decode()}"))
    assert both.read(TOKEN, "approve", NOW).subject == "plan-1"
    assert Signer(keys_of(OTHER_KEY.decode())).read(both.sign("approve", "x", until=NOW + timedelta(1)), "approve", NOW)


def test_without_a_key_nothing_is_signed() -> None:
    with pytest.raises(ConnectorError, match="secret_key"):
        Signer(()).sign("approve", "x", until=NOW)
    with pytest.raises(InvalidLink):
        Signer(()).read(TOKEN, "approve", NOW)
