"""An office with a store, a clock that stands, and a mailer that does as it is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from connector.domain.alert import Mail
from connector.domain.finding import Finding
from connector.engine.routing import Routes
from connector.jobs.alert import Alerted, Alerting
from connector.jobs.composing import Office
from connector.jobs.remember import BASELINE, SOURCE, Found, Remembered, remember
from connector.reports.mail.writer import Writer
from connector.store import Store
from tests.databases import KEY, StillClock

JANE = "jane@example.com"


@dataclass
class Postbox:
    """Fits the Mailer port: keeps what it is given, or does what it is told to."""

    taken: list[Mail] = field(default_factory=list)
    trouble: list[Exception | None] = field(default_factory=list)
    always: Exception | None = None
    keeps_it_all_the_same: bool = False

    def send(self, mail: Mail) -> Mapping[str, str]:
        trouble = self.trouble.pop(0) if self.trouble else self.always
        if trouble is None or self.keeps_it_all_the_same:
            self.taken.append(mail)
        if trouble is not None:
            raise trouble
        return {}

    @property
    def subjects(self) -> list[str]:
        return [mail.draft.subject for mail in self.taken]

    def to(self, address: str) -> list[str]:
        return [mail.draft.subject for mail in self.taken if address in mail.draft.recipients]


@dataclass
class Desk:
    """Everything a test of alerts needs; `found` and `run` are what jobs do."""

    store: Store
    clock: StillClock
    box: Postbox
    office: Office
    immediate: tuple[str, ...] = ()
    runs: int = 0

    def found(self, *findings: Finding, scope: str = "2026-10", **more: object) -> Remembered:
        self.runs += 1
        found = Found(scope, findings, f"run-{self.runs}", self.immediate)
        return remember(self.store, replace(found, **more))  # type: ignore[arg-type]

    def run(self, *, digest: bool = False) -> Alerted:
        return Alerting(self.store, self.box, self.clock, self.office).run(digest_now=digest)

    def settled(self, *findings: Finding) -> None:
        """Let the first look be over, with these findings in it."""
        self.found(*findings)
        if not findings:
            with self.store.work() as unit:
                unit.watermarks.set(SOURCE, BASELINE, self.clock.now().isoformat())
        self.run()
        self.box.taken.clear()

    def later(self, **spans: float) -> None:
        self.clock.moment += timedelta(**spans)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock = StillClock(datetime(2026, 11, 26, 5, tzinfo=UTC))
    with Store.open(f"sqlite:///{tmp_path / 'connector.db'}", key=KEY, clock=clock) as store:
        writer = Writer(company="Fabrikam Cloud", public_url="https://billing.example.com")
        yield Desk(store, clock, Postbox(), Office(writer, Routes((JANE,)), time(7, 0), "example.com"))
