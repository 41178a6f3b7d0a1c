"""Every kind of mail, in every language: complete as text, harmless as HTML, and nothing in it left unsaid."""

import re
import string
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from connector.domain.differences import DIFFERENCES
from connector.domain.kinds import KINDS
from connector.reports.finding_reading import finding_from, to_text
from connector.reports.mail.kinds_de import KINDS_DE
from connector.reports.mail.language import Language
from connector.reports.mail.letter import Letter, Way
from connector.reports.mail.reasons_de import reason_in_german
from connector.reports.mail.rendering import to_html, to_plain, to_subject
from connector.reports.mail.words_de import WORDS_DE
from connector.reports.mail.words_en import WORDS_EN
from tests.builders import ROOT
from tests.letters import PAGES, hostile_letters, letters, writer
from tests.unit.reports import samples

NAMES = sorted(letters())
LANGUAGES = ("en", "de")


class Seen(HTMLParser):
    """What is in a page: its elements with their attributes, and its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data.split()


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_things() -> None:
    assert set(WORDS_EN) == set(WORDS_DE)
    assert [name for name in WORDS_EN if fields(WORDS_EN[name]) != fields(WORDS_DE[name])] == []
    same = {name for name in WORDS_EN if WORDS_EN[name] == WORDS_DE[name]}
    assert {name for name in same if not name.startswith(("subject.", "plan"))} <= {"reason", "run"}


def test_every_kind_has_its_german_words() -> None:
    assert set(KINDS_DE) >= set(KINDS)
    assert [kind for kind, words in KINDS_DE.items() if set(words) & {KINDS[kind].title, KINDS[kind].advice}] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_text_and_html_say_the_same(name: str, language: str) -> None:
    letter = letters(language)[name]
    plain, page = to_plain(letter), Seen(to_html(letter))
    text = " ".join(plain.split())
    # Headings stand in capitals in the text, and the title is the subject.
    missing = [word for word in page.words if word not in text and word.upper() not in text]
    assert [word for word in missing if word not in to_subject(letter)] == []
    assert all(len(line) <= 100 for line in plain.splitlines() if "://" not in line)
    assert "{" not in text


@pytest.mark.parametrize("make", [letters, hostile_letters], ids=["usual", "hostile"])
@pytest.mark.parametrize("name", NAMES)
def test_html_is_harmless_and_asks_for_nothing(name: str, make: type) -> None:
    letter: Letter = make("en")[name]
    html = to_html(letter)
    page = Seen(html)
    tags = {tag for tag, _ in page.elements}
    assert tags <= {
        "html", "head", "meta", "title", "body", "div", "h1", "h2", "p", "ul", "li", "table", "caption", "thead",
        "tbody", "tr", "th", "td", "a",
    }  # fmt: skip
    for tag, attributes in page.elements:
        assert set(attributes) <= {"style", "class", "role", "lang", "charset", "name", "content", "scope", "href"}
        assert not re.search(r"url\(|expression|@import", attributes.get("style") or "")
        if tag == "a":
            assert (attributes["href"] or "").startswith(f"{PAGES}/")
    assert "\u202e" not in html
    assert len(html.encode()) < 100_000


@pytest.mark.parametrize("name", NAMES)
def test_no_name_gets_out_of_its_place(name: str) -> None:
    letter = hostile_letters()[name]
    subject, plain = to_subject(letter), to_plain(letter)
    assert subject.isprintable()
    assert len(subject) <= 150
    for text in (subject, plain.replace("\n", "")):
        assert not re.search(r"[\x00-\x1f\x7f\u202a-\u202e\ud800-\udfff]", text)
    plain.encode()
    to_html(letter).encode()


@pytest.mark.parametrize("link", ["javascript:alert(1)", 'https://x.example/"onload=1', "data:text/html,x", " "])
def test_only_addresses_of_the_web_become_links(link: str) -> None:
    letter = Letter("s", "l", (Way("open", link),))
    assert "<a" not in to_html(letter)


@pytest.mark.parametrize(
    ("name", "language"), [*((n, "en") for n in ("finding", "digest", "month", "job_failed")), ("finding", "de")]
)
def test_the_documentation_shows_mails_as_they_are(name: str, language: str) -> None:
    letter = letters(language)[name]
    page = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    assert f"```\nSubject: {to_subject(letter)}\n\n{to_plain(letter)}```" in page


def test_the_subject_names_kind_customer_and_money() -> None:
    assert to_subject(letters()["finding"]) == (
        "Too few seats billed (quantity_under_billed): Alpine Ski House, you lose 44.00 USD"
    )
    assert to_subject(letters("de")["finding"]) == (
        "Zu wenige Lizenzen berechnet (quantity_under_billed): Alpine Ski House, Sie verlieren 44,00 USD"
    )
    assert to_subject(letters()["worse"]).startswith("Worse, ")


def test_the_subject_adds_nothing_to_what_keeps_its_own_sum() -> None:
    money = ("quantity_under_billed", "44.00"), ("unbilled_charge", "10.00"), ("tax_differs", "2.55")
    found = [samples.finding(kind, amount, "Contoso", number=at) for at, (kind, amount) in enumerate(money)]
    assert writer().stakes(found) == "you lose 54.00 USD, you lose 2.55 USD"
    over = [samples.finding("duplicate_billing", amount, "Contoso", number=7) for amount in ("-1.00", "-2.00")]
    assert writer().stakes(over[:1]) == "customer over-charged 1.00 USD"
    assert writer().stakes(over) == "customers over-charged 3.00 USD"
    assert writer("de").stakes(over) == "Kunden zahlen 3,00 USD zu viel"


def test_a_finding_tells_what_happened_what_it_costs_why_and_what_to_do() -> None:
    plain = to_plain(letters()["worse"])
    parts = ["WHAT HAPPENED", "WHAT IT COSTS", "WHY WE THINK SO", "WHAT TO DO"]
    assert sorted(parts, key=plain.index) == parts
    for said in (
        "Microsoft charged more seats", "You lose 44.00 USD, every period.", "Before: you lose 20.00 USD",
        "10 seats due, 8 billed", "lines.csv, line 17", "Bill the missing seats",
        f"{PAGES}/reports/2026-10#finding-", "connector findings accept",
    ):  # fmt: skip
        assert said in plain


def test_amounts_and_days_are_written_as_the_language_does() -> None:
    english, german, french = Language("en"), Language("de"), Language("fr")
    amount = Decimal("-1234567.005")
    assert (english.money(amount, "USD"), german.money(amount, "USD")) == ("-1,234,567.01 USD", "-1.234.567,01 USD")
    assert (english.money(Decimal("0.4"), "JPY"), german.money(Decimal("-0.001"), "EUR")) == ("0 JPY", "0,00 EUR")
    assert english.price(Decimal("15.2318190513534"), "USD") == "15.2318190513534"
    assert german.number(Decimal("1234.5000")) == "1.234,5"
    assert (english.month("2026-10"), german.month("2026-10"), french.month("2026-10")) == (
        "October 2026", "Oktober 2026", "Octobre 2026",
    )  # fmt: skip
    assert french.say("customer") == "Customer"
    assert english.month("watch:prices") == "watch:prices"


def test_a_finding_is_read_back_as_it_was_written() -> None:
    for one in (*samples.month().findings, *samples.hostile().findings):
        again = finding_from(to_text(one))
        assert to_text(again).replace(again.fingerprint, one.fingerprint) == to_text(one)
        assert again.impact == one.impact


@pytest.mark.parametrize(
    ("english", "german"),
    [
        (
            "fewer seats are billed than Microsoft charged; the rule: net + 20 % (m.yaml:6)",
            "es sind weniger Lizenzen berechnet, als Microsoft berechnet hat; die Regel: net + 20 % (m.yaml:6)",
        ),
        (
            "the ledger rounds differently: halves are rounded to even",
            "die Buchhaltung rundet anders: Hälften sind zur geraden Ziffer gerundet",
        ),
        (KINDS["orphan_billing"].meaning, KINDS_DE["orphan_billing"][1]),
        ("something nobody has translated", "something nobody has translated"),
    ],
)
def test_reasons_in_german(english: str, german: str) -> None:
    assert reason_in_german(english) == german


def test_every_kind_of_difference_is_told_in_both_languages() -> None:
    assert len(DIFFERENCES) == sum(kind.measures == "difference" for kind in KINDS.values())
    for kind in KINDS:
        finding = samples.finding(kind, "1.00", "Contoso")
        for language in map(Language, LANGUAGES):
            assert all((language.title(finding), language.meaning(finding), language.advice(finding)))
