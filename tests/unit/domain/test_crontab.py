"""A cron line falls on the moments that cron(5) says, in any zone, and on each of them once."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.crontab import read_line

NEW_YORK, BERLIN, LORD_HOWE = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")


def moments(line: str, zone: ZoneInfo, first: datetime, last: datetime) -> list[datetime]:
    """All moments from one to another, as the clock in the zone shows them."""
    found, read = [], read_line(line)
    moment = read.next_after(first - timedelta(microseconds=1), zone)
    while moment is not None and moment <= last:
        found.append(moment)
        moment = read.next_after(moment, zone)
    return found


def shown(found: list[datetime], zone: ZoneInfo) -> list[str]:
    return [f"{one.astimezone(zone):%m-%d %H:%M}" for one in found]


def day(zone: ZoneInfo, *given: int) -> tuple[datetime, datetime]:
    begin = datetime(*given, tzinfo=zone)  # type: ignore[arg-type, misc]
    return begin.astimezone(UTC), (begin + timedelta(days=1)).astimezone(UTC) - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("zone", "spring", "autumn", "lost", "after"),
    [
        (NEW_YORK, (2026, 3, 8), (2026, 11, 1), "30 2 * * *", "03:30"),
        (BERLIN, (2026, 3, 29), (2026, 10, 25), "30 2 * * *", "03:30"),
        # Half an hour is skipped there.
        (LORD_HOWE, (2026, 10, 4), (2026, 4, 5), "15 2 * * *", "02:45"),
    ],
)
def test_a_job_at_a_set_hour_runs_once_on_the_days_clocks_change(
    zone: ZoneInfo, spring: tuple[int, ...], autumn: tuple[int, ...], lost: str, after: str
) -> None:
    assert [one[-5:] for one in shown(moments(lost, zone, *day(zone, *spring)), zone)] == [after]
    assert len(moments("30 1 * * *", zone, *day(zone, *autumn))) == 1
    twice = "45 1 * * *" if zone is LORD_HOWE else lost
    assert len(moments(twice, zone, *day(zone, *autumn))) == 1


def test_what_counts_of_an_hour_that_comes_twice_is_the_first() -> None:
    found = moments("30 1 * * *", NEW_YORK, *day(NEW_YORK, 2026, 11, 1))
    assert found == [datetime(2026, 11, 1, 5, 30, tzinfo=UTC)]


@pytest.mark.parametrize("zone", [NEW_YORK, BERLIN, LORD_HOWE])
@pytest.mark.parametrize(
    "start", [(2026, 3, 8), (2026, 11, 1), (2026, 3, 29), (2026, 10, 25), (2026, 10, 4), (2026, 4, 5)]
)
def test_a_job_of_every_hour_goes_on_by_real_time(zone: ZoneInfo, start: tuple[int, ...]) -> None:
    first, last = day(zone, *start)
    found = moments("*/15 * * * *", zone, first, last)
    assert found == [first + timedelta(minutes=15 * at) for at in range(len(found))]
    assert last - found[-1] < timedelta(minutes=15)


@pytest.mark.parametrize("zone", [UTC, NEW_YORK, BERLIN, LORD_HOWE], ids=str)
def test_a_year_of_days_has_a_moment_each_and_no_two(zone: ZoneInfo) -> None:
    first, last = datetime(2025, 12, 31, 12, tzinfo=UTC), datetime(2027, 1, 1, 12, tzinfo=UTC)
    found = moments("30 2 * * *", zone, first, last)
    days = [one.astimezone(zone).date() for one in found]
    assert days == [days[0] + timedelta(days=at) for at in range(len(days))]
    assert len(days) == 366


def test_days_of_the_month() -> None:
    year = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    assert len(moments("0 6 31 * *", BERLIN, *year)) == 7
    assert len(moments("0 6 30 * *", BERLIN, *year)) == 11
    assert shown(moments("0 6 last 1-3 *", BERLIN, *year), BERLIN) == ["01-31 06:00", "02-28 06:00", "03-31 06:00"]
    assert read_line("0 0 29 2 *").next_after(year[0], UTC) == datetime(2028, 2, 29, tzinfo=UTC)
    assert read_line("0 0 30 2 *").next_after(year[0], UTC) is None


def test_the_turn_of_the_year() -> None:
    line = read_line("59 23 31 12 *")
    assert line.next_after(datetime(2026, 12, 31, 22, 59, tzinfo=UTC), BERLIN) == datetime(
        2027, 12, 31, 22, 59, tzinfo=UTC
    )
    assert line.latest(datetime(2026, 12, 31, 22, 58, tzinfo=UTC), BERLIN) == datetime(2025, 12, 31, 22, 59, tzinfo=UTC)


def test_days_of_the_week_begin_with_sunday_and_either_day_will_do() -> None:
    assert [read_line(f"0 0 * * {name}").falls_on(date(2026, 11, 22)) for name in ("0", "7", "sun", "mon")] == [
        True, True, True, False,
    ]  # fmt: skip
    workdays = read_line("0 6 * * 1-5")
    assert [workdays.falls_on(date(2026, 11, 23 + at)) for at in range(7)] == [True] * 5 + [False] * 2
    assert read_line("0 6 * * 5-7").falls_on(date(2026, 11, 22))
    either = read_line("0 6 13 * fri")
    assert either.falls_on(date(2026, 11, 13))
    assert either.falls_on(date(2026, 11, 20))
    assert not either.falls_on(date(2026, 11, 21))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "* * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "*/0 * * * *",
        "5-1 * * * *",
        "a * * * *",
        "1-2-3 * * * *",
    ],
)
def test_what_is_no_line_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_line(line)


LINES = st.tuples(
    st.sampled_from(["0", "*/7", "5,35", "59"]), st.sampled_from(["*", "2", "*/5", "1-3", "23"]),
    st.sampled_from(["*", "1", "31", "last", "15,28"]), st.sampled_from(["*", "2,12", "3,10,11"]),
    st.sampled_from(["*", "mon-fri", "0"]),
).map(" ".join)  # fmt: skip


@given(LINES, st.sampled_from([UTC, NEW_YORK, BERLIN, LORD_HOWE]), st.integers(0, 730 * 24 * 60))
def test_the_next_moment_and_the_latest_agree(line: str, zone: ZoneInfo, minutes: int) -> None:
    moment, read = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes), read_line(line)
    following = read.next_after(moment, zone)
    assert following is not None
    assert following > moment
    assert read.latest(following, zone) == following
    before = read.latest(moment, zone)
    assert before is not None
    assert before <= moment
    assert read.next_after(before, zone) == following
    assert read.latest(moment, zone, before) is None
