"""Made-up years: on each day exactly what must be told is told, from the first day to the last, and once."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from connector.engine.watching import look_ahead, watches
from connector.jobs.looking import Asked, look
from connector.sandbox.history import END, START, Truth, deal
from connector.warehouse import Warehouse
from connector.warehouse.workspace import Workspace
from tests.histories import BOOKS, Seen, accesses_of, lead_of, told_of, told_on, view_on

# Windows of one subscription may overlap, and a product is corrected for each of its terms.
SEVERAL = {"cancellation_window_closing", "price_sheet_republished"}
DATED = {"renewal_ahead", "cancellation_window_closing", "price_change_ahead", "promotion_ending"}
DAYS = [START + timedelta(days=number) for number in range((END - START).days + 1)]


def days_of_change(truth: Truth) -> list[date]:
    """The days on which something else must be told than the day before, and those days before."""
    found = {START, END}
    for before, day in pairwise(DAYS):
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


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Seen, Truth]:
    """The year that is judged day by day."""
    year = deal(1)
    return Seen(year, tmp_path_factory.mktemp("year")), Truth(year)


@pytest.mark.parametrize("quarter", range(4))
def test_every_day_of_a_year_is_told_as_it_must_be_and_once(quarter: int, first: tuple[Seen, Truth]) -> None:
    """Precision and recall are 1 on each day; as long as something is told it is the same finding."""
    seen, truth = first
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    stretches: dict[tuple[str, str], int] = defaultdict(int)
    before: frozenset[tuple[str, str]] = frozenset()
    lines = []
    for day in DAYS[quarter * 92 : (quarter + 1) * 92]:
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
    twice = {one: names[one] for one in names if len(names[one]) > stretches[one] and one[0] not in SEVERAL}
    assert twice == {}


def test_the_year_has_everything_that_can_be_told(first: tuple[Seen, Truth]) -> None:
    told = {kind for day in DAYS[::2] for kind, _ in first[1].on(day)}
    assert told == {one.KIND for one in watches()}


def test_the_judge_notices_what_is_told_a_day_late(first: tuple[Seen, Truth], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.sandbox.history.truth.RENEWAL", 31)
    assert any("not told ('renewal_ahead'" in line for line in differences(*first, DAYS[:60]))


@pytest.mark.crash
@pytest.mark.parametrize("seed", range(2, 13))
def test_the_days_of_change_of_other_years_are_told_as_they_must_be(seed: int, tmp_path: Path) -> None:
    year = deal(seed)
    truth = Truth(year)
    assert differences(Seen(year, tmp_path), truth, days_of_change(truth)) == []


def test_a_clean_year_tells_only_what_is_ahead(tmp_path: Path) -> None:
    year = deal(4, clean=True)
    truth, seen = Truth(year), Seen(year, tmp_path)
    days = days_of_change(truth)[::12]
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
    year = deal(1)
    seen = Seen(year, tmp_path)
    with Warehouse(tmp_path / "whole") as warehouse:
        seen.take_in(warehouse)
    before = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)
    with Warehouse(tmp_path / "whole", known_before=before) as warehouse:
        view = look(
            Workspace(warehouse), seen.mapping, Asked(day, lead_of(year), "USD", (BOOKS,), accesses_of(year, day))
        )
        found = look_ahead(view)
    by_hand = look_ahead(view_on(seen, day))
    assert [(one.fingerprint, one.impact, one.causes[0].text) for one in found] == [
        (one.fingerprint, one.impact, one.causes[0].text) for one in by_hand
    ]
