"""What a run finds is kept with its life, and the difference to what was known before is told."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from connector.domain.errors import ConnectorError
from connector.domain.standing import Life, Step, Telling
from connector.store import Store
from tests.databases import StillClock

ONE = Telling("aa00000000000001", "unbilled_charge", "difference", "critical", Decimal("123.45"), "USD", '{"a": 1}')
TWO = replace(ONE, fingerprint="aa00000000000002", impact=Decimal("-0.000000000000001"))
THREE = replace(ONE, fingerprint="bb00000000000003", kind="orphan_billing", currency="EUR")


def record(store: Store, scope: str, *tellings: Telling, run: str = "r", unseen: str = "") -> dict[str, Step]:
    with store.work() as work:
        steps = work.findings.record(scope, tellings, run_id=run, judged=lambda one: one.kind != unseen)
    return {step.standing.fingerprint[-1]: step for step in steps}


def changes(steps: dict[str, Step]) -> dict[str, str]:
    return {name: step.change.value for name, step in steps.items()}


def test_runs_are_compared_with_what_was_known(store: Store, clock: StillClock) -> None:
    assert changes(record(store, "2026-10", ONE, TWO)) == {"1": "new", "2": "new"}
    clock.sleep(86400)
    steps = record(store, "2026-10", replace(ONE, impact=Decimal("200"), text="{}"), THREE)
    assert changes(steps) == {"1": "worse", "2": "resolved", "3": "new"}
    assert steps["1"].before == Decimal("123.45")
    assert steps["2"].before == TWO.impact
    assert changes(record(store, "2026-10", replace(ONE, impact=Decimal("200")), THREE)) == {
        "1": "unchanged", "3": "unchanged",
    }  # fmt: skip
    with store.look() as work:
        found = {one.fingerprint[-1]: one for one in work.findings.all()}
        assert [one.fingerprint for one in work.findings.all(life=Life.RESOLVED)] == [TWO.fingerprint]
        assert [one.fingerprint for one in work.findings.all(kind="orphan_billing")] == [THREE.fingerprint]
    assert found["1"].impact == 200
    assert (found["1"].last_seen - found["1"].first_seen).days == 1
    assert found["2"].told == {}
    assert changes(record(store, "2026-10", ONE, TWO, THREE)) == {"1": "unchanged", "2": "new", "3": "unchanged"}


def test_a_month_says_nothing_about_another(store: Store) -> None:
    record(store, "2026-10", ONE, TWO)
    assert changes(record(store, "2026-11", ONE)) == {"1": "worse"}
    assert changes(record(store, "2026-10")) == {"1": "unchanged", "2": "resolved"}
    assert changes(record(store, "2026-11")) == {"1": "resolved"}


def test_what_a_run_could_not_see_stays_open(store: Store) -> None:
    record(store, "", ONE, THREE)
    assert changes(record(store, "", unseen="orphan_billing")) == {"1": "resolved"}
    with store.look() as work:
        assert [one.fingerprint for one in work.findings.all(life=Life.OPEN)] == [THREE.fingerprint]


def test_accepting_needs_a_reason_and_is_written_down(store: Store, clock: StillClock) -> None:
    record(store, "2026-10", ONE)
    with store.work() as work:
        work.findings.accept("aa0000…", reason="agreed discount", by="jane", until=date(2026, 12, 31))
    assert changes(record(store, "2026-11", ONE)) == {"1": "unchanged"}
    with store.look() as work:
        found = work.findings.get(ONE.fingerprint)
    assert found is not None
    assert found.acceptance is not None
    assert (found.life, found.acceptance.by, found.acceptance.until) == ("accepted", "jane", date(2026, 12, 31))
    assert (found.acceptance.low, found.acceptance.high) == (0, ONE.impact)
    with store.work() as work:
        work.findings.reopen(ONE.fingerprint, reason="not agreed after all", by="joe")
    with store.look() as work:
        events = [(event.change, event.why, event.by) for event in work.findings.events()]
    assert events == [
        ("new", "found", ""), ("accepted", "agreed discount", "jane"), ("reopened", "not agreed after all", "joe"),
    ]  # fmt: skip


def test_what_cannot_be_accepted_is_told(store: Store) -> None:
    record(store, "", ONE, TWO)
    record(store, "", TWO)
    with store.work() as work:
        for name, words in (
            ("cc", "There is no finding cc"), ("aa", "Several findings begin with aa"), ("%", "There is no finding %"),
            (ONE.fingerprint, "is resolved"), ("", "Several findings"),
        ):  # fmt: skip
            with pytest.raises(ConnectorError, match=words):
                work.findings.accept(name, reason="x", by="y")
        with pytest.raises(ConnectorError, match="is open, not accepted"):
            work.findings.reopen(TWO.fingerprint, reason="x", by="y")


def test_a_thousand_findings_are_compared_in_one_go(store: Store) -> None:
    many = [replace(ONE, fingerprint=f"{number:016x}") for number in range(1200)]
    with store.work() as work:
        work.findings.record("2026-10", many)
    with store.work() as work:
        steps = work.findings.record("2026-10", reversed(many[600:]))
    assert [step.change.value for step in steps] == ["resolved"] * 600 + ["unchanged"] * 600


@pytest.mark.parametrize("verb", ["UPDATE finding_event SET why = 'x'", "DELETE FROM finding_event"])
def test_what_happened_to_a_finding_cannot_be_changed(store: Store, verb: str) -> None:
    record(store, "", ONE)
    with pytest.raises(DBAPIError, match="append-only"), store.work() as work:
        work.connection().execute(text(verb))
