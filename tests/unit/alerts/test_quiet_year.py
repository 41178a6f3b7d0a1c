"""A year in which nothing goes wrong: the first look, months that agree, what is ahead by its day, signs of life."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from connector.domain.finding import Finding
from connector.engine.watching import look_ahead
from connector.sandbox.history import END, START, deal
from tests.histories import Seen, view_on
from tests.unit.alerts.conftest import Desk
from tests.unit.reports import samples

DATED = {"renewal_ahead", "cancellation_window_closing", "price_change_ahead", "promotion_ending"}
MAILS = {"baseline", "digest", "month_end", "all_quiet", "flood"}


@pytest.mark.parametrize(
    ("customers", "step"), [(6, 14), pytest.param(200, 3, marks=pytest.mark.crash)], ids=["few", "two hundred"]
)
def test_a_clean_year_tells_only_what_is_ahead_once_and_that_it_is_at_work(
    customers: int, step: int, desk: Desk, tmp_path: Path
) -> None:
    seen = Seen(deal(6, customers, clean=True), tmp_path)
    firsts = [START.replace(month=number) for number in range(1, 12)]
    months = {seen.year.invoiced_on(month): f"{month:%Y-%m}" for month in firsts}
    mails: Counter[str] = Counter()
    new: Counter[str] = Counter()
    before: tuple[Finding, ...] = ()
    told: set[str] = set()
    for count in range(0, (END - START).days + 1, step):
        day = START + timedelta(days=count)
        desk.clock.moment = datetime.combine(day, time(8), UTC)
        found = look_ahead(view_on(seen, day))
        told |= {one.kind for one in found}
        desk.found(*found, scope="watch")
        new.update({one.fingerprint for one in found} - {one.fingerprint for one in before})
        before = found
        for scope in [of for on, of in months.items() if day - timedelta(days=step) < on <= day]:
            desk.found(scope=scope, month=replace(samples.month(), result="reconciled", findings=()))
        for composed in desk.run().composed:
            mails[composed.kind] += 1
            assert {alert.kind for alert in composed.alerts} <= DATED | {"baseline", "month_end"}
    assert told <= DATED
    assert max(new.values()) == 1
    assert set(mails) <= MAILS
    # The first look may be at the first month.
    assert mails["month_end"] in (len(months) - 1, len(months))
    assert mails["baseline"] == 1
