"""The properties of invoices, credit memos, bills and payments, as Intuit's schema names them."""

from connector.sandbox.quickbooks import shapes
from connector.sandbox.quickbooks.kinds import Choice, Many, Part, Text
from connector.sandbox.quickbooks.shapes import DAY, FLAG, KEY, LOOSE, NUMBER, REF, TEXT, Shape, each

ANY: Shape = {
    "Id": KEY,
    "SyncToken": TEXT,
    "sparse": FLAG,
    "domain": TEXT,
    "status": TEXT,
    "MetaData": LOOSE,
    "CustomField": Many(shapes.CUSTOM_FIELD),
    "AttachableRef": Many(shapes.ATTACHED_TO),
}
TRANSACTION: Shape = (
    ANY
    | {"DocNumber": Text(21), "PrivateNote": Text(4000), "Line": Many(shapes.LINE), "TxnTaxDetail": shapes.TAXES}
    | {"RecurringInfo": shapes.SCHEDULE, "LinkedTxn": Many(shapes.LINKED), "TxnDate": DAY}
    | each(REF, "DepartmentRef CurrencyRef RecurDataRef ProjectRef")
    | each(NUMBER, "ExchangeRate TotalAmt TotalCostAmount HomeTotalCostAmount")
    | each(TEXT, "TxnStatus TxnSource TaxFormType TaxFormNum TransactionLocationType TxnSubType")
    | each(LOOSE, "Tag TxnApprovalInfo")
)
MODES = Choice("GlobalTaxCalculationEnum", ("TaxExcluded", "TaxInclusive", "NotApplicable"))
SALE: Shape = (
    TRANSACTION
    | {
        "CustomerMemo": Part("MemoRef", {"value": Text(1000)}),
        "GlobalTaxCalculation": MODES,
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
INVOICE: Shape = (
    SALE
    | each(FLAG, "AllowIPNPayment AllowOnlinePayment AllowOnlineCreditCardPayment AllowOnlineACHPayment")
    | each(FLAG, "AllowOnlinePayPalPayment AutoPayEligible SchedulePayEligible GratuityEnabled")
    | each(NUMBER, "Deposit LessCIS")
    | each(TEXT, "EInvoiceStatus ECloudStatusTimeStamp InvoiceLink invoiceStatus callToAction PaymentDetailsMessage")
    | each(TEXT, "InvoiceLinkSecurityCode InvoiceLinkExpiryDate ScheduledPaymentId")
    | each(LOOSE, "invoiceStatusLog ConvenienceFeeDetail EnabledSurchargeInfo TxnRetainageDetail")
)
PURCHASE: Shape = (
    TRANSACTION
    | {"GlobalTaxCalculation": MODES, "DueDate": DAY, "IncludeInAnnualTPAR": FLAG, "Memo": Text(4000)}
    | each(REF, "VendorRef APAccountRef PayerRef SalesTermRef")
    | each(shapes.EMAIL, "BillEmail ReplyEmail")
    | each(shapes.ADDRESS, "RemitToAddr ShipAddr VendorAddr")
    | each(NUMBER, "Balance HomeBalance LessCIS")
    | each(LOOSE, "BillEx VendorCreditEx")
)
PAYMENT: Shape = (
    TRANSACTION
    | each(REF, "CustomerRef RemitToRef ARAccountRef DepositToAccountRef PaymentMethodRef")
    | {"PaymentRefNum": Text(21), "UnappliedAmt": NUMBER, "ProcessPayment": FLAG}
    | each(TEXT, "PaymentType PaymentExtendedType")
    | each(LOOSE, "CheckPayment CreditCardPayment PaymentEx")
)
PAID_BY_CHECK = Part(
    "BillPaymentCheck",
    each(REF, "BankAccountRef") | each(TEXT, "PrintStatus") | each(LOOSE, "CheckDetail PayeeAddr BillPaymentCheckEx"),
)
PAID_BY_CARD = Part(
    "BillPaymentCreditCard", each(REF, "CCAccountRef") | each(LOOSE, "CCDetail BillPaymentCreditCardEx")
)
BILL_PAYMENT: Shape = (
    TRANSACTION
    | each(REF, "VendorRef APAccountRef")
    | {"PayType": Choice("BillPaymentTypeEnum", ("Check", "CreditCard")), "ProcessBillPayment": FLAG}
    | {"CheckPayment": PAID_BY_CHECK, "CreditCardPayment": PAID_BY_CARD, "VendorAddr": shapes.ADDRESS}
    | each(LOOSE, "BillPaymentEx")
)
