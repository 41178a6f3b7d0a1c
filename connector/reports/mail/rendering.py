"""Writes a letter as plain text and as HTML: the same content, nothing fetched from elsewhere, all names harmless."""

import re
import textwrap
from collections.abc import Iterator
from functools import cache
from importlib import resources

import css_inline
from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from connector.reports.mail.letter import Facts, Heading, Items, Letter, Part, Points, Sums, Way, Words
from connector.reports.wording import columns, plain

_WIDTH = 72
_LONGEST_SUBJECT = 150
_WEB = re.compile(r"https?://[^\s\"'<>\\]+")


def to_subject(letter: Letter) -> str:
    """The subject as one line of harmless letters, of a length that mail programs show."""
    text = " ".join(sound(letter.subject).split())
    return text if len(text) <= _LONGEST_SUBJECT else text[: _LONGEST_SUBJECT - 1].rstrip() + "…"


def to_html(letter: Letter) -> str:
    """Write a letter as an HTML document with all its style in the elements, for mail programs of every kind."""
    parts = [{"kind": type(part).__name__.lower(), "part": part} for part in letter.parts]
    text = _template().render(letter=letter, parts=parts, style=_own("letter.css"))
    inlined: str = css_inline.CSSInliner(load_remote_stylesheets=False).inline(text)
    return sound(inlined, lines=True)


def to_plain(letter: Letter) -> str:
    """Write a letter as plain text."""
    lines = [*_wrapped(letter.lead)]
    for part in letter.parts:
        lines += ["", *_text_of(part)]
    if letter.foot:
        lines += ["", "-- ", *_wrapped(letter.foot)]
    return sound("\n".join(line.rstrip() if line != "-- " else line for line in lines) + "\n", lines=True)


def sound(text: str, *, lines: bool = False) -> str:
    """Take out what steers or hides; line breaks stay only where they are wanted."""
    if lines:
        return "\n".join(plain(line) for line in text.split("\n"))
    return plain(text)


def safe_link(address: str) -> str:
    """An address of the web as it may stand in a link; empty where it is anything else."""
    return address if _WEB.fullmatch(address) else ""


def _text_of(part: Part) -> Iterator[str]:
    match part:
        case Heading():
            yield plain(part.text).upper()
        case Words():
            yield from _wrapped(part.text)
        case Points():
            for text in part.texts:
                yield from _wrapped(text, "- ", "  ")
        case Facts():
            rows = [(plain(name), plain(value)) for name, value in part.rows if value]
            wide = max((columns(name) for name, _ in rows), default=0) + 2
            for name, value in rows:
                yield from _wrapped(value, f"{name}:".ljust(wide), " " * wide)
        case Sums():
            yield from _wrapped(f"{part.caption}:")
            yield from _table((part.head, *part.rows))
        case Items():
            yield from _items(part)
        case Way():
            yield f"{plain(part.text)}:"
            yield safe_link(part.link)


def _items(part: Items) -> Iterator[str]:
    for count, item in enumerate(part.items):
        if count:
            yield ""
        yield from _wrapped(item.title, "* ", "  ")
        yield from _wrapped(item.amount, "  ", "  ")
        for line in item.lines:
            yield from _wrapped(line, "  ", "  ")
        if link := safe_link(item.link):
            yield f"  {link}"
    if part.more:
        yield ""
        yield from _wrapped(part.more)


def _table(rows: tuple[tuple[str, ...], ...]) -> Iterator[str]:
    cells = [[plain(cell) for cell in row] for row in rows]
    wide = [max(columns(row[at]) for row in cells) for at in range(len(cells[0]))]
    for row in cells:
        first = row[0] + " " * (wide[0] - columns(row[0]))
        rest = (" " * (wide[at] - columns(cell)) + cell for at, cell in enumerate(row) if at)
        yield "  ".join((first, *rest))


def _wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    """Break a text into lines; addresses and fingerprints stay whole."""
    if not text:
        return []
    return textwrap.wrap(
        plain(text), _WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


@cache
def _template() -> Template:
    """The one template; what it is given is escaped, and a name it does not know is an error."""
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FunctionLoader(_own),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["sound"] = sound
    environment.filters["safe_link"] = safe_link
    return environment.get_template("letter.html.j2")


@cache
def _own(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
