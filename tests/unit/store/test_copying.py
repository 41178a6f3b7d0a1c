"""What is remembered moves between databases whole, and is counted on from there."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from connector.domain.errors import ConnectorError
from connector.domain.run import Outcome
from connector.ports import Token
from connector.store import Store
from connector.store.copying import copy
from connector.store.types import METADATA
from tests.databases import StillClock
from tests.unit.store.test_bindings import MAPPED
from tests.unit.store.test_findings import ONE, TWO


def filled(store: Store, clock: StillClock) -> None:
    store.tokens.save("books", Token("books", "refresh", "hush", clock.now() + timedelta(days=1)))
    with store.work() as work:
        run = work.runs.start("extract")
        work.runs.finish(run.run_id, Outcome.DONE, read={"charges": 3})
        work.watermarks.set("books", "changes", "17")
        work.leases.claim("post", "a", 60)
        work.bindings.bind([MAPPED])
        work.findings.record("2026-10", [ONE, TWO], run_id=run.run_id)
        work.alerts.intend("finding/1", kind=ONE.kind, severity="critical", text="{}")
        work.audit.add("jane", "approved", "plan", "p", detail={"a": "b"})


def everything(store: Store) -> dict[str, list[tuple[object, ...]]]:
    with store.look() as work:
        read = work.connection()
        return {
            table.name: sorted((tuple(row) for row in read.execute(select(table))), key=repr)
            for table in METADATA.sorted_tables
        }


def test_a_backup_comes_back_as_it_was(
    store: Store, clock: StillClock, tmp_path: Path, opened: Callable[..., Store]
) -> None:
    filled(store, clock)
    backup = opened(f"sqlite:///{tmp_path / 'backup.db'}")
    counts = copy(store, backup)
    assert counts["finding"] == counts["finding_event"] == 2
    assert everything(backup) == everything(store)
    with backup.look() as work:
        assert work.audit.first_broken() is None
        found = work.findings.get(TWO.fingerprint)
        assert found is not None
        assert found.impact == TWO.impact
    token = backup.tokens.load("books")
    assert token is not None
    assert token.value == "hush"


def test_sqlite_moves_to_postgres_and_goes_on_there(
    tmp_path: Path, clock: StillClock, url: str, opened: Callable[..., Store]
) -> None:
    old = opened(f"sqlite:///{tmp_path / 'old.db'}")
    filled(old, clock)
    new = opened(url)
    copy(old, new)
    assert everything(new) == everything(old)
    filled_again = [TWO, ONE.__class__("cc", "k", "difference", "info", Decimal(1), "USD", "{}")]
    with new.work() as work:
        work.findings.record("2026-10", filled_again)
        assert work.alerts.intend("finding/2", kind="k", severity="info", text="{}")
        assert [event.number for event in work.findings.events()] == [1, 2, 3, 4]


def test_what_is_there_is_not_mixed_with(
    store: Store, clock: StillClock, tmp_path: Path, opened: Callable[..., Store]
) -> None:
    filled(store, clock)
    with pytest.raises(ConnectorError, match="is not empty"):
        copy(opened(f"sqlite:///{tmp_path / 'other.db'}"), store)
