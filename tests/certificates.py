"""A certificate authority for tests, made anew each time."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def pem(key: PrivateKey) -> bytes:
    """Return a private key as PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def issue(
    name: str,
    key: PrivateKey,
    *,
    by: tuple[x509.Certificate, PrivateKey] | None = None,
    begins: datetime | None = None,
    ends: datetime | None = None,
) -> x509.Certificate:
    """Make a certificate: of an authority by itself, of localhost when `by` an authority."""
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by[0].subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins or now - timedelta(days=1))
        .not_valid_after(ends or now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if by:
        names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(by[1].public_key())
        builder = builder.add_extension(issuer, critical=False)
    else:
        usage = x509.KeyUsage(*[flag in {5, 6} for flag in range(9)])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(by[1] if by else key, hashes.SHA256())


@dataclass(frozen=True)
class Authority:
    """A made-up authority: `file` for clients to trust, `context` for servers of localhost."""

    file: Path
    context: ssl.SSLContext

    @classmethod
    def in_folder(cls, folder: Path) -> "Authority":
        """Make an authority and a certificate for localhost."""
        key = ec.generate_private_key(ec.SECP256R1())
        own = issue("Test authority", key)
        server_key = ec.generate_private_key(ec.SECP256R1())
        server = issue("localhost", server_key, by=(own, key))
        file, chain = folder / "ca.pem", folder / "server.pem"
        file.write_bytes(own.public_bytes(Encoding.PEM))
        chain.write_bytes(pem(server_key) + server.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return cls(file, context)
