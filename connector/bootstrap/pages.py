"""Puts the pages of the service together: who answers at which path, and what they ask of the rest."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from connector.bootstrap.links import signer_of
from connector.bootstrap.publishing import reports_folder
from connector.bootstrap.timetable import hints_of
from connector.domain.errors import ConnectorError

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.domain.document import Plan
    from connector.ports import Clock
    from connector.service.approving import Shown
    from connector.service.health import Vitals
    from connector.service.links import Signed
    from connector.service.notices import Notice
    from connector.service.notices.certificates import Trust
    from connector.service.wire import Place, Reply, Request, Router
    from connector.store import Store

# Where the certificates lie that Partner Center signs with, and those of the authorities above them.
_CERTIFICATES = (
    "https://3psostorageacct.blob.core.windows.net", "https://www.microsoft.com", "https://crl.microsoft.com",
    "https://caissuers.microsoft.com", "https://cacerts.digicert.com",
)  # fmt: skip
_LARGEST_CERTIFICATE = 64 * 1024
_FETCHING = timedelta(seconds=1)
# What a person looks through before a yes; the whole plan is a page of its own.
_MOST_SHOWN = 50


def router_of(
    settings: "Settings",
    store: "Store",
    clock: "Clock",
    vitals: "Vitals",
    jobs: Callable[[], Mapping[str, datetime]],
    reloaded: Callable[[], bool],
    nudge: Callable[[], None] = lambda: None,
) -> "Router":
    """All pages. `jobs` says when each job is due next, `reloaded` whether the newest settings are in force.

    `nudge` has the schedule look round soon, because something was asked for.
    """
    from connector.bootstrap.figuring import figures_of
    from connector.service import approving, health, reports
    from connector.service.figures import Gathered, metrics_text
    from connector.service.wire import Place, Reply, Router

    gathered = Gathered(lambda: figures_of(settings, store, jobs()), vitals.version, reloaded)

    def metrics(_: "Request") -> "Reply":
        return Reply(200, metrics_text(gathered), "text/plain; version=0.0.4; charset=utf-8")

    signer, http = signer_of(settings), settings.http
    readers = reports.Readers(http.user, http.password.reveal() if http.password else None, signer, clock.now)
    desk = PlanDesk(settings, store, clock, nudge)
    return Router(
        [
            *health.places(vitals),
            Place("/metrics", metrics),
            *reports.places(reports_folder(settings), readers),
            *approving.places(desk, signer, clock.now),
            *_notices(settings, store, clock, jobs),
        ]
    )


def _notices(
    settings: "Settings", store: "Store", clock: "Clock", jobs: Callable[[], Mapping[str, datetime]]
) -> "list[Place]":
    from connector.config.values import BusinessCentral, QuickBooks
    from connector.service.notices import Desk, business_central, partner_center, quickbooks

    webhooks = settings.http.webhooks
    desk: Desk = Desk(lambda source, notices: _keep(store, clock, jobs(), source, notices))
    found: list[Place] = []
    if webhooks.quickbooks is not None:
        realms = frozenset(ledger.realm_id for ledger in settings.ledgers if isinstance(ledger, QuickBooks))
        found += quickbooks.places(desk, webhooks.quickbooks.reveal(), realms)
    if webhooks.business_central is not None and any(isinstance(one, BusinessCentral) for one in settings.ledgers):
        found += business_central.places(desk, webhooks.business_central.reveal())
    if webhooks.partner_center:
        found += partner_center.places(desk, _trust(settings, clock), clock.now)
    return found


def _trust(settings: "Settings", clock: "Clock") -> "Trust":
    from connector.adapters.http import Hosts, Network, Session, authorities
    from connector.service.notices.certificates import Trust

    ca_file = settings.network.ca_file
    own = settings.partner_center.endpoints.api if settings.partner_center else ""
    network = Network(
        ca_file, settings.network.proxy.reveal() if settings.network.proxy else None, _FETCHING, _FETCHING
    )
    # A simulator's certificates lie beside its interface.
    hosts = Hosts.of(*_CERTIFICATES, *([own] if own else []))
    session = Session(hosts, network, clock=clock, limit=_LARGEST_CERTIFICATE, deadline=_FETCHING, bearer=False)

    def fetch(address: str) -> bytes:
        answer = session.get(address)
        if answer.status_code != 200:
            raise ConnectorError(f"the certificate's place answers {answer.status_code}")
        return answer.content

    return Trust(fetch, lambda: authorities(ca_file))


def _keep(
    store: "Store", clock: "Clock", jobs: Mapping[str, datetime], source: str, notices: "tuple[Notice, ...]"
) -> int:
    """Remember notices, and ask for the looks they suggest at the next full minute, so that many become one."""
    now = clock.now()
    at = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    hints = {part: (job, words) for part, job, words in hints_of(jobs)}
    with store.work() as unit:
        new = [one for one in notices if unit.once.receive(source, one.notice_id)]
        for part in sorted({one.hint.value for one in new if one.hint is not None}):
            if part in hints:
                job, words = hints[part]
                unit.slots.intend(job, at, words=words)
    return len(new)


class PlanDesk:
    """Fits service.approving.Approvals: shows a plan that is held, and lets a person's word send it."""

    def __init__(
        self, settings: "Settings", store: "Store", clock: "Clock", nudge: Callable[[], None] = lambda: None
    ) -> None:
        self._settings, self._store, self._clock, self._nudge = settings, store, clock, nudge

    def show(self, plan_id: str) -> "Shown | None":
        """A plan as it stands."""
        from connector.engine.posting_guards import RELEASABLE
        from connector.reports.plan_sums import account, change_words, changes, totals
        from connector.reports.wording import counted, money, plain
        from connector.service.approving import Shown

        plan = self._plan(plan_id)
        if plan is None:
            return None
        sums = [
            f"{counted(count, 'document')}, {money(net, currency)} net of tax."
            for currency, net, count in totals(plan.documents)
        ]
        blocked = [f"{counted(len(plan.blocked), 'part')} blocked; the whole plan says why."] if plan.blocked else []
        guards = {one.guard: one.text for one in plan.held if one.guard in RELEASABLE}
        changed = changes(plan)
        documents = tuple(
            (
                plain(one.customer_name) or one.customer,
                one.kind.replace("_", " "),
                money(one.net, one.currency),
                change_words(changed.get(account(one))),
            )
            for one in sorted(plan.documents, key=lambda one: (-abs(one.net), one.key))[:_MOST_SHOWN]
        )
        return Shown(
            plan_id, f"Plan for {plan.period}", (*sums, *blocked), tuple(sorted(guards.items())), self._obstacle(plan),
            documents, len(plan.documents) - len(documents),
        )  # fmt: skip

    def plan_page(self, plan_id: str) -> str | None:
        """The whole plan."""
        from connector.reports.plan_page import to_html

        plan = self._plan(plan_id)
        return to_html(plan) if plan is not None else None

    def is_used(self, nonce: str) -> bool:
        """Whether a link was used."""
        with self._store.look() as unit:
            return unit.once.is_used(nonce)

    def approve(self, signed: "Signed", released: tuple[str, ...]) -> bool:
        """Use the link up, write down who approved what, and ask for its posting: all or nothing."""
        who = f"{signed.who} (by link)"
        words = ["post", signed.subject, "--yes", "--by", who]
        for guard in released:
            words += ["--release", guard]
        with self._store.work() as unit:
            if not unit.once.use(signed.nonce, purpose=signed.purpose, by=signed.who, until=signed.until):
                return False
            unit.audit.add(who, "approve by link", "plan", signed.subject, detail={"released": " ".join(released)})
            at = self._clock.now()
            while unit.slots.intend("post", at, words=words) is None:
                at += timedelta(microseconds=1)
        self._nudge()
        return True

    def _plan(self, plan_id: str) -> "Plan | None":
        with self._store.look() as unit:
            return unit.plans.get(plan_id)

    def _obstacle(self, plan: "Plan") -> str:
        with self._store.look() as unit:
            newest = unit.plans.newest(plan.period)
            approvals = unit.approvals.approvals(plan.plan_id)
        if approvals:
            return f"It was approved by {approvals[0].by} on {approvals[0].at:%Y-%m-%d %H:%M} UTC."
        if newest is not None and newest.plan_id != plan.plan_id:
            return "A newer plan has taken its place; its own mail leads to it."
        if self._settings.posting.mode == "off":
            return "posting.mode is off: nothing is posted."
        return "" if plan.documents else "It has no documents."
