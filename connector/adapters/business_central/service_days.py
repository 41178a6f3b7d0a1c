"""Finds out which days a line of Business Central bills, for which its lines have no field of their own.

A line that we made says it in its second description (`2026-10-01..2026-10-31`); one that people made may say it with
two dates anywhere in its descriptions. The shipment date says nothing: it follows the posting date.
"""

import re
from datetime import date

Days = tuple[date, date]

_BETWEEN = r"\s*(?:to|until|through|bis|[-–—/]|\.\.)\s*"
_TWO_DATES = (
    (re.compile(rf"\b(\d{{4}}-\d\d-\d\d){_BETWEEN}(\d{{4}}-\d\d-\d\d)\b"), (0, 1, 2)),
    (re.compile(rf"\b(\d\d?\.\d\d?\.\d{{4}}){_BETWEEN}(\d\d?\.\d\d?\.\d{{4}})\b"), (2, 1, 0)),
)


def written(first: date | None, last: date | None) -> str:
    """What `read` reads; empty where the days are not known."""
    return "" if first is None or last is None else f"{first}..{last}"


def read(*descriptions: str) -> Days | tuple[None, None]:
    """The first and last day that a line bills; none where it does not say."""
    for said in reversed(descriptions):
        for pattern, order in _TWO_DATES:
            found = pattern.search(said)
            if found is None:
                continue
            first, last = (_date(one, order) for one in found.groups())
            if first is not None and last is not None and first <= last:
                return first, last
    return None, None


def _date(said: str, order: tuple[int, int, int]) -> date | None:
    numbers = [int(one) for one in re.split(r"[.-]", said)]
    try:
        return date(*(numbers[at] for at in order))
    except ValueError:
        return None
