"""Notices from outside must prove where they come from, count once, and only make the next look come sooner."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from connector.domain.errors import ConnectorError, Unavailable
from connector.service.notices import Desk, Notice, business_central, partner_center, quickbooks
from connector.service.notices.certificates import Trust
from connector.service.wire import Router
from tests.unit.service.http import Answer, Caller, listening

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
REALM, VERIFIER, STATE = "9130357849016286", "verifier-token-of-the-app", "client-state-of-ours"


class Book:
    """Keeps what arrives, each notice once."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, str]] = set()
        self.hints: list[str] = []

    def keep(self, source: str, notices: tuple[Notice, ...]) -> int:
        new = [one for one in notices if (source, one.notice_id) not in self.seen]
        self.seen |= {(source, one.notice_id) for one in new}
        self.hints += [one.hint.value for one in new if one.hint]
        return len(new)


# --- certificates


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def certificate(
    name: str, key: Any, issuer: tuple[x509.Name, Any] | None, *, ca: bool = False,
    organisation: str = "Microsoft Corporation", until: datetime = NOW + timedelta(days=30), above: str = "",
) -> x509.Certificate:  # fmt: skip
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    by, signing = issuer or (subject, key)
    builder = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(by).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(NOW - timedelta(days=30)).not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )  # fmt: skip
    if above:
        place = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(above))
        builder = builder.add_extension(x509.AuthorityInformationAccess([place]), critical=False)
    return builder.sign(signing, hashes.SHA256())


class Authority:
    """A root, an authority below it, and a place where certificates lie."""

    def __init__(self) -> None:
        self.root_key, self.mid_key, self.key = _key(), _key(), _key()
        self.root = certificate("Root", self.root_key, None, ca=True, organisation="Trust Ltd")
        self.mid = certificate("TLS Issuing CA", self.mid_key, (self.root.subject, self.root_key), ca=True)
        self.issuer = self.mid.subject, self.mid_key
        self.places: dict[str, bytes] = {"https://www.microsoft.com/pki/mid.crt": der(self.mid)}
        self.leaf("https://certs.example/good.cer")
        self.fetched: list[str] = []

    def leaf(self, address: str, **options: Any) -> None:
        given = {"issuer": self.issuer, "above": "http://www.microsoft.com/pki/mid.crt", **options}
        self.places[address] = der(
            certificate("pcnotifications", given.pop("key", self.key), given.pop("issuer"), **given)
        )

    def fetch(self, address: str) -> bytes:
        self.fetched.append(address)
        if address not in self.places:
            raise ConnectorError("that is none of the known hosts")
        return self.places[address]

    def trust(self) -> Trust:
        return Trust(self.fetch, lambda: self.root.public_bytes(serialization.Encoding.PEM))


def der(one: x509.Certificate) -> bytes:
    return one.public_bytes(serialization.Encoding.DER)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def caller(book: Book, authority: Authority) -> Iterator[Caller]:
    desk = Desk(book.keep)
    places = [
        *quickbooks.places(desk, VERIFIER, frozenset({REALM})),
        *business_central.places(desk, STATE),
        *partner_center.places(desk, authority.trust(), lambda: NOW),
    ]
    with listening(Router(places)) as caller:
        yield caller


# --- QuickBooks


def quickbooks_post(caller: Caller, content: Any, *, key: str = VERIFIER, signature: str | None = None) -> Answer:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    mark = base64.b64encode(hmac.digest(key.encode(), body, hashlib.sha256)).decode()
    headers = {"intuit-signature": mark if signature is None else signature, "Content-Type": "application/json"}
    return caller.ask("/webhooks/quickbooks", "POST", body, headers)


LEGACY = {
    "eventNotifications": [
        {
            "realmId": REALM,
            "dataChangeEvent": {
                "entities": [
                    {"name": "Invoice", "id": "12", "operation": "Update", "lastUpdated": "2026-11-26T10:00:00.000Z"},
                    {"name": "Customer", "id": "1", "operation": "Create", "lastUpdated": "2026-11-26T10:00:01.000Z"},
                ]
            },
        }
    ]
}
EVENTS = [
    {"specversion": "1.0", "id": f"e{at}", "source": "intuit.abc", "type": "qbo.invoice.created.v1",
     "time": "2026-11-26T10:00:00Z", "intuitentityid": "12", "intuitaccountid": realm, "data": {}}
    for at, realm in enumerate([REALM, REALM, "1"])
]  # fmt: skip


def test_quickbooks_tells_in_both_forms_and_each_counts_once(caller: Caller, book: Book) -> None:
    for content, count in ((LEGACY, 2), (EVENTS, 4)):
        assert quickbooks_post(caller, content).status == 200
        assert quickbooks_post(caller, content).status == 200
        assert len(book.hints) == count
    assert set(book.hints) == {"ledger"}


@pytest.mark.parametrize("signature", ["", "x", "%%%", "AAAA", "é", base64.b64encode(b"0" * 32).decode()])
def test_what_quickbooks_did_not_sign_is_refused(caller: Caller, book: Book, signature: str) -> None:
    assert quickbooks_post(caller, LEGACY, signature=signature.encode("utf-8").decode("latin-1")).status == 401
    assert book.hints == []


def test_another_key_or_a_changed_body_is_refused(caller: Caller, book: Book) -> None:
    assert quickbooks_post(caller, LEGACY, key="another").status == 401
    body = json.dumps(LEGACY).encode()
    mark = base64.b64encode(hmac.digest(VERIFIER.encode(), body, hashlib.sha256)).decode()
    assert quickbooks_post(caller, body.replace(b"12", b"13"), signature=mark).status == 401
    assert book.hints == []


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"null", b'{"eventNotifications": 3}', b"[" * 100_000])
def test_what_cannot_be_read_is_refused_without_a_fault(caller: Caller, book: Book, body: bytes) -> None:
    assert quickbooks_post(caller, body).status == 400
    assert book.hints == []


# --- Business Central


def test_business_central_asks_whether_somebody_is_there(caller: Caller) -> None:
    answer = caller.ask("/webhooks/business-central?validationToken=abc-123", "POST", b"")
    assert (answer.status, answer.body) == (200, b"abc-123")
    assert answer.headers["content-type"].startswith("text/plain")
    assert caller.ask("/webhooks/business-central?validationToken=%3Cscript%3E", "POST", b"").status == 400


def change(state: str, at: str = "2026-11-26T10:00:00Z") -> dict[str, Any]:
    return {"subscriptionId": "s", "clientState": state, "resource": "companies(1)/salesInvoices(2)",
            "changeType": "updated", "lastModifiedDateTime": at}  # fmt: skip


def test_business_central_must_bring_the_client_state(caller: Caller, book: Book) -> None:
    def post(*changes: dict[str, Any]) -> int:
        return caller.ask("/webhooks/business-central", "POST", json.dumps({"value": changes}).encode()).status

    # Any other answer would end the subscription for good.
    assert [post(change("wrong")), post(change("")), post({})] == [200, 200, 200]
    assert book.hints == []
    assert [post(change(STATE), change("wrong")), post(change(STATE)), post(change(STATE, "later"))] == [200] * 3
    assert book.hints == ["ledger", "ledger"]
    assert caller.ask("/webhooks/business-central", "POST", b"no json").status == 200


# --- Partner Center

UPDATED = {
    "EventName": "subscription-updated",
    "ResourceUri": "http://api.partnercenter.microsoft.com/webhooks/v1/customers/c/subscriptions/s",
    "ResourceName": "subscription",
    "AuditUri": None,
    "ResourceChangeUtcDate": "2026-11-16T16:19:06.3520276+00:00",
}


def signed(
    authority: Authority,
    content: Any,
    *,
    key: Any = None,
    address: str = "https://certs.example/good.cer",
    plain: bool = True,
) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(content).encode()
    mark = base64.b64encode((key or authority.key).sign(body, padding.PKCS1v15(), hashes.SHA256())).decode()
    headers = {"X-MS-Certificate-Url": address, "X-MS-Signature-Algorithm": "rsa-sha256"}
    return body, headers | ({"Authorization": f"Signature {mark}"} if plain else {"X-MS-Signature": mark})


def test_partner_center_tells_what_changed_and_each_counts_once(
    caller: Caller, book: Book, authority: Authority
) -> None:
    for plain in (True, False):
        assert caller.ask("/webhooks/partner-center", "POST", *signed(authority, UPDATED, plain=plain)).status == 200
    ready = {**UPDATED, "EventName": "invoice-ready"}
    test = {"EventName": "test-created", "ResourceName": "test"}
    for content in (ready, test):
        assert caller.ask("/webhooks/partner-center", "POST", *signed(authority, content)).status == 200
    assert book.hints == ["subscriptions", "invoices"]
    # The certificate is fetched once, and the authority's above it over an encrypted connection.
    assert authority.fetched == ["https://certs.example/good.cer", "https://www.microsoft.com/pki/mid.crt"]


Forgery = Callable[[Authority], tuple[bytes, dict[str, str]]]


def _leaf(**options: Any) -> Forgery:
    def forge(authority: Authority) -> tuple[bytes, dict[str, str]]:
        key = options.get("key") or authority.key
        authority.leaf("https://certs.example/forged.cer", **options)
        return signed(authority, UPDATED, key=key, address="https://certs.example/forged.cer")

    return forge


def _self_signed(authority: Authority) -> tuple[bytes, dict[str, str]]:
    key = _key()
    authority.places["https://certs.example/self.cer"] = der(certificate("pcnotifications", key, None, ca=True))
    return signed(authority, UPDATED, key=key, address="https://certs.example/self.cer")


def _without(name: str) -> Forgery:
    def forge(authority: Authority) -> tuple[bytes, dict[str, str]]:
        body, headers = signed(authority, UPDATED)
        return body, {key: value for key, value in headers.items() if key != name}

    return forge


def _by_a_leaf(authority: Authority) -> tuple[bytes, dict[str, str]]:
    """Signed with a certificate that another, who is no authority, issued."""
    middle, key = _key(), _key()
    leaf = certificate("leaf", middle, authority.issuer, above="http://www.microsoft.com/pki/mid.crt")
    authority.places["https://www.microsoft.com/pki/leaf.crt"] = der(leaf)
    authority.leaf(
        "https://certs.example/below.cer",
        key=key,
        issuer=(leaf.subject, middle),
        above="http://www.microsoft.com/pki/leaf.crt",
    )
    return signed(authority, UPDATED, key=key, address="https://certs.example/below.cer")


def _garbage(authority: Authority) -> tuple[bytes, dict[str, str]]:
    authority.places["https://certs.example/garbage.cer"] = b"<html>"
    return signed(authority, UPDATED, address="https://certs.example/garbage.cer")


FORGERIES: dict[str, Forgery] = {
    "not signed": _without("Authorization"),
    "no certificate": _without("X-MS-Certificate-Url"),
    "no algorithm": _without("X-MS-Signature-Algorithm"),
    "another key": lambda authority: signed(authority, UPDATED, key=_key()),
    "another place": lambda authority: signed(authority, UPDATED, address="https://evil.example/cert.cer"),
    "another company": _leaf(organisation="Contoso Ltd"),
    "company that only sounds like it": _leaf(organisation="Microsoft Corporation Ltd"),
    "ended": _leaf(until=NOW - timedelta(days=1)),
    "its own authority": _self_signed,
    "issued by a leaf": _by_a_leaf,
    "no certificate at its place": _garbage,
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forgeries_are_refused(caller: Caller, book: Book, authority: Authority, forgery: str) -> None:
    body, headers = FORGERIES[forgery](authority)
    assert caller.ask("/webhooks/partner-center", "POST", body, headers).status == 401
    assert book.hints == []


def test_a_changed_body_is_refused(caller: Caller, book: Book, authority: Authority) -> None:
    body, headers = signed(authority, UPDATED)
    changed = body.replace(b"subscription-updated", b"invoice-ready")
    assert caller.ask("/webhooks/partner-center", "POST", changed, headers).status == 401
    assert book.hints == []


def test_where_the_certificate_cannot_be_fetched_just_now_the_sender_comes_again(
    book: Book, authority: Authority
) -> None:
    def away(address: str) -> bytes:
        raise Unavailable("away")

    trust = Trust(away, lambda: b"")
    with listening(Router(partner_center.places(Desk(book.keep), trust, lambda: NOW))) as caller:
        assert caller.ask("/webhooks/partner-center", "POST", *signed(authority, UPDATED)).status == 503
    assert book.hints == []
