"""The objects a QuickBooks company keeps: their properties, which of them only the server sets, which can be asked for.

`EVERY` names them all; an object that the sandbox does not keep (a timesheet, say) can be queried and is never there.
"""

from dataclasses import dataclass, field
from typing import Any

from connector.sandbox.quickbooks import document_shapes as documents
from connector.sandbox.quickbooks import list_shapes as lists
from connector.sandbox.quickbooks.kinds import Reading, read_object
from connector.sandbox.quickbooks.shapes import Shape, words

SERVER_SETS = frozenset(
    words(
        "MetaData domain status TotalAmt HomeTotalAmt Balance HomeBalance BalanceWithJobs FullyQualifiedName Level "
        "RootCustomerRef RemainingCredit UnappliedAmt RecurDataRef CurrentBalance V4IDPseudonym "
        "InvoiceLink CurrentBalanceWithSubAccounts Deposit TotalCostAmount HomeTotalCostAmount AttachableRef "
        "Classification LinkedTxn"
    )
)
_USERS_SET = {"Attachable": ("AttachableRef",), "Payment": ("TotalAmt",), "BillPayment": ("TotalAmt",)}


def writable(entity: str, thing: dict[str, Any]) -> dict[str, Any]:
    """What of an object its users may set: a payment's total is theirs, an invoice's is worked out."""
    kept = _USERS_SET.get(entity, ())
    return {name: value for name, value in thing.items() if name in kept or name not in SERVER_SETS}


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of object: its name, its properties, and what QuickBooks lets one do with it.

    `asked` are the properties a query may filter and sort by beside Id and the two times; `has_total` tells whether
    its query answers carry a totalCount; `tracked` whether change data capture knows it.
    """

    name: str
    shape: Shape = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    is_list: bool = False
    is_transaction: bool = False
    has_total: bool = False
    tracked: bool = True

    def read(self, body: dict[str, Any], latin: bool) -> dict[str, Any]:
        """Read a body; raises Refused for all that is wrong with it. What only the server sets is dropped."""
        reading = Reading(latin)
        given = read_object(body, self.name, self.shape, reading)
        reading.finish()
        return writable(self.name, given)


_PEOPLE = (
    "DisplayName Title GivenName MiddleName FamilyName Suffix CompanyName PrintOnCheckName FullyQualifiedName Active"
)
_NAMED = "Name FullyQualifiedName Active"
_SOLD = "DocNumber TxnDate CustomerRef TotalAmt Balance SalesTermRef DepartmentRef"
_BOUGHT = "DocNumber TxnDate VendorRef TotalAmt APAccountRef DepartmentRef"


def _entity(name: str, shape: Shape, asked: str, **flags: Any) -> Entity:
    return Entity(name, shape, frozenset(asked.split()), **flags)


_KEPT = (
    _entity("Customer", lists.CUSTOMER, f"{_PEOPLE} Balance BalanceWithJobs Job Taxable ParentRef", is_list=True),
    _entity("Vendor", lists.VENDOR, f"{_PEOPLE} Balance AcctNum Vendor1099", is_list=True),
    _entity("Item", lists.ITEM, f"{_NAMED} Sku Type SubItem ParentRef UnitPrice Description Taxable", is_list=True),
    _entity(
        "Account",
        lists.ACCOUNT,
        f"{_NAMED} AcctNum AccountType AccountSubType Classification SubAccount CurrentBalance Description",
        is_list=True,
    ),
    _entity("Term", lists.TERM, "Name Active Type DueDays DiscountDays DiscountPercent", is_list=True),
    _entity("TaxCode", {}, "Name Active Description Taxable TaxGroup", is_list=True, has_total=True, tracked=False),
    _entity("TaxRate", {}, "Name Active Description RateValue", is_list=True, has_total=True, tracked=False),
    _entity("Department", lists.list_entry("SubDepartment"), f"{_NAMED} SubDepartment ParentRef", is_list=True),
    _entity("Class", lists.list_entry("SubClass"), f"{_NAMED} SubClass ParentRef", is_list=True, has_total=True),
    _entity("CompanyCurrency", lists.CURRENCY, "Code Name Active", is_list=True, has_total=True),
    _entity("ExchangeRate", lists.RATE, "SourceCurrencyCode TargetCurrencyCode AsOfDate", has_total=True),
    _entity("CompanyInfo", {}, "CompanyName"),
    _entity("Preferences", {}, ""),
    _entity("Invoice", documents.INVOICE, f"{_SOLD} DueDate ShipDate", is_transaction=True, has_total=True),
    _entity("CreditMemo", documents.SALE, f"{_SOLD} RemainingCredit", is_transaction=True),
    _entity(
        "Payment",
        documents.PAYMENT,
        "TxnDate CustomerRef TotalAmt PaymentRefNum PaymentMethodRef",
        is_transaction=True,
    ),
    _entity("Bill", documents.PURCHASE, f"{_BOUGHT} DueDate Balance SalesTermRef", is_transaction=True, has_total=True),
    _entity("VendorCredit", documents.PURCHASE, f"{_BOUGHT} Balance", is_transaction=True, has_total=True),
    _entity("BillPayment", documents.BILL_PAYMENT, f"{_BOUGHT} PayType", is_transaction=True),
    _entity("RecurringTransaction", {}, "", tracked=False),
    _entity("Attachable", lists.ATTACHABLE, "FileName Note Category ContentType Size"),
)
_UNKEPT = words(
    "Budget CustomerType Deposit Employee Estimate JournalCode JournalEntry PaymentMethod Purchase PurchaseOrder "
    "RefundReceipt ReimburseCharge SalesReceipt TaxAgency TimeActivity Transfer"
)
_UNTRACKED = frozenset(("JournalCode", "TaxAgency", "TimeActivity"))
EVERY = {
    entity.name: entity for entity in (*_KEPT, *(Entity(name, tracked=name not in _UNTRACKED) for name in _UNKEPT))
}
BY_LOWER = {name.lower(): entity for name, entity in EVERY.items()}
KEPT = tuple(entity.name for entity in _KEPT)
