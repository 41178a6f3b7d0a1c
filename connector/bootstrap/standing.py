"""Asks the store how things stand: postings by state, those that wait for a person, the last runs, and sign-ins."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from connector.bootstrap.figuring import held_plans, read_at
from connector.domain.errors import ConnectorError
from connector.domain.posting import Posting, State
from connector.domain.run import Outcome, Run
from connector.domain.slot import Slot

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.ports import Clock
    from connector.store import Store, Work

_GOOD = (0, 1, 5)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An account that somebody signed in for: whether it still is good, until when at the longest, and until when
    where nobody uses it; each use moves that.
    """

    owner: str
    state: str
    until: datetime | None = None
    unused_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand: postings and money by ledger, what, state and currency; `runs` are the last of each job.

    `last_good` is when each job last ended well, `read_at` when each source was last read; `findings` are those that
    are open, with their money, by kind and currency; `awaited` are slots of the service that wait or run, `failed`
    those that were given up since the last good one.
    """

    at: datetime
    counts: Mapping[tuple[str, str, str, str], tuple[int, Decimal]]
    for_a_person: tuple[Posting, ...]
    uncertain: tuple[Posting, ...]
    runs: tuple[Run, ...]
    sign_ins: tuple[SignedIn, ...]
    last_good: Mapping[str, datetime] = field(default_factory=dict)
    read_at: Mapping[str, datetime] = field(default_factory=dict)
    findings: Mapping[tuple[str, str], tuple[int, Decimal]] = field(default_factory=dict)
    held_plans: tuple[str, ...] = ()
    in_flight: int = 0
    mails: Mapping[str, int] = field(default_factory=dict)
    awaited: tuple[Slot, ...] = ()
    failed: tuple[Slot, ...] = ()


def standing(settings: "Settings", clock: "Clock | None" = None) -> Standing:
    """Look at everything that `connector status` tells. Raises ConnectorError where the store cannot be read."""
    from connector.adapters.clock import SystemClock
    from connector.bootstrap.storing import open_store
    from connector.engine.posting_rules import FOR_A_PERSON

    with open_store(settings, clock or SystemClock()) as store:
        sign_ins = tuple(_signed_in(store, owner) for owner in store.tokens.owners())
        with store.look() as unit:
            newest: dict[str, Run] = {}
            for run in unit.runs.latest(limit=500):
                newest.setdefault(run.job, run)
            return Standing(
                unit.postings.now(),
                unit.postings.counts(),
                unit.postings.all(states=FOR_A_PERSON),
                unit.postings.all(states=(State.SENDING, State.UNKNOWN)),
                tuple(newest[job] for job in sorted(newest)),
                sign_ins,
                _last_good(unit),
                read_at(settings, unit),
                unit.findings.sums(),
                held_plans(settings, unit),
                sum(unit.postings.waiting(name)[0] for name in settings.ledger_names),
                unit.alerts.counts(),
                unit.slots.open(),
                tuple(unit.slots.failing().values()),
            )


def _last_good(unit: "Work") -> dict[str, datetime]:
    """When each job last ended well, by its own record or by that of the service."""
    found = {job: slot.ended_at for job, slot in unit.slots.last_good().items() if slot.ended_at}
    for job in unit.runs.jobs():
        for outcome in (Outcome.DONE, Outcome.PARTIAL):
            for run in unit.runs.latest(job, outcome=outcome, limit=1):
                if run.finished_at and run.exit_code in _GOOD:
                    found[job] = max(run.finished_at, found.get(job, run.finished_at))
    return dict(sorted(found.items()))


def _signed_in(store: "Store", owner: str) -> SignedIn:
    try:
        token = store.tokens.load(owner)
    except ConnectorError:
        return SignedIn(owner, "unreadable")
    if token is None:
        return SignedIn(owner, "missing")
    return SignedIn(owner, token.state, token.hard_expires_at, token.expires_at if token.kind == "refresh" else None)
