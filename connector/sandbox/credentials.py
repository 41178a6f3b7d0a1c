"""The made-up application's secret and certificate; they open nothing but the sandbox that made them."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

CLIENT_ID = "0f3c9b52-7c1a-4b8e-9a60-2d4f8f1a7b33"
TENANT_DOMAIN = "northwindcloud.onmicrosoft.com"
_LIFE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Both ways for the application to prove itself; the file holds the private key and the certificate as PEM."""

    client_id: str
    client_secret: str
    certificate: str
    sha1_thumbprint: str
    sha256_thumbprint: str
    certificate_file: Path


def make_credentials(folder: Path) -> Credentials:
    """Write `client.pem` into a folder, readable by its owner only, and make up a secret."""
    key, certificate = _pair()
    path = folder / "client.pem"
    path.touch(mode=0o600)
    path.write_bytes(key + certificate)
    read = x509.load_pem_x509_certificate(certificate)
    # Entra's portal shows the older print, MSAL's older way asks for it.
    old, new = (read.fingerprint(way).hex().upper() for way in (hashes.SHA1(), hashes.SHA256()))  # noqa: S303
    return Credentials(CLIENT_ID, secrets.token_urlsafe(30), certificate.decode(), old, new, path)


@cache
def _pair() -> tuple[bytes, bytes]:
    """A private key and its certificate, made once per process because that takes a while."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CSP billing (sandbox)")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFE)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, certificate.public_bytes(serialization.Encoding.PEM)
