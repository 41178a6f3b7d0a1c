"""Made-up years: on each day exactly what must be told is told, from the first day to the last, and once."""

from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest

from connector.engine.watching import look_ahead
from connector.jobs.looking import Asked, look
from connector.sandbox.history import END, START, Truth, deal
from connector.warehouse import Warehouse
from connector.warehouse.workspace import Workspace
from tests.histories import BOOKS, LEAD, Seen, told_of, told_on, view_on

DATED = {"renewal_ahead", "cancellation_window_closing", "price_change_ahead", "promotion_ending"}
DAYS = [START + timedelta(days=number) for number in range((END - START).days + 1)]


def days_of_change(truth: Truth) -> list[date]:
    """The days on which something else must be told than the day before, and those days before."""
    found = {START, END}
    for before, day in zip(DAYS, DAYS[1:], strict=False):
        if truth.on(before) != truth.on(day):
            found |= {before, day}
    return sorted(found)


def differences(seen: Seen, truth: Truth, days: list[date]) -> list[str]:
    """What was told and should not have been, and the reverse, day by day."""
    lines = []
    for day in days:
        wanted, told = truth.on(day), told_on(seen, day)
        lines += [f"{day}: not told {one}" for one in sorted(wanted - told)]
        lines += [f"{day}: told in vain {one}" for one in sorted(told - wanted)]
    return lines


def test_every_day_of_a_year_is_told_as_it_must_be_and_once(tmp_path: Path) -> None:
    """Precision and recall are 1 on each day; as long as something is told it is the same finding."""
    year = deal(1)
    seen, truth = Seen(year, tmp_path), Truth(year)
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    stretches: dict[tuple[str, str], int] = defaultdict(int)
    before: frozenset[tuple[str, str]] = frozenset()
    lines = []
    for day in DAYS:
        found = look_ahead(view_on(seen, day))
        told, wanted = told_of(found), truth.on(day)
        lines += [f"{day}: not told {one}" for one in sorted(wanted - told)]
        lines += [f"{day}: told in vain {one}" for one in sorted(told - wanted)]
        for one in found:
            names[next(iter(told_of([one])))].add(one.fingerprint)
        for subject in told - before:
            stretches[subject] += 1
        before = told
    assert lines == []
    assert len({kind for kind, _ in names}) >= 13
    # Windows of one subscription may overlap, and a place in the ledger may be changed twice.
    several = ("cancellation_window_closing", "ledger_price_changed")
    twice = {one: names[one] for one in names if one[0] not in several and len(names[one]) > stretches[one]}
    assert twice == {}


@pytest.mark.parametrize("seed", [2, *(pytest.param(seed, marks=pytest.mark.crash) for seed in range(3, 13))])
def test_the_days_of_change_of_other_years_are_told_as_they_must_be(seed: int, tmp_path: Path) -> None:
    year = deal(seed)
    truth = Truth(year)
    assert differences(Seen(year, tmp_path), truth, days_of_change(truth)) == []


def test_a_clean_year_tells_only_what_is_ahead(tmp_path: Path) -> None:
    year = deal(4, clean=True)
    truth, seen = Truth(year), Seen(year, tmp_path)
    days = days_of_change(truth)[::3]
    assert differences(seen, truth, days) == []
    assert {kind for day in days for kind, _ in told_on(seen, day)} <= DATED


@pytest.mark.crash
def test_a_clean_year_of_two_hundred_customers_tells_only_what_is_ahead(tmp_path: Path) -> None:
    year = deal(5, 200, clean=True)
    truth, seen = Truth(year), Seen(year, tmp_path)
    assert differences(seen, truth, DAYS[::5]) == []
    assert {kind for day in DAYS[::5] for kind, _ in told_on(seen, day)} <= DATED


@pytest.mark.parametrize("day", [date(2026, 9, 20), pytest.param(date(2026, 12, 30), marks=pytest.mark.crash)], ids=str)
def test_the_query_engine_sees_the_same(day: date, tmp_path: Path) -> None:
    """What is read out of the warehouse as of a day is what is put together by hand, word by word."""
    seen = Seen(deal(1), tmp_path)
    with Warehouse(tmp_path / "whole") as warehouse:
        seen.take_in(warehouse)
    from datetime import UTC, datetime

    before = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)
    with Warehouse(tmp_path / "whole", known_before=before) as warehouse:
        view = look(Workspace(warehouse), seen.mapping, Asked(day, LEAD, "USD", (BOOKS,)))
        found = look_ahead(view)
    by_hand = look_ahead(view_on(seen, day))
    assert [(one.fingerprint, one.impact, one.causes[0].text) for one in found] == [
        (one.fingerprint, one.impact, one.causes[0].text) for one in by_hand
    ]
