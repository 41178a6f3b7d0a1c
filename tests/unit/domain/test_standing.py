"""A finding's life: laws that hold whatever runs tell of it in whatever order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.standing import Change, Life, Standing, Telling, accepted, is_worse, reopened, told, untold

START = datetime(2026, 11, 1, 6, tzinfo=UTC)
AMOUNTS = st.integers(-5, 5).map(Decimal)
STEPS = st.lists(
    st.tuples(st.sampled_from(["told", "gone", "accept", "reopen"]), st.sampled_from(["2026-10", "2026-11"]), AMOUNTS),
    max_size=25,
)


def telling(impact: object, **more: object) -> Telling:
    one = Telling("f" * 16, "unbilled_charge", "difference", "critical", Decimal(str(impact)), "USD", "{}")
    return replace(one, **more)  # type: ignore[arg-type]


@given(STEPS)
def test_whatever_happens_the_life_is_consistent(steps: list[tuple[str, str, Decimal]]) -> None:
    one: Standing | None = None
    for day, (what, scope, impact) in enumerate(steps):
        at = START + timedelta(days=day)
        before = one
        if what == "told":
            step = told(one, telling(impact), scope, at)
            one = step.standing
            assert (step.change is Change.NEW) >= (before is None or before.life is Life.RESOLVED)
            assert one.last_seen == at
            assert scope in one.told
        elif one is None:
            continue
        elif what == "gone" and scope in one.told:
            step = untold(one, scope, at)
            one = step.standing
            assert (step.change is Change.RESOLVED) == (not one.told)
        elif what == "accept" and one.life is not Life.RESOLVED:
            one = accepted(one, reason="agreed", by="jane", at=at)
        elif what == "reopen":
            one = reopened(one)
        assert (one.life is Life.RESOLVED) == (not one.told)
        assert (one.life is Life.ACCEPTED) == (one.acceptance is not None)
        assert (one.life is Life.RESOLVED) == (one.resolved_at is not None)
        assert one.impact == sum(each.impact for each in one.told.values())
        if one.acceptance is not None:
            assert all(one.acceptance.covers(each.impact) for each in one.told.values())


@given(AMOUNTS, AMOUNTS)
def test_more_money_or_the_other_side_is_worse(now: Decimal, before: Decimal) -> None:
    assert is_worse(now, before) == (abs(now) > abs(before) or now * before < 0)
    assert not is_worse(now, now)


def test_months_are_told_apart_and_added_up() -> None:
    first = told(None, telling(100), "2026-10", START)
    assert (first.change, first.standing.life) == (Change.NEW, Life.OPEN)
    second = told(first.standing, telling(100), "2026-11", START)
    assert (second.change, second.before, second.standing.impact) == (Change.WORSE, Decimal(100), Decimal(200))
    left = untold(second.standing, "2026-10", START)
    assert (left.change, left.standing.impact, left.standing.life) == (Change.UNCHANGED, Decimal(100), Life.OPEN)
    gone = untold(left.standing, "2026-11", START)
    assert (gone.change, gone.before, gone.standing.life) == (Change.RESOLVED, Decimal(100), Life.RESOLVED)
    back = told(gone.standing, telling(5), "2026-12", START)
    assert (back.change, back.why, back.standing.returns) == (Change.NEW, "came back", 1)
    assert back.standing.first_seen == START


def test_what_was_accepted_stays_so_month_after_month_until_it_grows() -> None:
    one = accepted(told(None, telling(-100), "2026-10", START).standing, reason="agreed", by="jane", at=START)
    for month in ("2026-11", "2026-12"):
        step = told(one, telling(-100), month, START)
        assert (step.change, step.standing.life) == (Change.UNCHANGED, Life.ACCEPTED)
        one = step.standing
    grown = told(one, telling("-100.01"), "2027-01", START)
    assert (grown.change, grown.standing.life, grown.standing.acceptance) == (Change.WORSE, Life.OPEN, None)


@pytest.mark.parametrize(("days", "life"), [(0, Life.ACCEPTED), (1, Life.OPEN)])
def test_an_acceptance_holds_through_its_last_day(days: int, life: Life) -> None:
    found = told(None, telling(1), "", START).standing
    one = accepted(found, reason="agreed", by="jane", at=START, until=START.date())
    step = told(one, telling(1), "", START + timedelta(days=days))
    assert step.standing.life is life
    assert (step.change is Change.NEW) == (life is Life.OPEN)
