"""Writes the small pages of the service: a title, a few sentences, lists of links, a form."""

from collections.abc import Iterable

from connector.reports.page.markup import Html, element, raw

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "h1{font-size:1.4rem}li{margin:.2rem 0}button{font:inherit;padding:.5rem 1.2rem}label{display:block;margin:.4rem 0}"
    "table{border-collapse:collapse}td,th{text-align:left;padding:.2rem 1rem .2rem 0;vertical-align:top}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#eee}a{color:#8cf}}"
)


def plain_page(title: str, *parts: Html | None) -> str:
    """A page of its own style; it runs no script and asks for nothing."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", raw(_STYLE)),
    )
    body = element("body", element("h1", title), *parts)
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def sentences(lines: Iterable[str]) -> Html:
    """Paragraphs."""
    return raw("".join(element("p", line) for line in lines))
