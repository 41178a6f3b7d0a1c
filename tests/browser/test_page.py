"""The page as people meet it: it opens, filters, drills down, prints, and is usable by everyone."""

import importlib.util
import json
import os
import time
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium, Page
from tests.unit.reports import samples

PHONE, DESK = 360, 1280
ROWS = "document.querySelectorAll('#findings-list tbody tr:not(.opened)')"


def axe() -> str:
    """The accessibility rules of axe-core: of the file that $AXE names, else those that are installed."""
    named = os.environ.get("AXE")
    if named:
        return Path(named).read_text(encoding="utf-8")
    package = importlib.util.find_spec("axe_core_python")
    assert package is not None
    assert package.submodule_search_locations
    return (Path(package.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


def barriers(page: Page) -> list[str]:
    """The serious and critical violations that axe-core finds, one line for each."""
    page.run(axe())
    found = page.run(
        "axe.run(document, {resultTypes: ['violations']}).then((result) => JSON.stringify(result.violations"
        ".map((each) => [each.impact, each.id, each.nodes.slice(0, 3).map((node) => node.html.slice(0, 200))])))"
    )
    return [json.dumps(each) for each in json.loads(found) if each[0] in {"serious", "critical"}]


@pytest.mark.parametrize("name", ["month", "hostile", "nothing", "many"])
def test_a_page_opens_quietly_and_asks_for_nothing(browser: Chromium, pages: Path, name: str) -> None:
    with browser.open(pages / f"{name}.html") as page:
        assert page.complaints() == []
        assert page.requests() == [(pages / f"{name}.html").resolve().as_uri()]


def test_the_page_forbids_itself_to_ask_for_anything(browser: Chromium, pages: Path) -> None:
    with browser.open(pages / "month.html") as page:
        answer = page.run("fetch('https://example.com/').then(() => 'sent', () => 'refused')")
        assert answer == "refused"
        page.run("(() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
                 "document.body.append(s); })()")  # fmt: skip
        assert page.run("window.ran") is None


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        ("month", PHONE, "light"),
        ("month", DESK, "light"),
        ("month", PHONE, "dark"),
        ("month", DESK, "dark"),
        ("hostile", PHONE, "dark"),
        ("nothing", DESK, "light"),
    ],
)
def test_nobody_is_kept_out(browser: Chromium, pages: Path, name: str, width: int, scheme: str) -> None:
    with browser.open(pages / f"{name}.html", width, scheme=scheme) as page:
        page.run("[...document.querySelectorAll('.opener')].slice(0, 4).forEach((button) => button.click())")
        assert barriers(page) == []
        page.picture(pages / f"{name}-{width}-{scheme}.png")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_nobody_is_kept_out_of_a_customer(browser: Chromium, pages: Path, width: int) -> None:
    with browser.open(pages / "month.html", width) as page:
        page.run("location.hash = '#customer-0'")
        page.settle("document.querySelector('#customers-list h3')")
        assert barriers(page) == []
        page.picture(pages / f"customer-{width}.png")


@pytest.mark.parametrize("name", ["month", "hostile", "many"])
@pytest.mark.parametrize("where", ["", "#customer-0"])
def test_a_phone_never_scrolls_sideways(browser: Chromium, pages: Path, name: str, where: str) -> None:
    with browser.open(pages / f"{name}.html", PHONE) as page:
        page.run(f"location.hash = {where!r}")
        page.run("document.querySelectorAll('.opener').forEach((button) => button.click())")
        page.run("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        page.run("new Promise((done) => setTimeout(done, 100))")
        assert page.run("document.documentElement.scrollWidth") <= PHONE


@pytest.mark.parametrize("width", [1024, DESK])
def test_lines_of_long_prices_stay_on_their_side(browser: Chromium, pages: Path, width: int) -> None:
    with browser.open(pages / "month.html", width) as page:
        page.run("location.hash = '#customer-1'")
        page.settle("document.querySelector('#customers-list h3')")
        page.run("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        page.settle("document.querySelector('.pair table')")
        widths = page.run(
            "[...document.querySelectorAll('.pair table')].map((table) => "
            "[table.offsetWidth, table.parentElement.clientWidth])"
        )
        assert "15.2318190513534" in page.run("document.body.innerText")
        assert [pair for pair in widths if pair[0] > pair[1]] == []


def test_the_result_stands_at_the_top_in_words(browser: Chromium, pages: Path) -> None:
    with browser.open(pages / "month.html") as page:
        top = page.run("document.querySelector('header').innerText")
        assert "Differences" in top
        assert "Microsoft billed 128,412.77 USD; every cent is accounted for" in top
        assert page.run("document.querySelector('h1').getBoundingClientRect().top") < 200


def test_differences_and_exposures_are_never_one_sum(browser: Chromium, pages: Path) -> None:
    with browser.open(pages / "month.html") as page:
        said = page.run("document.body.innerText")
        assert "3,168.40 USD" in said
        assert "2,000.00 USD" in said
        for sum_ in ("5,168.40", "2,758.40", "4,758.40", "5,578.40"):
            assert sum_ not in said


def test_findings_can_be_searched_narrowed_and_sorted(browser: Chromium, pages: Path) -> None:
    with browser.open(pages / "many.html") as page:
        page.run("const box = document.querySelector('#findings-list input[type=search]');"
                 "box.value = 'customer 00007'; box.dispatchEvent(new Event('input'))")  # fmt: skip
        page.settle("document.querySelector('#findings-list [role=status]').textContent.includes('chosen from')")
        shown = page.run(f"[...{ROWS}].every((row) => row.innerText.includes('Customer 00007'))")
        assert shown
        page.run("box.value = ''; box.dispatchEvent(new Event('input'))")
        page.settle("!document.querySelector('#findings-list [role=status]').textContent.includes('chosen')")
        page.run("const kind = document.querySelectorAll('#findings-list select')[0];"
                 "kind.value = 'duplicate_billing'; kind.dispatchEvent(new Event('change'))")  # fmt: skip
        assert page.run(f"[...{ROWS}].every((row) => row.innerText.includes('Billed twice'))")


def test_the_keyboard_is_enough(browser: Chromium, pages: Path) -> None:
    with browser.open(pages / "month.html") as page:
        page.press("Tab", 9)
        assert page.run("document.activeElement.className") == "skip"
        heads = "document.querySelectorAll('#findings-list thead button')"
        page.run("document.querySelector('#lines-list thead button').focus()")
        page.press("Enter", 13, "\r")
        assert page.run("document.querySelector('#lines-list th').getAttribute('aria-sort')") == "ascending"
        assert page.run(f"{heads}.length") == 6
        page.run(f"{ROWS}[0].querySelector('.opener').focus()")
        page.press("Enter", 13, "\r")
        assert page.run("document.activeElement.getAttribute('aria-expanded')") == "true"
        inside = page.run("document.getElementById(document.activeElement.getAttribute('aria-controls')).innerText")
        assert "What to do:" in inside
        assert "Expected" in inside
        assert "lines.csv:17" in inside


def test_amounts_sort_by_size_and_not_by_letter(browser: Chromium, pages: Path) -> None:
    with browser.open(pages / "month.html") as page:
        page.run("document.querySelectorAll('#margins-list thead button')[5]?.click()")
        page.run("document.querySelectorAll('#lines-list thead button')[6].click()")
        amounts = page.run("[...document.querySelectorAll('#lines-list td[data-label=Amount]')]"
                           ".map((cell) => Number(cell.textContent.replace(/[^0-9.-]/g, '')))")  # fmt: skip
        assert len(amounts) == 50
        assert amounts == sorted(amounts, reverse=True)


def test_a_customer_opens_product_by_product_with_both_sides(browser: Chromium, pages: Path) -> None:
    with browser.open(pages / "month.html") as page:
        page.run("document.querySelector('#findings-list td a').click()")
        page.settle("document.querySelector('#customers-list h3')")
        said = page.run("document.querySelector('#customers-list').innerText")
        assert "Contoso" in said
        assert "you lose 3,112.40 USD" in said
        page.run("document.querySelectorAll('#customers-list details').forEach((part) => { part.open = true; })")
        page.settle("document.querySelector('#customers-list').innerText.includes(\"Microsoft's lines\")")
        page.settle("document.querySelector('#customers-list').innerText.includes(\"The ledger's lines\")")
        page.run("history.back()")
        page.settle("!document.querySelector('#customers-list h3')")


def test_a_link_leads_to_its_finding(browser: Chromium, pages: Path) -> None:
    fingerprint = samples.month().findings[0].fingerprint
    with browser.open(pages / "month.html") as page:
        page.run(f"location.hash = '#finding-{fingerprint}'")
        page.settle("document.activeElement.classList.contains('opener')")
        assert "Alpine Ski House" in page.run("document.activeElement.closest('tr').innerText")
        assert page.run("document.activeElement.getAttribute('aria-expanded')") == "true"


def test_no_name_becomes_markup(browser: Chromium, pages: Path) -> None:
    with browser.open(pages / "hostile.html") as page:
        page.run("document.querySelectorAll('.opener').forEach((button) => button.click())")
        page.run("location.hash = '#customer-6'")
        page.settle("document.querySelector('#customers-list h3')")
        assert page.run("document.querySelectorAll('script').length") == 2
        assert page.run("document.querySelectorAll('img, iframe, object, embed, base, link').length") == 0
        assert page.run("[...document.querySelectorAll('*')].every((node) => "
                        "[...node.attributes].every((each) => !each.name.startsWith('on')))")  # fmt: skip
        assert "<script>alert(1)</script>" in page.run("document.body.innerText")
        links = page.run("[...document.querySelectorAll('a')].map((link) => link.getAttribute('href'))")
        assert [link for link in links if not link.startswith(("#", "./"))] == []
        assert "./%3Dall%20%26%20%3Clines%3E.csv" in links


def test_a_hundred_thousand_lines_do_not_freeze_it(browser: Chromium, pages: Path) -> None:
    file = pages / "many.html"
    assert file.stat().st_size < 15_000_000
    with browser.open(file) as page:
        assert page.seconds_to_load < 10
        assert page.run("document.querySelectorAll('*').length") < 10_000
        assert "of 100,000" in page.run("document.querySelector('#lines-list [role=status]').textContent")
        slowest = page.run(
            """(() => {
              const took = (act) => { const from = performance.now(); act(); return performance.now() - from; };
              const heads = document.querySelectorAll('#lines-list thead button');
              const next = [...document.querySelectorAll('#lines-list .pager button')].at(-1);
              return Math.max(took(() => heads[0].click()), took(() => heads[6].click()), took(() => next.click()));
            })()"""
        )
        assert slowest < 3_000
        started = time.monotonic()
        page.run("const box = document.querySelector('#lines-list input[type=search]');"
                 "box.value = 'customer 00042'; box.dispatchEvent(new Event('input'))")  # fmt: skip
        page.settle("document.querySelector('#lines-list [role=status]').textContent.includes('chosen from 100,000')")
        assert time.monotonic() - started < 5


def test_it_prints_with_every_finding(browser: Chromium, pages: Path) -> None:
    with browser.open(pages / "many.html") as page:
        before = page.run(f"{ROWS}.length")
        page.run("dispatchEvent(new Event('beforeprint'))")
        assert before == 50
        assert page.run(f"{ROWS}.length") == len(samples.many().findings)
        page.run("dispatchEvent(new Event('afterprint'))")
        assert page.run(f"{ROWS}.length") == 50
    with browser.open(pages / "month.html") as page:
        printed = page.printed()
        assert printed.startswith(b"%PDF-")
        (pages / "month.pdf").write_bytes(printed)
        page.call("Emulation.setEmulatedMedia", media="print")
        assert page.run("getComputedStyle(document.querySelector('nav')).display") == "none"
        assert page.run("getComputedStyle(document.querySelector('#findings-list table')).display") == "table"


def test_without_scripts_it_says_where_to_look(browser: Chromium, pages: Path) -> None:
    text = (pages / "month.html").read_text(encoding="utf-8")
    assert "<noscript>" in text
    assert "every cent is accounted for" in text.split("<script")[0]
