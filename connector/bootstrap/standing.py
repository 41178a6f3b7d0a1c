"""Asks the store how things stand: postings by state, those that wait for a person, the last runs, and sign-ins."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from connector.domain.errors import ConnectorError
from connector.domain.posting import Posting, State
from connector.domain.run import Run

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.ports import Clock
    from connector.store import Store


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An account that somebody signed in for: whether it still is good, and until when at the longest."""

    owner: str
    state: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand: postings and money by ledger, what, state and currency; `runs` are the last of each job.

    `read` is when something new was last read of each source.
    """

    at: datetime
    counts: Mapping[tuple[str, str, str, str], tuple[int, Decimal]]
    for_a_person: tuple[Posting, ...]
    uncertain: tuple[Posting, ...]
    runs: tuple[Run, ...]
    sign_ins: tuple[SignedIn, ...]
    read: Mapping[str, datetime] = field(default_factory=dict)


def standing(settings: "Settings", clock: "Clock | None" = None) -> Standing:
    """Look at everything that `connector status` tells. Raises ConnectorError where the store cannot be read."""
    from connector.adapters.clock import SystemClock
    from connector.bootstrap.storing import open_store
    from connector.engine.posting_rules import FOR_A_PERSON

    sources = ("partner_center", *(f"ledger/{name}" for name in settings.ledger_names))
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
                {name: max(at for _, at in own.values()) for name in sources if (own := unit.watermarks.of(name))},
            )


def _signed_in(store: "Store", owner: str) -> SignedIn:
    try:
        token = store.tokens.load(owner)
    except ConnectorError:
        return SignedIn(owner, "unreadable")
    return SignedIn(owner, token.state, token.hard_expires_at) if token else SignedIn(owner, "missing")
