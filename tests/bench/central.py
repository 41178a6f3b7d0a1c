"""How fast invoices get into Business Central, beside the fastest that it allows: `python -m tests.bench.central`.

Both sides are real but for the time, which is the simulator's: each call takes `latency` milliseconds of it.
"""

import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from connector.adapters.http import Quota
from connector.domain.posting import Approval
from connector.engine.posting_rules import Bounds
from connector.jobs.approving import Approver
from connector.jobs.carriers import carriers
from connector.jobs.post import Poster
from connector.jobs.posting_round import Round
from connector.sandbox import clock as sandbox_clock
from connector.sandbox.business_central import Limits
from connector.store import Store
from tests.unit.business_central.connected import Connected, connected

QUIET = 0.06
"""Real seconds after which all that is to be done is done, and the clock may go on; less, and our own work counts."""
WINDOW = 300
WORKERS = 5


@dataclass(frozen=True)
class Pace:
    """What came of it: seconds taken, the least it can take for so many calls, and what the limits noticed."""

    invoices: int
    verified: int
    calls: int
    seconds: float
    least: float
    turned_away: int
    at_once: int

    @property
    def share(self) -> float:
        """How much of the possible pace it was."""
        return self.least / self.seconds


def least(calls: int, allowed: int, latency: float) -> float:
    """The seconds that so many calls take at least, `allowed` in any window and five at once."""
    windows, rest = divmod(calls - 1, allowed)
    by_hands = latency / WORKERS
    return max(windows * WINDOW + rest * by_hands, calls * by_hands)


def paced(folder: Path, *, invoices: int, calls: int, latency: int, quiet: float = QUIET) -> Pace:
    """Post so many invoices where `calls` are allowed in five minutes, and see how long that took."""
    limits = Limits(requests=calls)
    with (
        patch.object(sandbox_clock, "_QUIET", quiet),
        connected(latency=latency, limits=limits) as there,
        Store.open(f"sqlite:///{folder / 'pace.db'}", clock=there.clock) as store,
    ):
        documents = [there.document(split=str(number)) for number in range(invoices)]
        approver = Approver(store, there.posting, "CSP-")
        approver.approve(documents, Approval("p", "jane", there.clock.now(), "review"))
        begin_anew(there, limits, calls)
        before, begun = len(there.server.exchanges), there.clock.monotonic()
        bounds, ways = Bounds(lease=timedelta(seconds=120)), carriers(there.posting, store)

        def poster(number: int) -> Poster:
            return Poster(str(number), store, ways, there.clock, bounds, approver.renumber)

        Round("books-eu", store, poster, there.clock, workers=WORKERS).run(wait=True)
        seconds = there.clock.monotonic() - begun
        with store.look() as unit:
            verified = sum(one.state == "verified" for one in unit.postings.all())
        made = len(there.server.exchanges) - before
    return Pace(
        invoices, verified, made, seconds, least(made, calls, latency / 1000), limits.turned_away, limits.most_at_once
    )


def begin_anew(there: Connected, limits: Limits, calls: int) -> None:
    """Let both sides forget what was asked so far, and count from here."""
    there.clock.advance(2 * WINDOW)
    quota = Quota(calls, WINDOW, there.clock, concurrent=WORKERS)
    client: Any = there.client
    client._quota = client._api._quota = client._hasty._quota = quota
    limits.turned_away = limits.most_at_once = 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        found = paced(Path(folder), invoices=int(sys.argv[1]) if sys.argv[1:] else 1000, calls=6000, latency=200)
        print(json.dumps(asdict(found) | {"share": round(found.share, 3)}))
