"""The settings of outside parties: Microsoft Partner Center, the ledgers, the network between."""

from collections.abc import Callable
from typing import Any

from connector.config.addresses import Address, FilePath, SecretAddress
from connector.config.by_kind import ByKind
from connector.config.credentials import SECRET
from connector.config.quantities import Whole
from connector.config.records import Field, Filled, ListOf, Record
from connector.config.selecting import CURRENCY, TENANT
from connector.config.shapes import FAILED, Choice, Text
from connector.config.times import Span
from connector.config.values import (
    BusinessCentral,
    BusinessCentralEndpoints,
    Certificate,
    Network,
    PartnerCenter,
    PartnerCenterEndpoints,
    QuickBooks,
    QuickBooksEndpoints,
    SignIn,
    VendorBill,
)

_ID = "5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11"
_CLIENT = "0f3c9b52-7c1a-4b8e-9a60-2d4f8f1a7b33"
CLIENT_ID = Text("a client id (GUID)", TENANT.pattern, str.lower, is_id=True)
_WAYS_IN = Choice(("app", "app_user"))


def making(kind: type[Any]) -> Callable[[Filled], Any]:
    """Give the function that makes a settings class of the keys that were read."""
    return lambda filled: kind(**filled.values) if not filled.faulty else FAILED


def signing_in(kind: type[Any]) -> Callable[[Filled], Any]:
    """Like `making`, for something that signs in with exactly one of client_secret and certificate."""

    def build(filled: Filled) -> Any:
        both = {"client_secret", "certificate"} & filled.written
        if len(both) == 2:
            filled.refuse("a client_secret is given already; keep one of them", "certificate")
        if not both:
            filled.refuse("'client_secret' is missing; expected client_secret or certificate")
        return making(kind)(filled)

    return build


def endpoint(name: str, meaning: str, default: str) -> Field:
    """The address of a service."""
    return Field(name, Address(), meaning, default, default=default)


CERTIFICATE = Record(
    "a certificate",
    (
        Field("file", FilePath(), "PEM file with the certificate and its private key.", "partner-center.pem", True),
        Field("password", SECRET, "The password of the private key.", "${CERTIFICATE_PASSWORD}"),
    ),
    making(Certificate),
)


def credentials(variable: str) -> tuple[Field, Field, Field]:
    """The fields by which an app proves who it is."""
    return (
        Field("client_id", CLIENT_ID, "The application's id at Microsoft Entra.", _CLIENT, True),
        Field("client_secret", SECRET, "Its secret, by reference; or a certificate.", f"${{{variable}}}"),
        Field("certificate", CERTIFICATE, "Its certificate, instead of a secret.", alternative=True),
    )


_MICROSOFT = PartnerCenterEndpoints()
PARTNER_CENTER = Record(
    "Partner Center",
    (
        Field("tenant_id", TENANT, "The partner's own tenant.", _ID, True),
        *credentials("PARTNER_CENTER_SECRET"),
        Field("market", Text("a country code like US", "[A-Z]{2}"), "The partner's market.", "US", True),
        Field("currency", CURRENCY, "The currency Microsoft bills in.", "USD", True),
        Field(
            "auth",
            Record(
                "the sign-in per API",
                (
                    Field("partner_center", _WAYS_IN, "Partner Center API.", "app_user", default="app_user"),
                    Field("graph", _WAYS_IN, "Microsoft Graph.", "app", default="app"),
                    Field("pricing", _WAYS_IN, "Price sheets.", "app_user", default="app_user"),
                ),
                making(SignIn),
            ),
            "How to sign in: app (by itself) or app_user (for a person who signed in once, with MFA).",
        ),
        Field("backfill", Whole(0, 36), "Months fetched the first time.", 3, default="3"),
        Field(
            "more_markets",
            ListOf(Text("a country code like CA", "[A-Z]{2}")),
            "Other countries of your customers, for their price sheets.",
            ["CA"],
            default="the partner's market alone",
        ),
        Field(
            "endpoints",
            Record(
                "addresses",
                (
                    endpoint("authority", "Where tokens are issued.", _MICROSOFT.authority),
                    endpoint("api", "Partner Center.", _MICROSOFT.api),
                    endpoint("graph", "Microsoft Graph.", _MICROSOFT.graph),
                    endpoint("pricing", "Price sheets.", _MICROSOFT.pricing),
                ),
                making(PartnerCenterEndpoints),
            ),
            "Other addresses, for proxies, national clouds and simulators.",
        ),
    ),
    signing_in(PartnerCenter),
)

_VENDOR_BILL = Field(
    "vendor_bill",
    Record(
        "Microsoft's bill",
        (
            Field(
                "vendor", Text("the id of a vendor, in quotes", is_id=True), "Microsoft's id as a vendor.", "56", True
            ),
            Field(
                "account",
                Text("the id of an account, in quotes", is_id=True),
                "The account it is booked on.",
                "80",
                True,
            ),
        ),
        making(VendorBill),
    ),
    "How Microsoft's own bill is found in this ledger.",
)
_INTUIT = QuickBooksEndpoints()
_QUICKBOOKS = Record(
    "a QuickBooks ledger",
    (
        Field("kind", Choice(("quickbooks",)), "What kind of ledger it is.", "quickbooks", True),
        Field(
            "realm_id",
            Text("a company id of QuickBooks, in quotes", "[0-9]{6,20}", is_id=True),
            "The company's id.",
            "9130357849016286",
            True,
        ),
        Field("client_id", Text("a client id"), "The app's client id.", "ABc1d2E3f4G5h6I7j8K9", True),
        Field("client_secret", SECRET, "The app's secret, by reference.", "${QUICKBOOKS_SECRET}", True),
        Field(
            "refresh_token", SECRET, "The first refresh token; later ones are stored.", "${QUICKBOOKS_REFRESH_TOKEN}"
        ),
        _VENDOR_BILL,
        Field(
            "endpoints",
            Record(
                "addresses",
                (
                    endpoint("api", "The accounting API.", _INTUIT.api),
                    endpoint("token", "Where tokens are issued.", _INTUIT.token),
                    endpoint("authorize", "Where people give their consent.", _INTUIT.authorize),
                ),
                making(QuickBooksEndpoints),
            ),
            "Other addresses, for proxies and simulators.",
        ),
    ),
)
_BC = BusinessCentralEndpoints()
_BUSINESS_CENTRAL = Record(
    "a Business Central ledger",
    (
        Field("kind", Choice(("business_central",)), "What kind of ledger it is.", "business_central", True),
        Field("tenant_id", TENANT, "The tenant it belongs to.", _ID, True),
        Field("environment", Text("an environment"), "The environment.", "production", default="production"),
        Field("company", Text("a company"), "The company's name or id.", "CRONUS International Ltd.", True),
        *credentials("BUSINESS_CENTRAL_SECRET"),
        _VENDOR_BILL,
        Field(
            "endpoints",
            Record(
                "addresses",
                (
                    endpoint("authority", "Where tokens are issued.", _BC.authority),
                    endpoint("api", "The API.", _BC.api),
                ),
                making(BusinessCentralEndpoints),
            ),
            "Other addresses, for proxies and simulators.",
        ),
    ),
)


LEDGER_SETTINGS = ByKind(
    (
        ("quickbooks", _QUICKBOOKS, making(QuickBooks)),
        ("business_central", _BUSINESS_CENTRAL, signing_in(BusinessCentral)),
    )
)

NETWORK = Record(
    "the network",
    (
        Field("ca_file", FilePath(), "Certificates of your own authority, as a PEM file.", "company-ca.pem"),
        Field(
            "proxy",
            SecretAddress(("http", "https"), "an address like http://proxy.example.com:3128"),
            "The proxy to the outside; a password in it by reference.",
            "http://proxy.example.com:3128",
        ),
        Field("connect_timeout", Span(), "Longest wait for a connection.", "10s", default="10s"),
        Field("read_timeout", Span(), "Longest wait for an answer.", "120s", default="120s"),
    ),
    making(Network),
)
