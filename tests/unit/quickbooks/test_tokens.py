"""The sign-in survives a death at any moment; where a single-use token is lost by nature, one person is told, once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.adapters.http import OutcomeUnknown, Trace
from connector.adapters.quickbooks.tokens import Grant, owner_of
from connector.domain.errors import SignInNeeded, Unavailable
from connector.ports import Token
from tests.unit.quickbooks.issuer import REALM, Answer, Issuer, Kept, Killed, StillClock, sign_in

OWNER = owner_of(REALM)
DEATHS = ("", "before_request", "answer_lost", "before_save", "after_save")


def world(*, grace: bool = True) -> tuple[Issuer, Kept]:
    return Issuer(StillClock(), grace), Kept()


def test_the_first_token_of_the_settings_is_exchanged_and_its_successor_kept() -> None:
    issuer, kept = world(grace=False)
    assert sign_in(issuer, kept).current() == "a-r1-1"
    token = kept.rows[OWNER]
    assert (token.value, token.previous, token.state) == ("r1", "r0", "ok")
    assert token.hard_expires_at == issuer.clock.now() + timedelta(seconds=157680000)


def test_an_access_token_is_used_until_it_nears_its_end() -> None:
    issuer, kept = world()
    own = sign_in(issuer, kept)
    first = own.current()
    issuer.clock.sleep(3000)
    assert (own.current(), issuer.asked) == (first, 1)
    issuer.clock.sleep(500)
    assert own.current() != first
    assert kept.rows[OWNER].previous is None, "the newest refresh token worked, so the one before can go"


def test_whoever_finds_the_token_refused_asks_once_for_all() -> None:
    issuer, kept = world()
    own = sign_in(issuer, kept)
    old = own.current()
    new = own.renewed(old)
    assert (own.renewed(old), issuer.asked) == (new, 2)


@given(
    deaths=st.lists(
        st.tuples(st.sampled_from((0, 1)), st.sampled_from(DEATHS), st.sampled_from((0, 1, 25))), max_size=12
    ),
    grace=st.booleans(),
)
def test_a_death_at_any_moment_costs_at_most_one_sign_in(deaths: list[tuple[int, str, int]], grace: bool) -> None:
    """Two processes refresh in turn, each may die at any point; what a provider keeps alive is never lost."""
    issuer, kept = world(grace=grace)
    issuer.rotates_every = timedelta(0)
    processes = [sign_in(issuer, kept), sign_in(issuer, kept)]
    told, asked_later = False, 0
    for at, death, hours in [*deaths, (0, "", 2), (1, "", 2)]:
        issuer.clock.sleep(hours * 3600)
        issuer.die = kept.die = death
        kept.holders, before = 0, issuer.asked
        try:
            access = processes[at].current()
        except Killed:
            processes[at] = sign_in(issuer, kept)
        except SignInNeeded:
            assert not grace, "the provider kept the token alive, and yet it was lost"
            assert kept.rows[OWNER].state == "sign_in_needed"
            asked_later += issuer.asked - before if told else 0
            told = True
        else:
            stored = kept.rows[OWNER].value
            assert stored in issuer.live, "an access token was handed out before its refresh token was on the disk"
            assert access.startswith("a-")
    # Once, because the settings' first token may still be one that was never tried.
    assert asked_later <= 1, "a refused token was hammered"


def test_a_refusal_is_written_down_told_and_never_tried_again() -> None:
    issuer, kept = world(grace=False)
    kept.rows[OWNER] = Token(OWNER, "refresh", "dead")
    for _ in range(3):
        with pytest.raises(SignInNeeded, match=r"connector auth quickbooks books-us"):
            sign_in(issuer, kept, seed=None).current()
    assert issuer.asked == 1
    assert "needs" not in str(sign_in(issuer, kept, seed=None).warning())
    assert "QuickBooks ended it" in str(sign_in(issuer, kept, seed=None).warning())


def test_the_value_before_the_newest_is_a_second_chance() -> None:
    issuer, kept = world()
    kept.rows[OWNER] = Token(OWNER, "refresh", "never arrived", previous="r0")
    assert sign_in(issuer, kept, seed=None).current() == "a-r1-2"


def test_a_new_first_token_in_the_settings_is_taken_after_a_refusal() -> None:
    issuer, kept = world(grace=False)
    with pytest.raises(SignInNeeded):
        sign_in(issuer, kept, seed="old and dead").current()
    with pytest.raises(SignInNeeded):
        sign_in(issuer, kept, seed="old and dead").current()
    assert issuer.asked == 1
    assert sign_in(issuer, kept, seed="r0").current() == "a-r1-2"
    assert kept.rows[OWNER].state == "ok"


def test_the_first_token_is_not_taken_while_a_later_one_works() -> None:
    issuer, kept = world(grace=False)
    sign_in(issuer, kept, seed="r0").current()
    issuer.clock.sleep(26 * 3600)
    assert sign_in(issuer, kept, seed="another").current() == "a-r2-2"


def test_a_persons_sign_in_replaces_everything() -> None:
    issuer, kept = world(grace=False)
    with pytest.raises(SignInNeeded):
        sign_in(issuer, kept, seed="dead").current()
    until = issuer.clock.now() + timedelta(hours=1)
    own = sign_in(issuer, kept, seed="dead")
    own.take(Grant("a-new", "r0", until, None, None))
    assert own.current() == "a-new"
    assert (kept.rows[OWNER].value, kept.rows[OWNER].state) == ("r0", "ok")
    assert own.warning() is None


def broken() -> Any:
    return OutcomeUnknown("the connection broke", Trace("POST http://127.0.0.1/token"))


@pytest.mark.parametrize("trouble", [broken(), Answer(503, b"<html>"), Answer(429, {}), Answer(200, b"garbage")])
def test_a_service_in_trouble_is_left_alone_for_a_minute(trouble: Any) -> None:
    issuer, kept = world()
    issuer.troubles = [trouble]
    own = sign_in(issuer, kept)
    for _ in range(5):
        with pytest.raises(Unavailable):
            own.current()
    assert issuer.asked == 1
    issuer.clock.sleep(61)
    assert own.current()
    assert kept.rows[OWNER].state == "ok"


def test_an_unknown_app_is_told_and_costs_no_sign_in() -> None:
    issuer, kept = world()
    issuer.troubles = [Answer(401, {"error": "invalid_client"})]
    own = sign_in(issuer, kept)
    with pytest.raises(SignInNeeded, match="correct client_id and client_secret"):
        own.current()
    assert own.current()


def test_an_idle_company_is_kept_signed_in() -> None:
    issuer, kept = world()
    own = sign_in(issuer, kept)
    own.current()
    issuer.clock.sleep(6 * 86400)
    assert own.keep_alive() is False
    issuer.clock.sleep(2 * 86400)
    assert own.keep_alive() is True
    assert kept.rows[OWNER].value == "r2"


def test_the_end_for_good_is_told_a_month_ahead() -> None:
    issuer, kept = world()
    own = sign_in(issuer, kept)
    own.current()
    end = issuer.clock.now() + timedelta(days=31)
    kept.rows[OWNER] = replace(kept.rows[OWNER], hard_expires_at=end)
    assert own.warning() is None
    issuer.clock.sleep(2 * 86400)
    assert own.warning() == (
        f"The sign-in of ledger books-us at QuickBooks ends for good on {end:%Y-%m-%d}; before that day, sign in again "
        "with `connector auth quickbooks books-us`."
    )


def test_no_secret_shows_in_what_is_printed() -> None:
    issuer, kept = world()
    own = sign_in(issuer, kept)
    own.current()
    assert "r1" not in repr(kept.rows[OWNER])
    assert "s3cret" not in repr(own.app)
