"""The result of a reconciliation as one page for the browser: nothing to install, nothing fetched, all names harmless.

The page holds its own style, script and figures. It can be sent by mail, put on a file share and opened on a phone.
"""

import base64
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from importlib import resources

from connector.domain.line_rows import LineRow
from connector.domain.result import Reconciliation
from connector.reports import proof
from connector.reports.page import sections
from connector.reports.page.embedding import embed
from connector.reports.page.markup import element, raw


@dataclass(frozen=True, slots=True)
class Page:
    """The page, and whether all lines are in it; where not, the file of all lines that it names must lie beside it."""

    html: str
    holds_all: bool


def to_html(result: Reconciliation, run_id: str, lines: Collection[LineRow] = (), lines_file: str = "") -> str:
    """Write the page; see `make_page`."""
    return make_page(result, run_id, lines, lines_file).html


def make_page(result: Reconciliation, run_id: str, lines: Collection[LineRow] = (), lines_file: str = "") -> Page:
    """Write the page.

    `lines` are those of both sides, for the drill-down. `lines_file` is the name of a file beside the page that holds
    them all; the page names it where they are too many to be put in.
    """
    style, script = _own("page.css"), _own("page.js")
    title = f"{proof.RESULTS[result.result][0].capitalize()} · {proof.scope_words(result)}"
    embedded = embed(result, lines)
    there_are = len(lines)
    holds_all = embedded.shown == there_are
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        element("style", raw(style)),
    )
    body = element(
        "body",
        element("a", "To the findings", href="#findings", class_="skip"),
        sections.opening(result),
        element(
            "main",
            sections.at_stake(result, embedded.keys, embedded.customers),
            sections.places(),
            sections.proofs(result),
            sections.margins(result),
            sections.lines(embedded.shown, there_are, "" if holds_all else lines_file),
        ),
        sections.closing(run_id),
        element("script", raw(embedded.json), type="application/json", id="figures"),
        element("script", raw(script)),
    )
    page = "<!DOCTYPE html>\n" + str(element("html", head, body, lang="en")) + "\n"
    return Page(page.encode("utf-8", "replace").decode("utf-8"), holds_all)


def _own(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Allow this style and this script and nothing else: no request, no frame, no other script."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
