"""Makes a read again when it failed for a passing reason, as patiently as the service asks and no longer than we may.

Only reads come here. A write is repeated by the posting machine alone, which looks first.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random_exponential

from connector.adapters.http.failures import BrokenOff, Failing, Garbled, NeverSent, Throttled
from connector.ports import Clock

T = TypeVar("T")

LONGEST_RETRY_AFTER = 86_400.0
_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
_IN_WORDS = re.compile(r"\btry again in ([0-9]{1,6}) seconds?", re.I)
_HOPELESS = frozenset({"certificate", "proxy"})


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long a read is tried: `total` and `longest` (one wait) are seconds."""

    attempts: int = 6
    total: float = 300
    longest: float = 300
    first: float = 1
    """The first wait is a random part of this, each next one of twice as much."""


def retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds a Retry-After header (seconds or a date) asks for; None where it says nothing usable."""
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        whole, _, part = text.partition(".")
        return min(int(whole) + int(part.ljust(3, "0")[:3] or 0) / 1000, LONGEST_RETRY_AFTER)
    if re.fullmatch(r"-[0-9]+(\.[0-9]+)?", text):
        return 0
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0), LONGEST_RETRY_AFTER)


def wait_in_words(text: str) -> float | None:
    """Return the seconds of `Try again in 57 seconds.`, which Partner Center says where the header is missing."""
    found = _IN_WORDS.search(text)
    return min(int(found.group(1)), LONGEST_RETRY_AFTER) if found else None


def worth_repeating(error: BaseException) -> bool:
    """Whether a read may go better in a while; an untrusted certificate or a refusing proxy will not."""
    if isinstance(error, NeverSent):
        return error.reason not in _HOPELESS
    return isinstance(error, (BrokenOff, Failing, Throttled, Garbled))


def retrying(read: Callable[[], T], clock: Clock, patience: Patience) -> T:
    """Return what a read gives, repeating it while that is worth it; raises its last failure.

    Waits at least as long as the service says. A wait that is longer than `longest`, or that would end after
    `total`, is not begun: the failure is raised, and the job is to come back later.
    """
    begun = clock.monotonic()
    growing = wait_random_exponential(multiplier=patience.first, max=60)

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        return max(growing(state), getattr(error, "retry_after", None) or 0)

    def stop(state: RetryCallState) -> bool:
        spent = clock.monotonic() - begun
        return (
            state.attempt_number >= patience.attempts
            or state.upcoming_sleep > patience.longest
            or spent + state.upcoming_sleep > patience.total
        )

    tries = Retrying(retry=retry_if_exception(worth_repeating), wait=wait, stop=stop, sleep=clock.sleep, reraise=True)
    return tries(read)
