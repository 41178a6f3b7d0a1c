"""Mails are never lost and repeated once at most, whatever the mail server does, and one never stops another."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.domain.alert import MailPutOff, MailRefused, MailServerAway, MailState, MailUnsure
from connector.domain.errors import Locked
from connector.domain.run import Outcome
from connector.engine.routing import Route, Routes
from connector.jobs import alert
from connector.jobs.noticing import PATIENCE
from connector.store.alerts import ABANDONED
from tests.unit.alerts.conftest import JANE, Desk
from tests.unit.alerts.test_telling import ALPINE, CONTOSO, TWICE

AWAY = MailServerAway("mail server away")


def states(desk: Desk) -> list[str]:
    with desk.store.look() as unit:
        return [mail.state.value for mail in reversed(unit.alerts.mails())]


def test_a_server_that_is_down_for_a_day_costs_nothing(desk: Desk) -> None:
    desk.settled()
    desk.immediate = ("duplicate_billing",)
    desk.box.always = AWAY
    desk.found(TWICE)
    for hour in range(0, 24, 3):
        told = desk.run()
        assert told.away == str(AWAY)
        if hour == 6:
            desk.found(TWICE, ALPINE)
        if hour == 9:
            desk.found(TWICE, ALPINE, CONTOSO)
        desk.later(hours=3)
    desk.box.always = None
    for _ in range(3):
        desk.run()
        desk.later(minutes=30)
    assert desk.box.subjects == [
        "Billed twice (duplicate_billing): Fabrikam, customer over-charged 410.00 USD",
        "2 new: you lose 3,156.40 USD",
    ]
    assert set(states(desk)) == {"sent"}


def test_a_lost_answer_is_followed_by_one_repeat(desk: Desk) -> None:
    desk.found(ALPINE)
    desk.box.trouble, desk.box.keeps_it_all_the_same = [MailUnsure("no answer")], True
    desk.run()
    assert states(desk) == ["sending"]
    desk.run()
    assert len(desk.box.taken) == 1
    desk.later(seconds=ABANDONED.total_seconds())
    desk.run()
    desk.later(days=1)
    desk.run()
    first, second = desk.box.taken
    assert first.draft == second.draft
    assert states(desk) == ["sent"]


def test_two_lost_answers_are_told_in_the_digest(desk: Desk) -> None:
    desk.found(ALPINE)
    desk.box.trouble = [MailUnsure("no answer"), MailUnsure("no answer")]
    for _ in range(3):
        desk.run()
        desk.later(seconds=ABANDONED.total_seconds())
    desk.run(digest=True)
    assert desk.box.subjects == ["1 note"]
    assert "may not have arrived: no answer" in " ".join(desk.box.taken[0].draft.plain.split())
    assert states(desk) == ["unsure", "sent"]


def test_a_process_that_dies_while_sending_is_followed(desk: Desk) -> None:
    desk.found(ALPINE)
    desk.box.trouble = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        desk.run()
    desk.later(seconds=ABANDONED.total_seconds())
    desk.run()
    assert len(desk.box.taken) == 1


def test_a_refused_mail_stops_no_other_and_is_told(desk: Desk) -> None:
    boss = "boss@example.com"
    desk.office = replace(desk.office, routes=Routes((boss, JANE), (Route(("x@example.com",), severity="critical"),)))
    desk.found(ALPINE, CONTOSO)
    desk.box.trouble = [MailRefused("550 no such user"), MailPutOff("452 full")]
    told = desk.run()
    assert (len(told.sent), told.refused, told.waiting) == (1, ["550 no such user"], 1)
    desk.later(minutes=6)
    desk.run()
    assert sorted(mail.draft.recipients[0] for mail in desk.box.taken) == [JANE, "x@example.com"]
    desk.box.taken.clear()
    desk.run(digest=True)
    (mail,) = (one for one in desk.box.taken if one.draft.recipients == (JANE,))
    assert mail.draft.subject == "1 note"
    assert "to boss@example.com was refused: 550 no such user" in " ".join(mail.draft.plain.split())


def test_a_mail_that_is_put_off_for_days_is_given_up_and_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert, "_MOST_TRIES", 4)
    desk.found(ALPINE)
    desk.box.always = MailPutOff("450 greylisted")
    for _ in range(4):
        desk.run()
        desk.later(hours=1)
    assert MailState.REFUSED.value in states(desk)


def test_one_process_at_a_time(desk: Desk) -> None:
    with desk.store.work() as unit:
        lease = unit.leases.claim("mail", "another", 60)
        assert lease is not None
    with pytest.raises(Locked):
        desk.run()
    with desk.store.work() as unit:
        unit.leases.release(lease)
    desk.run()


def run_of(desk: Desk, job: str, outcome: Outcome, exit_code: int = 0, reason: str = "") -> None:
    with desk.store.work() as unit:
        run = unit.runs.start(job)
        unit.runs.finish(run.run_id, outcome, exit_code=exit_code, reasons=(reason,) if reason else ())


def test_a_job_that_fails_is_told_once_then_daily_and_when_it_works_again(desk: Desk) -> None:
    desk.settled()
    for _ in range(20):
        run_of(desk, "sync", Outcome.FAILED, 2, "no network")
        desk.run()
        desk.later(hours=3)
    run_of(desk, "sync", Outcome.INTERRUPTED)
    run_of(desk, "sync", Outcome.DONE)
    desk.run()
    desk.run(digest=True)
    assert desk.box.subjects == ["sync fails: no network", "1 note", "1 note", "1 note"]
    assert "works again" in desk.box.taken[-1].draft.plain
    desk.later(days=1)
    desk.run()
    assert len(desk.box.taken) == 4


def test_a_sign_in_that_is_needed_is_told_even_where_the_rest_went_on(desk: Desk) -> None:
    desk.settled()
    run_of(desk, "sync", Outcome.PARTIAL, 4, "run `connector auth partner-center`")
    desk.run()
    assert desk.box.subjects == ["Sign-in needed: sync"]
    assert "connector auth partner-center" in " ".join(desk.box.taken[0].draft.plain.split())


def test_what_may_pass_by_itself_is_waited_for(desk: Desk) -> None:
    desk.settled()
    run_of(desk, "sync", Outcome.FAILED, 75, "throttled")
    desk.run()
    assert desk.box.taken == []
    desk.later(seconds=PATIENCE.total_seconds() + 1)
    run_of(desk, "sync", Outcome.FAILED, 75, "throttled")
    desk.run()
    assert desk.box.subjects == ["sync fails: throttled"]
    assert timedelta(0) < PATIENCE


def test_records_set_aside_and_reconciling_are_no_failures(desk: Desk) -> None:
    desk.settled()
    run_of(desk, "sync", Outcome.PARTIAL, 5, "customer X has left")
    run_of(desk, "reconcile", Outcome.PARTIAL, 2, "not audited")
    desk.run()
    assert desk.box.taken == []
