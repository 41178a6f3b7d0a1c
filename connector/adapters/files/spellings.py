"""Reads numbers and dates the way people and their programs write them, as an export profile declares."""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from connector.adapters.files.grids import Typed

# Days are counted from here in workbooks (the 1900 system, with its leap day that never was).
_SERIAL_START = date(1899, 12, 30)
_SERIALS = range(20_000, 80_000)
_SPACES = "  \u202f'’"
_NUMBERS = {
    ".": re.compile(rf"(?P<whole>\d{{1,3}}(?:[,{_SPACES}]\d{{3}})+|\d*)(?:\.(?P<rest>\d+))?\.?"),
    ",": re.compile(rf"(?P<whole>\d{{1,3}}(?:[.{_SPACES}]\d{{3}})+|\d*)(?:,(?P<rest>\d+))?,?"),
}


def read_amount(text: str, decimal: str) -> Decimal | None:
    """Make an exact number of a text with this decimal sign; None where it is none.

    Understood are thousands separators (whole groups of three only), currency signs, and negative numbers written
    with a minus before or after, or in parentheses.
    """
    if isinstance(text, Typed):
        return _exactly(str(text))
    body = text.strip().replace("−", "-")
    negative = body.startswith("(") and body.endswith(")")
    body = body[1:-1].strip() if negative else body
    body = "".join(char for char in body if unicodedata.category(char) != "Sc").strip()
    if body.startswith("-") or body.endswith("-"):
        if negative:
            return None
        negative, body = True, body.removeprefix("-").removesuffix("-").strip()
    found = _NUMBERS[decimal].fullmatch(body)
    if found is None or not (found["whole"] or found["rest"]):
        return None
    whole = re.sub(r"\D", "", found["whole"]) or "0"
    number = Decimal(f"{whole}.{found['rest'] or '0'}") if found["rest"] else Decimal(whole)
    return -number if negative else number


def _exactly(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else None


def spell_number(text: str, decimal: str) -> str:
    """Write a number as the readers take it; what is none comes back with the reason, so that it is set aside."""
    if not text:
        return ""
    number = read_amount(text, decimal)
    return f"{text} (expected a decimal {'comma' if decimal == ',' else 'point'})" if number is None else f"{number:f}"


def is_foreign(text: str, decimal: str) -> bool:
    """Whether a text is a number only with the other decimal sign."""
    other = "," if decimal == "." else "."
    return bool(text) and read_amount(text, decimal) is None and read_amount(text, other) is not None


@lru_cache(maxsize=65536)
def _parsed(text: str, pattern: str) -> str | None:
    try:
        return datetime.strptime(text, pattern).replace(tzinfo=UTC).date().isoformat()
    except ValueError:
        return None


def spell_day(text: str, pattern: str | None) -> str:
    """Write a date as 2026-10-31; what does not fit the pattern comes back with it, so that it is set aside."""
    if isinstance(text, Typed):
        if text.isdigit() and int(text) in _SERIALS:
            return (_SERIAL_START + timedelta(days=int(text))).isoformat()
        return str(text)
    if not text or pattern is None:
        return text
    return _parsed(text, pattern) or f"{text} (expected {pattern})"
