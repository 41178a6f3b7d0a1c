"""Sign-ins are stored sealed, have one writer across threads and processes, and survive what happens to these."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from connector.domain.errors import ConnectorError, Locked
from connector.ports import Token
from connector.store import Store
from connector.store.tokens import TokenRow
from tests.databases import KEY, OTHER_KEY, StillClock, schema_at

ROOT = Path(__file__).parents[3]
OWNER = "quickbooks:4620816365"
CHILD = """
import sys, time
from dataclasses import replace
from connector.store import Store
from tests.databases import KEY, StillClock
store = Store.open(sys.argv[1], key=KEY, clock=StillClock())
"""


def child(url: str, program: str) -> subprocess.Popen[str]:
    """Start another process with the same store open."""
    return subprocess.Popen(
        [sys.executable, "-c", CHILD + program, url],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def token(value: str = "1", **more: object) -> Token:
    return replace(Token(OWNER, "refresh", value), **more)  # type: ignore[arg-type]


def test_a_sign_in_comes_back_as_it_was(store: Store, clock: StillClock) -> None:
    full = token(
        "väl🔑", previous="before", state="sign_in_needed", expires_at=clock.now() + timedelta(days=100),
        hard_expires_at=clock.now() + timedelta(days=365),
    )  # fmt: skip
    assert store.tokens.load(OWNER) is None
    store.tokens.save(OWNER, full)
    assert store.tokens.load(OWNER) == replace(full, updated_at=clock.now())
    assert store.tokens.owners() == (OWNER,)
    store.tokens.worked(OWNER)
    found = store.tokens.load(OWNER)
    assert found is not None
    assert (found.value, found.previous) == ("väl🔑", None)


def test_neither_the_value_nor_its_parts_are_in_the_file(tmp_path: Path, opened: Callable[..., Store]) -> None:
    url = f"sqlite:///{tmp_path / 'connector.db'}"
    opened(url).tokens.save(OWNER, token("CANARY-ONE-0123456789", previous="CANARY-TWO-0123456789"))
    files = list(tmp_path.iterdir())
    assert any(b"token" in file.read_bytes() for file in files)
    assert not any(b"CANARY" in file.read_bytes() for file in files)
    assert {file.stat().st_mode & 0o077 for file in files} == {0}


def test_exchanged_rows_are_refused(store: Store) -> None:
    store.tokens.save(OWNER, token("one", previous="older"))
    store.tokens.save("other", Token("other", "refresh", "two"))
    with store.work() as work:
        mine, other = work.get_one(TokenRow, OWNER), work.get_one(TokenRow, "other")
        mine.sealed, other.sealed = other.sealed, mine.sealed
    for owner in (OWNER, "other"):
        with pytest.raises(ConnectorError, match="sealed for another place"):
            store.tokens.load(owner)
    with store.work() as work:
        mine = work.get_one(TokenRow, OWNER)
        mine.sealed = str(mine.sealed_previous)
    with pytest.raises(ConnectorError, match="sealed for another place"):
        store.tokens.load(OWNER)


def test_keys_are_changed_without_signing_in_again(url: str, opened: Callable[..., Store]) -> None:
    opened(url).tokens.save(OWNER, token("hush", previous="older"))
    with pytest.raises(ConnectorError, match="does not open with this"):
        opened(url, key=OTHER_KEY).tokens.load(OWNER)
    assert opened(url, key=OTHER_KEY + b"," + KEY).tokens.rotate_keys("jane") == 1
    found = opened(url, key=OTHER_KEY).tokens.load(OWNER)
    assert found is not None
    assert (found.value, found.previous) == ("hush", "older")


def test_without_a_key_nothing_is_stored(store: Store, url: str, opened: Callable[..., Store]) -> None:
    keyless = opened(url, key=None)
    with pytest.raises(ConnectorError, match="set `secret_key`"):
        keyless.tokens.save(OWNER, token())
    assert keyless.tokens.load(OWNER) is None


def test_another_owners_sign_in_is_not_saved(store: Store) -> None:
    with pytest.raises(ValueError, match="not one of other"):
        store.tokens.save("other", token())


def test_threads_and_processes_refresh_one_after_the_other(store: Store, url: str) -> None:
    """Two threads and a process each read the value and write the next one; none of their steps is lost."""
    store.tokens.save(OWNER, token("0"))
    program = f"""
for _ in range(10):
    with store.tokens.holding({OWNER!r}):
        old = store.tokens.load({OWNER!r})
        store.tokens.save({OWNER!r}, replace(old, value=str(int(old.value) + 1), previous=old.value))
"""
    processes = [child(url, program) for _ in range(1)]

    def refresh() -> None:
        for _ in range(10):
            with store.tokens.holding(OWNER):
                old = store.tokens.load(OWNER)
                assert old is not None
                store.tokens.save(OWNER, replace(old, value=str(int(old.value) + 1), previous=old.value))

    threads = [threading.Thread(target=refresh) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait() for process in processes] == [0]
    for process in processes:
        process.communicate()
    found = store.tokens.load(OWNER)
    assert found is not None
    assert (found.value, found.previous) == ("30", "29")


def test_a_killed_process_lets_go_of_everything(store: Store, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It held an owner and was in the midst of a unit of work: others go on at once, and nothing half is left."""
    monkeypatch.setattr("connector.store.tokens._PATIENCE", 0)
    program = f"""
with store.work() as work:
    work.runs.start("killed")
with store.tokens.holding({OWNER!r}), store.work() as work:
    work.watermarks.set("half", "done", "1")
    print("held", flush=True)
    time.sleep(60)
"""
    process = child(url, program)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(Locked, match="another process has been signing in"), store.tokens.holding(OWNER):
        pass
    process.send_signal(signal.SIGKILL)
    while _state(process.pid) != "Z":
        time.sleep(0.01)
    # PostgreSQL needs a moment to see that the other end of its socket is closed.
    monkeypatch.setattr("connector.store.tokens._PATIENCE", 5)
    began = time.monotonic()
    with store.tokens.holding(OWNER):
        store.tokens.save(OWNER, token())
    assert time.monotonic() - began < 2
    with store.work() as work:
        assert work.watermarks.get("half", "done") is None
        assert [run.job for run in work.runs.mark_interrupted()] == ["killed"]
    process.communicate()


def test_one_thread_does_not_wait_for_itself(store: Store) -> None:
    with store.tokens.holding(OWNER), pytest.raises(Locked, match="already"), store.tokens.holding(OWNER):
        pass
    with store.tokens.holding(OWNER), store.tokens.holding("other"):
        pass


def test_who_lost_the_hold_does_not_save(postgres: str, opened: Callable[..., Store]) -> None:
    store = opened(schema_at(postgres))
    holder = text(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
    )
    with store.tokens.holding(OWNER):
        with store.engine.begin() as connection:
            assert connection.execute(holder).scalars().all() == [True]
        with pytest.raises(Locked, match="was lost"):
            store.tokens.save(OWNER, token())
    assert store.tokens.load(OWNER) is None


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
