"""The sign-in: codes, refresh tokens that rotate, reuse that revokes, and the ends of a consent."""

import base64
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.messages import Request, Response
from connector.sandbox.quickbooks import QuickBooks, TokenRules, open_company
from tests.unit.sandbox.quickbooks.caller import REALM, START

BASIC = "Basic " + base64.b64encode(b"sandbox-client:sandbox-secret").decode()
REDIRECT = "http://127.0.0.1:8085/callback"


def make(**rules: object) -> QuickBooks:
    clock = SandboxClock(START)
    return QuickBooks(clock, [open_company(REALM, clock)], tokens=TokenRules(**rules))  # type: ignore[arg-type]


def token(app: QuickBooks, headers: dict[str, str] | None = None, **form: str) -> tuple[int, dict[str, object]]:
    named = {"authorization": BASIC, "content-type": "application/x-www-form-urlencoded", **(headers or {})}
    body = urlencode(form).encode()
    response = app.handle(Request("POST", "/oauth2/v1/tokens/bearer", headers=named, body=body))
    return response.status, json.loads(response.whole())


def refresh(app: QuickBooks, value: object) -> tuple[int, dict[str, object]]:
    return token(app, grant_type="refresh_token", refresh_token=str(value))


def authorize(app: QuickBooks, **more: str) -> Response:
    asked = {
        "client_id": "sandbox-client",
        "response_type": "code",
        "scope": "com.intuit.quickbooks.accounting",
        "redirect_uri": REDIRECT,
        "state": "s1",
        **more,
    }
    return app.handle(Request("GET", "/connect/oauth2", {name: [value] for name, value in asked.items()}))


def test_a_consent_gives_a_code_and_the_code_gives_tokens_once() -> None:
    app = make()
    sent = parse_qs(urlsplit(authorize(app).headers["Location"]).query)
    assert (sent["state"], sent["realmId"]) == (["s1"], [REALM])
    form = {"grant_type": "authorization_code", "code": sent["code"][0], "redirect_uri": REDIRECT}
    status, tokens = token(app, **form)
    assert (status, tokens["expires_in"], tokens["x_refresh_token_expires_in"]) == (200, 3600, 8640000)
    assert "x_refresh_token_hard_expires_in" not in tokens
    assert app.tokens.realm_of(str(tokens["access_token"])) == REALM
    assert token(app, **form)[1]["error"] == "invalid_grant"


def test_a_code_is_bound_to_its_address_and_ten_minutes() -> None:
    app = make()
    for advance, redirect in ((0, "http://127.0.0.1:9/other"), (601, REDIRECT)):
        code = parse_qs(urlsplit(authorize(app).headers["Location"]).query)["code"][0]
        app.clock.advance(advance)
        assert token(app, grant_type="authorization_code", code=code, redirect_uri=redirect)[0] == 400


def test_the_page_refuses_strangers_and_tells_of_a_refusal() -> None:
    app = make()
    assert authorize(app, client_id="other").status == 400
    assert authorize(app, scope="openid").status == 400
    app.signing_in.consents = False
    assert "error=access_denied" in authorize(app).headers["Location"]


def test_a_wrong_client_is_told_so() -> None:
    app = make()
    assert token(app, {"authorization": "Basic bm8="}, grant_type="refresh_token")[0] == 401
    assert token(app, grant_type="password")[1] == {"error": "unsupported_grant_type"}


def test_the_value_changes_after_a_day_and_the_old_one_is_dead() -> None:
    app = make()
    first = app.sign_in().refresh_token
    assert refresh(app, first)[1]["refresh_token"] == first
    app.clock.advance(timedelta(hours=24))
    status, tokens = refresh(app, first)
    second = tokens["refresh_token"]
    assert (status, second != first) == (200, True)
    assert refresh(app, first) == (
        400,
        {"error": "invalid_grant", "error_description": "Incorrect or invalid refresh token"},
    )
    assert refresh(app, second)[0] == 400
    assert app.tokens.realm_of(str(tokens["access_token"])) is None


def test_an_old_value_may_live_on() -> None:
    app = make(rotates="always", old_lives=60, reuse_revokes=False)
    first = app.sign_in().refresh_token
    second = refresh(app, first)[1]["refresh_token"]
    assert refresh(app, first)[0] == 200
    app.clock.advance(61)
    assert refresh(app, first)[0] == 400
    assert refresh(app, second)[0] == 400
    app = make(rotates="always", until_used=True)
    first = app.sign_in().refresh_token
    refresh(app, first)
    status, tokens = refresh(app, first)
    assert status == 200
    assert refresh(app, tokens["refresh_token"])[0] == 200
    assert refresh(app, first)[0] == 400


@pytest.mark.parametrize(("days", "status"), [(99, 200), (100, 400)])
def test_a_hundred_days_without_use_end_it(days: int, status: int) -> None:
    app = make(rotates="never")
    pair = app.sign_in()
    app.clock.advance(timedelta(days=99))
    assert refresh(app, pair.refresh_token)[0] == 200
    app.clock.advance(timedelta(days=days))
    assert refresh(app, pair.refresh_token)[0] == status


def test_five_years_end_it_for_good() -> None:
    app = make(rotates="never")
    value = app.sign_in().refresh_token
    wanted = {"x-include-refresh-token-hard-expires-in": "true"}
    form = {"grant_type": "refresh_token", "refresh_token": value}
    assert token(app, wanted, **form)[1]["x_refresh_token_hard_expires_in"] == 157680000
    for _ in range(18):
        app.clock.advance(timedelta(days=99))
        assert refresh(app, value)[0] == 200
    left = token(app, wanted, **form)[1]
    assert left["x_refresh_token_hard_expires_in"] == (1825 - 18 * 99) * 86400
    assert left["x_refresh_token_expires_in"] == left["x_refresh_token_hard_expires_in"]
    app.clock.advance(timedelta(days=43))
    assert refresh(app, value)[0] == 400


def test_revoking_either_token_ends_the_consent() -> None:
    app = make()
    for name in ("access_token", "refresh_token"):
        pair = app.sign_in()
        body = json.dumps({"token": getattr(pair, name)}).encode()
        request = Request("POST", "/v2/oauth2/tokens/revoke", headers={"authorization": BASIC}, body=body)
        assert app.handle(request).status == 200
        assert app.tokens.realm_of(pair.access_token) is None
        assert refresh(app, pair.refresh_token)[0] == 400
        assert app.handle(Request("POST", "/v2/oauth2/tokens/revoke", body=body)).status == 401


def test_a_discovery_document_names_the_addresses() -> None:
    request = Request("GET", "/.well-known/openid_sandbox_configuration/", origin="http://127.0.0.1:1")
    content = json.loads(make().handle(request).whole())
    assert content["token_endpoint"] == "http://127.0.0.1:1/oauth2/v1/tokens/bearer"
    assert content["revocation_endpoint"] == "http://127.0.0.1:1/v2/oauth2/tokens/revoke"
