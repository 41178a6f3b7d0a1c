"""Signing in at the sandbox's Entra, with tokens in the real store."""

import base64
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.adapters.entra import ClientCertificate, ClientSecret, Credential, CredentialRefused, EntraSignIn
from connector.adapters.http import Network
from connector.domain.errors import SignInNeeded
from connector.ports import Token
from connector.sandbox.authority import Authority
from connector.sandbox.clock import SandboxClock
from connector.sandbox.credentials import Credentials, make_credentials
from connector.sandbox.directory import GRAPH, PARTNER_CENTER, Directory, Person
from connector.sandbox.entra import Entra
from connector.sandbox.faults import Faults
from connector.sandbox.serving import Server
from connector.sandbox.tokens import Tokens
from connector.store import Store

TENANT = "a3c1e5f2-0d5b-4c53-9a0e-6b1f6c9d2e11"
PC_SCOPE, GRAPH_SCOPE = f"{PARTNER_CENTER}/user_impersonation", f"{GRAPH}/.default"


@dataclass
class Place:
    """A tenant at the sandbox's Entra, and a store."""

    directory: Directory
    server: Server
    clock: SandboxClock
    faults: Faults
    store: Store
    known: Credentials
    authority: Authority
    admin: Person

    def sign_in(self, credential: Credential | None = None) -> EntraSignIn:
        """Return a new sign-in, as a new process would make it."""
        return EntraSignIn(
            tenant_id=TENANT,
            client_id=self.known.client_id,
            credential=credential or ClientSecret(self.known.client_secret),
            tokens=self.store.tokens,
            clock=self.clock,
            authority=self.server.url,
            network=Network(ca_file=self.authority.ca_file),
        )

    def written(self) -> bytes:
        """Return all the store has on disk."""
        folder = self.known.certificate_file.parent
        return b"".join(path.read_bytes() for path in sorted(folder.glob("state.db*")))

    def sign_a_person_in(self) -> str:
        """Leave a refresh token as a sign-in would; return it."""
        owner = self.sign_in().owner
        text = self.directory.keep_signed_in(self.admin, self.known.client_id, self.clock.now()).text
        self.store.tokens.save(owner, Token(owner, "refresh", text))
        return text


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    clock, faults, authority = SandboxClock(datetime.now(UTC), following=False), Faults(), Authority()
    directory = Directory(TENANT, "partner.onmicrosoft.com")
    known = make_credentials(tmp_path)
    directory.register(known.client_id, known.client_secret, clock.now() + timedelta(days=365), known.certificate)
    admin = directory.person("admin@partner.onmicrosoft.com")
    entra = Entra(directory, Tokens(clock), clock)
    key = base64.b64encode(b"k" * 32)
    with Server(entra, clock=clock, faults=faults, tls=authority) as server:
        store = Store.open(f"sqlite:///{tmp_path / 'state.db'}", key=key, clock=clock)
        with store:
            yield Place(directory, server, clock, faults, store, known, authority, admin)


def test_the_app_signs_in_by_secret_and_by_certificate(place: Place) -> None:
    bearer = place.sign_in().app(GRAPH_SCOPE)
    assert bearer.granted().permissions == {"PartnerBilling.Read.All"}
    assert place.sign_in().app(GRAPH_SCOPE)() == bearer()
    by_secret = bearer()
    place.clock.advance(3600)
    by_certificate = place.sign_in(ClientCertificate(place.known.certificate_file)).app(GRAPH_SCOPE)
    assert by_certificate() != by_secret
    assert by_certificate.granted().permissions == {"PartnerBilling.Read.All"}


def test_a_person_signs_in_once_and_stays_for_years(place: Place) -> None:
    said: list[str] = []

    def show(text: str) -> None:
        said.append(text)
        code = text.split("the code ")[1].split(";", maxsplit=1)[0]
        assert place.directory.approve(code, place.admin.name)

    got = place.sign_in().device_code(show, PC_SCOPE)
    assert (got.account, got.lacks_mfa) == (place.admin.name, False)
    for _ in range(15):  # far longer than the 90 days one refresh token lives
        place.clock.advance(80 * 86_400)
        place.directory.registrations[place.known.client_id].secrets[0].expires = place.clock.now() + timedelta(days=1)
        assert place.sign_in().user(PC_SCOPE).granted().permissions == {"user_impersonation"}
    assert place.sign_in().user(GRAPH_SCOPE).granted().account == place.admin.name
    written = place.written()
    assert written
    assert not [text for text in place.directory.refresh_tokens if text.encode() in written]


def test_two_processes_never_use_one_refresh_token_twice(place: Place) -> None:
    """At a keeper of accounts that lets each refresh token be used once, a second use would end the sign-in."""
    place.directory.single_use = True
    place.sign_a_person_in()
    got: list[str] = []

    def work(scope: str) -> None:
        got.append(place.sign_in().user(scope)())

    for _ in range(2):
        threads = [threading.Thread(target=work, args=(scope,)) for scope in (PC_SCOPE, GRAPH_SCOPE) * 3]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        place.clock.advance(3600)
    assert len(got) == 12
    assert len(set(got)) == 4


def test_an_answer_lost_on_its_way_costs_no_sign_in(place: Place) -> None:
    place.sign_a_person_in()
    for trouble in ("answer_lost", "reset", "cut:40", "garbage", "status:503", "status:429:7"):
        place.faults.add(on="POST */oauth2/v2.0/token", do=trouble)
        place.clock.advance(4000)
        assert place.sign_in().user(PC_SCOPE)()


def test_what_goes_wrong_at_entra_is_told(place: Place) -> None:
    registration = place.directory.registrations[place.known.client_id]
    with pytest.raises(CredentialRefused, match="is wrong"):
        place.sign_in(ClientSecret("not it")).app(GRAPH_SCOPE)()
    registration.secrets[0].expires = place.clock.now()
    with pytest.raises(CredentialRefused, match="has expired"):
        place.sign_in().app(GRAPH_SCOPE)()
    registration.certificates.clear()
    with pytest.raises(CredentialRefused, match="certificate is not known"):
        place.sign_in(ClientCertificate(place.known.certificate_file)).app(GRAPH_SCOPE)()
    registration.secrets[0].expires += timedelta(days=1)
    place.sign_a_person_in()
    registration.scopes.clear()
    with pytest.raises(SignInNeeded, match="consent"):
        place.sign_in().user(PC_SCOPE)()
    del place.directory.registrations[place.known.client_id]
    with pytest.raises(CredentialRefused, match="not known in tenant"):
        place.sign_in().app(GRAPH_SCOPE)()


def test_a_wrong_clock_is_found_by_the_certificate_s_proof(place: Place) -> None:
    place.directory.skew = timedelta(hours=3)
    with pytest.raises(CredentialRefused, match="clock is wrong"):
        place.sign_in(ClientCertificate(place.known.certificate_file)).app(GRAPH_SCOPE)()


def test_a_revoked_sign_in_ends_cleanly(place: Place) -> None:
    place.sign_a_person_in()
    place.clock.advance(10)
    place.directory.revoke(place.admin.name, place.clock.now())
    for _ in range(3):
        with pytest.raises(SignInNeeded, match="connector auth partner-center"):
            place.sign_in().user(PC_SCOPE)()
    assert len([one for one in place.server.exchanges if one.request.method == "POST"]) == 1
    kept = place.sign_in().signed_in()
    assert kept is not None
    assert kept.state == "sign_in_needed"


def test_months_of_silence_end_a_sign_in(place: Place) -> None:
    place.sign_a_person_in()
    place.clock.advance(91 * 86_400)
    with pytest.raises(SignInNeeded, match="90 days"):
        place.sign_in().user(PC_SCOPE)()


def test_missing_mfa_is_told(place: Place) -> None:
    place.admin.mfa = False
    place.sign_a_person_in()
    assert place.sign_in().user(PC_SCOPE).granted().lacks_mfa
    place.clock.advance(4000)
    place.directory.requires_mfa = True
    with pytest.raises(SignInNeeded, match="MFA"):
        place.sign_in().user(PC_SCOPE)()


def test_a_crash_before_the_new_token_is_stored_costs_no_sign_in(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entra lets the old token live, so the next run begins where this one broke."""
    place.sign_a_person_in()

    def crash(owner: str, token: Token) -> None:
        raise KeyboardInterrupt

    bearer = place.sign_in().user(PC_SCOPE)
    with monkeypatch.context() as broken:
        broken.setattr(place.store.tokens, "save", crash)
        with pytest.raises(KeyboardInterrupt):
            bearer()
    assert place.sign_in().user(PC_SCOPE)()


def test_where_a_token_is_good_once_a_crash_ends_in_one_clear_sentence(place: Place) -> None:
    """No way leads back then; what must not happen is asking for ever."""
    place.directory.single_use = True
    place.sign_a_person_in()
    place.faults.add(on="POST */oauth2/v2.0/token", do="answer_lost")
    for _ in range(3):
        with pytest.raises(SignInNeeded, match="connector auth partner-center"):
            place.sign_in().user(PC_SCOPE)()
    assert len([one for one in place.server.exchanges if one.request.method == "POST"]) == 2
