"""Writes amounts, days and counted things inside a sentence as German does."""

import re
from collections.abc import Mapping

_MONTHS = {
    "Jan": "Januar", "Feb": "Februar", "Mar": "März", "Apr": "April", "May": "Mai", "Jun": "Juni", "Jul": "Juli",
    "Aug": "August", "Sep": "September", "Oct": "Oktober", "Nov": "November", "Dec": "Dezember",
}  # fmt: skip
_NAMES = "|".join(_MONTHS)
_THINGS: Mapping[str, tuple[str, str]] = {
    "seat": ("Lizenz", "Lizenzen"),
    "customer": ("Kunde", "Kunden"),
    "resource": ("Ressource", "Ressourcen"),
    "invoice": ("Rechnung", "Rechnungen"),
    "document": ("Beleg", "Belege"),
}
_DAY = re.compile(rf"\b(\d{{1,2}}) ({_NAMES}) (\d{{4}})\b")
_MONTH = re.compile(rf"\b({_NAMES}) (\d{{4}})\b")
_ISO = re.compile(r"(?<![|.\d-])(\d{4})-(\d{2})-(\d{2})\b")
_AMOUNT = re.compile(r"(?<![\d.,])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?= (?:[A-Z]{3}\b|%))")
_BARE = re.compile(r"(-?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?")
_COUNT = re.compile(rf"(?<![\d.,])(\d{{1,3}}(?:,\d{{3}})*)(\.\d+)? ({'|'.join(_THINGS)})s?\b")


def spelt_in_german(text: str) -> str:
    """The same sentence with days, months, amounts and counts as German writes them; all else stays."""
    text = _DAY.sub(lambda found: f"{int(found[1]):02d}.{_number(found[2])}.{found[3]}", text)
    text = _MONTH.sub(lambda found: f"{_MONTHS[found[1]]} {found[2]}", text)
    text = _ISO.sub(r"\3.\2.\1", text)
    text = _COUNT.sub(lambda found: f"{_turned(found[1], found[2])} {_noun(found)}", text)
    return _AMOUNT.sub(lambda found: _turned(found[1], found[2]), text)


def number_in_german(text: str) -> str:
    """A number that stands alone, without a currency behind it, as German writes it; other text as it is."""
    found = _BARE.fullmatch(text)
    return text if found is None else f"{found[1]}{_turned(found[2], found[3])}"


def _number(month: str) -> str:
    return f"{[*_MONTHS].index(month) + 1:02d}"


def _turned(whole: str, rest: str | None) -> str:
    return whole.replace(",", ".") + (rest or "").replace(".", ",")


def _noun(found: re.Match[str]) -> str:
    one, many = _THINGS[found[3]]
    return one if found[1] == "1" and not found[2] else many
