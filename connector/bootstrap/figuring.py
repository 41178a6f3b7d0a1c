"""Gathers the figures of the service out of what is remembered."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from connector.bootstrap.freshness import SOURCE

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.service.figures import Figures, Pair
    from connector.store import Store, Work

_DONE = "done/"


def figures_of(settings: "Settings", store: "Store", next_at: Mapping[str, datetime]) -> "Figures":
    """How things stand, in numbers. Raises ConnectorError where the database cannot be read."""
    from connector.domain.posting import DOCUMENT, State
    from connector.service.figures import Figures

    sign_ins: dict[str, tuple[datetime | None, bool]] = {}
    for owner, (until, needed) in store.tokens.standing().items():
        before, was = sign_ins.get(_plain(owner), (None, False))
        sign_ins[_plain(owner)] = min((one for one in (before, until) if one), default=None), needed or was
    with store.look() as unit:
        good = unit.slots.last_good()
        postings: dict[tuple[str, str, str], Pair] = {}
        for (ledger, what, state, currency), (count, total) in unit.postings.counts().items():
            if what == DOCUMENT:
                postings[ledger, state, currency] = count, Decimal(total)
        unknown = [one.sent_at for one in unit.postings.all(states=(State.UNKNOWN, State.SENDING)) if one.sent_at]
        return Figures(
            now=store.clock.now(),
            slots=unit.slots.counts(),
            last_good={job: slot.ended_at for job, slot in good.items() if slot.ended_at},
            seconds={
                job: (slot.ended_at - slot.begun_at).total_seconds()
                for job, slot in good.items()
                if slot.ended_at and slot.begun_at
            },
            next_at=next_at,
            read_at=read_at(settings, unit),
            calls=unit.calls.all(),
            findings=unit.findings.sums(),
            postings=postings,
            unknown_since=min(unknown, default=None),
            held_plans=len(held_plans(settings, unit)),
            sign_ins=sign_ins,
            mails=unit.alerts.counts(),
        )


def read_at(settings: "Settings", unit: "Work") -> dict[str, datetime]:
    """When each source was last read without trouble."""
    marks = unit.watermarks.of(SOURCE)
    found = {name.removeprefix(_DONE): at for name, (_, at) in marks.items() if name.startswith(_DONE)}
    for name in settings.ledger_names:
        moments = [at for _, at in unit.watermarks.of(f"ledger/{name}").values()]
        if moments:
            found[f"ledger {name}"] = max(moments)
    return found


def held_plans(settings: "Settings", unit: "Work") -> tuple[str, ...]:
    """The plans that wait for a person: the newest one, where it has documents and nobody has approved it."""
    newest = unit.plans.last()
    if newest is None or settings.posting.mode == "off" or unit.approvals.approvals(newest[0]):
        return ()
    return (newest[0],)


def _plain(owner: str) -> str:
    """What an account is called in figures: the service and the ledger, without tenants and clients."""
    kind, _, rest = owner.partition("/")
    return kind if kind == "entra" else f"{kind}/{rest.split('/')[0]}"
