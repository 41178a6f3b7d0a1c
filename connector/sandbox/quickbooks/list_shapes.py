"""The properties of list entries: customers, vendors, items, accounts, terms, classes, currencies, attachments."""

from connector.sandbox.quickbooks import shapes
from connector.sandbox.quickbooks.document_shapes import ANY
from connector.sandbox.quickbooks.kinds import Choice, Text
from connector.sandbox.quickbooks.shapes import DAY, FLAG, LOOSE, NUMBER, REF, TEXT, Shape, each

PARTY: Shape = (
    ANY
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
CUSTOMER: Shape = (
    PARTY
    | each(FLAG, "Taxable Job BillWithParent IsProject IsCISContractor")
    | each(REF, "RootCustomerRef CustomerTypeRef SalesTermRef SalesRepRef TaxGroupCodeRef TaxRateRef PaymentMethodRef")
    | each(REF, "PriceLevelRef ARAccountRef")
    | each(NUMBER, "Level BalanceWithJobs OverDueBalance TotalRevenue TotalExpense")
    | each(TEXT, "ResaleNum SecondaryTaxIdentifier PrimaryTaxIdentifier TaxExemptionReasonId")
    | each(TEXT, "ClientCompanyId ClientEntityId TaxRegime")
    | {"PreferredDeliveryMethod": TEXT}
    | each(LOOSE, "CCDetail JobInfo CustomerEx")
)
VENDOR: Shape = (
    PARTY
    | each(REF, "VendorTypeRef TermRef PrefillAccountRef APAccountRef")
    | each(NUMBER, "BillRate CostRate")
    | each(FLAG, "Vendor1099 T4AEligible T5018Eligible IsSubContractor HasTPAR TDSOverrideThreshold")
    | each(TEXT, "TaxCountry TaxIdentifier TaxReportingBasis SubcontractorType CISRate CompanyRegistrationNumber")
    | {"TaxIdEffectiveDate": DAY}
    | each(LOOSE, "VendorEx VendorPaymentBankDetail TDSEntityTypeId TDSSectionTypeId")
)
ITEM: Shape = (
    ANY
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
ACCOUNT: Shape = (
    ANY
    | {"Name": Text(100, plain=True), "AcctNum": Text(20), "Description": Text(100), "OpeningBalanceDate": DAY}
    | each(FLAG, "Active SubAccount TaxAccount OnlineBankingEnabled")
    | each(REF, "ParentRef CurrencyRef TaxCodeRef JournalCodeRef")
    | each(NUMBER, "OpeningBalance CurrentBalance CurrentBalanceWithSubAccounts")
    | each(TEXT, "FullyQualifiedName AccountAlias TxnLocationType Classification AccountType AccountSubType")
    | each(TEXT, "AcctNumExtn BankNum FIName")
    | each(LOOSE, "AccountPurposes AccountEx")
)
TERM: Shape = (
    ANY
    | {"Name": Text(31), "Active": FLAG, "Type": TEXT, "SalesTermEx": LOOSE}
    | each(NUMBER, "DiscountPercent DueDays DiscountDays DayOfMonthDue DueNextMonthDays DiscountDayOfMonth")
)


def list_entry(flag: str) -> Shape:
    """A class or department; `flag` says whether it stands below another."""
    names = each(REF, "ParentRef") | {"Name": Text(100, plain=True), "FullyQualifiedName": TEXT, "Active": FLAG}
    return ANY | names | {flag: FLAG, "Address": shapes.ADDRESS, "ClassEx": LOOSE, "DepartmentEx": LOOSE}


CURRENCY: Shape = ANY | {"Code": Text(3), "Name": TEXT, "Active": FLAG, "CompanyCurrencyEx": LOOSE}
RATE: Shape = (
    ANY
    | {"Rate": NUMBER, "AsOfDate": DAY, "ExchangeRateEx": LOOSE}
    | each(TEXT, "SourceCurrencyCode TargetCurrencyCode")
)
ATTACHABLE: Shape = (
    ANY
    | {"FileName": Text(1000), "Note": Text(2000), "Size": NUMBER}
    | each(TEXT, "FileAccessUri TempDownloadUri ContentType Category Lat Long PlaceName Tag documentId")
    | each(TEXT, "ThumbnailFileAccessUri ThumbnailTempDownloadUri")
    | {"AttachableEx": LOOSE}
)
