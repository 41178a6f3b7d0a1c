"""The page as text: nothing from outside, no name that is markup, everything in it that people need."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from connector.domain.finding import Subject
from connector.reports.customers import Customers
from connector.reports.page import embedding, to_html
from connector.reports.page.markup import element, raw
from tests.unit.reports import samples


class Tags(HTMLParser):
    """Collects the elements and their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def figures(page: str) -> dict[str, object]:
    """What the page's script reads."""
    found = re.search(r'<script type="application/json" id="figures">(.*?)</script>', page, re.S)
    assert found
    read: dict[str, object] = json.loads(found.group(1))
    return read


def test_nothing_comes_from_outside() -> None:
    page = to_html(samples.hostile(), "run-1", samples.lines(100, samples.HOSTILE), "lines.csv")
    tags = Tags(page).found
    assert {tag for tag, _ in tags} & {"link", "img", "iframe", "object", "embed", "base", "form"} == set()
    assert [attributes for _, attributes in tags if "src" in attributes] == []
    links = [attributes["href"] or "" for tag, attributes in tags if tag == "a"]
    assert [link for link in links if not link.startswith(("#", "./"))] == []
    assert "url(" not in page.split("</style>")[0]
    assert "@import" not in page.split("</style>")[0]


def test_only_its_own_style_and_script_may_run() -> None:
    policy = next(a["content"] or "" for t, a in Tags(to_html(samples.month(), "r")).found if "http-equiv" in a)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("name", samples.HOSTILE)
def test_no_name_can_leave_its_place(name: str) -> None:
    month = samples.month()
    hostile = replace(
        month,
        invoices=(name,),
        notes=(name,),
        because=(name,),
        findings=(replace(month.findings[0], subject=Subject(customer_name=name, product_name=name)),),
    )
    tags = Tags(to_html(hostile, name, samples.lines(4, (name,)), name)).found
    harmless = Tags(to_html(replace(hostile, invoices=("G",), notes=("n",), because=("b",)), "r")).found
    assert [tag for tag, _ in tags if tag == "script"] == ["script", "script"]
    assert {tag for tag, _ in tags} <= {tag for tag, _ in harmless} | {"a"}


def test_attributes_and_texts_are_escaped() -> None:
    assert element("a", "<b>", href='"><script>') == '<a href="&quot;&gt;&lt;script&gt;">&lt;b&gt;</a>'
    assert element("p", raw("<b>x</b>"), None) == "<p><b>x</b></p>"


def test_the_figures_hold_every_finding_and_line() -> None:
    read = figures(to_html(samples.month(), "r", samples.lines(50)))
    assert isinstance(read["findings"], list)
    assert isinstance(read["lines"], dict)
    assert isinstance(read["texts"], list)
    assert {each["id"] for each in read["findings"]} == {each.fingerprint for each in samples.month().findings}
    amounts = [read["texts"][number] for number in read["lines"]["amount"]]
    assert amounts[:3] == ["0.00", "17.05", "34.10"]
    assert {len(column) for column in read["lines"].values()} == {50}


def test_the_proof_is_readable_without_a_script() -> None:
    page = to_html(samples.month(), "r")
    before = page.split('<script type="application/json"')[0]
    assert "Microsoft billed 128,412.77 USD; every cent is accounted for" in before
    assert (
        "Differences: you lose 3,168.40 USD (44.00 of it every period); customers are over-charged 410.00 USD."
        in before
    )
    assert "Exposures: at risk 2,000.00 USD." in before
    assert "<noscript>" in before


def test_too_many_lines_leave_those_that_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "MOST_LINES", 100)
    page = to_html(samples.month(), "r", samples.lines(300), "all.csv")
    read = figures(page)
    assert isinstance(read["lines"], dict)
    assert len(read["lines"]["amount"]) == sum(bool(row.findings) for row in samples.lines(300))
    assert "6 of 300 lines are in this page, those that findings concern." in page
    assert 'href="./all.csv"' in page


def test_a_page_never_grows_beyond_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "MOST_BYTES", 20_000)
    assert len(to_html(samples.month(), "r", samples.lines(3000))) < 80_000


def test_both_sides_of_a_customer_meet_by_ids_and_not_by_names() -> None:
    one = samples.finding("price_differs", "1", "Contoso")
    row = samples.lines(1)[0]
    keys = Customers([one], [row])
    ledger = replace(row, customer="CONTOSO LTD", ledger="books-us", ledger_customer="51")
    vendor = replace(row, customer="Contoso", ledger="", ledger_customer="", tenant_id=one.subject.tenant_id or "")
    namesake = replace(row, customer="Contoso", ledger="books-us", ledger_customer="99")
    assert keys.of_finding(one) == keys.of_line(ledger) == keys.of_line(vendor)
    assert keys.of_line(namesake) != keys.of_finding(one)


def test_a_tenant_split_over_two_customers_stands_for_itself() -> None:
    one, other = (
        samples.finding("price_differs", "1", "A", number=1),
        samples.finding("price_differs", "1", "B", number=2),
    )
    other = replace(other, subject=replace(other.subject, tenant_id=one.subject.tenant_id))
    alone = replace(one, subject=Subject(tenant_id=one.subject.tenant_id))
    keys = Customers([one, other, alone])
    assert len({keys.of_finding(each) for each in (one, other, alone)}) == 3
