"""A sync's notes: trouble of the machine is told as that, and only a fault of the program as one to be reported."""

import errno
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from connector.domain.extraction import Part
from connector.jobs.journal import Journal
from connector.jobs.run import running
from connector.store import Store
from tests.databases import StillClock


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/data/x.parquet"), "the disk is full; make room"),
        (OSError(errno.ENOSPC, "Error writing bytes to file. Detail: [errno 28]"), "the disk is full; make room"),
        (OSError(errno.EROFS, "Read-only file system", "/data/x"), "/data/x may not be written"),
        (PermissionError(errno.EACCES, "Permission denied", "/data/x"), "/data/x may not be written"),
        (RuntimeError("a fault at https://a/b?sig=canary"), "please report it"),
    ],
)
def test_a_disk_that_takes_nothing_is_no_fault_of_the_program(tmp_path: Path, failure: Exception, words: str) -> None:
    clock = StillClock()
    source: Any = SimpleNamespace(name="partner_center")
    with (
        Store.open(f"sqlite:///{tmp_path / 'connector.db'}", clock=clock) as store,
        running(store, "sync") as current,
    ):
        journal = Journal(source, SimpleNamespace(), store, clock, current)  # type: ignore[arg-type]
        with journal.minding(Part.PRICES, "a sheet"):
            raise failure
    (trouble,) = journal.troubles
    # The words of a library are not ours; they may hold an address with its key.
    assert "sig=" not in trouble.reason
    assert words in trouble.reason
    assert ("report" in trouble.reason) == isinstance(failure, RuntimeError)
    assert trouble.exit_code == 2
