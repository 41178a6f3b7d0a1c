"""Certificates that tests make up, good or bad, to sign in with."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


def issue(
    name: str, key: rsa.RSAPrivateKey, *, begins: datetime | None = None, ends: datetime | None = None
) -> x509.Certificate:
    """Make a certificate that vouches for itself."""
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins or now - timedelta(days=1))
        .not_valid_after(ends or now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
