"""The real clock: tells the time and waits, and stops waiting when the program is asked to end."""

import threading
import time
from datetime import UTC, datetime

from connector.domain.errors import Unavailable


class SystemClock:
    """Fits ports.Clock. Setting `stopping` ends every wait with Unavailable, so that nobody sleeps through a stop."""

    def __init__(self, stopping: threading.Event | None = None) -> None:
        self._stopping = stopping or threading.Event()

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds since some fixed moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds; raises Unavailable when the program is asked to stop meanwhile."""
        if self._stopping.wait(max(seconds, 0)):
            raise Unavailable("The work was asked to stop while it waited; start it again to go on.")
