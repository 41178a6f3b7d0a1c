"""Reads are repeated as the service asks, within limits; the clock is the port's."""

from datetime import UTC, datetime

import pytest

from connector.adapters.http import BrokenOff, Failing, NeverSent, Patience, Refused, Throttled, Trace, retrying
from connector.adapters.http.retrying import retry_after, wait_in_words
from connector.domain.errors import Unavailable
from tests.clocks import JumpingClock

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
TRACE = Trace("GET https://api.example/x")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("57", 57),
        ("0", 0),
        (" 12 ", 12),
        ("1.5", 1.5),
        ("-3", 0),
        ("Mon, 23 Nov 2026 12:01:30 GMT", 90),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("Monday, 23-Nov-26 12:00:10 GMT", 10),
        ("Mon, 23 Nov 2026 14:00:30 +0200", 30),
        ("Wed, 23 Nov 2033 12:00:00 GMT", 86_400),
        ("86400", 86_400),
        ("999999999", 86_400),
        ("99999999999999999999", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("1e3", None),
        ("NaN", None),
        ("inf", None),
        ("٣", None),
        ("Mon, 99 Nov 2026 12:01:30 GMT", None),
    ],
)
def test_retry_after_in_all_its_forms(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


def test_partner_centers_words_are_understood() -> None:
    assert wait_in_words('{"statusCode":429,"message":"Rate limit is exceeded. Try again in 57 seconds."}') == 57
    assert wait_in_words("Try later") is None


def throttled(seconds: float | None) -> Throttled:
    return Throttled("too many", TRACE, retry_after=seconds)


class Read:
    """Fails in the given ways, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def test_the_service_is_given_the_time_it_asks_for() -> None:
    clock, read = JumpingClock(), Read(throttled(57), Failing("down", TRACE, status=503, retry_after=3))
    assert retrying(read, clock, Patience()) == "done"
    assert clock.slept[0] >= 57
    assert clock.slept[1] >= 3


def test_without_a_wish_waits_grow_and_differ() -> None:
    clock, read = JumpingClock(), Read(*[BrokenOff("cut", TRACE)] * 5)
    assert retrying(read, clock, Patience(first=1)) == "done"
    assert all(0 <= slept <= 2**number for number, slept in enumerate(clock.slept))


def test_tries_are_counted() -> None:
    clock, read = JumpingClock(), Read(*[BrokenOff("cut", TRACE)] * 9)
    with pytest.raises(BrokenOff):
        retrying(read, clock, Patience(attempts=4))
    assert read.calls == 4


def test_the_time_in_total_is_kept() -> None:
    clock, read = JumpingClock(), Read(*[throttled(100)] * 9)
    with pytest.raises(Throttled):
        retrying(read, clock, Patience(attempts=99, total=250))
    assert read.calls == 3
    assert sum(clock.slept) <= 250


def test_a_wait_that_is_too_long_is_left_to_the_next_run() -> None:
    clock, read = JumpingClock(), Read(throttled(86_400))
    with pytest.raises(Unavailable) as caught:
        retrying(read, clock, Patience())
    assert clock.slept == []
    assert isinstance(caught.value, Throttled)
    assert caught.value.retry_after == 86_400


@pytest.mark.parametrize(
    "error",
    [
        Refused(404, "20000", "not found", TRACE),
        NeverSent("not trusted", TRACE, reason="certificate"),
        NeverSent("no way", TRACE, reason="proxy"),
        ValueError("ours"),
    ],
)
def test_what_will_not_get_better_is_not_repeated(error: Exception) -> None:
    clock, read = JumpingClock(), Read(error)
    with pytest.raises(type(error)):
        retrying(read, clock, Patience())
    assert (read.calls, clock.slept) == (1, [])


def test_a_network_that_comes_back_is_used() -> None:
    read = Read(NeverSent("no name", TRACE, reason="name"), NeverSent("refused", TRACE, reason="refused"))
    assert retrying(read, JumpingClock(), Patience()) == "done"


def test_a_throttle_of_a_fraction_waits_a_whole_second() -> None:
    assert throttled(0.2).retry_after == 1
    assert throttled(None).retry_after == 0
