"""What must be told is told once, and a mail that may have left is repeated once at most."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from connector.domain.alert import Draft, Intent, Mail, MailState
from connector.store import Store
from connector.store.alerts import ABANDONED
from tests.databases import StillClock

DRAFT = Draft("<1@connector>", ("jane@example.com",), "Grüße", "plain", "<p>html</p>", ("month.xlsx",))


def composed(store: Store) -> Mail:
    with store.work() as work:
        work.alerts.intend("finding/1", kind="unbilled_charge", severity="critical", text="{}")
        return work.alerts.compose(DRAFT, work.alerts.untold())


def claimed(store: Store) -> Mail | None:
    with store.work() as work:
        return work.alerts.claim()


def test_an_occasion_counts_once(store: Store) -> None:
    with store.work() as work:
        alerts = work.alerts
        assert alerts.intend("run/1", kind="failed", severity="critical", text="{}", urgent=True)
        assert not alerts.intend("run/1", kind="failed", severity="critical", text="{}", urgent=True)
        assert alerts.intend("run/2", kind="failed", severity="info", text="{}")
        assert [one.key for one in alerts.untold()] == ["run/1", "run/2"]
        assert [one.key for one in alerts.untold(urgent=True)] == ["run/1"]
        assert [one.key for one in alerts.untold(urgent=False)] == ["run/2"]


def test_thousands_of_occasions_are_written_at_once_and_each_once(store: Store) -> None:
    many = [Intent(f"finding/{n}", "unbilled_charge", "info", "{}", urgent=n == 7) for n in range(1200)]
    with store.work() as work:
        assert work.alerts.intend_all(many[:700]) == 700
        assert work.alerts.intend_all([*many, many[0]]) == 500
        assert work.alerts.known("finding/1199")
        assert not work.alerts.known("finding/1200")
        assert [one.key for one in work.alerts.untold(urgent=True)] == ["finding/7"]
        alerts = work.alerts.untold()
        assert len({one.number for one in alerts}) == 1200
        work.alerts.compose(DRAFT, alerts)
        assert work.alerts.untold() == ()


def test_a_lost_answer_is_noted_and_followed_like_a_sender_that_died(store: Store, clock: StillClock) -> None:
    mail = composed(store)
    assert claimed(store) is not None
    with store.work() as work:
        work.alerts.doubted(mail.mail_id, "no answer")
    assert claimed(store) is None
    clock.sleep(ABANDONED.total_seconds())
    again = claimed(store)
    assert again is not None
    assert (again.repeats, again.last_error) == (1, "no answer")


def test_a_mail_takes_up_alerts_and_is_sent_once(store: Store) -> None:
    mail = composed(store)
    found = claimed(store)
    assert found is not None
    assert (found.draft, found.state, found.attempts) == (DRAFT, MailState.SENDING, 1)
    assert claimed(store) is None
    with store.work() as work:
        work.alerts.sent(mail.mail_id)
        assert work.alerts.untold() == ()
    assert claimed(store) is None
    with store.look() as work:
        (sent,) = work.alerts.mails(state=MailState.SENT)
    assert sent.sent_at is not None


def test_no_alert_is_in_two_mails_and_no_message_twice(store: Store) -> None:
    with store.work() as work:
        work.alerts.intend("finding/1", kind="unbilled_charge", severity="critical", text="{}")
        alerts = work.alerts.untold()
        work.alerts.compose(DRAFT, alerts)
    other = Draft("<2@connector>", DRAFT.recipients, "", "", "")
    with pytest.raises(ValueError, match="another mail"), store.work() as work:
        work.alerts.compose(other, alerts)
    with pytest.raises(IntegrityError), store.work() as work:
        work.alerts.compose(DRAFT)
    with store.look() as work:
        assert len(work.alerts.mails()) == 1


def test_a_refused_mail_does_not_stop_others(store: Store, clock: StillClock) -> None:
    first = composed(store)
    with store.work() as work:
        work.alerts.compose(Draft("<2@connector>", DRAFT.recipients, "", "", ""))
        work.alerts.compose(Draft("<3@connector>", DRAFT.recipients, "", "", ""))
    assert claimed(store) is not None
    with store.work() as work:
        work.alerts.failed(first.mail_id, "try later", again_at=clock.now() + timedelta(hours=1))
    second = claimed(store)
    assert second is not None
    with store.work() as work:
        work.alerts.failed(second.mail_id, "no such person", again_at=None)
    third = claimed(store)
    assert third is not None
    with store.work() as work:
        work.alerts.sent(third.mail_id)
    assert claimed(store) is None
    clock.sleep(3600)
    again = claimed(store)
    assert again is not None
    assert (again.mail_id, again.attempts, again.repeats, again.last_error) == (first.mail_id, 2, 0, "try later")


def test_a_sender_that_died_is_followed_once(store: Store, clock: StillClock) -> None:
    composed(store)
    assert claimed(store) is not None
    assert claimed(store) is None
    clock.sleep(ABANDONED.total_seconds())
    again = claimed(store)
    assert again is not None
    assert (again.draft.message_id, again.repeats) == (DRAFT.message_id, 1)
    clock.sleep(ABANDONED.total_seconds())
    assert claimed(store) is None
    with store.look() as work:
        assert [mail.state for mail in work.alerts.mails()] == [MailState.UNSURE]
