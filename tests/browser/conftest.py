"""What the browser tests share: one headless Chromium, and the pages they look at."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.reports.page import embedding, to_html
from tests.browser.chromium import Chromium, find_chromium
from tests.unit.reports import samples


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A headless Chromium; without one, the tests that need it are skipped, and say so."""
    program = find_chromium()
    if program is None or subprocess.run([program, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("there is no Chromium here (Debian: apt-get install chromium), so no page was looked at")
    with Chromium(program, tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pages; $PAGES names a folder to keep them in, with pictures of them."""
    kept = os.environ.get("PAGES")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("pages")
    folder.mkdir(parents=True, exist_ok=True)
    written = {
        "month": to_html(samples.month(), "run-1", samples.lines(200)),
        "hostile": _with_too_many_lines(),
        "nothing": to_html(samples.nothing(), "run-1"),
        "many": to_html(samples.many(), "run-1", samples.lines(100_000)),
    }
    for name, text in written.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


def _with_too_many_lines() -> str:
    """A page of hostile names that holds not all lines, and names the file that does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedding, "MOST_LINES", 150)
        return to_html(samples.hostile(), "run-1", samples.lines(200, samples.HOSTILE), "=all & <lines>.csv")
