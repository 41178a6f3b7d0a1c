"""Proving to be the app: a secret, or a certificate as PEM or PFX; what is wrong with one is said at once."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from connector.adapters.entra import ClientCertificate, ClientSecret, CredentialRefused, ends_at
from connector.adapters.entra.credentials import for_msal
from tests.certificates import issue
from tests.clocks import JumpingClock
from tests.unit.entra.entra import CLIENT, GRAPH, World, world

KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = rsa.generate_private_key(65537, 1024)
CERTIFICATE = issue("app", KEY)
NOW = datetime.now(UTC)


def key_pem(password: bytes | None = None, form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return KEY.private_bytes(Encoding.PEM, form, encryption)


def certificate_pem(certificate: x509.Certificate = CERTIFICATE) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def pfx(password: bytes | None, certificate: x509.Certificate | None = CERTIFICATE) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return pkcs12.serialize_key_and_certificates(b"app", KEY, certificate, None, encryption)


FILES: dict[str, tuple[str, Callable[[], bytes], str | None]] = {
    "key first": ("a.pem", lambda: key_pem() + certificate_pem(), None),
    "certificate first": ("a.pem", lambda: certificate_pem() + key_pem(), None),
    "old form of the key": ("a.pem", lambda: key_pem(form=PrivateFormat.TraditionalOpenSSL) + certificate_pem(), None),
    "with a password": ("a.pem", lambda: certificate_pem() + key_pem(b"canary-pw"), "canary-pw"),
    "a chain": ("a.crt", lambda: certificate_pem(issue("other", rsa_key())) + certificate_pem() + key_pem(), None),
    "pfx": ("a.pfx", lambda: pfx(None), None),
    "pfx with a password": ("a.P12", lambda: pfx(b"canary-pw"), "canary-pw"),
}


def rsa_key() -> rsa.RSAPrivateKey:
    return OTHER_KEY


def decoded(part: str) -> dict[str, object]:
    value: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return value


def proof_of(place: World) -> dict[str, object]:
    """Check the proof the app sent and return what it claims."""
    form = place.entra.asked[0]
    assert form["client_assertion_type"].endswith("jwt-bearer")
    assert "client_secret" not in form
    head, body, signature = form["client_assertion"].split(".")
    assert decoded(head)["alg"] == "PS256"
    KEY.public_key().verify(
        base64.urlsafe_b64decode(signature + "=="),
        f"{head}.{body}".encode(),
        padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH),
        hashes.SHA256(),
    )
    return decoded(body)


@pytest.mark.parametrize(("name", "content", "password"), FILES.values(), ids=FILES)
def test_a_certificate_signs_in(name: str, content: Callable[[], bytes], password: str | None, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(content())
    certificate = ClientCertificate(file, password)
    with world(tmp_path) as place:
        place.clock = JumpingClock(NOW)
        assert place.sign_in(certificate).app(GRAPH)() == "at-1"
        claims = proof_of(place)
    assert claims["iss"] == claims["sub"] == CLIENT
    assert str(claims["aud"]).startswith(place.server.url)
    assert ends_at(certificate) == CERTIFICATE.not_valid_after_utc
    assert "canary" not in repr(certificate)


BROKEN: dict[str, tuple[str, Callable[[], bytes] | None, str | None, str]] = {
    "not there": ("a.pem", None, None, "cannot be read"),
    "wrong password": ("a.pem", lambda: certificate_pem() + key_pem(b"right"), "canary-pw", "cannot be opened"),
    "no password": ("a.pem", lambda: certificate_pem() + key_pem(b"right"), None, "cannot be opened"),
    "wrong password of a pfx": ("a.pfx", lambda: pfx(b"right"), "canary-pw", "cannot be opened"),
    "no key": ("a.pem", certificate_pem, None, "no private key"),
    "no certificate": ("a.pem", key_pem, None, "cannot be opened"),
    "no certificate in a pfx": ("a.pfx", lambda: pfx(None, None), None, "not the certificate"),
    "somebody else's": ("a.pem", lambda: key_pem() + certificate_pem(issue("x", rsa_key())), None, "not the certif"),
    "rubbish": ("a.pem", lambda: b"rubbish", None, "cannot be opened|no private key"),
    "rubbish as pfx": ("a.pfx", lambda: b"rubbish", None, "cannot be opened"),
    "ended": (
        "a.pem",
        lambda: key_pem() + certificate_pem(issue("x", KEY, ends=NOW - timedelta(hours=1))),
        None,
        "end",
    ),
    "not begun": (
        "a.pem",
        lambda: key_pem() + certificate_pem(issue("x", KEY, begins=NOW + timedelta(hours=1))),
        None,
        "begins",
    ),
}


@pytest.mark.parametrize(("name", "content", "password", "words"), BROKEN.values(), ids=BROKEN)
def test_what_is_wrong_with_a_certificate_is_said(
    name: str, content: Callable[[], bytes] | None, password: str | None, words: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    if content:
        file.write_bytes(content())
    with pytest.raises(CredentialRefused, match=words) as caught:
        for_msal(ClientCertificate(file, password), NOW)
    assert str(file) in str(caught.value)
    assert "canary" not in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_secret_is_as_it_is() -> None:
    assert for_msal(ClientSecret("s"), NOW) == "s"
    assert ends_at(ClientSecret("s")) is None
    assert "canary" not in repr(ClientSecret("canary"))
