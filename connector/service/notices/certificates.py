"""Decides whether a certificate that came with a notice is Microsoft's, and whether it signed what was sent."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from connector.domain.errors import ConnectorError

_ORGANISATION = "Microsoft Corporation"
_DEEPEST = 4
_KEPT_FOR = timedelta(hours=12)
_MOST_KEPT = 20


class Untrusted(ConnectorError):
    """A certificate or signature that is not what it says."""


@dataclass(slots=True)
class Trust:
    """What is trusted: `fetch` gets a certificate from one of the known hosts (raises where it is not one), `roots`
    are the public authorities. Certificates that were found good are remembered for half a day.
    """

    fetch: Callable[[str], bytes]
    roots: Callable[[], bytes]
    _known: dict[str, tuple[datetime, RSAPublicKey]] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def verify(self, address: str, signature: bytes, body: bytes, now: datetime) -> None:
        """Check that the certificate at an address signed a body. Raises Untrusted, or Unavailable where it is away."""
        key = self._key(address, now)
        try:
            key.verify(signature, body, PKCS1v15(), SHA256())
        except InvalidSignature:
            raise Untrusted("the body was not signed with this certificate") from None

    def _key(self, address: str, now: datetime) -> RSAPublicKey:
        with self._guard:
            known = self._known.get(address)
        if known is not None and now - known[0] < _KEPT_FOR:
            return known[1]
        leaf, *others = _read(self.fetch(address))
        organisations = leaf.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        if [one.value for one in organisations] != [_ORGANISATION]:
            raise Untrusted(f"the certificate is not {_ORGANISATION}'s")
        self._lead_to_root(leaf, others, now)
        key = leaf.public_key()
        if not isinstance(key, RSAPublicKey):
            raise Untrusted("the certificate holds no RSA key")
        with self._guard:
            while len(self._known) >= _MOST_KEPT:
                del self._known[min(self._known, key=lambda name: self._known[name][0])]
            self._known[address] = now, key
        return key

    def _lead_to_root(self, leaf: x509.Certificate, others: list[x509.Certificate], now: datetime) -> None:
        """Go from issuer to issuer until a trusted one; those that did not come along are fetched."""
        roots = {root.subject: root for root in _read(self.roots())}
        current, at = leaf, 0
        while at <= _DEEPEST:
            if not current.not_valid_before_utc <= now <= current.not_valid_after_utc:
                raise Untrusted("a certificate on the way to its authority is not valid now")
            root = roots.get(current.issuer)
            if root is not None and _issued(root, current) and root.not_valid_after_utc >= now:
                return
            issuer = next((one for one in (*others, *self._issuers(current)) if _issued(one, current)), None)
            if issuer is None or issuer == current:
                break
            current, at = issuer, at + 1
        raise Untrusted("the certificate leads to no authority that is trusted here")

    def _issuers(self, certificate: x509.Certificate) -> Iterator[x509.Certificate]:
        try:
            places = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        except x509.ExtensionNotFound:
            return
        for place in places:
            if place.access_method == AuthorityInformationAccessOID.CA_ISSUERS:
                # What is fetched proves itself by its signature; the way there is encrypted all the same.
                yield from _read(self.fetch(str(place.access_location.value).replace("http://", "https://", 1)))


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        if not issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        certificate.verify_directly_issued_by(issuer)
    except (x509.ExtensionNotFound, ValueError, TypeError, InvalidSignature):
        return False
    return True


def _read(content: bytes) -> list[x509.Certificate]:
    try:
        if b"-----BEGIN" in content:
            return x509.load_pem_x509_certificates(content)
        return [x509.load_der_x509_certificate(content)]
    except ValueError:
        raise Untrusted("what lies at the address is no certificate") from None
