"""Every refusal becomes one sentence with what to do, the right exit code, and no secret."""

from datetime import timedelta
from pathlib import Path

import pytest

from connector.adapters.entra import AccessDenied, CredentialRefused, explained_by_api, granted
from connector.adapters.entra.refusals import ENTRA, PARTNER_CENTER_OWN, Asked, explained
from connector.adapters.http import Refused, Trace
from connector.domain.errors import ConnectorError, SignInNeeded, Unavailable
from connector.ports import Token
from tests.architecture.house import ROOT
from tests.unit.entra.entra import CLIENT, GRAPH, PARTNER_CENTER, TENANT, jwt, refused, world

APP = [
    (7000215, "invalid_client", 3, ["client secret", "wrong", "registration", CLIENT]),
    (7000222, "invalid_client", 3, ["client secret", "expired", "new one"]),
    (700016, "unauthorized_client", 3, [CLIENT, "not known in tenant", TENANT]),
    (700027, "invalid_client", 3, ["certificate", "add its public part"]),
    (700024, "invalid_client", 3, ["clock"]),
    (500011, "invalid_resource", 3, [GRAPH, "not known"]),
    (7000112, "unauthorized_client", 3, ["disabled"]),
    (53003, "invalid_grant", 2, ["conditional access"]),
]
PERSON = [
    (65001, "invalid_grant", 4, ["consent", "admin"]),
    (50076, "invalid_grant", 4, ["MFA"]),
    (50079, "invalid_grant", 4, ["MFA", "set up"]),
    (700082, "invalid_grant", 4, ["90 days"]),
    (50173, "invalid_grant", 4, ["revoked", "password"]),
    (70008, "invalid_grant", 4, ["expired or was revoked"]),
    (53003, "access_denied", 2, ["conditional access"]),
    (50105, "invalid_grant", 2, ["not assigned"]),
]


def check(error: ConnectorError, code: int, exit_code: int, words: list[str]) -> None:
    """Look at a sentence."""
    text = str(error)
    assert error.exit_code == exit_code
    assert [word for word in words if word not in text] == []
    assert f"AADSTS{code}" in text
    assert "c-1" in text
    assert "canary" not in text
    assert "\n" not in text
    assert "Words of Entra" not in text
    assert text.endswith(".")


@pytest.mark.parametrize(("code", "error", "exit_code", "words"), APP, ids=[str(row[0]) for row in APP])
def test_a_refused_app_is_told_what_to_do(
    code: int, error: str, exit_code: int, words: list[str], tmp_path: Path
) -> None:
    with world(tmp_path, refused(code, error, 401)) as place, pytest.raises(ConnectorError) as caught:
        place.sign_in().app(GRAPH)()
    check(caught.value, code, exit_code, words)


@pytest.mark.parametrize(("code", "error", "exit_code", "words"), PERSON, ids=[str(row[0]) for row in PERSON])
def test_a_refused_person_is_told_what_to_do(
    code: int, error: str, exit_code: int, words: list[str], tmp_path: Path
) -> None:
    owner = f"entra/{TENANT}/{CLIENT}/refresh"
    with world(tmp_path, refused(code, error)) as place:
        place.drawer.tokens[owner] = Token(owner, "refresh", "canary-rt")
        bearer = place.sign_in().user(PARTNER_CENTER)
        with pytest.raises(ConnectorError) as caught:
            bearer()
    check(caught.value, code, exit_code, words)
    if exit_code == 4:
        assert "connector auth partner-center" in str(caught.value)


def test_an_unknown_tenant_is_named(tmp_path: Path) -> None:
    said = refused(90002, "invalid_tenant")
    with world(tmp_path, discovery=said) as place, pytest.raises(CredentialRefused) as caught:
        place.sign_in().app(GRAPH)()
    assert f"Tenant {TENANT} is not known at {place.server.url}" in str(caught.value)
    assert "AADSTS90002" in str(caught.value)


def test_an_authority_that_is_none_is_named(tmp_path: Path) -> None:
    with world(tmp_path, discovery=(404, {"error": "not_here"})) as place, pytest.raises(CredentialRefused):
        place.sign_in().app(GRAPH)()
    with world(tmp_path) as place, pytest.raises(CredentialRefused, match="no https address"):
        place.sign_in(authority="http://127.0.0.1:8080").app(GRAPH)()


def test_a_wrong_clock_is_named_with_its_difference(tmp_path: Path) -> None:
    with world(tmp_path, refused(700024, "invalid_client", 401)) as place:
        ahead = place.clock.now() + timedelta(minutes=42, seconds=10)
        place.entra.headers["Date"] = ahead.strftime("%a, %d %b %Y %H:%M:%S GMT")
        sign_in = place.sign_in()
        with pytest.raises(CredentialRefused, match="42 minutes behind Entra's"):
            sign_in.app(GRAPH)()
        assert sign_in.skew is not None
        assert abs(sign_in.skew - timedelta(minutes=42, seconds=10)) < timedelta(seconds=1)


ASKED = Asked(CLIENT, TENANT, "https://login.microsoftonline.com", GRAPH)


@pytest.mark.parametrize("code", ENTRA)
def test_all_sentences_can_be_said(code: int) -> None:
    error, _ = explained({"error": "x", "error_codes": [code]}, ASKED)
    text = str(error)
    assert "{" not in text
    assert text.endswith(f"(AADSTS{code}).")
    assert text[0].isupper()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("invalid_grant", SignInNeeded),
        ("consent_required", SignInNeeded),
        ("temporarily_unavailable", Unavailable),
        ("invalid_client", CredentialRefused),
        ("something_new", AccessDenied),
    ],
)
def test_what_we_do_not_know_is_quoted_without_secrets(error: str, kind: type[ConnectorError]) -> None:
    said = {"error": error, "error_description": "AADSTS9999999: refresh_token=canary is odd.\r\nTrace ID: x"}
    told, dead = explained(said, ASKED)
    assert type(told) is kind
    assert not dead
    assert "AADSTS9999999" in str(told)
    assert "canary" not in str(told)
    assert "Trace ID" not in str(told)


def test_the_page_tells_what_each_refusal_means() -> None:
    """Word for word, so that a message can be looked up."""
    page = (ROOT / "docs" / "sign-in.md").read_text(encoding="utf-8")
    blanks = dict.fromkeys(("client", "tenant", "authority", "scope"), "…") | {"skew": ""}
    rows = [f"| AADSTS{code} | {r.error.exit_code} | {r.text.format_map(blanks)} |" for code, r in ENTRA.items()]
    rows += [f"| {code} (Partner Center) | {r.error.exit_code} | {r.text} |" for code, r in PARTNER_CENTER_OWN.items()]
    assert [row for row in rows if row not in page] == []


TRACE = Trace("GET https://api.partnercenter.microsoft.com/v1/invoices", "r-1", "c-1")


@pytest.mark.parametrize(
    ("status", "code", "exit_code", "words"),
    [
        (401, "900420", 3, "retired audience"),
        (401, "900421", 4, "MFA"),
        (403, "900329", 2, "app_user"),
        (403, "900308", 2, "admin agent"),
        (403, "900309", 2, "conditional access"),
        (403, "800043", 2, "pricing"),
        (401, "", 2, "token was not taken"),
        (403, "Authorization_RequestDenied", 2, "permission PartnerBilling.Read.All is missing"),
    ],
)
def test_an_api_s_refusal_is_told_what_to_do(status: int, code: str, exit_code: int, words: str) -> None:
    error = explained_by_api(Refused(status, code, "text", TRACE), permission="PartnerBilling.Read.All")
    assert words in str(error)
    assert "r-1" in str(error)
    assert error.exit_code == exit_code


def test_what_is_no_question_of_rights_stays_as_it_is() -> None:
    gone = Refused(403, "20002", "no relationship", TRACE)
    assert explained_by_api(gone) is gone
    missing = Refused(404, "20000", "not found", TRACE)
    assert explained_by_api(missing, permission="x") is missing


def test_a_token_says_what_it_allows() -> None:
    app = granted(jwt(roles=["PartnerBilling.Read.All"], tid=TENANT))
    assert (app.permissions, app.tenant, app.lacks_mfa) == ({"PartnerBilling.Read.All"}, TENANT, False)
    person = granted(jwt(scp="user_impersonation openid", amr=["pwd"], upn="a@b.example"))
    assert (person.permissions, person.lacks_mfa) == ({"user_impersonation", "openid"}, True)
    for opaque in ("", "opaque", "a.b.c", "a.W10.c", "a.!!!.c", jwt(roles=7, amr="x")):
        assert granted(opaque).permissions == frozenset()
