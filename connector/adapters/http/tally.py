"""Counts the calls that this process makes: to which service, how answered, and how long they waited for their turn."""

import threading


class Tally:
    """Counts by service and status; 0 stands for no answer."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._counts: dict[tuple[str, int], tuple[int, int]] = {}

    def add(self, service: str, status: int, waited: float) -> None:
        """Count a call that waited so many seconds for its turn."""
        with self._guard:
            calls, before = self._counts.get((service, status), (0, 0))
            self._counts[service, status] = calls + 1, before + round(waited * 1000)

    def take(self) -> dict[tuple[str, int], tuple[int, int]]:
        """Calls and milliseconds waited since the last time this was asked."""
        with self._guard:
            counts, self._counts = self._counts, {}
            return counts


tally = Tally()
"""One for the whole process, because quotas are for the whole process too."""
