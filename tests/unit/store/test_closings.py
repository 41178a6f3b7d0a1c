"""Closed months and the steps of disputes are kept as they were written, for good."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from connector.domain.dispute import Standing
from connector.domain.month import Closing
from connector.store import Store
from tests.databases import StillClock

CLOSING = Closing(
    "2026-10", 0, datetime(2020, 1, 1, tzinfo=UTC), "jane", "", "run", "reconciled", '{"facts": []}', "abc", "[]",
    "m", "c",
)  # fmt: skip


def test_a_month_is_closed_as_often_as_it_is_told_and_the_last_counts(store: Store, clock: StillClock) -> None:
    with store.work() as unit:
        assert unit.closings.last("2026-10") is None
        assert unit.closings.add(CLOSING).number == 1
    clock.sleep(60)
    with store.work() as unit:
        again = unit.closings.add(CLOSING)
    assert (again.number, again.closed_at) == (2, clock.now())
    with store.look() as unit:
        assert unit.closings.last("2026-10") == again
        assert [one.number for one in unit.closings.all()] == [1, 2]
        assert unit.closings.last("2026-11") is None


def test_what_was_frozen_cannot_be_changed(store: Store) -> None:
    with store.work() as unit:
        unit.closings.add(CLOSING)
    for words in ("UPDATE closing SET report = '{}'", "DELETE FROM closing"):
        with pytest.raises(DBAPIError, match="append-only"), store.work() as unit:
            unit.exec(text(words))  # type: ignore[call-overload]


def test_a_dispute_keeps_every_step(store: Store) -> None:
    steps = ((Standing.RAISED, "0"), (Standing.REFUSED, "0"), (Standing.CREDITED, "3.5"))
    for state, back in steps:
        with store.work() as unit:
            unit.disputes.set(
                "f1", state, claimed=Decimal("4.00"), recovered=Decimal(back), currency="USD", case="17", note="",
                by="jane",
            )  # fmt: skip
    with store.look() as unit:
        assert [one.state for one in unit.disputes.steps("f1")] == [state for state, _ in steps]
        stands = unit.disputes.all()["f1"]
        assert (stands.state, stands.recovered, stands.case) == (Standing.CREDITED, Decimal("3.5"), "17")
