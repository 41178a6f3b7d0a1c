"""What a mail is made of: a subject, a first sentence, and parts that text and HTML both show in full."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within the mail."""

    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with their values, such as customer and product; what has no value is left out."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sums:
    """A small table with a head; the columns behind the first are figures. `caption` says what it shows."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing among several: its title, its money, lines about it, and where to read on."""

    title: str
    amount: str
    lines: tuple[str, ...] = ()
    link: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """Several things, the first of them; `more` says what was left out."""

    items: tuple[Item, ...]
    more: str = ""


@dataclass(frozen=True, slots=True)
class Points:
    """Sentences, one below the other."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """A link to the pages of the service."""

    text: str
    link: str


Part = Heading | Words | Facts | Sums | Items | Points | Way


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail: `lead` is its first sentence and its preview, `foot` says who sent it and why."""

    subject: str
    lead: str
    parts: tuple[Part, ...]
    language: str = "en"
    foot: str = ""
