"""The partner's tenant at the simulated Entra: its applications with their secrets and consents, and its people.

Tests and rehearsals change it while the sandbox runs: take a consent away, let a secret expire, demand MFA.
"""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes

PARTNER_CENTER = "https://api.partnercenter.microsoft.com"
PRICING = "https://api.partner.microsoft.com"
GRAPH = "https://graph.microsoft.com"
RETIRED = "https://graph.windows.net"
BUSINESS_CENTRAL = "https://api.businesscentral.dynamics.com"
RESOURCES = {
    PARTNER_CENTER: "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd",
    PRICING: "4990cffe-04e8-4e8b-808a-1175604b879f",
    GRAPH: "00000003-0000-0000-c000-000000000000",
    RETIRED: "00000002-0000-0000-c000-000000000000",
    BUSINESS_CENTRAL: "996def3d-b36c-4153-8607-a6fd3c01b89f",
}
BILLING_READ = "PartnerBilling.Read.All"
IMPERSONATION = "user_impersonation"
BOOKKEEPING = "API.ReadWrite.All"


@dataclass(slots=True)
class Secret:
    """One client secret; `expires` is a moment on the sandbox clock."""

    text: str
    expires: datetime


@dataclass(slots=True)
class Registration:
    """An application. `roles` are its own permissions, `scopes` those an admin consented to for its users.

    `public`: flows without a secret are allowed (device code). `certificates` are in PEM.
    """

    client_id: str
    name: str = "CSP billing"
    secrets: list[Secret] = field(default_factory=list)
    certificates: list[str] = field(default_factory=list)
    roles: dict[str, set[str]] = field(default_factory=dict)
    scopes: dict[str, set[str]] = field(default_factory=dict)
    redirects: list[str] = field(default_factory=lambda: ["http://localhost"])
    public: bool = True

    def certificate(self, thumbprint: str) -> x509.Certificate | None:
        """The registered certificate with this thumbprint (SHA-1 or SHA-256, in hex)."""
        for pem in self.certificates:
            certificate = x509.load_pem_x509_certificate(pem.encode())
            prints = (certificate.fingerprint(way).hex() for way in (hashes.SHA1(), hashes.SHA256()))  # noqa: S303
            if thumbprint.lower() in prints:
                return certificate
        return None


@dataclass(slots=True)
class Person:
    """Somebody who signs in. `mfa`: proves it with a second factor; `revoked`: sign-ins before this count no more."""

    name: str
    object_id: str
    mfa: bool = True
    revoked: datetime | None = None
    disabled: bool = False


@dataclass(slots=True)
class RefreshToken:
    """What keeps a person signed in for an application: good for 90 days, and replaced whenever it is used."""

    text: str
    person: Person
    client_id: str
    issued: datetime
    mfa: bool
    used: bool = False


@dataclass(slots=True)
class DeviceCode:
    """A sign-in that somebody must approve on another screen; `verdict` is None until then."""

    device_code: str
    user_code: str
    client_id: str
    scope: str
    expires: datetime
    verdict: str | None = None
    person: Person | None = None


@dataclass(slots=True)
class SignInCode:
    """The code an interactive sign-in hands to the application's own page; good once, for ten minutes."""

    text: str
    person: Person
    client_id: str
    redirect: str
    expires: datetime
    challenge: str = ""
    used: bool = False


@dataclass(slots=True)
class Directory:
    """The tenant. `skew` is how far Entra's clock is ahead of the client's real one, for signed assertions only."""

    tenant_id: str
    domain: str
    registrations: dict[str, Registration] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    refresh_tokens: dict[str, RefreshToken] = field(default_factory=dict)
    device_codes: dict[str, DeviceCode] = field(default_factory=dict)
    sign_in_codes: dict[str, SignInCode] = field(default_factory=dict)
    requires_mfa: bool = False
    single_use: bool = False
    """Whether a refresh token dies when it is used (Entra lets the old one live; other services do not)."""
    refresh_life: timedelta = timedelta(days=90)
    access_life: timedelta = timedelta(minutes=60)
    device_interval: int = 5
    skew: timedelta = timedelta(0)

    def is_tenant(self, name: str) -> bool:
        """Whether this is the tenant's id, its domain, or one of the names every tenant goes by."""
        return name.lower() in (self.tenant_id, self.domain.lower(), "common", "organizations")

    def register(self, client_id: str, secret: str, expires: datetime, certificate: str = "") -> Registration:
        """An application that may do what the connector asks for: read billing, keep books in Business Central."""
        made = Registration(client_id, secrets=[Secret(secret, expires)])
        made.certificates += [certificate] if certificate else []
        made.roles = {PARTNER_CENTER: set(), PRICING: set(), GRAPH: {BILLING_READ}, BUSINESS_CENTRAL: {BOOKKEEPING}}
        made.scopes = {PARTNER_CENTER: {IMPERSONATION}, PRICING: {IMPERSONATION}, GRAPH: {BILLING_READ}}
        self.registrations[client_id] = made
        return made

    def person(self, name: str, *, mfa: bool = True) -> Person:
        """Somebody of this name, made on first use."""
        object_id = secrets.token_hex(16)
        guid = "-".join((object_id[:8], object_id[8:12], object_id[12:16], object_id[16:20], object_id[20:]))
        return self.people.setdefault(name, Person(name, guid, mfa))

    def keep_signed_in(self, person: Person, client_id: str, now: datetime, mfa: bool | None = None) -> RefreshToken:
        """A new refresh token."""
        text = "0." + secrets.token_urlsafe(48)
        made = RefreshToken(text, person, client_id, now, person.mfa if mfa is None else mfa)
        self.refresh_tokens[text] = made
        return made

    def revoke(self, name: str, now: datetime) -> None:
        """Everything this person signed in to until now ends: a changed password, or an admin's decision."""
        self.people[name].revoked = now

    def ask_elsewhere(self, client_id: str, scope: str, now: datetime) -> DeviceCode:
        """Open a sign-in by device code."""
        letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
        user_code = "".join(secrets.choice(letters) for _ in range(9))
        made = DeviceCode(secrets.token_urlsafe(32), user_code, client_id, scope, now + timedelta(minutes=15))
        self.device_codes[made.device_code] = made
        return made

    def waiting(self, user_code: str) -> DeviceCode | None:
        """The open sign-in with this code, as a person types it."""
        typed = user_code.strip().upper().replace("-", "")
        return next((code for code in self.device_codes.values() if code.user_code == typed), None)

    def approve(self, user_code: str, name: str = "", *, verdict: str = "approved") -> bool:
        """Somebody enters the code and agrees (`declined`: does not); False when nobody waits with this code."""
        code = self.waiting(user_code)
        if code is None or code.verdict is not None:
            return False
        code.person = self.people[name] if name else next(iter(self.people.values()))
        code.verdict = verdict
        return True

    def signed_in(self, person: Person, client_id: str, redirect: str, now: datetime, challenge: str) -> SignInCode:
        """The code of a finished interactive sign-in."""
        text = secrets.token_urlsafe(32)
        made = SignInCode(text, person, client_id, redirect, now + timedelta(minutes=10), challenge)
        self.sign_in_codes[text] = made
        return made


def real_now(directory: Directory) -> datetime:
    """What Entra's own clock shows: clients sign and judge by the real time, whatever the sandbox's clock says."""
    return datetime.now(UTC) + directory.skew
