"""Questions are written so that a text in them stays a text, and nothing is asked that the service would ignore."""

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.adapters.business_central.language import (
    NoFilter,
    address,
    after,
    begins_with,
    decoded,
    encoded,
    equals,
    from_day,
    is_id,
    literal,
    names,
    one_of,
    together,
)
from connector.sandbox.business_central.filters import read_filter
from connector.sandbox.business_central.pages import PAGES

PLAIN = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=60)


@given(PLAIN)
def test_a_text_is_one_literal_whatever_it_holds(value: str) -> None:
    quoted = literal(value)
    inside = re.fullmatch(r"'((?:[^']|'')*)'", quoted)
    assert inside is not None
    assert inside[1].replace("''", "'") == value


@given(PLAIN)
def test_what_is_asked_for_reads_as_one_comparison(value: str) -> None:
    keep = read_filter(PAGES["salesInvoices"], equals("customerName", value))
    assert keep is not None


@given(st.text("abcXYZ019_ -/.()&äß", min_size=1, max_size=20).map(str.strip))
def test_an_option_comes_back_as_it_went(name: str) -> None:
    assert decoded(encoded(name)) == name or "_x" in name
    assert re.fullmatch(r"\w+", encoded(name))


def test_the_words_of_the_dialect() -> None:
    moment = datetime(2026, 11, 2, 12, 30, 15, tzinfo=UTC)
    assert equals("number", "O'Brien") == "number eq 'O''Brien'"
    assert one_of("status", "Open", "Paid") == "(status eq 'Open' or status eq 'Paid')"
    assert begins_with("externalDocumentNumber", "C-") == "startswith(externalDocumentNumber,'C-')"
    assert from_day("postingDate", date(2026, 10, 1)) == "postingDate ge 2026-10-01"
    assert after("lastModifiedDateTime", moment) == "lastModifiedDateTime gt 2026-11-02T12:30:15Z"
    assert together("a eq 'b'", "c eq 'd'") == "a eq 'b' and c eq 'd'"
    assert (encoded("Non-Inventory"), encoded("Credit Memo"), encoded("")) == (
        "Non_x002D_Inventory", "Credit_x0020_Memo", "_x0020_",
    )  # fmt: skip


@pytest.mark.parametrize("wrong", ["a\nb", "\x00", "x" * 251])
def test_what_no_field_can_hold_is_not_asked_for(wrong: str) -> None:
    with pytest.raises(NoFilter):
        literal(wrong)


@pytest.mark.parametrize("wrong", ["number eq 'x' or 1 eq 1", "", "a b", "$filter"])
def test_only_names_of_fields_are_fields(wrong: str) -> None:
    with pytest.raises(ValueError, match="no field"):
        equals(wrong, "x")
    with pytest.raises(ValueError, match="no field"):
        names((wrong,))


@pytest.mark.parametrize("wrong", ["17", "", "b6a3a6d0-7a5e-4c0b-9b52-4a6f0d7f1a01)/x", "../companies"])
def test_only_ids_stand_in_addresses(wrong: str) -> None:
    assert not is_id(wrong)
    with pytest.raises(NoFilter):
        address("salesInvoices", wrong)


def test_a_moment_without_its_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        after("lastModifiedDateTime", datetime(2026, 11, 2))  # noqa: DTZ001
