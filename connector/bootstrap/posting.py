"""Joins posting: a saved plan, the store that keeps how far it got, and the ledgers that the settings name."""

import os
import socket
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

from connector.bootstrap.annexes import annexing
from connector.bootstrap.failpoints import failpoint
from connector.bootstrap.ledgers import open_ledger, open_shelf
from connector.bootstrap.post_requests import Outcome, PostRequest, Prepared, counted, is_meant
from connector.bootstrap.storing import counting_calls, open_store
from connector.bootstrap.tying import tie_posted
from connector.domain.document import OF_THE_VENDOR, Document, Held, Plan
from connector.domain.errors import ConnectorError, SignInNeeded, Unavailable
from connector.domain.posting import ANNEX, DELIVERY, Approval, Posting, State
from connector.ports import OpenLedger

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.engine.posting_guards import Settings as Guards
    from connector.engine.posting_rules import Bounds
    from connector.jobs.approving import Approver, Extras
    from connector.jobs.post import Carried
    from connector.jobs.posting_round import Round
    from connector.ports import Clock
    from connector.store import Store

_USUAL_PREFIX = "CSP-"
_DONE = (State.VERIFIED, State.CANCELLED)
_OPEN = (State.READY, State.SENDING, State.UNKNOWN, State.POSTED)


class Desk:
    """Where postings are approved, sent and settled."""

    def __init__(self, settings: "Settings", store: "Store", clock: "Clock") -> None:
        self.settings, self.store, self.clock = settings, store, clock
        self._ledgers: dict[str, OpenLedger] = {}

    @property
    def bounds(self) -> "Bounds":
        """How long and how often, by the settings."""
        from connector.engine.posting_rules import Bounds

        return Bounds(settle=self.settings.posting.settle, lease=self.settings.posting.lease)

    def ledger(self, name: str) -> OpenLedger:
        """A ledger, opened once."""
        if name not in self._ledgers:
            self._ledgers[name] = open_ledger(self.settings, name, self.store.tokens, self.clock)
        return self._ledgers[name]

    def plan(self, request: PostRequest) -> Plan | None:
        """The plan that is meant; None where none is. Raises ConnectorError where there is no such plan."""
        with self.store.look() as unit:
            if request.plan_id is not None:
                found = unit.plans.get(request.plan_id)
                if found is None:
                    raise ConnectorError(
                        f"there is no plan {request.plan_id}; `connector plan` makes one and says its id."
                    )
                return found
            if request.period is None:
                return None
            found = unit.plans.newest(request.period)
        if found is None:
            month = f"{request.period.start:%Y-%m}"
            raise ConnectorError(f"there is no plan for {month}; `connector plan --period {month}` makes one.")
        return found

    def prepare(self, plan: Plan, request: PostRequest) -> Prepared:
        """Look at what may be sent and what is held. The ledgers' own closed books are asked for."""
        from connector.engine.posting_guards import GONE, free, holds

        bills = () if request.only else self._bills(plan)
        wanted = (*(one for one in plan.documents if is_meant(one, request.only)), *bills)
        if request.only and not wanted:
            raise ConnectorError(f"--only {' '.join(request.only)}: the plan has no document for such a customer.")
        held = holds(plan, wanted, self._guards(wanted), request.released, approved=request.named)
        if GONE in request.released:
            held += tuple(self._still_there(plan, wanted))
        return Prepared(plan, free(wanted, held), wanted, held)

    def post(
        self, request: PostRequest, prepared: Prepared | None, heard: "Callable[[Carried], None]" = lambda carried: None
    ) -> Outcome:
        """Approve what nothing holds, and go on with everything that is on its way.

        Raises ConnectorError where a ledger's settings make exactly-once impossible, Locked where another process is
        posting.
        """
        from connector.jobs.run import running

        outcome = Outcome()
        with counting_calls(self.store), running(self.store, "post") as current:
            outcome.run_id = current.run.run_id
            if prepared is not None:
                keys = set(self._approve(request, prepared, outcome))
            else:
                with self.store.look() as unit:
                    keys = {one.key for one in unit.postings.all(states=_OPEN) if one.is_open}
            stopped: list[ConnectorError] = []
            for name in self._concerned(prepared):
                if (obstacle := self._obstacle(name)) is not None:
                    stopped.append(obstacle)
                    continue
                outcome.ends[name] = self._round(name, heard).run(wait=request.wait)
                current.check()
            tie_posted(self.store)
            for obstacle in stopped:
                raise obstacle
            with self.store.look() as unit:
                found = unit.postings.all(
                    keys={*keys, *(f"{key}|{what}" for key in keys for what in (ANNEX, DELIVERY))}
                )
            outcome.postings = tuple(one for one in found if one.key in keys or one.state not in _DONE)
            current.written.update(counted(outcome.postings))
            current.reasons.extend(f"{key}: {why}" for key, why in outcome.refused)
        return outcome

    def approver(self, name: str, extras: "Extras | None" = None) -> "Approver":
        """Who freezes documents for a ledger, and what goes with them."""
        from connector.jobs.approving import Approver

        opened = self.ledger(name)
        prefixes = dict(self.settings.posting.number_series)
        return Approver(self.store, opened.posting, prefixes.get(name, _USUAL_PREFIX), extras)

    def _is_delivered(self, document: Document) -> bool:
        return self.settings.posting.deliver and document.kind not in OF_THE_VENDOR

    def resolve(self, key: str, meant: str, reason: str, by: str) -> Posting:
        """Let a person settle a posting. Raises as Resolver.resolve does."""
        from connector.jobs.resolving import Resolver

        with self.store.look() as unit:
            posting = unit.postings.get(key)
        if posting is None:
            raise ConnectorError(f"there is no posting {key}; `connector status` lists those that wait for a person.")
        approver = self.approver(posting.ledger)
        ledger = self.ledger(posting.ledger).posting
        settled = Resolver(self.store, ledger, approver, self.bounds.settle).resolve(key, meant, reason, by)
        tie_posted(self.store)
        return settled

    def _approve(self, request: PostRequest, prepared: Prepared, outcome: Outcome) -> list[str]:
        from connector.jobs.approving import Extras

        keys: list[str] = []
        plan_id = prepared.plan.plan_id
        for name in sorted({document.ledger for document in prepared.documents}):
            self._refuse_obstacles(name)
            documents = [document for document in prepared.documents if document.ledger == name]
            approval = Approval(plan_id, request.by, self.clock.now(), self.settings.posting.mode, request.released)
            with annexing(self.settings, documents) as annex:
                extras = Extras(annex, self._is_delivered)
                approved = self.approver(name, extras).approve(documents, approval)
            keys += (*approved.new, *approved.before)
            outcome.refused += approved.refused
            failpoint()("run_frozen")
        return keys

    def _refuse_obstacles(self, name: str) -> None:
        obstacles = self.ledger(name).posting.obstacles()
        if obstacles:
            because = " ".join(obstacles)
            raise ConnectorError(f"ledger {name}: nothing is posted, for it could not be done exactly once: {because}")

    def _obstacle(self, name: str) -> ConnectorError | None:
        """What a changed setting does to what was approved before; a ledger out of reach is told by its round."""
        try:
            self._refuse_obstacles(name)
        except (SignInNeeded, Unavailable):
            return None
        except ConnectorError as obstacle:
            return obstacle
        return None

    def _concerned(self, prepared: Prepared | None) -> list[str]:
        """The ledgers in which something is on its way, and those of the plan."""
        names = {document.ledger for document in prepared.documents} if prepared is not None else set[str]()
        with self.store.look() as unit:
            names |= {name for name in self.settings.ledger_names if unit.postings.waiting(name)[0]}
        return sorted(names)

    def _round(self, name: str, heard: "Callable[[Carried], None]") -> "Round":
        from connector.jobs.carriers import carriers
        from connector.jobs.post import Poster
        from connector.jobs.posting_round import Round

        opened = self.ledger(name)
        posting = opened.posting
        ways, renumber = carriers(posting, self.store), self.approver(name).renumber
        where = f"{socket.gethostname()}/{os.getpid()}"

        def poster(number: int) -> Poster:
            return Poster(f"{where}/{number}", self.store, ways, self.clock, self.bounds, renumber)

        return Round(name, self.store, poster, self.clock, workers=opened.at_once, failpoint=failpoint(), heard=heard)

    def _still_there(self, plan: Plan, documents: Iterable[Document]) -> Iterator[Held]:
        """Hold what takes the place of documents that a person lets pass as gone, and that are in the ledger."""
        from connector.engine.posting_guards import GONE

        gone = {one.key for one in plan.held if one.guard == GONE}
        taken_back = {document.reverses for document in plan.documents}
        for document in documents:
            for key in document.corrects if document.key in gone else ():
                with self.store.look() as unit:
                    before = unit.postings.get(key)
                if key in taken_back or before is None or before.remote_id is None:
                    continue
                there = self.ledger(before.ledger).posting.read(before.stamp.kind, before.remote_id)
                if there is not None and there.status not in ("void", "deleted"):
                    text = f"{key} is in the ledger ({there.number}); read it (`connector sync`) and plan again"
                    yield Held(GONE, text, document.key)

    def _bills(self, plan: Plan) -> tuple[Document, ...]:
        """Microsoft's own bills for the month, for ledgers whose settings name the vendor."""
        from connector.engine.vendor_bills import bills

        wanted = {ledger.name: ledger.vendor_bill.vendor for ledger in self.settings.ledgers if ledger.vendor_bill}
        if not wanted or self.settings.posting.mode == "off":
            return ()
        with open_shelf(self.settings) as shelf:
            headers = list(shelf.headers())
        return tuple(
            bill for name, vendor in sorted(wanted.items()) for bill in bills(headers, plan.period, name, vendor)
        )

    def _guards(self, documents: Collection[Document]) -> "Guards":
        from connector.engine.posting_guards import Settings as Guards

        posting = self.settings.posting
        closed: dict[str, date] = {"": posting.closed_until} if posting.closed_until else {}
        for name in sorted({document.ledger for document in documents}) if posting.mode != "off" else ():
            until = self.ledger(name).source.company().closed_until
            if until is not None:
                closed[name] = until
        starts = {tenant.lower(): start for tenant, start in posting.start_by_customer}
        limits = posting.limits
        return Guards(posting.mode, posting.start, starts, closed, limits.documents, limits.amount)


@contextmanager
def open_desk(settings: "Settings", clock: "Clock | None" = None) -> Iterator[Desk]:
    """Open the store and what posting needs."""
    from connector.adapters.clock import SystemClock

    used = clock or SystemClock()
    with open_store(settings, used) as store:
        yield Desk(settings, store, used)
