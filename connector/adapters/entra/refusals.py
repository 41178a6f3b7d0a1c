"""Why Entra or an API turned the connector away, in one sentence an admin can act on.

The numbers are Entra's AADSTS codes, and Partner Center's own (facts: Partner Center §1, §2.2). What Entra itself
says is added only where we do not know the code.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from connector.adapters.http import Refused
from connector.adapters.http.bodies import quoted
from connector.domain.errors import ConnectorError, SignInNeeded, Unavailable

AGAIN = "run `connector auth partner-center`"
_CODE = re.compile(r"\bAADSTS(\d{4,8})\b")


class CredentialRefused(ConnectorError):
    """The app's own credential or registration does not hold; the configuration has to change. Exit 3."""

    exit_code = 3


class AccessDenied(ConnectorError):
    """Entra or the API knows the app but does not let it in; rights or policies have to change. Exit 2."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a code means: the error to raise, the sentence, and whether the refresh token is dead for good."""

    error: type[ConnectorError]
    text: str
    dead: bool = False


def _app(text: str) -> Refusal:
    return Refusal(CredentialRefused, text)


def _person(text: str, *, dead: bool = False) -> Refusal:
    return Refusal(SignInNeeded, f"{text}; {AGAIN}", dead)


ENTRA: Mapping[int, Refusal] = {
    7000215: _app(
        "The client secret of app {client} is wrong; copy the secret's value (not its id) from the app's registration"
    ),
    7000222: _app("The client secret of app {client} has expired; make a new one at the app's registration in Entra"),
    7000218: _app(
        "App {client} needs a secret or certificate for this sign-in; set one in the configuration, or allow public "
        "client flows at the app's registration"
    ),
    7000216: _app("App {client} signed in without a secret or certificate; set one in the configuration"),
    700027: _app(
        "The certificate is not known at app {client}; add its public part at the app's registration in Entra"
    ),
    700024: _app(
        "Entra finds the certificate's proof out of its time, so this machine's clock is wrong{skew}; set the clock"
    ),
    700025: _app(
        "App {client} is registered as a public client, which may not show a secret; allow it a web platform, or "
        "forbid public client flows at its registration"
    ),
    700016: _app(
        "App {client} is not known in tenant {tenant}; check client_id and tenant_id, and that the app is registered "
        "or consented there"
    ),
    90002: _app("Tenant {tenant} is not known at {authority}; check tenant_id and the authority of your cloud"),
    900023: _app("Tenant {tenant} is neither a tenant's id nor its domain; check tenant_id"),
    500011: _app(
        "The service {scope} is not known in tenant {tenant}; check the endpoint, and that the partner account has it"
    ),
    70011: _app("The scope {scope} is not valid; check the configured endpoint"),
    7000112: _app("App {client} is disabled in tenant {tenant}; enable it in Entra"),
    7000229: _app("App {client} has no service principal in tenant {tenant}; grant it admin consent there"),
    1002016: _app("Entra asks for a newer encryption of the connection (TLS 1.2); update this machine"),
    65001: _person("Nobody has consented to app {client} using {scope}; let an admin consent to it again"),
    65004: _person("The consent to app {client} was declined"),
    50076: _person("Entra asks for multi-factor authentication (MFA), which the last sign-in did not prove"),
    50079: _person("The account has to set up multi-factor authentication (MFA) first"),
    50072: _person("The account has to set up multi-factor authentication (MFA) first"),
    50074: _person("Entra asks for strong authentication (MFA), which the last sign-in did not prove"),
    50078: _person("The proof of multi-factor authentication (MFA) is too old by your tenant's policy", dead=True),
    50158: _person("A policy asks for a further proof at sign-in"),
    700082: _person("The refresh token has expired because it was not used for 90 days", dead=True),
    70008: _person("The refresh token has expired or was revoked", dead=True),
    700084: _person("The refresh token has reached its end", dead=True),
    70043: _person("The refresh token is invalid because a policy on sign-in frequency ended it", dead=True),
    50173: _person("The refresh token was revoked, for example because the account's password was changed", dead=True),
    50132: _person("The session was revoked, for example because the account's password was changed", dead=True),
    50133: _person("The session ended because the account's password was changed", dead=True),
    54005: _person("The sign-in's code was used already"),
    70000: _person("The refresh token is invalid", dead=True),
    9002313: _person("The refresh token is not one of Entra's", dead=True),
    50057: Refusal(AccessDenied, "The account that signed in is disabled; enable it or sign in with another one"),
    50034: Refusal(AccessDenied, "The account that signed in does not exist in tenant {tenant}"),
    50055: _person("The account's password has expired"),
    50105: Refusal(
        AccessDenied, "The account is not assigned to app {client}; assign it at the enterprise application in Entra"
    ),
    53000: Refusal(
        AccessDenied, "A conditional access policy asks for a compliant device; exclude the account from it"
    ),
    53001: Refusal(AccessDenied, "A conditional access policy asks for a joined device; exclude the account from it"),
    53003: Refusal(
        AccessDenied,
        "A conditional access policy blocks the sign-in; look it up in Entra's sign-in log and let app {client} or its "
        "account pass",
    ),
    530034: Refusal(AccessDenied, "A delegated administrator was blocked by a policy; let app {client} pass in Entra"),
    530035: Refusal(AccessDenied, "Security defaults of the tenant block this way to sign in; use another account"),
    50199: _person("Entra asks the account to confirm the sign-in"),
    90094: _person("Only an admin can consent to app {client}"),
    90033: Refusal(Unavailable, "Entra has a passing trouble; try again later"),
    90055: Refusal(Unavailable, "Entra is asked too often; try again later"),
}

PARTNER_CENTER_OWN: Mapping[str, Refusal] = {
    "900420": _app(
        "Partner Center does not take tokens for the retired audience graph.windows.net; set the endpoint to "
        "https://api.partnercenter.microsoft.com, so that the token is made for it"
    ),
    "900421": _person(
        "Partner Center asks for multi-factor authentication (MFA), and the sign-in did not prove it; sign in with an "
        "account for which MFA is enforced"
    ),
    "900329": Refusal(
        AccessDenied,
        "Partner Center does not let an app alone do this; set `auth` for this API to app_user and then " + AGAIN,
    ),
    "900308": Refusal(
        AccessDenied,
        "The account lacks privileges in Partner Center; make it a member of the admin agents group, or give it the "
        "billing admin role",
    ),
    "900309": Refusal(
        AccessDenied,
        "A conditional access policy blocks Partner Center for this account; look it up in Entra's sign-in log",
    ),
    "900150": Refusal(
        AccessDenied, "The account's role in Partner Center does not allow this; give it the role admin agent"
    ),
    "800043": Refusal(
        AccessDenied, "The account has no access to pricing in Partner Center; give it the role sales agent"
    ),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked whom for what; names for the sentences. `skew` is how far the service's clock is ahead of ours."""

    client: str
    tenant: str
    authority: str
    scope: str
    skew: timedelta | None = None

    def in_words(self) -> dict[str, str]:
        """Return the names by their places in the sentences."""
        skew = ""
        if self.skew is not None and abs(self.skew) >= timedelta(minutes=1):
            ahead = "behind" if self.skew > timedelta(0) else "ahead of"
            skew = f" ({abs(self.skew) // timedelta(minutes=1)} minutes {ahead} Entra's)"
        return {
            "client": self.client,
            "tenant": self.tenant,
            "authority": self.authority,
            "scope": self.scope,
            "skew": skew,
        }


def codes_in(text: str) -> list[int]:
    """Return the AADSTS numbers in a text, in their order."""
    return [int(number) for number in _CODE.findall(text)]


def explained(result: Mapping[str, Any], asked: Asked) -> tuple[ConnectorError, bool]:
    """Return the error for Entra's refusal, and whether the refresh token is dead for good."""
    text = str(result.get("error_description") or "")
    codes = [*_numbers(result.get("error_codes")), *codes_in(text)]
    trace = str(result.get("correlation_id") or result.get("trace_id") or "")
    for code in codes:
        if known := ENTRA.get(code):
            return known.error(f"{known.text.format_map(asked.in_words())} (AADSTS{code}{_ids(trace)})."), known.dead
    error, said = str(result.get("error") or "unknown error"), quoted(text.splitlines()[0] if text else "")
    told = f"Entra refused app {asked.client} in tenant {asked.tenant}: {quoted(error)} {said}".rstrip()
    if error in {"invalid_grant", "interaction_required", "consent_required", "login_required"}:
        return SignInNeeded(f"{told}{_ids(trace)}; {AGAIN}."), False
    if error in {"temporarily_unavailable", "server_error"}:
        return Unavailable(f"{told}{_ids(trace)}; try again later."), False
    if error in {"invalid_client", "unauthorized_client"}:
        return CredentialRefused(f"{told}{_ids(trace)}; check client_id and its secret or certificate."), False
    return AccessDenied(f"{told}{_ids(trace)}."), False


def explained_by_api(refused: Refused, *, permission: str = "") -> ConnectorError:
    """Return the error for an API's 401 or 403; `permission` names what the call needs, for the sentence.

    What is neither known nor a question of rights comes back as it is.
    """
    if known := PARTNER_CENTER_OWN.get(refused.code):
        return known.error(f"{known.text} ({refused.code}; {refused.trace}).")
    if refused.status == 401:
        return AccessDenied(f"{refused.trace}: the token was not taken; check the endpoint and this machine's clock.")
    if refused.status == 403 and permission:
        return AccessDenied(
            f"{refused.trace}: the permission {permission} is missing; add it to the app in Entra, grant admin "
            "consent, and wait a few minutes."
        )
    return refused


def _numbers(values: Any) -> Iterable[int]:
    for value in values if isinstance(values, list) else []:
        if str(value).isdigit():
            yield int(value)


def _ids(trace: str) -> str:
    return f", correlation id {quoted(trace)}" if trace else ""
