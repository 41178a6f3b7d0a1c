"""Tells the moments at which a job is due, from a line of cron and a time zone.

A line is minute, hour, day of month, month and day of week, as cron(5) has it: 0 and 7 are Sunday, and where both days
are given either will do. `last` as the day of month is the month's last day. Where clocks change, a job at a set hour
runs once: an hour that is skipped moves it to the hour after, one that comes twice counts the first time. A job of
every hour (`*`) goes on by real time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

_LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_NAMES: tuple[dict[str, int], ...] = (
    {},
    {},
    {},
    {name: at for at, name in enumerate(_MONTHS, 1)},
    {name: at for at, name in enumerate(_WEEKDAYS)},
)
LAST = "last"
_FARTHEST = timedelta(days=366 * 9)
"""The 29th of February can be eight years away."""


@dataclass(frozen=True, slots=True)
class CronLine:
    """When a job is due. `days` holds numbers of days of the month, 0 for the last; `weekdays` 0 (Sunday) to 6."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    every_hour: bool

    def falls_on(self, day: date) -> bool:
        """Whether a day is one of those of the line."""
        if day.month not in self.months:
            return False
        of_month = day.day in self.days or (0 in self.days and (day + timedelta(days=1)).day == 1)
        of_week = day.isoweekday() % 7 in self.weekdays
        return of_month or of_week if self.either_day else of_month and of_week

    def next_after(self, moment: datetime, zone: tzinfo) -> datetime | None:
        """The first moment (UTC) after another; None where the line never falls on a day, like the 30th of February."""
        day = moment.astimezone(zone).date() - timedelta(days=1)
        until = day + _FARTHEST
        while day <= until:
            if self.falls_on(day):
                for found in _moments(self, day, zone):
                    if found > moment:
                        return found
            day += timedelta(days=1)
        return None

    def latest(self, moment: datetime, zone: tzinfo, after: datetime | None = None) -> datetime | None:
        """The last moment (UTC) up to another, and after a third where that is given; None where there is none."""
        day = moment.astimezone(zone).date() + timedelta(days=1)
        first = after.astimezone(zone).date() - timedelta(days=1) if after else day - _FARTHEST
        while day >= first:
            if self.falls_on(day):
                for found in reversed(_moments(self, day, zone)):
                    if found <= moment:
                        return found if after is None or found > after else None
            day -= timedelta(days=1)
        return None


def read_line(text: str) -> CronLine:
    """Read a line of cron. Raises ValueError naming the part that does not fit."""
    parts = text.lower().split()
    if len(parts) != len(_LIMITS):
        raise ValueError(f"{text!r} has {len(parts)} parts; five are expected")
    fields = [_numbers(part, at) for at, part in enumerate(parts)]
    restricted = [not parts[at].startswith("*") for at in (2, 4)]
    return CronLine(
        tuple(sorted(fields[0])),
        tuple(sorted(fields[1])),
        frozenset(fields[2]),
        frozenset(fields[3]),
        frozenset(number % 7 for number in fields[4]),
        all(restricted),
        parts[1].startswith("*"),
    )


def _numbers(part: str, at: int) -> set[int]:
    least, most = _LIMITS[at]
    found: set[int] = set()
    for piece in part.split(","):
        if piece == LAST and at == 2:
            found.add(0)
            continue
        spread, slash, step = piece.partition("/")
        first, last = least, most
        if spread != "*":
            ends = [_number(end, at, part) for end in spread.split("-")]
            if len(ends) > 2 or ends != sorted(ends):
                raise ValueError(f"{part!r} is no range")
            first, last = ends[0], most if slash and len(ends) == 1 else ends[-1]
        if slash and not (step.isdecimal() and int(step)):
            raise ValueError(f"{part!r} has no step after the /")
        found.update(range(first, last + 1, int(step) if slash else 1))
    return found


def _number(text: str, at: int, part: str) -> int:
    least, most = _LIMITS[at]
    number = _NAMES[at].get(text, int(text) if text.isdecimal() else -1)
    if not least <= number <= most:
        raise ValueError(f"{part!r} is not between {least} and {most}")
    return number


@lru_cache(maxsize=256)
def _moments(line: CronLine, day: date, zone: tzinfo) -> tuple[datetime, ...]:
    """The moments of one day, in order."""
    return tuple(sorted(set(_each(line, day, zone))))


def _each(line: CronLine, day: date, zone: tzinfo) -> Iterator[datetime]:
    for hour in line.hours:
        for minute in line.minutes:
            wall = datetime.combine(day, time(hour, minute), zone)
            if not line.every_hour:
                # An hour that is skipped is taken by its offset before, which leads behind the gap.
                yield wall.astimezone(UTC)
                continue
            for fold in (0, 1):
                moment = wall.replace(fold=fold).astimezone(UTC)
                if moment.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
                    yield moment
