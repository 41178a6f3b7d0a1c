"""The simulated Entra says yes and no as the real one does, each no with its AADSTS number."""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from connector.sandbox.directory import GRAPH, PARTNER_CENTER, PRICING, RETIRED
from connector.sandbox.faults import Faults
from connector.sandbox.running import ADMIN, Running
from tests.unit.sandbox.caller import Caller

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
STRANGER = "99999999-8888-7777-6666-555555555555"


def number(answer: requests.Response) -> int:
    body = answer.json()
    assert set(body) >= {"error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id"}
    assert body["error_description"].startswith(f"AADSTS{body['error_codes'][0]}: ")
    found: int = body["error_codes"][0]
    return found


def renewal(caller: Caller, token: str, resource: str = PARTNER_CENTER) -> dict[str, str]:
    return caller.app_form(resource) | {"grant_type": "refresh_token", "refresh_token": token}


def test_discovery_names_the_endpoints(caller: Caller, running: Running) -> None:
    config = running.config
    for tenant in (config.tenant_id, config.tenant_domain, "common"):
        address = f"{config.authority}/{tenant}/v2.0/.well-known/openid-configuration"
        found = caller.session.get(address, verify=str(config.ca_file)).json()
        assert found["token_endpoint"] == f"{config.authority}/{tenant}/oauth2/v2.0/token"
        assert found["issuer"].startswith(config.authority)
    keys = caller.session.get(found["jwks_uri"], verify=str(config.ca_file)).json()["keys"]
    assert keys[0]["kty"] == "RSA"
    address = f"{config.authority}/{STRANGER}/v2.0/.well-known/openid-configuration"
    assert number(caller.session.get(address, verify=str(config.ca_file))) == 90002


def test_an_application_gets_tokens_that_say_what_they_allow(caller: Caller, running: Running) -> None:
    token = caller.token(GRAPH)
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert (claims["aud"], claims["idtyp"], claims["roles"]) == (GRAPH, "app", ["PartnerBilling.Read.All"])
    granted = running.tokens.find(token)
    assert granted is not None
    assert (granted.is_app_only, granted.audience) == (True, GRAPH)
    assert running.tokens.find(token + "x") is None


def test_the_older_endpoint_answers_in_texts(caller: Caller) -> None:
    form = caller.app_form(PARTNER_CENTER) | {"resource": PARTNER_CENTER}
    del form["scope"]
    answer = caller.post_token("oauth2/token", **form).json()
    assert answer["expires_in"] == "3599"
    assert answer["resource"] == PARTNER_CENTER
    retired = caller.post_token("oauth2/token", **(form | {"resource": RETIRED}))
    assert retired.json()["resource"] == RETIRED


REFUSALS: list[tuple[dict[str, str], int, int]] = [
    ({"client_secret": "wrong"}, 7000215, 401),
    ({"client_id": STRANGER}, 700016, 400),
    ({"tenant": STRANGER}, 90002, 400),
    ({"tenant": "common"}, 50059, 400),
    ({"scope": "https://api.example.com/.default"}, 500011, 400),
    ({"scope": f"{GRAPH}/PartnerBilling.Read.All"}, 1002012, 400),
    ({"scope": ""}, 900144, 400),
    ({"grant_type": "password"}, 70003, 400),
]


@pytest.mark.parametrize(("change", "expected", "status"), REFUSALS, ids=lambda value: str(value)[:40])
def test_what_an_application_is_refused(caller: Caller, change: dict[str, str], expected: int, status: int) -> None:
    answer = caller.post_token(**(caller.app_form(GRAPH) | change))
    assert (number(answer), answer.status_code) == (expected, status)


def test_secrets_end(caller: Caller, running: Running) -> None:
    form = caller.app_form(GRAPH)
    del form["client_secret"]
    assert number(caller.post_token(**form)) == 7000218
    running.clock.advance(timedelta(days=366))
    assert number(caller.post_token(**caller.app_form(GRAPH))) == 7000222


def test_a_sign_in_is_renewed_for_ninety_days(caller: Caller, running: Running) -> None:
    token = running.refresh_token()
    for _ in range(3):
        running.clock.advance(timedelta(days=89))
        answer = caller.post_token(**renewal(caller, token))
        assert answer.status_code == 200
        assert answer.json()["refresh_token"] != token
        token = answer.json()["refresh_token"]
    assert answer.json()["scope"] == f"{PARTNER_CENTER}/user_impersonation"
    running.clock.advance(timedelta(days=90))
    assert number(caller.post_token(**renewal(caller, token))) == 700082


def take_consent(running: Running) -> None:
    running.directory.registrations[running.config.client_id].scopes.clear()


@pytest.mark.parametrize(
    ("spoil", "expected", "suberror"),
    [
        (lambda running: running.directory.revoke(ADMIN, running.clock.now()), 50173, "bad_token"),
        (
            lambda running: running.directory.registrations[running.config.client_id].scopes.clear(),
            65001,
            "consent_required",
        ),
        (lambda running: setattr(running.directory.people[ADMIN], "disabled", True), 50057, None),
    ],
    ids=["revoked", "consent taken away", "disabled"],
)
def test_a_sign_in_ends(
    caller: Caller, running: Running, spoil: Callable[[Running], None], expected: int, suberror: str | None
) -> None:
    token = running.refresh_token()
    spoil(running)
    answer = caller.post_token(**renewal(caller, token))
    assert (number(answer), answer.json().get("suberror")) == (expected, suberror)


def test_multi_factor_authentication_can_be_demanded(caller: Caller, running: Running) -> None:
    running.directory.requires_mfa = True
    assert number(caller.post_token(**renewal(caller, running.refresh_token(mfa=False)))) == 50076
    assert caller.post_token(**renewal(caller, running.refresh_token())).status_code == 200


def test_one_sign_in_serves_every_service(caller: Caller, running: Running) -> None:
    token = running.refresh_token()
    for resource in (PARTNER_CENTER, GRAPH, PRICING):
        assert caller.post_token(**renewal(caller, token, resource)).status_code == 200
    running.directory.single_use = True
    assert number(caller.post_token(**renewal(caller, token))) == 70000


def test_a_device_code_waits_for_somebody(caller: Caller, running: Running) -> None:
    config = running.config
    address = f"{config.authority}/{config.tenant_id}/oauth2/v2.0/devicecode"

    def ask() -> dict[str, str]:
        form = {"client_id": config.client_id, "scope": f"{PARTNER_CENTER}/.default offline_access"}
        flow: dict[str, str] = caller.session.post(address, data=form, verify=str(config.ca_file)).json()
        return flow

    flow = ask()
    form = {"grant_type": DEVICE, "client_id": config.client_id, "device_code": flow["device_code"]}
    assert caller.post_token(**form).json()["error"] == "authorization_pending"
    assert not running.approve("NOBODY123")
    assert running.approve(flow["user_code"].lower())
    answer = caller.post_token(**form)
    assert running.directory.refresh_tokens[answer.json()["refresh_token"]].person.name == config.user
    assert number(caller.post_token(**form)) == 70018
    declined = ask()
    running.approve(declined["user_code"], verdict="declined")
    assert number(caller.post_token(**(form | {"device_code": declined["device_code"]}))) == 65004
    late = ask()
    running.clock.advance(901)
    assert number(caller.post_token(**(form | {"device_code": late["device_code"]}))) == 70020


def test_an_interactive_sign_in_hands_out_a_code_once(caller: Caller, running: Running) -> None:
    config = running.config
    verifier = "v" * 50
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {"client_id": config.client_id, "redirect_uri": "http://localhost:8400", "state": "s1",
             "response_type": "code", "code_challenge": challenge, "code_challenge_method": "S256"}  # fmt: skip
    address = f"{config.authority}/{config.tenant_id}/oauth2/v2.0/authorize"
    own = {"verify": str(config.ca_file)}
    assert config.user in caller.session.get(address, params=asked, **own).text
    sent = caller.session.post(address, data=asked | {"who": config.user}, allow_redirects=False, **own)
    back = {name: values[0] for name, values in parse_qs(urlsplit(sent.headers["Location"]).query).items()}
    assert back["state"] == "s1"
    form = {"grant_type": "authorization_code", "client_id": config.client_id, "code": back["code"],
            "redirect_uri": "http://localhost:8400", "scope": f"{GRAPH}/.default"}  # fmt: skip
    assert number(caller.post_token(**form, code_verifier="other")) == 501481
    assert caller.post_token(**form, code_verifier=verifier).status_code == 200
    assert number(caller.post_token(**form, code_verifier=verifier)) == 54005
    assert number(caller.session.get(address, params=asked | {"redirect_uri": "https://elsewhere"}, **own)) == 50011


def test_entra_has_its_own_words_for_trouble(caller: Caller, running: Running) -> None:
    running.faults.add(on="POST */oauth2/v2.0/token", do="status:429:30")
    answer = caller.post_token(**caller.app_form(GRAPH))
    assert (answer.status_code, answer.headers["Retry-After"], number(answer)) == (429, "30", 90055)
    assert isinstance(running.faults, Faults)
