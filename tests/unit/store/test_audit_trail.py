"""The audit trail only grows, and shows when somebody got at it all the same."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from connector.store import Store
from tests.databases import StillClock


def filled(store: Store, clock: StillClock) -> None:
    for number in range(3):
        clock.sleep(1)
        with store.work() as work:
            work.audit.add(
                "jane", "approved", "plan", f"plan-{number}", reason="checked", run_id="r", config_digest="c",
                detail={"hash": "ä", "documents": "3"},
            )  # fmt: skip


def test_entries_come_back_in_their_order(store: Store, clock: StillClock) -> None:
    filled(store, clock)
    with store.look() as work:
        entries = list(work.audit.entries())
        assert [entry.subject for entry in work.audit.entries(after=1)] == ["plan-1", "plan-2"]
        assert [entry.number for entry in work.audit.entries(subject="plan-1")] == [2]
        assert work.audit.first_broken() is None
    assert [entry.number for entry in entries] == [1, 2, 3]
    assert entries[0].detail == {"documents": "3", "hash": "ä"}
    assert entries[0].at < entries[1].at


def test_an_entry_stands_or_falls_with_what_it_tells_of(store: Store) -> None:
    def fail() -> None:
        with store.work() as work:
            work.audit.add("jane", "approved", "plan", "p")
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        fail()
    with store.look() as work:
        assert list(work.audit.entries()) == []


@pytest.mark.parametrize(
    "verb", ["UPDATE audit_entry SET who = 'joe'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"]
)
def test_nothing_in_it_can_be_changed(store: Store, clock: StillClock, verb: str) -> None:
    filled(store, clock)
    if verb.startswith("TRUNCATE") and store.file is not None:
        verb = "DELETE FROM audit_entry WHERE number = 3"
    with pytest.raises(DBAPIError, match="append-only"), store.work() as work:
        work.connection().execute(text(verb))


@pytest.mark.parametrize(
    "tampering", ["UPDATE audit_entry SET who = 'joe' WHERE number = 2", "DELETE FROM audit_entry WHERE number = 2"]
)
def test_who_takes_the_lock_off_leaves_traces(store: Store, clock: StillClock, tampering: str) -> None:
    filled(store, clock)
    with store.work() as work:
        names = ["audit_entry_keeps_update", "audit_entry_keeps_delete"] if store.file else ["audit_entry_keeps"]
        for name in names:
            work.connection().execute(text(f"DROP TRIGGER {name}" + ("" if store.file else " ON audit_entry")))
        work.connection().execute(text(tampering))
    with store.look() as work:
        assert work.audit.first_broken() == 2
