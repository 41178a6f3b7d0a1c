"""What the time is."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only source of time for everything that waits, dates or expires."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes backwards."""

    def sleep(self, seconds: float) -> None:
        """Wait; raises Unavailable when the program is asked to stop meanwhile."""
