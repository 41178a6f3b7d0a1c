"""Normal forms of names: what is noise, and what tells two companies or products apart."""

import pytest

from connector.engine.proposing.likeness import THRESHOLD, judge
from connector.engine.proposing.words import Words, company_words, product_words

SAME = [
    ("Müller Bau GmbH", "MUELLER BAU GMBH"), ("Müller Bau", "Muller Bau"), ("Weißbach AG", "WEISSBACH AG"),
    ("Contoso International Inc.", "Contoso Intl, Incorporated"), ("A.B.C. Media Ltd", "ABC Media Limited"),
    ("Smith & Sons", "Smith and Sons"), ("Margie's Travel", "MARGIES TRAVEL"), ("Alpine Ski House", "AlpineSki House"),
    ("Meyer, Hans", "Hans Meyer"), ("The Phone Company", "Phone Company"), ("Café Zoé", "Cafe\u0301 Zoe"),
    ("Northwind L.L.C.", "Northwind LLC"),
]  # fmt: skip
OTHERS = [
    ("Contoso North", "Contoso South"), ("Contoso", "Contoso Holding"), ("Contoso 1", "Contoso 2"),
    ("Contoso I", "Contoso II"), ("Contoso A", "Contoso B"), ("Contoso Berlin", "Contoso Bern"),
    ("Contoso Technology", "Contoso Technologies"), ("Contoso Tech", "Contoso Technology"), ("Hansen", "Hanssen"),
    ("Contoso Service", "Contoso Services"), ("Contoso 2000", "Contoso 2001"), ("North 1 1", "North 11"),
    ("Contoso GmbH", "Contoso AG"), ("Contoso Inc", "Contoso LLC"), ("Mueller", "Muller"), ("Co", "Company Store"),
]  # fmt: skip


def score(one: Words, other: Words, *, crowded: bool = False, rivalled: bool = False) -> int:
    return judge(one, other, "books", "1", crowded=crowded, rivalled=rivalled).score


@pytest.mark.parametrize(("one", "other"), SAME)
def test_noise_changes_nothing(one: str, other: str) -> None:
    assert score(company_words(one), company_words(other)) == 100
    assert score(company_words(other), company_words(one)) == 100


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_what_tells_two_apart_is_never_noise(one: str, other: str) -> None:
    assert score(company_words(one), company_words(other)) < THRESHOLD
    assert score(company_words(other), company_words(one)) < THRESHOLD


def test_a_legal_form_on_one_side_counts_unless_there_are_others() -> None:
    one, other = company_words("Contoso GmbH"), company_words("Contoso")
    assert score(one, other) >= THRESHOLD
    assert score(one, other, crowded=True) < THRESHOLD
    assert score(one, other, rivalled=True) < THRESHOLD
    assert score(other, other, rivalled=True) < THRESHOLD
    assert score(one, one, rivalled=True) == 100


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Microsoft 365 Business Premium", "M365 Bus. Prem. license"),
        ("Exchange Online (Plan 1)", "EXCHANGE ONLINE P1"),
        ("Office 365 E3", "O365 E3"), ("Microsoft Entra ID P2", "Entra ID P2 subscription"),
    ],
)  # fmt: skip
def test_a_products_spellings_are_one(one: str, other: str) -> None:
    assert score(product_words(one), product_words(other)) == 100


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Microsoft 365 E3", "Microsoft 365 E5"), ("Microsoft 365 E3", "Office 365 E3"),
        ("Visio Plan 1", "Visio Plan 2"),
        ("Microsoft 365 E3", "Microsoft 365 E3 (no Teams)"), ("Microsoft 365 Business Basic", "Microsoft 365 Business"),
        ("Power BI Pro", "Power BI Premium Per User"),
    ],
)  # fmt: skip
def test_editions_and_plans_are_never_noise(one: str, other: str) -> None:
    assert score(product_words(one), product_words(other)) < THRESHOLD


@pytest.mark.parametrize("name", ["", "GmbH", "!!!", "  ", "🙂", "=HYPERLINK(1)"])
def test_odd_names_are_no_trouble(name: str) -> None:
    assert 0 <= score(company_words(name), company_words("Contoso")) < THRESHOLD
    assert 0 <= score(product_words(name), product_words("Visio Plan 1")) < THRESHOLD
