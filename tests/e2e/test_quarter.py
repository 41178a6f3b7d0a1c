"""A quarter of the service: two replicas on PostgreSQL, killed at random, with everything outside failing for a while.

In the end every invoice is posted once, every finding told, every job caught up, and nothing is left locked.
"""

import contextlib
import logging
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from connector.bootstrap.storing import open_store
from connector.bootstrap.timetable import jobs_of
from connector.cli.main import command_files
from connector.domain.alert import MailState
from connector.domain.posting import DOCUMENT, State
from connector.domain.standing import Life
from connector.engine.posting_rules import marker
from connector.jobs.duty import Duty, Ended
from connector.sandbox.running import Deal
from tests.databases import schema_at
from tests.e2e.replica import Replicas
from tests.firm import Firm, open_firm

FIRST, LAST = datetime(2026, 10, 31, tzinfo=UTC), datetime(2027, 1, 18, tzinfo=UTC)
LATER = datetime(2027, 2, 14, tzinfo=UTC)
MONTHS = ("2026-10", "2026-11", "2026-12")
MORE = """\
database: ${DATABASE}
posting: {mode: auto, start: 2026-10, settle: 4s, lease: 1s}
http: {public_url: "https://billing.example.com"}
schedule:
  jobs: {sync: off, audit: off, prices: off, usage: off, watch: off, report: off, backup: off,
         subscriptions: "0 4 1 * *", invoices: "0 4 8,13 * *", ledger: "10 4 9,14 * *", plan: "0 6 8,13 * *",
         post: "30 6,12 8,13 * *", reconcile: "0 7 14 * *", alert: "0 8 8,14,15 * *", housekeeping: "0 2 2 * *"}
"""
# When replicas look, by day of the month; moments that were missed are caught up with at the next.
LOOKS = {1: (4,), 8: (4, 6, 8, 12), 9: (4, 9), 13: (4, 6, 12), 14: (4, 7, 8), 15: (8,)}


class Quarter:
    """The firm, and the turns of its replicas."""

    def __init__(self, firm: Firm, replicas: Replicas, seed: int) -> None:
        self.firm, self.replicas, self.chance = firm, replicas, random.Random(seed)
        self.killed = self.turns = 0

    def at(self, moment: datetime, *, kill: bool = True) -> None:
        """Let both replicas take a turn at a moment, and perhaps kill one in the middle of it."""
        self.firm.clock.advance_to(moment)
        self.turns += 1
        both = [self.replicas.turn(moment), self.replicas.turn(moment)]
        if kill and self.chance.random() < 0.5:
            time.sleep(self.chance.uniform(0.05, 0.8))
            with contextlib.suppress(ProcessLookupError):
                self.chance.choice(both).kill()
        ends = [one.wait() for one in both]
        self.killed += ends.count(-9)
        assert set(ends) <= {0, -9}, (self.replicas.folder / "stderr.txt").read_text()[-3000:]

    def catch_up(self, moment: datetime) -> None:
        """Go on without kills until nothing is left to be done."""
        for _ in range(20):
            if self._is_done():
                return
            # What was sent and not answered settles in real time.
            time.sleep(0.2)
            moment += timedelta(minutes=20)
            self.at(moment, kill=False)

    def _is_done(self) -> bool:
        with open_store(self.firm.settings, self.firm.clock) as store, store.look() as unit:
            waiting, mails = unit.postings.waiting("books-us")[0], unit.alerts.counts()
            unsent = mails.get(MailState.READY.value, 0) + mails.get(MailState.SENDING.value, 0)
            return not (unit.slots.open() or waiting or unsent)


@pytest.fixture(params=[pytest.param(seed, marks=pytest.mark.crash) for seed in (11, 12, 13, 14)])
def quarter(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: str
) -> Iterator[Quarter]:
    deal = Deal(customers=4, months=3, last_month="2026-12", plain=True)
    with open_firm(tmp_path / "firm", deal, FIRST) as firm:
        firm.environment["DATABASE"] = schema_at(postgres)
        firm.configure(MORE)
        firm.map(without=1)
        for name, value in firm.environment.items():
            monkeypatch.setenv(name, value)
        firm.microsoft.live.delay("2026-11", datetime(2026, 12, 12, 15, tzinfo=UTC))
        replicas = Replicas(firm.folder, firm.environment)
        try:
            yield Quarter(firm, replicas, request.param)
        finally:
            replicas.close()


def test_a_quarter_of_trouble_ends_well(quarter: Quarter) -> None:
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    firm = quarter.firm
    day = FIRST
    while day < LAST:
        if day == datetime(2026, 11, 8, tzinfo=UTC):
            firm.microsoft.faults.add(on="* /v3/company/*", do="reset", times=0)
        if day == datetime(2026, 11, 9, tzinfo=UTC):
            firm.microsoft.faults.clear()
        # The mail server is away on the day on which November is reconciled.
        firm.mail.conduct.sender = "421 4.3.2 away" if day == datetime(2026, 12, 14, tzinfo=UTC) else ""
        for hour in LOOKS.get(day.day, ()):
            quarter.at(day.replace(hour=hour, minute=40))
        day += timedelta(days=1)
    quarter.catch_up(day)
    # A month later a person changes what was posted.
    _edit_by_hand(firm)
    for day, hours in ((LATER, LOOKS[14]), (LATER + timedelta(days=1), LOOKS[15])):
        for hour in hours:
            quarter.at(day.replace(hour=hour, minute=40))
    quarter.catch_up(day + timedelta(days=1))
    assert quarter.killed >= 5, quarter.turns
    _every_invoice_once(firm)
    _every_finding_told(firm)
    _caught_up_and_unlocked(firm)


def _edit_by_hand(firm: Firm) -> None:
    """A person changes the amount of an invoice that the connector posted."""
    invoice = max(firm.books.company().every("Invoice"), key=lambda one: str(one["DocNumber"]))
    firm.finance.discount(invoice["Id"], percent=Decimal(10))


def _every_invoice_once(firm: Firm) -> None:
    with open_store(firm.settings, firm.clock) as store, store.look() as unit:
        postings = [one for one in unit.postings.all() if one.what == DOCUMENT]
    assert {one.state for one in postings} == {State.VERIFIED}
    mapped = list(firm.ledger_customers.values())[:-1]
    billed = sorted((one.customer, f"{one.document.period.start:%Y-%m}") for one in postings if one.document)
    assert billed == sorted((customer, month) for customer in mapped for month in MONTHS)
    invoices = {invoice["PrivateNote"]: invoice for invoice in firm.books.company().every("Invoice")}
    assert len(invoices) == len(list(firm.books.company().every("Invoice"))) == len(postings)
    changed = 0
    for one in postings:
        (mine,) = [invoice for note, invoice in invoices.items() if marker(one.key) in note]
        assert mine["CustomerRef"]["value"] == one.customer
        changed += mine["TotalAmt"] != one.total
    # The one that a person changed.
    assert changed == 1


def _every_finding_told(firm: Firm) -> None:
    with open_store(firm.settings, firm.clock) as store, store.look() as unit:
        assert unit.alerts.untold() == ()
        assert set(unit.alerts.counts()) == {MailState.SENT.value}
        found = unit.findings.all(life=Life.OPEN)
        told = {event.fingerprint for event in unit.findings.events()}
    assert {one.kind for one in found} >= {"unmapped_customer", "posted_document_edited"}
    assert {one.fingerprint for one in found} <= told
    mails = firm.mail.delivered
    texts = [body.get_content() for mail in mails if (body := mail.message.get_body(("plain",))) is not None]
    assert [one.kind for one in found if not any(one.fingerprint in said for said in texts)] == []
    ids = [mail.message["Message-ID"] for mail in mails]
    assert max(ids.count(one) for one in set(ids)) <= 2
    assert (
        any("sync" in mail.message["Subject"] or "post" in mail.message["Subject"] for mail in mails) or len(mails) > 5
    )


def _caught_up_and_unlocked(firm: Firm) -> None:
    with open_store(firm.settings, firm.clock) as store:
        jobs = jobs_of(firm.settings, store, command_files())
        duty = Duty(store, firm.clock, jobs, UTC, lambda job, words, held: Ended(0))
        assert duty.pending() == ()
        with store.look() as unit:
            assert unit.slots.open() == ()
            assert set(unit.slots.failing()) == set()
            good = unit.slots.last_good()
            assert {job.name for job in jobs} - set(good) == set()
            assert [run for run in unit.runs.latest(limit=500) if run.finished_at is None] == []
            for name in ("sync", "post", "reconcile", "mail"):
                lease = unit.leases.held(name)
                assert lease is None or lease.holder == "" or lease.until <= unit.leases.now()
    url = firm.environment["DATABASE"].replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url)
    with engine.connect() as connection:
        locks = connection.execute(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")).scalar_one()
    engine.dispose()
    assert locks == 0
