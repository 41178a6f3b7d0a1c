"""A certificate authority that exists as long as the sandbox runs, so that its servers can speak TLS.

Its certificate is for the sandbox only: hand `ca_file` to the client, and trust it nowhere else.
"""

import shutil
import ssl
import tempfile
import weakref
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LIFE = timedelta(days=30)


class Authority:
    """Makes a key and a certificate for itself, and server certificates for the loopback addresses."""

    def __init__(self, folder: Path | None = None) -> None:
        """Writes `ca.pem` into `folder`; without one, into a folder that goes away with this object."""
        private = Path(tempfile.mkdtemp(prefix="sandbox-ca-"))
        self._gone = weakref.finalize(self, shutil.rmtree, private, ignore_errors=True)
        self._private = private
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Connector sandbox authority")])
        self._certificate = self._sign_own()
        home = folder or private
        home.mkdir(parents=True, exist_ok=True)
        self._path = home / "ca.pem"
        self._path.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))
        self._context: ssl.SSLContext | None = None

    @property
    def ca_file(self) -> Path:
        """The authority's certificate as PEM."""
        return self._path

    def context(self) -> ssl.SSLContext:
        """How a server on localhost or 127.0.0.1 proves itself."""
        if self._context is None:
            pem = self._private / "server.pem"
            key = ec.generate_private_key(ec.SECP256R1())
            pem.touch(mode=0o600)
            pem.write_bytes(
                key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
                + self._issue(key.public_key()).public_bytes(serialization.Encoding.PEM)
            )
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(pem)
        return self._context

    def _sign_own(self) -> x509.Certificate:
        builder = _dated(x509.CertificateBuilder().subject_name(self._name).issuer_name(self._name))
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
            data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        public = self._key.public_key()
        return (
            builder.public_key(public)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def _issue(self, public: ec.EllipticCurvePublicKey) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1")), x509.IPAddress(ip_address("::1"))]
        own = self._key.public_key()
        return (
            _dated(x509.CertificateBuilder().subject_name(subject).issuer_name(self._name))
            .public_key(public)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(own), critical=False)
            .sign(self._key, hashes.SHA256())
        )


def _dated(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    # TLS looks at the real clock, whatever the sandbox's clock shows.
    now = datetime.now(UTC)
    serial = x509.random_serial_number()
    return builder.serial_number(serial).not_valid_before(now - timedelta(days=1)).not_valid_after(now + _LIFE)
