"""Lets a person give the connector access to a QuickBooks company: the page to open, and what comes back from it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from connector.adapters.http import Session
from connector.adapters.http.hosts import is_loopback
from connector.adapters.quickbooks.tokens import App, Grant, GrantRefused, ask
from connector.domain.errors import SignInNeeded
from connector.ports import Clock

SCOPE = "com.intuit.quickbooks.accounting"


@dataclass(frozen=True, slots=True)
class Consent:
    """One request for consent: the page to open, where the browser is sent afterwards, and how to know the answer."""

    ledger: str
    realm_id: str
    url: str
    redirect: str
    state: str

    @classmethod
    def begin(cls, ledger: str, realm_id: str, client_id: str, page: str, redirect: str) -> "Consent":
        """Prepare a request; its `state` is like no other's."""
        state = secrets.token_urlsafe(24)
        asked = {
            "client_id": client_id,
            "response_type": "code",
            "scope": SCOPE,
            "redirect_uri": redirect,
            "state": state,
        }
        return cls(ledger, realm_id, f"{page}?{urlencode(asked)}", redirect, state)

    @property
    def listens(self) -> tuple[str, int] | None:
        """The address of this machine that the browser comes back to; None where it comes back elsewhere."""
        split = urlsplit(self.redirect)
        host = split.hostname or ""
        return (host, split.port or 80) if split.scheme == "http" and is_loopback(host) else None

    def code_in(self, answer: str) -> str:
        """The code in the address that the browser came back to, or in its query alone.

        Raises SignInNeeded where it answers another request, is for another company, or says no.
        """
        text = answer.strip()
        query = urlsplit(text).query if "?" in text else text
        given = {name: values[0] for name, values in parse_qs(query).items()}
        return self._code(given)

    def _code(self, given: Mapping[str, str]) -> str:
        again = f"begin again with `connector auth quickbooks {self.ledger}`"
        if "error" in given:
            raise SignInNeeded(f"Nobody gave access to ledger {self.ledger} ({given['error']}); {again}.")
        if not given.get("code"):
            raise SignInNeeded(
                "There is no code in what was given; paste the whole address that the browser shows after the consent, "
                f"from https:// on, or {again}."
            )
        if not secrets.compare_digest(given.get("state", "").encode(), self.state.encode()):
            raise SignInNeeded(
                f"The answer belongs to another request (its state differs), so it was not used; {again}."
            )
        if given.get("realmId", self.realm_id) != self.realm_id:
            raise SignInNeeded(
                f"Access was given to company {given['realmId']}, but ledger {self.ledger} is company {self.realm_id}; "
                "choose that company, or correct realm_id in the settings."
            )
        return given["code"]


def exchanged(consent: Consent, code: str, app: App, session: Session, clock: Clock) -> Grant:
    """Turn a code into tokens. Raises SignInNeeded where the code is not taken, Unavailable for passing trouble."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": consent.redirect}
    try:
        return ask(app, session, clock, form)
    except GrantRefused as refusal:
        raise SignInNeeded(
            f"QuickBooks does not take the code ({refusal}); it holds for ten minutes and once, so begin again with "
            f"`connector auth quickbooks {consent.ledger}`."
        ) from refusal
