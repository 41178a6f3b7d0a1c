"""Measures fetching from the simulators: a large export into the warehouse, and the use made of the quota."""

import gzip
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOBS = 8
CUSTOMERS = 10_000
A_MINUTE = 500


def fetch(lines: Path) -> tuple[float, float]:
    """Fetch an export of these lines (gzipped JSON Lines) and take it into a warehouse.

    Returns what downloading and keeping adds to unpacking and parsing, by seconds of the processor, and the peak in MB.
    The simulators run in this process, the connector in one of its own.
    """
    sys.path.insert(0, str(ROOT))
    from connector.sandbox.running import Deal
    from tests.fetching import office

    with tempfile.TemporaryDirectory(prefix="fetch-") as name, office(Path(name), Deal(customers=3)) as own:
        blobs = _cut(lines, Path(name) / "blobs")
        bill = next(bill for bill in own.sandbox.live.bills() if bill.currency == "USD")
        own.sandbox.graph.prepared["billedreconciliation", bill.id] = blobs
        own.sandbox.manners.operation_takes = timedelta(0)
        told = Path(name) / "share"
        program = "import sys; from tests.bench.fetching import take; take(*sys.argv[1:])"
        words = [sys.executable, "-c", program, name, own.sandbox.clock.now().isoformat(), bill.id, str(told)]
        environment = {**os.environ, **own.environment, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(words, cwd=ROOT, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"fetching ended with {os.waitstatus_to_exitcode(status)}")
        return float(told.read_text(encoding="utf-8")), usage.ru_maxrss / 1024


def take(folder: str, now: str, invoice: str, told: str) -> None:
    """Fetch one invoice's lines, keep them, parse and take them in; write down what fetching adds to parsing."""
    from connector.adapters.files import read_any
    from connector.bootstrap.partner_center import microsoft, open_source
    from connector.bootstrap.storing import open_store
    from connector.bootstrap.syncing import open_intake
    from connector.config.settings import read_settings
    from connector.domain.extraction import LineSet
    from connector.sandbox.clock import SandboxClock
    from connector.warehouse.archive import Archive

    settings = read_settings(Path(folder) / "config.yaml")
    clock = SandboxClock(datetime.fromisoformat(now))
    with open_store(settings, clock) as store, open_intake(settings) as intake:
        source = open_source(settings, microsoft(settings, store.tokens, clock))
        start = time.process_time()
        with intake.room() as room:
            source.lines(LineSet("reconciliation", invoice), None, room)
            kept = Archive(settings.state / "raw").keep(Path(room))
        fetched = time.process_time()
        for _ in read_any([kept.path]):
            pass
        parsed = time.process_time()
        intake.take_whole([str(kept.path)], "2026-11-09T08:00:00Z", {})
        Path(told).write_text(str((fetched - start) / (parsed - fetched)), encoding="utf-8")


def use_of_quota() -> tuple[float, int]:
    """Look at 10,000 customers at 500 calls a minute of a clock that stands; the share used, and how many 429 came."""
    sys.path.insert(0, str(ROOT))
    from connector.sandbox.running import Deal
    from tests.fetching import office
    from tests.unit.partner_center.wire import source_of

    with tempfile.TemporaryDirectory(prefix="quota-") as name, office(Path(name), Deal(customers=10)) as own:
        source, clock = source_of(own, at_once=1), own.sandbox.clock
        names = [one.tenant_id for one in own.sandbox.live.customers()] * (CUSTOMERS // 10)
        start = clock.monotonic()
        count = sum(1 for _ in source.subscriptions(names))
        minutes = (clock.monotonic() - start) / 60
        refused = sum(
            exchange.response is not None and exchange.response.status == 429
            for exchange in own.sandbox.servers["api"].exchanges
        )
        return count / (A_MINUTE * minutes), refused


def _cut(lines: Path, folder: Path) -> list[Path]:
    """Cut the lines into blobs, as Graph does."""
    folder.mkdir()
    paths = [folder / f"part-{place:05d}.c000.json.gz" for place in range(BLOBS)]
    with ExitStack() as stack:
        files = [stack.enter_context(gzip.open(path, "wb", compresslevel=5)) for path in paths]
        for number, line in enumerate(stack.enter_context(gzip.open(lines, "rb"))):
            files[number // 10_000 % BLOBS].write(line)
    return paths
