"""Finds out which days a line of QuickBooks bills, where QuickBooks itself has room for a single service date only.

A line that we made says it in the document's private note (`days 1-3,5: 2026-10-01..2026-10-31`), by the lines' ids.
A line that people made says it with two dates in its description, or with its service date alone: the first or last
day of a month stands for that month, any other day for the rest of its month.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date

from connector.domain.period import days_in_month

Days = tuple[date, date]

_DAYS = re.compile(r"^days ([0-9,-]+): (\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)$", re.MULTILINE)
_LONGEST = 10_000
_BETWEEN = r"\s*(?:to|until|through|bis|[-–—/]|\.\.)\s*"
_TWO_DATES = (
    (re.compile(rf"(\d{{4}}-\d\d-\d\d){_BETWEEN}(\d{{4}}-\d\d-\d\d)"), (0, 1, 2)),
    (re.compile(rf"(\d\d?\.\d\d?\.\d{{4}}){_BETWEEN}(\d\d?\.\d\d?\.\d{{4}})"), (2, 1, 0)),
)


def service_days(service_date: date | None, description: str) -> tuple[date | None, date | None]:
    """The first and last day that a line made by people bills; none where it does not say."""
    for pattern, order in _TWO_DATES:
        found = pattern.search(description)
        if found is not None:
            first, last = (_date(one, order) for one in found.groups())
            if first is not None and last is not None and first <= last:
                return first, last
    if service_date is None:
        return None, None
    end = service_date.replace(day=days_in_month(service_date.year, service_date.month))
    if service_date == end:
        return service_date.replace(day=1), end
    return service_date, end


def read_days(note: str) -> Mapping[str, Days]:
    """The days of each line as a private note of ours says them, by the line's id."""
    found: dict[str, Days] = {}
    for lines, first, last in _DAYS.findall(note):
        days = _date(first, (0, 1, 2)), _date(last, (0, 1, 2))
        if days[0] is not None and days[1] is not None:
            found |= dict.fromkeys(_numbers(lines), (days[0], days[1]))
    return found


def written_days(lines: Iterable[tuple[int, date | None, date | None]]) -> str:
    """Write what `read_days` reads: one row for each period, lines that follow each other as a range."""
    groups: dict[Days, list[int]] = {}
    for number, first, last in lines:
        if first is not None and last is not None:
            groups.setdefault((first, last), []).append(number)
    return "\n".join(f"days {_ranges(numbers)}: {first}..{last}" for (first, last), numbers in sorted(groups.items()))


def _date(written: str, order: tuple[int, int, int]) -> date | None:
    numbers = [int(one) for one in re.split(r"[.-]", written)]
    try:
        return date(*(numbers[at] for at in order))
    except ValueError:
        return None


def _numbers(written: str) -> list[str]:
    found: list[str] = []
    for piece in written.split(","):
        first, _, last = piece.partition("-")
        if first.isdigit() and (not last or last.isdigit()):
            until = min(int(last or first), int(first) + _LONGEST)
            found += [str(number) for number in range(int(first), until + 1)]
    return found


def _ranges(numbers: list[int]) -> str:
    pieces: list[list[int]] = []
    for number in sorted(numbers):
        if pieces and number == pieces[-1][1] + 1:
            pieces[-1][1] = number
        else:
            pieces.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in pieces)
