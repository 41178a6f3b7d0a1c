"""Mails as people open them: they render at any width, ask for nothing, shut nobody out, and names stay names."""

from pathlib import Path

import pytest

from connector.reports.mail.rendering import to_html
from tests.browser.chromium import Chromium
from tests.browser.test_page import barriers
from tests.letters import hostile_letters, letters

PHONE, DESK = 360, 700
NAMES = sorted(letters())


@pytest.fixture(scope="session")
def mails(pages: Path) -> Path:
    """A folder with every kind of mail, beside the pages."""
    made = {f"{name}-{language}": letter for language in ("en", "de") for name, letter in letters(language).items()}
    made |= {f"{name}-hostile": letter for name, letter in hostile_letters().items()}
    folder = pages / "mails"
    folder.mkdir(exist_ok=True)
    for name, letter in made.items():
        (folder / f"{name}.html").write_text(to_html(letter), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_mail_renders_for_everybody_and_asks_for_nothing(browser: Chromium, mails: Path, name: str) -> None:
    for variant, width in (("en", DESK), ("de", PHONE), ("hostile", PHONE)):
        file = mails / f"{name}-{variant}.html"
        with browser.open(file, width) as page:
            assert page.requests() == [file.resolve().as_uri()]
            assert page.complaints() == []
            assert page.run("document.documentElement.scrollWidth") <= width
            assert page.run("document.scripts.length + document.images.length + document.styleSheets.length") == 0
            page.picture(mails / f"{name}-{variant}-{width}.png")
            assert barriers(page) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_mail_fits_a_desk_in_german_and_a_phone_in_english(browser: Chromium, mails: Path, name: str) -> None:
    for variant, width in (("de", DESK), ("en", PHONE), ("hostile", DESK)):
        with browser.open(mails / f"{name}-{variant}.html", width) as page:
            assert page.run("document.documentElement.scrollWidth") <= width
            page.picture(mails / f"{name}-{variant}-{width}.png")
