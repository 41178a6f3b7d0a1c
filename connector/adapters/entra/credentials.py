"""What proves to Entra that the connector is the registered app: a secret, or a certificate with its private key."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from connector.adapters.entra.refusals import CredentialRefused

_PFX = (".pfx", ".p12")
_PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A secret made at the app's registration."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A file with certificate and private key: PEM, or PFX by its ending; `password` opens the key."""

    file: Path
    password: str | None = field(default=None, repr=False)


Credential = ClientSecret | ClientCertificate


def for_msal(credential: Credential, now: datetime) -> str | dict[str, Any]:
    """Return the credential as msal wants it; raises CredentialRefused where the certificate cannot be used."""
    if isinstance(credential, ClientSecret):
        return credential.value
    key, certificate = _opened(credential)
    if certificate.not_valid_after_utc <= now:
        raise CredentialRefused(
            f"The certificate {credential.file} ended on {certificate.not_valid_after_utc:%Y-%m-%d}; "
            "make a new one, add it at the app's registration in Entra and name it in the configuration."
        )
    if certificate.not_valid_before_utc > now:
        raise CredentialRefused(
            f"The certificate {credential.file} begins on {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC, "
            f"and it is {now:%Y-%m-%d %H:%M} UTC here; wait, or set this machine's clock."
        )
    return {"private_key": key, "public_certificate": certificate.public_bytes(Encoding.PEM).decode()}


def ends_at(credential: Credential) -> datetime | None:
    """Return when a certificate ends; None for a secret, whose end only Entra knows."""
    return _opened(credential)[1].not_valid_after_utc if isinstance(credential, ClientCertificate) else None


def _opened(credential: ClientCertificate) -> tuple[str, x509.Certificate]:
    """Return the private key as PEM without password, and the certificate that belongs to it."""
    file = credential.file
    password = credential.password.encode() if credential.password else None
    try:
        content = file.read_bytes()
    except OSError as error:
        reason = error.strerror or "not readable"
        raise CredentialRefused(f"The certificate {file} cannot be read: {reason}; check the path.") from None
    try:
        key: Any
        if file.suffix.lower() in _PFX:
            key, certificate, _ = pkcs12.load_key_and_certificates(content, password)
            certificates = [certificate] if certificate else []
        else:
            begin = _PRIVATE_KEY.search(content)
            key = load_pem_private_key(content[begin.start() :], password) if begin else None
            certificates = x509.load_pem_x509_certificates(content)
    except (ValueError, TypeError):
        # Both libraries say of a wrong password and of a damaged file the same.
        raise CredentialRefused(
            f"The certificate {file} cannot be opened: expected a PEM file with certificate and private key, or a "
            ".pfx file, and its password in certificate.password; check both."
        ) from None
    if key is None:
        raise CredentialRefused(f"The certificate {file} holds no private key; export it together with its key.")
    public = key.public_key()
    mine = [certificate for certificate in certificates if certificate.public_key() == public]
    if not mine:
        raise CredentialRefused(f"The certificate {file} holds a private key but not the certificate that fits it.")
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return pem, mine[0]
