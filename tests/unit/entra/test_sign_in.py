"""Signing in: as the app, for a person, with one writer at a time, and across restarts."""

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connector.adapters.http import Api, Hosts, NeverSent, Session
from connector.domain.errors import ConnectorError, SignInNeeded, Unavailable
from connector.ports import Token
from tests.unit.entra.entra import CLIENT, GRAPH, PARTNER_CENTER, TENANT, World, granted, jwt, refused, world
from tests.wire import Server, answer, say

OWNER = f"entra/{TENANT}/{CLIENT}"
REFRESH = f"{OWNER}/refresh"


def signed_in(place: World, value: str = "canary-rt-0") -> None:
    """Put a refresh token where an earlier sign-in would have left it."""
    place.drawer.tokens[REFRESH] = Token(REFRESH, "refresh", value)


def test_the_app_signs_in_once_and_keeps_its_token(tmp_path: Path) -> None:
    with world(tmp_path) as place:
        bearer = place.sign_in().app(GRAPH)
        assert [bearer(), bearer()] == ["at-1", "at-1"]
        assert len(place.entra.asked) == 1
    form = place.entra.asked[0]
    assert (form["grant_type"], form["scope"]) == ("client_credentials", GRAPH)
    assert (form["client_id"], form["client_secret"]) == (CLIENT, "canary-secret")


def test_a_token_is_renewed_shortly_before_it_ends(tmp_path: Path) -> None:
    with world(tmp_path, granted("at-1"), granted("at-2")) as place:
        bearer = place.sign_in().app(GRAPH)
        assert bearer() == "at-1"
        place.clock.advance(3599 - 301)
        assert bearer() == "at-1"
        place.clock.advance(2)
        assert bearer() == "at-2"


def test_each_scope_has_its_own_token(tmp_path: Path) -> None:
    with world(tmp_path, granted("for-graph"), granted("for-partner-center")) as place:
        sign_in = place.sign_in()
        assert sign_in.app(GRAPH)() == "for-graph"
        assert sign_in.app(PARTNER_CENTER)() == "for-partner-center"
        assert sign_in.app(GRAPH)() == "for-graph"
        assert place.entra.discovered == 1


def test_app_and_person_are_never_mixed_up(tmp_path: Path) -> None:
    with world(tmp_path, granted("of-the-person", "rt"), granted("of-the-app")) as place:
        signed_in(place)
        sign_in = place.sign_in()
        assert sign_in.user(PARTNER_CENTER)() == "of-the-person"
        assert sign_in.app(PARTNER_CENTER)() == "of-the-app"


def test_tokens_survive_a_restart(tmp_path: Path) -> None:
    with world(tmp_path) as place:
        place.sign_in().app(GRAPH)()
        assert place.sign_in().app(GRAPH)() == "at-1"
        assert len(place.entra.asked) == 1
        place.clock.advance(4000)
        place.sign_in().app(GRAPH)()
        assert len(place.entra.asked) == 2


def test_what_was_kept_and_cannot_be_read_is_fetched_anew(tmp_path: Path) -> None:
    with world(tmp_path) as place:
        for rubbish in ("{", "[]", '{"app x": 1}', '{"app x": ["a", "never"]}'):
            place.drawer.tokens[f"{OWNER}/access"] = Token(f"{OWNER}/access", "access", rubbish)
            assert place.sign_in().app(GRAPH)() == "at-1"


def test_a_token_the_service_did_not_take_is_forgotten_everywhere(tmp_path: Path) -> None:
    with world(tmp_path, granted("at-1"), granted("at-2")) as place:
        bearer = place.sign_in().app(GRAPH)
        with (
            Server(say(answer(401)), say(answer(200, b"{}"))) as server,
            Session(Hosts.of(server.url), clock=place.clock) as session,
        ):
            Api(server.url, session, bearer, forget=bearer.forget).get("/x")
            assert b"Bearer at-2" in server.requests[1]
        assert place.sign_in().app(GRAPH)() == "at-2"
        bearer.forget()
        bearer.forget()
        assert f"{OWNER}/access" in place.drawer.tokens


def test_a_store_without_a_key_is_no_hindrance_to_the_app(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be kept for the next start is asked for then."""
    with world(tmp_path) as place:

        def keyless(owner: str, token: Token) -> None:
            raise ConnectorError("Tokens cannot be stored: set `secret_key`.")

        place.drawer.save = keyless  # type: ignore[method-assign]
        bearer = place.sign_in().app(GRAPH)
        assert [bearer(), bearer()] == ["at-1", "at-1"]
        assert len(place.entra.asked) == 1
    assert "set `secret_key`" in caplog.text


def test_the_rotated_refresh_token_is_stored_before_anything_else(tmp_path: Path) -> None:
    with world(tmp_path, granted("at-1", "canary-rt-1"), granted("at-2", "canary-rt-2")) as place:
        signed_in(place)
        sign_in = place.sign_in()
        assert sign_in.user(PARTNER_CENTER)() == "at-1"
        assert place.drawer.log == ["hold", "save refresh", "save access", "release"]
        assert sign_in.user(GRAPH)() == "at-2"
    assert [form["refresh_token"] for form in place.entra.asked] == ["canary-rt-0", "canary-rt-1"]
    assert [form["grant_type"] for form in place.entra.asked] == ["refresh_token"] * 2
    kept = place.drawer.tokens[REFRESH]
    assert (kept.value, kept.previous, kept.state) == ("canary-rt-2", "canary-rt-1", "ok")
    assert kept.expires_at == place.clock.now() + timedelta(days=90)


def test_a_store_that_fails_keeps_the_access_token_unused(tmp_path: Path) -> None:
    with world(tmp_path, granted("at-1", "canary-rt-1")) as place:
        signed_in(place)

        def full(owner: str, token: Token) -> None:
            raise Unavailable("The disk is full.")

        place.drawer.save = full  # type: ignore[method-assign]
        with pytest.raises(Unavailable):
            place.sign_in().user(PARTNER_CENTER)()


def test_one_at_a_time_redeems_a_refresh_token(tmp_path: Path) -> None:
    """Four processes with three threads each: one of them asks, and all use what it was given."""
    with world(tmp_path, granted("at-1", "canary-rt-1"), delay=0.03) as place:
        signed_in(place)
        processes = [place.sign_in() for _ in range(4)]
        got: list[str] = []

        def work(sign_in: object) -> None:
            got.append(sign_in.user(PARTNER_CENTER)())  # type: ignore[attr-defined]

        threads = [threading.Thread(target=work, args=(sign_in,)) for sign_in in processes for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert got == ["at-1"] * 12
    assert (len(place.entra.asked), place.entra.most) == (1, 1)


def test_before_the_first_sign_in_the_command_is_named(tmp_path: Path) -> None:
    with world(tmp_path) as place, pytest.raises(SignInNeeded, match="connector auth partner-center"):
        place.sign_in().user(PARTNER_CENTER)()
    assert place.entra.asked == []


@pytest.mark.parametrize("code", [700082, 70008, 50173, 700084, 50078])
def test_a_dead_refresh_token_is_tried_once_and_never_again(code: int, tmp_path: Path) -> None:
    with world(tmp_path, refused(code)) as place:
        signed_in(place)
        for _ in range(3):
            with pytest.raises(SignInNeeded) as caught:
                place.sign_in().user(PARTNER_CENTER)()
            assert caught.value.exit_code == 4
        assert len(place.entra.asked) == 1
        kept = place.sign_in().signed_in()
    assert kept is not None
    assert (kept.state, kept.value) == ("sign_in_needed", "canary-rt-0")


def test_a_refusal_that_may_pass_leaves_the_sign_in_alone(tmp_path: Path) -> None:
    with world(tmp_path, refused(53003), granted("at-1", "canary-rt-1")) as place:
        signed_in(place)
        with pytest.raises(ConnectorError, match="conditional access"):
            place.sign_in().user(PARTNER_CENTER)()
        assert place.sign_in().user(PARTNER_CENTER)() == "at-1"


def test_a_client_that_may_not_show_a_secret_shows_none(tmp_path: Path) -> None:
    """An app registered as public too: which way a refresh token goes is Entra's choice, and asking costs nothing."""
    with world(tmp_path, refused(700025, "invalid_client", 401), granted("at-1", "canary-rt-1")) as place:
        signed_in(place)
        sign_in = place.sign_in()
        assert sign_in.user(PARTNER_CENTER)() == "at-1"
        assert sign_in.user(GRAPH)() == "at-1"
    assert ["client_secret" in form for form in place.entra.asked] == [True, False, False]


def test_trouble_on_the_way_is_sat_out(tmp_path: Path) -> None:
    with world(tmp_path, (503, {"raw": b"<html>"}), (429, {"raw": b""}), granted()) as place:
        assert place.sign_in().app(GRAPH)() == "at-1"
    assert place.clock.slept
    with world(tmp_path, (503, {"raw": b"<html>"})) as place, pytest.raises(Unavailable):
        place.sign_in().app(GRAPH)()


def test_an_answer_that_is_not_entras_is_not_believed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with world(tmp_path, (200, {"raw": b"<html>canary hotel</html>"})) as place, pytest.raises(Unavailable):
        place.sign_in().app(GRAPH)()
    assert "canary" not in caplog.text


def test_without_network_it_says_so(tmp_path: Path) -> None:
    with world(tmp_path) as place:
        pass
    with pytest.raises(NeverSent, match="no connection could be made"):
        place.sign_in().app(GRAPH)()


def test_a_certificate_nobody_vouches_for_is_named(tmp_path: Path) -> None:
    with world(tmp_path) as place, pytest.raises(NeverSent, match="certificate is not trusted"):
        place.sign_in(network=None).app(GRAPH)()


def test_entra_cannot_send_us_elsewhere(tmp_path: Path) -> None:
    with world(tmp_path) as place:
        said = place.entra.addresses() | {"token_endpoint": f"https://evil.example/{TENANT}/token"}
        place.entra.discovery = (200, said)
        with pytest.raises(ConnectorError, match="none of the configured services"):
            place.sign_in().app(GRAPH)()
    assert place.entra.asked == []


def test_a_person_signs_in_with_a_code(tmp_path: Path) -> None:
    token = jwt(upn="billing@partner.example", amr=["pwd", "mfa"], scp="user_impersonation")
    says = [
        refused(70016, "authorization_pending"),
        refused(70016, "authorization_pending"),
        granted(token, "canary-rt"),
    ]
    with world(tmp_path, *says) as place:
        place.drawer.tokens[REFRESH] = replace(Token(REFRESH, "refresh", "old"), state="sign_in_needed")
        shown: list[str] = []
        got = place.sign_in().device_code(shown.append, PARTNER_CENTER)
        assert place.sign_in().user(PARTNER_CENTER)() == token
    assert len(shown) == 1
    assert "https://microsoft.com/devicelogin" in shown[0]
    assert "ABC-123" in shown[0]
    assert "15 minutes" in shown[0]
    assert (got.account, got.lacks_mfa) == ("billing@partner.example", False)
    assert place.clock.slept == [5, 5, 5]
    kept = place.drawer.tokens[REFRESH]
    assert (kept.value, kept.state) == ("canary-rt", "ok")
    assert "canary-device" not in "".join(shown)
    assert {form["device_code"] for form in place.entra.asked} == {"canary-device"}


def test_a_slower_pace_is_kept_when_entra_asks_for_it(tmp_path: Path) -> None:
    with world(tmp_path, refused(70016, "slow_down"), granted(jwt(), "rt")) as place:
        place.sign_in().device_code(lambda _: None, PARTNER_CENTER)
    assert place.clock.slept == [5, 10]


def test_a_sign_in_without_mfa_is_noticed(tmp_path: Path) -> None:
    with world(tmp_path, granted(jwt(amr=["pwd"]), "rt")) as place:
        assert place.sign_in().device_code(lambda _: None, PARTNER_CENTER).lacks_mfa


def test_a_code_goes_both_ways(tmp_path: Path) -> None:
    """The app's registration decides whether the secret has to be shown or must not be."""
    pending = refused(70016, "authorization_pending")
    with world(tmp_path, refused(700025, "invalid_client", 401), pending, granted(jwt(), "rt")) as place:
        place.sign_in().device_code(lambda _: None, PARTNER_CENTER)
    assert ["client_secret" in form for form in place.entra.asked] == [True, False, False]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (refused(70020, "expired_token"), "before the code expired"),
        (refused(70018, "authorization_declined"), "declined"),
        (refused(65001), "consent"),
        (granted(jwt()), "no refresh token"),
    ],
)
def test_a_sign_in_that_fails_says_why(said: tuple[int, dict[str, object]], words: str, tmp_path: Path) -> None:
    with world(tmp_path, said) as place, pytest.raises(SignInNeeded, match=words):
        place.sign_in().device_code(lambda _: None, PARTNER_CENTER)
    assert place.drawer.tokens == {}


def test_nobody_coming_ends_the_sign_in(tmp_path: Path) -> None:
    with (
        world(tmp_path, refused(70016, "authorization_pending")) as place,
        pytest.raises(SignInNeeded, match="before the code expired"),
    ):
        place.sign_in().device_code(lambda _: None, PARTNER_CENTER)
    assert 900 <= sum(place.clock.slept) <= 910


def test_a_code_that_is_not_given_is_explained(tmp_path: Path) -> None:
    with (
        world(tmp_path, device=refused(700016, "unauthorized_client")) as place,
        pytest.raises(ConnectorError, match="not known in tenant"),
    ):
        place.sign_in().device_code(lambda _: None, PARTNER_CENTER)
