"""What is told: the first look once, then only what is new, worse or resolved, to whom it concerns, each thing once."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from connector.domain.alert import MailState
from connector.domain.errors import Place
from connector.domain.finding import Finding
from connector.domain.rules import Accepted
from connector.domain.run import Outcome
from connector.domain.standing import Life
from connector.engine.routing import Route, Routes
from connector.jobs.composing import MOST_APART
from tests.unit.alerts.conftest import JANE, Desk
from tests.unit.reports import samples
from tests.unit.reports.samples import finding

ALPINE = finding("quantity_under_billed", "44.00", "Alpine Ski House", number=1)
CONTOSO = finding("unbilled_charge", "3112.40", "Contoso", "Azure plan", 2)
TWICE = finding("duplicate_billing", "-410.00", "Fabrikam", number=3)


def grown(amount: str) -> Finding:
    return replace(ALPINE, impact=Decimal(amount))


def test_the_first_look_is_one_mail(desk: Desk) -> None:
    desk.immediate = ("unbilled_charge",)
    desk.found(ALPINE, CONTOSO, month=samples.month())
    desk.found(TWICE, scope="2026-09")
    desk.run()
    assert desk.box.subjects == [
        "First look at October 2026: 3 findings, you lose 3,156.40 USD, customer over-charged 410.00 USD"
    ]
    desk.later(hours=3)
    desk.found(ALPINE, CONTOSO, month=samples.month())
    desk.run()
    assert len(desk.box.taken) == 1
    desk.found(ALPINE, CONTOSO, month=replace(samples.month(), result="reconciled"))
    desk.run()
    assert desk.box.subjects[1].startswith("October 2026: reconciled")


def test_a_watch_that_finds_nothing_is_no_first_look(desk: Desk) -> None:
    desk.found(scope="watch")
    desk.run()
    assert desk.box.taken == []
    desk.found(ALPINE, scope="watch")
    desk.run()
    assert desk.box.subjects == ["First look at your books: 1 finding, you lose 44.00 USD"]


def test_a_kind_that_does_not_wait_is_told_at_once_and_once(desk: Desk) -> None:
    desk.settled()
    desk.immediate = ("duplicate_billing",)
    desk.found(ALPINE, TWICE)
    desk.run()
    desk.run()
    assert desk.box.subjects == ["Billed twice (duplicate_billing): Fabrikam, customer over-charged 410.00 USD"]
    desk.found(ALPINE, TWICE)
    desk.run()
    assert len(desk.box.taken) == 1


def test_the_digest_tells_what_is_new_worse_or_resolved_and_nothing_else(desk: Desk) -> None:
    desk.settled(ALPINE, CONTOSO)
    desk.found(grown("88.00"), TWICE)
    desk.run()
    assert desk.box.taken == []
    desk.later(hours=2)
    desk.run()
    assert desk.box.subjects == ["1 new, 1 worse, 1 resolved: you lose 88.00 USD, customer over-charged 410.00 USD"]
    plain = desk.box.taken[0].draft.plain
    assert "before: you lose 44.00 USD" in plain
    assert "before: you lose 3,112.40 USD" in plain
    desk.later(days=1)
    desk.found(grown("88.00"), TWICE)
    desk.run()
    assert len(desk.box.taken) == 1


def test_what_came_and_grew_before_the_digest_is_told_as_it_ended(desk: Desk) -> None:
    desk.settled()
    desk.found(ALPINE)
    desk.found(grown("50.00"))
    desk.found(grown("60.00"), TWICE)
    desk.found(grown("60.00"))
    desk.run(digest=True)
    assert desk.box.subjects == ["1 new, 1 resolved: you lose 60.00 USD"]


def test_the_digest_is_caught_up_and_never_doubled(desk: Desk) -> None:
    desk.settled()
    desk.found(ALPINE)
    desk.later(hours=9)
    for _ in range(3):
        desk.run()
        desk.later(minutes=5)
    assert len(desk.box.taken) == 1


def test_a_flood_becomes_one_mail(desk: Desk) -> None:
    desk.settled()
    desk.immediate = ("unbilled_charge",)
    desk.found(*(finding("unbilled_charge", "1.00", f"Customer {at}", number=at) for at in range(40)))
    desk.run()
    (subject,) = desk.box.subjects
    assert subject == "40 findings at once: you lose 40.00 USD"
    assert (
        "and 15 more findings" in desk.box.taken[0].draft.plain
        or "… and 15 findings more" in desk.box.taken[0].draft.plain
    )
    assert len(desk.box.taken[0].draft.html) < 100_000


def test_a_slow_flood_becomes_few_mails(desk: Desk) -> None:
    desk.settled()
    desk.immediate = ("unbilled_charge",)
    known = []
    for at in range(6):
        known += [finding("unbilled_charge", "1.00", f"Customer {at}", number=2 * at + one) for one in (0, 1)]
        desk.found(*known)
        desk.run()
    assert sum("at once" not in subject for subject in desk.box.subjects) <= MOST_APART
    assert len(desk.box.taken) <= MOST_APART + 6


def test_what_is_settled_meanwhile_waits_for_the_digest(desk: Desk) -> None:
    desk.settled()
    desk.immediate = ("duplicate_billing",)
    desk.found(TWICE)
    desk.found()
    desk.run()
    assert desk.box.taken == []
    desk.run(digest=True)
    assert desk.box.subjects == ["1 resolved"]


def test_what_somebody_accepted_is_not_told(desk: Desk) -> None:
    desk.settled()
    desk.found(ALPINE)
    with desk.store.work() as unit:
        unit.findings.accept(ALPINE.fingerprint, reason="agreed", by="jane")
    desk.run(digest=True)
    assert desk.box.taken == []
    desk.found(grown("45.00"))
    desk.run(digest=True)
    assert desk.box.subjects == ["1 new: you lose 45.00 USD"]
    assert "beyond what was accepted" not in desk.box.taken[0].draft.plain


def test_an_acceptance_ends_on_its_day_also_where_its_month_is_not_looked_at_any_more(desk: Desk) -> None:
    """The service looks at the newest month; what was put off in October would otherwise never be told again."""
    desk.settled(ALPINE)
    with desk.store.work() as unit:
        unit.findings.accept(ALPINE.fingerprint, reason="billed with December", by="jane", until=date(2026, 11, 30))
    desk.later(days=4)
    desk.found(scope="2026-11")
    desk.run(digest=True)
    assert desk.box.taken == []
    desk.later(days=1)
    desk.found(scope="2026-11")
    desk.found(scope="2026-11")
    desk.run(digest=True)
    assert desk.box.subjects == ["1 new: you lose 44.00 USD"]
    with desk.store.look() as unit:
        (standing,) = unit.findings.all(life=Life.OPEN)
        assert (standing.fingerprint, standing.acceptance) == (ALPINE.fingerprint, None)
        assert [event.why for event in unit.findings.events()][-1] == "its acceptance ended"


def test_what_the_mapping_accepts_for_a_past_month_stays_accepted(desk: Desk) -> None:
    """Its day is compared with the month that is judged: October's result leaves the finding out for good."""
    desk.settled(ALPINE)
    rule = Accepted(ALPINE.fingerprint[:8], "agreed", "jane", Place("m.yaml", 3), until=date(2026, 11, 30))
    desk.found(accepted=(rule,), named=(rule.finding,))
    desk.later(days=5)
    desk.found(scope="2026-11", named=(rule.finding,))
    desk.run(digest=True)
    assert desk.box.taken == []
    with desk.store.look() as unit:
        assert not unit.findings.all(life=Life.OPEN)


def test_what_the_mapping_accepts_is_accepted_and_not_resolved(desk: Desk) -> None:
    desk.settled(ALPINE)
    desk.found(accepted=(Accepted(ALPINE.fingerprint[:8], "agreed", "jane", Place("m.yaml", 3)),))
    with desk.store.look() as unit:
        standing = unit.findings.get(ALPINE.fingerprint)
        assert standing is not None
        assert (standing.life, standing.acceptance and standing.acceptance.by) == (Life.ACCEPTED, "jane")
        assert [entry.action for entry in unit.audit.entries()] == ["accept"]
    desk.run(digest=True)
    assert desk.box.taken == []


def test_what_could_not_be_seen_is_not_resolved(desk: Desk) -> None:
    desk.settled(ALPINE)
    desk.found(judged=lambda _: False)
    desk.run(digest=True)
    assert desk.box.taken == []


def test_people_are_told_by_kind_group_and_severity(desk: Desk) -> None:
    azure, gold, boss = "azure@example.com", "gold@example.com", "boss@example.com"
    routes = (
        Route((azure,), kinds=("unbilled_charge",), instead=True),
        Route((gold,), groups=("gold",)),
        Route((boss, JANE), severity="critical"),
    )
    tenant = TWICE.subject.tenant_id or ""
    desk.office = replace(desk.office, routes=Routes((JANE,), routes), groups=lambda: {tenant: ("gold",)})
    desk.settled()
    desk.found(ALPINE, CONTOSO, TWICE)
    desk.run(digest=True)
    told = {mail.draft.recipients[0]: mail.draft.subject for mail in desk.box.taken}
    assert told == {
        JANE: "3 new: you lose 3,156.40 USD, customer over-charged 410.00 USD",
        azure: "1 new: you lose 3,112.40 USD",
        gold: "1 new: customer over-charged 410.00 USD",
        boss: "2 new: you lose 3,112.40 USD, customer over-charged 410.00 USD",
    }
    with desk.store.look() as unit:
        assert unit.alerts.untold() == ()


def test_a_quiet_week_is_told_once_a_week(desk: Desk) -> None:
    desk.settled(ALPINE)
    for _ in range(15):
        desk.later(days=1)
        desk.found(ALPINE)
        desk.run()
    assert desk.box.subjects == ["All quiet since Nov 26, 2026", "All quiet since Dec 3, 2026"]
    assert "44.00 USD" in desk.box.taken[0].draft.plain


def test_a_month_that_could_not_be_audited_is_told_once_for_its_reasons(desk: Desk) -> None:
    desk.settled()
    month = replace(samples.month(), result="not_audited", because=("12 charges name no ledger",))
    for reason in ("12 charges name no ledger", "13 charges name no ledger", "the file of usage is missing"):
        desk.found(month=replace(month, because=(reason,)))
        desk.run()
    assert desk.box.subjects == [
        "October 2026 is not audited: 12 charges name no ledger",
        "October 2026 is not audited: the file of usage is missing",
    ]


def test_a_month_is_told_when_it_is_judged_and_when_that_changes(desk: Desk) -> None:
    desk.settled()
    books = iter(["one.xlsx", "two.xlsx"])
    month = samples.month()
    for result in ("differences", "differences", "reconciled", "differences"):
        desk.found(month=replace(month, result=result), workbook=lambda: (f"/state/{next(books)}", True))
        desk.run()
    assert desk.box.subjects == ["October 2026: differences", "October 2026: reconciled"]
    assert [mail.draft.attachments for mail in desk.box.taken] == [("/state/one.xlsx",), ("/state/two.xlsx",)]


def test_nobody_is_told_without_alerts(desk: Desk) -> None:
    remembered = desk.found(ALPINE, CONTOSO, immediate=None)
    assert dict(remembered.counts) == {"findings new": 2}
    with desk.store.look() as unit:
        assert unit.alerts.untold() == ()
        assert len(unit.findings.all()) == 2
        assert unit.alerts.mails(state=MailState.READY) == ()


def test_a_rehearsal_writes_nothing(desk: Desk) -> None:
    from connector.jobs.alert import Alerting

    desk.found(ALPINE, month=samples.month())
    alerting = Alerting(desk.store, desk.box, desk.clock, desk.office)
    assert [one.kind for one in alerting.rehearse()] == ["baseline"]
    with desk.store.look() as unit:
        assert len(unit.alerts.untold()) == 1
        assert unit.alerts.mails() == ()


@pytest.mark.parametrize("severity", ["critical", "warning", "info"])
def test_somebody_is_always_told(severity: str) -> None:
    routes = Routes((JANE,), (Route(("x@example.com",), severity="critical", instead=True),))
    assert routes.of("duplicate_billing", severity) == (("x@example.com",) if severity == "critical" else (JANE,))
    assert routes.of("job_failed", "critical") == (JANE,)


def failed(desk: Desk, job: str, code: int = 2) -> None:
    """A run of a job that failed just now, or went well (0)."""
    with desk.store.work() as unit:
        run = unit.runs.start(job)
        unit.runs.finish(run.run_id, Outcome.FAILED if code else Outcome.DONE, exit_code=code, reasons=("no",))


def test_what_a_person_asked_for_and_was_refused_is_no_job_that_fails(desk: Desk) -> None:
    """Whoever closes a month is told at once; nothing tries it again by itself."""
    desk.settled()
    failed(desk, "close")
    desk.run()
    desk.later(days=1)
    desk.run()
    assert desk.box.taken == []


@pytest.mark.parametrize(("by_hand", "by_itself"), [("sync", "invoices"), ("prices", "sync")])
def test_a_sync_by_hand_that_failed_is_not_told_for_ever(desk: Desk, by_hand: str, by_itself: str) -> None:
    """What the service fetches since then, as a whole or part by part, speaks for itself."""
    desk.settled()
    failed(desk, by_hand)
    desk.run()
    assert len(desk.box.taken) == 1
    desk.later(hours=2)
    failed(desk, by_itself, 0)
    for _ in range(3):
        desk.later(days=1)
        desk.run()
    assert len(desk.box.taken) == 1
    desk.later(hours=1)
    failed(desk, by_hand)
    desk.run()
    assert len(desk.box.taken) == 2
