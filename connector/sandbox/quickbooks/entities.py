"""The objects a QuickBooks company keeps: their properties, which of them only the server sets, which can be asked for.

`EVERY` names them all; an object that the sandbox does not keep (a timesheet, say) can be queried and is never there.
"""

from dataclasses import dataclass, field
from typing import Any

from connector.sandbox.quickbooks import shapes
from connector.sandbox.quickbooks.kinds import Choice, Many, Part, Reading, Text, read_object
from connector.sandbox.quickbooks.shapes import DAY, FLAG, KEY, LOOSE, NUMBER, REF, TEXT, Shape, each, words

SERVER_SETS = frozenset(
    words(
        "MetaData domain status TotalAmt HomeTotalAmt Balance HomeBalance BalanceWithJobs FullyQualifiedName Level "
        "RootCustomerRef RemainingCredit UnappliedAmt RecurDataRef CurrentBalance V4IDPseudonym "
        "InvoiceLink CurrentBalanceWithSubAccounts Deposit TotalCostAmount HomeTotalCostAmount AttachableRef "
        "Classification LinkedTxn"
    )
)
_USERS_SET = {"Attachable": ("AttachableRef",), "Payment": ("TotalAmt",), "BillPayment": ("TotalAmt",)}
_ANY: Shape = {
    "Id": KEY,
    "SyncToken": TEXT,
    "sparse": FLAG,
    "domain": TEXT,
    "status": TEXT,
    "MetaData": LOOSE,
    "CustomField": Many(shapes.CUSTOM_FIELD),
    "AttachableRef": Many(shapes.ATTACHED_TO),
}
_TRANSACTION: Shape = (
    _ANY
    | {"DocNumber": Text(21), "PrivateNote": Text(4000), "Line": Many(shapes.LINE), "TxnTaxDetail": shapes.TAXES}
    | {"RecurringInfo": shapes.SCHEDULE, "LinkedTxn": Many(shapes.LINKED), "TxnDate": DAY}
    | each(REF, "DepartmentRef CurrencyRef RecurDataRef ProjectRef")
    | each(NUMBER, "ExchangeRate TotalAmt TotalCostAmount HomeTotalCostAmount")
    | each(TEXT, "TxnStatus TxnSource TaxFormType TaxFormNum TransactionLocationType TxnSubType")
    | each(LOOSE, "Tag TxnApprovalInfo")
)
_MODES = Choice("GlobalTaxCalculationEnum", ("TaxExcluded", "TaxInclusive", "NotApplicable"))
_SALE: Shape = (
    _TRANSACTION
    | {
        "CustomerMemo": Part("MemoRef", {"value": Text(1000)}),
        "GlobalTaxCalculation": _MODES,
        "PrintStatus": Choice("PrintStatusEnum", ("NotSet", "NeedToPrint", "PrintComplete")),
        "EmailStatus": Choice("EmailStatusEnum", ("NotSet", "NeedToSend", "EmailSent")),
        "PaymentRefNum": Text(21),
        "DeliveryInfo": shapes.DELIVERY,
    }
    | each(shapes.ADDRESS, "BillAddr ShipAddr ShipFromAddr")
    | each(shapes.EMAIL, "BillEmail BillEmailCc BillEmailBcc")
    | each(
        REF,
        "CustomerRef RemitToRef ClassRef SalesTermRef SalesRepRef ShipMethodRef TemplateRef ARAccountRef "
        "PaymentMethodRef DepositToAccountRef TaxExemptionRef InvoiceRef",
    )
    | each(DAY, "DueDate ShipDate")
    | each(FLAG, "AutoDocNumber FreeFormAddress ApplyTaxAfterDiscount ShippingTaxIncludedInTotalTax FinanceCharge")
    | each(NUMBER, "HomeTotalAmt Balance HomeBalance DiscountRate DiscountAmt RemainingCredit")
    | each(TEXT, "PONumber FOB TrackingNum PaymentType GovtTxnRefIdentifier")
    | each(LOOSE, "CheckPayment CreditCardPayment InvoiceEx CreditMemoEx")
)
_INVOICE: Shape = (
    _SALE
    | each(FLAG, "AllowIPNPayment AllowOnlinePayment AllowOnlineCreditCardPayment AllowOnlineACHPayment")
    | each(FLAG, "AllowOnlinePayPalPayment AutoPayEligible SchedulePayEligible GratuityEnabled")
    | each(NUMBER, "Deposit LessCIS")
    | each(TEXT, "EInvoiceStatus ECloudStatusTimeStamp InvoiceLink invoiceStatus callToAction PaymentDetailsMessage")
    | each(TEXT, "InvoiceLinkSecurityCode InvoiceLinkExpiryDate ScheduledPaymentId")
    | each(LOOSE, "invoiceStatusLog ConvenienceFeeDetail EnabledSurchargeInfo TxnRetainageDetail")
)
_PURCHASE: Shape = (
    _TRANSACTION
    | {"GlobalTaxCalculation": _MODES, "DueDate": DAY, "IncludeInAnnualTPAR": FLAG, "Memo": Text(4000)}
    | each(REF, "VendorRef APAccountRef PayerRef SalesTermRef")
    | each(shapes.EMAIL, "BillEmail ReplyEmail")
    | each(shapes.ADDRESS, "RemitToAddr ShipAddr VendorAddr")
    | each(NUMBER, "Balance HomeBalance LessCIS")
    | each(LOOSE, "BillEx VendorCreditEx")
)
_PAYMENT: Shape = (
    _TRANSACTION
    | each(REF, "CustomerRef RemitToRef ARAccountRef DepositToAccountRef PaymentMethodRef")
    | {"PaymentRefNum": Text(21), "UnappliedAmt": NUMBER, "ProcessPayment": FLAG}
    | each(TEXT, "PaymentType PaymentExtendedType")
    | each(LOOSE, "CheckPayment CreditCardPayment PaymentEx")
)
_PAID_BY_CHECK = Part(
    "BillPaymentCheck",
    each(REF, "BankAccountRef") | each(TEXT, "PrintStatus") | each(LOOSE, "CheckDetail PayeeAddr BillPaymentCheckEx"),
)
_PAID_BY_CARD = Part(
    "BillPaymentCreditCard", each(REF, "CCAccountRef") | each(LOOSE, "CCDetail BillPaymentCreditCardEx")
)
_BILL_PAYMENT: Shape = (
    _TRANSACTION
    | each(REF, "VendorRef APAccountRef")
    | {"PayType": Choice("BillPaymentTypeEnum", ("Check", "CreditCard")), "ProcessBillPayment": FLAG}
    | {"CheckPayment": _PAID_BY_CHECK, "CreditCardPayment": _PAID_BY_CARD, "VendorAddr": shapes.ADDRESS}
    | each(LOOSE, "BillPaymentEx")
)
_PARTY: Shape = (
    _ANY
    | {"DisplayName": Text(500, plain=True), "CompanyName": Text(100), "PrintOnCheckName": Text(110)}
    | each(Text(100, plain=True), "GivenName MiddleName FamilyName")
    | each(Text(16), "Title Suffix")
    | {"FullyQualifiedName": TEXT, "Notes": Text(4000), "AcctNum": Text(100), "Active": FLAG, "WebAddr": shapes.WEB}
    | each(shapes.PHONE, "PrimaryPhone AlternatePhone Mobile Fax")
    | each(shapes.ADDRESS, "BillAddr ShipAddr OtherAddr")
    | {"PrimaryEmailAddr": shapes.EMAIL}
    | each(REF, "DefaultTaxCodeRef CurrencyRef ParentRef")
    | each(NUMBER, "Balance CreditLimit")
    | each(FLAG, "Organization TDSEnabled")
    | each(TEXT, "IntuitId UserId V4IDPseudonym ContactName AltContactName BusinessNumber GSTIN GSTRegistrationType")
    | each(TEXT, "Source")
    | {"OpenBalanceDate": DAY, "OtherContactInfo": LOOSE}
)
_CUSTOMER: Shape = (
    _PARTY
    | each(FLAG, "Taxable Job BillWithParent IsProject IsCISContractor")
    | each(REF, "RootCustomerRef CustomerTypeRef SalesTermRef SalesRepRef TaxGroupCodeRef TaxRateRef PaymentMethodRef")
    | each(REF, "PriceLevelRef ARAccountRef")
    | each(NUMBER, "Level BalanceWithJobs OverDueBalance TotalRevenue TotalExpense")
    | each(TEXT, "ResaleNum SecondaryTaxIdentifier PrimaryTaxIdentifier TaxExemptionReasonId")
    | each(TEXT, "ClientCompanyId ClientEntityId TaxRegime")
    | {"PreferredDeliveryMethod": TEXT}
    | each(LOOSE, "CCDetail JobInfo CustomerEx")
)
_VENDOR: Shape = (
    _PARTY
    | each(REF, "VendorTypeRef TermRef PrefillAccountRef APAccountRef")
    | each(NUMBER, "BillRate CostRate")
    | each(FLAG, "Vendor1099 T4AEligible T5018Eligible IsSubContractor HasTPAR TDSOverrideThreshold")
    | each(TEXT, "TaxCountry TaxIdentifier TaxReportingBasis SubcontractorType CISRate CompanyRegistrationNumber")
    | {"TaxIdEffectiveDate": DAY}
    | each(LOOSE, "VendorEx VendorPaymentBankDetail TDSEntityTypeId TDSSectionTypeId")
)
_ITEM: Shape = (
    _ANY
    | {
        "Name": Text(100, plain=True),
        "Sku": Text(100),
        "Description": Text(4000),
        "PurchaseDesc": Text(4000),
        "Type": Choice("ItemTypeEnum", ("Service", "NonInventory", "Inventory", "Category", "Group", "Bundle")),
        "ItemGroupDetail": shapes.BUNDLED,
        "InvStartDate": DAY,
    }
    | each(FLAG, "Active SubItem Taxable SalesTaxIncluded PercentBased PurchaseTaxIncluded TrackQtyOnHand SpecialItem")
    | each(FLAG, "PrintGroupedItems DeferredRevenue")
    | each(NUMBER, "Level UnitPrice RatePercent PurchaseCost AvgCost QtyOnHand QtyOnPurchaseOrder QtyOnSalesOrder")
    | each(NUMBER, "ReorderPoint BuildPoint AbatementRate ReverseChargeRate")
    | each(REF, "ParentRef PaymentMethodRef UOMSetRef IncomeAccountRef ExpenseAccountRef COGSAccountRef ClassRef")
    | each(REF, "AssetAccountRef PrefVendorRef DepositToAccountRef SalesTaxCodeRef PurchaseTaxCodeRef")
    | each(REF, "TaxClassificationRef")
    | each(TEXT, "FullyQualifiedName ManPartNum SpecialItemType ServiceType ItemCategoryType UQCDisplayText UQCId")
    | each(TEXT, "Source")
    | each(LOOSE, "ItemAssemblyDetail ItemEx CustomExtensions")
)
_ACCOUNT: Shape = (
    _ANY
    | {"Name": Text(100, plain=True), "AcctNum": Text(20), "Description": Text(100), "OpeningBalanceDate": DAY}
    | each(FLAG, "Active SubAccount TaxAccount OnlineBankingEnabled")
    | each(REF, "ParentRef CurrencyRef TaxCodeRef JournalCodeRef")
    | each(NUMBER, "OpeningBalance CurrentBalance CurrentBalanceWithSubAccounts")
    | each(TEXT, "FullyQualifiedName AccountAlias TxnLocationType Classification AccountType AccountSubType")
    | each(TEXT, "AcctNumExtn BankNum FIName")
    | each(LOOSE, "AccountPurposes AccountEx")
)
_TERM: Shape = (
    _ANY
    | {"Name": Text(31), "Active": FLAG, "Type": TEXT, "SalesTermEx": LOOSE}
    | each(NUMBER, "DiscountPercent DueDays DiscountDays DayOfMonthDue DueNextMonthDays DiscountDayOfMonth")
)


def _list(flag: str) -> Shape:
    names = each(REF, "ParentRef") | {"Name": Text(100, plain=True), "FullyQualifiedName": TEXT, "Active": FLAG}
    return _ANY | names | {flag: FLAG, "Address": shapes.ADDRESS, "ClassEx": LOOSE, "DepartmentEx": LOOSE}


_CURRENCY: Shape = _ANY | {"Code": Text(3), "Name": TEXT, "Active": FLAG, "CompanyCurrencyEx": LOOSE}
_RATE: Shape = (
    _ANY
    | {"Rate": NUMBER, "AsOfDate": DAY, "ExchangeRateEx": LOOSE}
    | each(TEXT, "SourceCurrencyCode TargetCurrencyCode")
)
_ATTACHABLE: Shape = (
    _ANY
    | {"FileName": Text(1000), "Note": Text(2000), "Size": NUMBER}
    | each(TEXT, "FileAccessUri TempDownloadUri ContentType Category Lat Long PlaceName Tag documentId")
    | each(TEXT, "ThumbnailFileAccessUri ThumbnailTempDownloadUri")
    | {"AttachableEx": LOOSE}
)


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
    _entity("Customer", _CUSTOMER, f"{_PEOPLE} Balance BalanceWithJobs Job Taxable ParentRef", is_list=True),
    _entity("Vendor", _VENDOR, f"{_PEOPLE} Balance AcctNum Vendor1099", is_list=True),
    _entity("Item", _ITEM, f"{_NAMED} Sku Type SubItem ParentRef UnitPrice Description Taxable", is_list=True),
    _entity(
        "Account",
        _ACCOUNT,
        f"{_NAMED} AcctNum AccountType AccountSubType Classification SubAccount CurrentBalance Description",
        is_list=True,
    ),
    _entity("Term", _TERM, "Name Active Type DueDays DiscountDays DiscountPercent", is_list=True),
    _entity("TaxCode", {}, "Name Active Description Taxable TaxGroup", is_list=True, has_total=True, tracked=False),
    _entity("TaxRate", {}, "Name Active Description RateValue", is_list=True, has_total=True, tracked=False),
    _entity("Department", _list("SubDepartment"), f"{_NAMED} SubDepartment ParentRef", is_list=True),
    _entity("Class", _list("SubClass"), f"{_NAMED} SubClass ParentRef", is_list=True, has_total=True),
    _entity("CompanyCurrency", _CURRENCY, "Code Name Active", is_list=True, has_total=True),
    _entity("ExchangeRate", _RATE, "SourceCurrencyCode TargetCurrencyCode AsOfDate", has_total=True),
    _entity("CompanyInfo", {}, "CompanyName"),
    _entity("Preferences", {}, ""),
    _entity("Invoice", _INVOICE, f"{_SOLD} DueDate ShipDate", is_transaction=True, has_total=True),
    _entity("CreditMemo", _SALE, f"{_SOLD} RemainingCredit", is_transaction=True),
    _entity("Payment", _PAYMENT, "TxnDate CustomerRef TotalAmt PaymentRefNum PaymentMethodRef", is_transaction=True),
    _entity("Bill", _PURCHASE, f"{_BOUGHT} DueDate Balance SalesTermRef", is_transaction=True, has_total=True),
    _entity("VendorCredit", _PURCHASE, f"{_BOUGHT} Balance", is_transaction=True, has_total=True),
    _entity("BillPayment", _BILL_PAYMENT, f"{_BOUGHT} PayType", is_transaction=True),
    _entity("RecurringTransaction", {}, "", tracked=False),
    _entity("Attachable", _ATTACHABLE, "FileName Note Category ContentType Size"),
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
