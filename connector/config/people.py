"""The parts of the mapping about whom to bill: customers, exceptions for subscriptions, resellers, own tenants."""

from decimal import Decimal

from connector.config.quantities import Amount, Day
from connector.config.records import Field, Filled, ListOf, Record, Table
from connector.config.selecting import (
    CURRENCY,
    ENTITLEMENT,
    GROUP,
    ITEM,
    LEDGER,
    LEDGER_CUSTOMER,
    REASON,
    SUBSCRIPTION,
    TENANT,
    VALID,
    validity,
)
from connector.config.shapes import Choice, Text
from connector.domain.rules import CustomerRule, Internal, ResellerRule, SubscriptionRule

SPECIAL = ("subscription_id", "entitlement_id", "resource_group", "tag")


def _customer(filled: Filled) -> CustomerRule:
    values = {name: value for name, value in filled.values.items() if name not in ("valid_from", "valid_to")}
    values.setdefault("ledger", None)
    return CustomerRule(place=filled.place, validity=validity(filled), **values)


def _exception(filled: Filled) -> SubscriptionRule:
    if not any(name in filled.written for name in SPECIAL):
        filled.refuse(f"it names nothing; expected one of {', '.join(SPECIAL)}")
    changes = ("ledger", "ledger_customer", "item", "free_quantity", "bill", "committed_until")
    if not any(name in filled.written for name in changes):
        filled.refuse(f"it changes nothing; expected one of {', '.join(changes)}")
    values = {name: value for name, value in filled.values.items() if name not in ("valid_from", "valid_to")}
    return SubscriptionRule(place=filled.place, validity=validity(filled), **values)


def _reseller(filled: Filled) -> ResellerRule:
    return ResellerRule(
        filled.get("mpn_id"),
        filled.get("ledger_customer"),
        filled.place,
        filled.get("ledger"),
        validity(filled),
    )


def _internal(filled: Filled) -> Internal:
    return Internal(filled.get("tenant_id"), filled.get("reason"), filled.place)


_LEDGER = Field("ledger", LEDGER, "The ledger, by its name in the configuration.", "books-us", default="the only one")

CUSTOMER = Record(
    "a customer",
    (
        Field("name", Text("the customer's name"), "The customer's name, for people.", "Alpine Ski House", True),
        Field("tenant_id", TENANT, "The tenant at Microsoft.", "5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11", True),
        _LEDGER,
        Field("ledger_customer", LEDGER_CUSTOMER, "The id of the customer in the ledger.", "58", True),
        Field("currency", CURRENCY, "The currency it is billed in.", "USD", default="the ledger's"),
        Field("groups", ListOf(GROUP, most=50), "Groups it belongs to, by which prices select.", ["gold"]),
        Field(
            "bills",
            Choice(("arrears", "advance")),
            "Whether a document without service dates is for the month before it, or its own.",
            "arrears",
            default="arrears",
        ),
        Field(
            "frequency",
            Choice(("as_vendor", "monthly", "quarterly", "annual")),
            "How often it is billed: as Microsoft charges, or otherwise.",
            "monthly",
            default="as_vendor",
        ),
        Field("template", Text("the name of a template"), "The template its documents follow.", "itemised"),
        Field(
            "purchase_order",
            Text("a purchase order number, in quotes"),
            "Printed on its documents.",
            "PO-1123",
        ),
        Field("terms", Text("payment terms by their name in the ledger"), "Its payment terms.", "Net 30"),
        Field("hold", REASON, "Why nothing may be posted for it for now.", "in dispute since May"),
        Field(
            "dimensions",
            Table(Text("a dimension"), Text("a value, in quotes"), "dimensions and their values"),
            "Dimensions or classes of the ledger.",
            {"department": "CLOUD"},
        ),
        *VALID,
    ),
    _customer,
    "A tenant and the ledger customer it is billed to.",
)

EXCEPTION = Record(
    "an exception",
    (
        Field("subscription_id", SUBSCRIPTION, "The subscription.", "9d7d1f3d-c8de-461c-db6d-91debd5129f0"),
        Field("entitlement_id", ENTITLEMENT, "Or the Azure entitlement.", "0b4c1c2e-6f5d-4f0e-9a0d-1f8a3c0a7e11"),
        Field("resource_group", Text("a resource group"), "Or the Azure resource group.", "rg-web-prod"),
        Field("tag", Text("a tag like cost-center=4711"), "Or resources with this tag.", "cost-center=4711"),
        Field("ledger", LEDGER, "Another ledger.", "books-eu", default="the customer's"),
        Field("ledger_customer", LEDGER_CUSTOMER, "Another ledger customer.", "77", default="the customer's"),
        Field("item", ITEM, "Another item.", "88", default="the product's"),
        Field(
            "free_quantity",
            Amount("a quantity of 0 or more", least=Decimal(0)),
            "So many seats are not billed.",
            5,
            default="0",
        ),
        Field("bill", Choice(("always", "never")), "Never: internal use, absorbed.", "never", default="always"),
        Field(
            "committed_until",
            Day(),
            "The last day of the commitment agreed with the customer, held against Microsoft's.",
            "2027-06-30",
        ),
        *VALID,
    ),
    _exception,
    "A subscription, entitlement, resource group or tag that is billed elsewhere, otherwise or never.",
)

RESELLER = Record(
    "a reseller",
    (
        Field(
            "mpn_id",
            Text("a partner id (MPN), in quotes", "[0-9]{1,12}", is_id=True),
            "The reseller's id at Microsoft.",
            "4391507",
            True,
        ),
        Field("ledger_customer", LEDGER_CUSTOMER, "The id of the reseller in the ledger.", "9", True),
        _LEDGER,
        *VALID,
    ),
    _reseller,
    "A reseller that is billed instead of its tenants.",
)

INTERNAL = Record(
    "an own tenant",
    (
        Field("tenant_id", TENANT, "The tenant.", "e7a1d5c2-40b8-4d7e-8a63-52c0b3f4a918", True),
        Field("reason", REASON, "Why it is not billed.", "our own tenant", True),
    ),
    _internal,
    "A tenant whose charges are absorbed, never billed.",
)
