"""Times in the settings: spans, months, times of day, cron lines and time zones."""

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import available_timezones

from connector.config.nearest import did_you_mean
from connector.config.nodes import Node, shown
from connector.config.shapes import FAILED, Failed, Path, Reading, plain_text

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time: a number and s, m, h or d."""

    expected: str = "a span of time like 60s, 12m, 2h or 1d"

    def read(self, node: Node, path: Path, reading: Reading) -> timedelta | Failed:
        """Return the span."""
        text = plain_text(node, path, reading, self.expected)
        if text is FAILED:
            return FAILED
        if re.fullmatch(r"[1-9][0-9]{0,5}[smhd]", text) is None:
            return reading.refuse(node, path, f"{shown(text)} does not fit; expected {self.expected}")
        return timedelta(seconds=int(text[:-1]) * _UNITS[text[-1]])

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "pattern": "^[1-9][0-9]{0,5}[smhd]$"}


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month, kept as its first day."""

    expected: str = "a month like 2026-10"

    def read(self, node: Node, path: Path, reading: Reading) -> date | Failed:
        """Return the first day of the month."""
        text = plain_text(node, path, reading, self.expected)
        if text is FAILED:
            return FAILED
        try:
            if re.fullmatch(r"[0-9]{4}-[0-9]{2}", text):
                return date.fromisoformat(f"{text}-01")
        except ValueError:
            pass
        return reading.refuse(node, path, f"{shown(text)} is not a month; expected {self.expected}")

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"}


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day."""

    expected: str = "a time of day like 07:30"

    def read(self, node: Node, path: Path, reading: Reading) -> time | Failed:
        """Return the time."""
        text = plain_text(node, path, reading, self.expected)
        if text is FAILED:
            return FAILED
        if re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text) is None:
            return reading.refuse(node, path, f"{shown(text)} is not a time; expected {self.expected}")
        return time.fromisoformat(text)

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}


OFF = "off"
_LAST_DAY = 32
_CRON_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_CRON_NAMES: tuple[dict[str, int], ...] = (
    {},
    {},
    {"last": _LAST_DAY},
    {name: at for at, name in enumerate(_MONTHS, 1)},
    {name: at for at, name in enumerate(_WEEKDAYS)},
)


@dataclass(frozen=True, slots=True)
class Cron:
    """When a job runs: minute, hour, day of month, month, day of week (0 and 7 are Sunday), as cron(5) has it; or off.

    `last` as the day of month is the month's last day.
    """

    expected: str = 'five fields like "30 6 * * mon-fri": minute, hour, day, month, day of week; or off'

    def read(self, node: Node, path: Path, reading: Reading) -> str | Failed:
        """Return the cron line."""
        text = plain_text(node, path, reading, self.expected)
        if text is FAILED:
            return FAILED
        parts = text.lower().split()
        if parts == [OFF]:
            return OFF
        if len(parts) != len(_CRON_RANGES) or not all(
            _fits(part, *limits, names) for part, limits, names in zip(parts, _CRON_RANGES, _CRON_NAMES, strict=True)
        ):
            return reading.refuse(node, path, f"{shown(text)} is no cron line; expected {self.expected}")
        return " ".join(parts)

    def schema(self) -> dict[str, Any]:
        """A string of five fields, or off."""
        return {"type": "string", "pattern": r"^(off|\S+( \S+){4})$"}


def _fits(part: str, least: int, most: int, names: dict[str, int]) -> bool:
    for piece in part.split(","):
        if names.get(piece) == _LAST_DAY:
            continue
        spread, slash, step = piece.partition("/")
        if slash and not (step.isdecimal() and int(step) > 0):
            return False
        if spread == "*":
            continue
        numbers = [names.get(end, int(end) if end.isdecimal() else -1) for end in spread.split("-")]
        if len(numbers) > 2 or any(not least <= number <= most for number in numbers) or numbers != sorted(numbers):
            return False
    return True


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone by its IANA name."""

    expected: str = "a time zone like Europe/Berlin"

    def read(self, node: Node, path: Path, reading: Reading) -> str | Failed:
        """Return the name."""
        text = plain_text(node, path, reading, self.expected)
        if text is FAILED or text in available_timezones():
            return text
        hint = did_you_mean(text, available_timezones())
        return reading.refuse(node, path, f"{shown(text)} is not known; expected {self.expected}{hint}")

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "minLength": 1}
