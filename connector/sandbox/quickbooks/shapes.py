"""The properties of the objects that stand inside others: addresses, lines and their details, schedules.

The names are those of Intuit's schema for version 3; whatever is not in these lists is refused.
"""

from connector.sandbox.quickbooks.kinds import Anything, Choice, Day, Flag, Key, Kind, Many, Number, Part, Ref, Text

TEXT, NUMBER, FLAG, DAY, KEY, REF, LOOSE = Text(), Number(), Flag(), Day(), Key(), Ref(), Anything()
Shape = dict[str, Kind]


def words(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


def each(kind: Kind, names: str) -> Shape:
    """Several properties of one kind."""
    return dict.fromkeys(words(names), kind)


ADDRESS = Part(
    "PhysicalAddress",
    each(Text(500), "Line1 Line2 Line3 Line4 Line5")
    | each(Text(255), "City Country CountryCode County CountrySubDivisionCode")
    | each(Text(31), "PostalCode PostalCodeSuffix")
    | each(TEXT, "Id Lat Long Tag Note"),
)
PHONE = Part(
    "TelephoneNumber",
    each(Text(30), "FreeFormNumber")
    | each(TEXT, "Id DeviceType CountryCode AreaCode ExchangeCode Extension Tag")
    | each(FLAG, "Default"),
)
EMAIL = Part("EmailAddress", {"Address": Text(100), "Id": TEXT, "Tag": TEXT, "Default": FLAG})
WEB = Part("WebSiteAddress", {"URI": Text(1000), "Id": TEXT, "Tag": TEXT, "Default": FLAG})
CUSTOM_FIELD = Part(
    "CustomField",
    {
        "DefinitionId": KEY,
        "Name": TEXT,
        "Type": TEXT,
        "StringValue": Text(31),
        "BooleanValue": FLAG,
        "DateValue": DAY,
        "NumberValue": NUMBER,
    },
)
DELIVERY = Part("TransactionDeliveryInfo", each(TEXT, "DeliveryType DeliveryErrorType") | each(LOOSE, "DeliveryTime"))
LINKED = Part("LinkedTxn", {"TxnId": KEY, "TxnType": TEXT, "TxnLineId": KEY})
MARKUP = Part(
    "MarkupInfo",
    {"PercentBased": FLAG} | each(NUMBER, "Value Percent") | each(REF, "PriceLevelRef MarkUpIncomeAccountRef"),
)
DETAIL_TYPES = (
    "SalesItemLineDetail",
    "GroupLineDetail",
    "DescriptionOnly",
    "DiscountLineDetail",
    "SubTotalLineDetail",
    "AccountBasedExpenseLineDetail",
    "ItemBasedExpenseLineDetail",
    "TaxLineDetail",
    "PaymentLineDetail",
    "DepositLineDetail",
    "JournalEntryLineDetail",
    "ReimburseLineDetail",
    "PurchaseOrderItemLineDetail",
    "ItemReceiptLineDetail",
    "SalesOrderItemLineDetail",
    "TDSLineDetail",
    "ItemAdjustmentLineDetail",
)
_ITEM = (
    each(REF, "ItemRef ClassRef PriceLevelRef ItemAccountRef InventorySiteRef TaxCodeRef TaxClassificationRef")
    | each(NUMBER, "UnitPrice UnitCostPrice RatePercent Qty TaxInclusiveAmt")
    | {"MarkupInfo": MARKUP, "UOMRef": LOOSE}
)
SALES_ITEM = Part(
    "SalesItemLineDetail",
    _ITEM
    | {"ServiceDate": DAY, "DeferredRevenue": FLAG, "SalesItemLineDetailEx": LOOSE}
    | each(NUMBER, "DiscountRate DiscountAmt RetainageAmount"),
)
EXPENSE_ITEM = Part(
    "ItemBasedExpenseLineDetail",
    _ITEM | {"CustomerRef": REF, "BillableStatus": TEXT, "ItemBasedExpenseLineDetailEx": LOOSE},
)
EXPENSE_ACCOUNT = Part(
    "AccountBasedExpenseLineDetail",
    each(REF, "CustomerRef ClassRef AccountRef TaxCodeRef")
    | each(NUMBER, "TaxAmount TaxInclusiveAmt")
    | {"MarkupInfo": MARKUP, "BillableStatus": TEXT, "ExpenseDetailLineDetailEx": LOOSE},
)
DISCOUNT = Part(
    "DiscountLineDetail",
    each(REF, "DiscountRef DiscountAccountRef ClassRef TaxCodeRef")
    | each(FLAG, "PercentBased")
    | each(NUMBER, "DiscountPercent")
    | each(DAY, "ServiceDate")
    | each(LOOSE, "Discount DiscountLineDetailEx"),
)
DESCRIPTION = Part("DescriptionLineDetail", {"ServiceDate": DAY, "TaxCodeRef": REF, "DescriptionLineDetailEx": LOOSE})
SUBTOTAL = Part("SubTotalLineDetail", {"ItemRef": REF, "ServiceDate": DAY})
TAX_DETAIL = Part(
    "TaxLineDetail",
    each(REF, "TaxRateRef")
    | each(FLAG, "PercentBased")
    | each(DAY, "ServiceDate")
    | each(LOOSE, "TaxLineDetailEx")
    | each(NUMBER, "TaxPercent NetAmountTaxable TaxInclusiveAmount OverrideDeltaAmount"),
)
_LINE: Shape = (
    each(KEY, "Id")
    | each(NUMBER, "LineNum Amount Received CostAmount HomeCostAmount")
    | each(Text(4000), "Description")
    | each(Many(LINKED), "LinkedTxn")
    | each(Many(CUSTOM_FIELD), "CustomField")
    | each(REF, "ProjectRef")
    | each(Choice("LineDetailTypeEnum", DETAIL_TYPES), "DetailType")
    | each(SALES_ITEM, "SalesItemLineDetail")
    | each(DESCRIPTION, "DescriptionLineDetail")
    | each(DISCOUNT, "DiscountLineDetail")
    | each(SUBTOTAL, "SubTotalLineDetail")
    | each(TAX_DETAIL, "TaxLineDetail")
    | each(EXPENSE_ACCOUNT, "AccountBasedExpenseLineDetail")
    | each(EXPENSE_ITEM, "ItemBasedExpenseLineDetail")
    | each(
        LOOSE,
        "PaymentLineDetail ReimburseLineDetail DepositLineDetail PurchaseOrderItemLineDetail LineEx CustomExtensions "
        "SalesOrderItemLineDetail ItemReceiptLineDetail JournalEntryLineDetail TDSLineDetail ItemAdjustmentLineDetail",
    )
)
GROUP = Part(
    "GroupLineDetail",
    {
        "GroupItemRef": REF,
        "Quantity": NUMBER,
        "ServiceDate": DAY,
        "Line": Many(Part("Line", _LINE)),
        "UOMRef": LOOSE,
        "GroupLineDetailEx": LOOSE,
    },
)
LINE = Part("Line", _LINE | {"GroupLineDetail": GROUP})
TAXES = Part(
    "TxnTaxDetail",
    {
        "DefaultTaxCodeRef": REF,
        "TxnTaxCodeRef": REF,
        "TotalTax": NUMBER,
        "TaxReviewStatus": TEXT,
        "TaxLine": Many(LINE),
        "UseAutomatedSalesTax": FLAG,
    },
)
SCHEDULE = Part(
    "RecurringInfo",
    {
        "Name": Text(100),
        "RecurType": Choice("RecurTypeEnum", ("Automated", "Reminded", "UnScheduled", "Reminder", "Unscheduled")),
        "Active": FLAG,
        "ScheduleInfo": Part(
            "RecurringScheduleInfo",
            each(NUMBER, "NumInterval DayOfMonth WeekOfMonth RemindDays DaysBefore MaxOccurrences")
            | each(TEXT, "IntervalType DayOfWeek MonthOfYear")
            | each(DAY, "StartDate EndDate NextDate PreviousDate"),
        ),
    },
)
ATTACHED_TO = Part(
    "AttachableRef",
    {
        "EntityRef": REF,
        "LineInfo": TEXT,
        "IncludeOnSend": FLAG,
        "NoRefOnly": FLAG,
        "Inactive": FLAG,
        "CustomField": Many(CUSTOM_FIELD),
        "AttachableRefEx": LOOSE,
    },
)
BUNDLED = Part(
    "ItemGroupDetail",
    {"ItemGroupLine": Many(Part("ItemComponentLine", {"ItemRef": REF, "Qty": NUMBER, "UOMRef": LOOSE}))},
)
