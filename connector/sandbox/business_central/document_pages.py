"""The fields of documents in Business Central: invoices, credit memos, lines, journals, entries, attached files.

The notation is explained in `fields.py`.
"""

DOCUMENT_FIELDS = {
    "salesInvoices": """
        id* guid; number* c20; externalDocumentNumber c35; invoiceDate date; postingDate date; dueDate date;
        promisedPayDate date; customerPurchaseOrderReference t35; customerId guid; customerNumber c20;
        customerName* t100; billToName* t100; billToCustomerId guid; billToCustomerNumber c20; shipToName
        t100; shipToContact t100; sellToAddressLine1 t100; sellToAddressLine2 t50; sellToCity t30;
        sellToCountry c10; sellToState t30; sellToPostCode c20; billToAddressLine1* t100;
        billToAddressLine2* t50; billToCity* t30; billToCountry* c10; billToState* t30; billToPostCode* c20;
        shipToAddressLine1 t100; shipToAddressLine2 t50; shipToCity t30; shipToCountry c10; shipToState t30;
        shipToPostCode c20; currencyId guid; shortcutDimension1Code c20; shortcutDimension2Code c20;
        currencyCode~ t; orderId* guid; orderNumber* c20; paymentTermsId guid; shipmentMethodId guid;
        salesperson c20; disputeStatusId guid; disputeStatus c10; pricesIncludeTax* bool; remainingAmount*~
        dec; discountAmount dec; discountAppliedBeforeTax* bool; totalAmountExcludingTax* dec;
        totalTaxAmount* dec; totalAmountIncludingTax* dec; status*
        {_x0020_|Draft|In_x0020_Review|Open|Paid|Canceled|Corrective}; lastModifiedDateTime* dt; phoneNumber
        t30; email t80
    """,
    "salesInvoiceLines": """
        id* guid; documentId guid; sequence int; itemId guid; accountId guid; lineType {@LINE};
        lineObjectNumber c20; description t100; description2 t50; unitOfMeasureId guid; unitOfMeasureCode
        c10; quantity dec; unitPrice dec; discountAmount dec; discountPercent dec; discountAppliedBeforeTax*
        bool; amountExcludingTax* dec; taxCode c50; taxPercent* dec; totalTaxAmount* dec;
        amountIncludingTax* dec; invoiceDiscountAllocation* dec; netAmount* dec; netTaxAmount* dec;
        netAmountIncludingTax* dec; shipmentDate date; itemVariantId guid; locationId guid
    """,
    "salesCreditMemos": """
        id* guid; number* c20; externalDocumentNumber c35; creditMemoDate date; postingDate date; dueDate
        date; customerId guid; customerNumber c20; customerName* t100; billToName* t100; billToCustomerId
        guid; billToCustomerNumber c20; sellToAddressLine1 t100; sellToAddressLine2 t50; sellToCity t30;
        sellToCountry c10; sellToState t30; sellToPostCode c20; billToAddressLine1 t100; billToAddressLine2
        t50; billToCity t30; billToCountry c10; billToState t30; billToPostCode c20; shortcutDimension1Code
        c20; shortcutDimension2Code c20; currencyId guid; currencyCode~ t; paymentTermsId guid;
        shipmentMethodId guid; salesperson c20; pricesIncludeTax* bool; discountAmount dec;
        discountAppliedBeforeTax* bool; totalAmountExcludingTax* dec; totalTaxAmount* dec;
        totalAmountIncludingTax* dec; status* {Draft|In_x0020_Review|Open|Canceled|Corrective|Paid};
        lastModifiedDateTime* dt; invoiceId~ guid; invoiceNumber c20; phoneNumber t30; email t80;
        customerReturnReasonId guid
    """,
    "salesCreditMemoLines": """
        id* guid; documentId guid; sequence int; itemId guid; accountId guid; lineType {@LINE};
        lineObjectNumber c20; description t100; description2 t50; unitOfMeasureId guid; unitOfMeasureCode
        c10; unitPrice dec; quantity dec; discountAmount dec; discountPercent dec; discountAppliedBeforeTax*
        bool; amountExcludingTax* dec; taxCode c50; taxPercent* dec; totalTaxAmount* dec;
        amountIncludingTax* dec; invoiceDiscountAllocation* dec; netAmount* dec; netTaxAmount* dec;
        netAmountIncludingTax* dec; shipmentDate date; itemVariantId guid; locationId guid
    """,
    "purchaseInvoices": """
        id* guid; number* c20; postingDate date; invoiceDate date; dueDate date; vendorInvoiceNumber c35;
        vendorId guid; vendorNumber c20; vendorName* t100; payToName* t100; payToContact* t100;
        payToVendorId guid; payToVendorNumber c20; shipToName t100; shipToContact t100; buyFromAddressLine1
        t100; buyFromAddressLine2 t50; buyFromCity t30; buyFromCountry c10; buyFromState t30;
        buyFromPostCode c20; shipToAddressLine1 t100; shipToAddressLine2 t50; shipToCity t30; shipToCountry
        c10; shipToState t30; shipToPostCode c20; payToAddressLine1* t100; payToAddressLine2* t50;
        payToCity* t30; payToCountry* c10; payToState* t30; payToPostCode* c20; shortcutDimension1Code c20;
        shortcutDimension2Code c20; currencyId guid; currencyCode~ t; orderId* guid; orderNumber* c20;
        purchaser c20; pricesIncludeTax bool; discountAmount dec; discountAppliedBeforeTax* bool;
        totalAmountExcludingTax* dec; totalTaxAmount* dec; totalAmountIncludingTax* dec; status*
        {_x0020_|Draft|In_x0020_Review|Open|Paid|Canceled|Corrective}; lastModifiedDateTime* dt
    """,
    "purchaseInvoiceLines": """
        id* guid; documentId guid; sequence int; itemId guid; accountId guid; lineType {@LINE};
        lineObjectNumber c20; description t100; description2 t50; unitOfMeasureId guid; unitOfMeasureCode
        c10; unitCost dec; quantity dec; discountAmount dec; discountPercent dec; discountAppliedBeforeTax*
        bool; amountExcludingTax dec; taxCode c50; taxPercent* dec; totalTaxAmount* dec; amountIncludingTax
        dec; invoiceDiscountAllocation dec; netAmount dec; netTaxAmount dec; netAmountIncludingTax dec;
        expectedReceiptDate date; itemVariantId guid; locationId guid
    """,
    "purchaseCreditMemos": """
        id* guid; number* c20; creditMemoDate date; postingDate date; dueDate date; vendorId guid;
        vendorNumber c20; vendorName* t100; vendorCreditMemoNumber c35; payToVendorId guid;
        payToVendorNumber c20; payToName* t100; buyFromAddressLine1 t100; buyFromAddressLine2 t50;
        buyFromCity t30; buyFromCountry c10; buyFromState t30; buyFromPostCode c20; payToAddressLine1 t100;
        payToAddressLine2 t50; payToCity t30; payToCountry c10; payToState t30; payToPostCode c20;
        shortcutDimension1Code c20; shortcutDimension2Code c20; currencyId guid; currencyCode~ t;
        paymentTermsId guid; shipmentMethodId guid; purchaser c20; pricesIncludeTax* bool; discountAmount
        dec; discountAppliedBeforeTax* bool; totalAmountExcludingTax* dec; totalTaxAmount* dec;
        totalAmountIncludingTax* dec; status* {Draft|In_x0020_Review|Open|Canceled|Corrective|Paid};
        lastModifiedDateTime* dt; invoiceId~ guid; invoiceNumber c20; vendorReturnReasonId guid
    """,
    "purchaseCreditMemoLines": """
        id* guid; documentId guid; sequence int; itemId guid; accountId guid; lineType {@LINE};
        lineObjectNumber c20; description t100; unitOfMeasureId guid; unitOfMeasureCode c10; unitCost dec;
        quantity dec; discountAmount dec; discountPercent dec; discountAppliedBeforeTax* bool;
        amountExcludingTax* dec; taxCode c50; taxPercent* dec; totalTaxAmount* dec; amountIncludingTax* dec;
        invoiceDiscountAllocation* dec; netAmount* dec; netTaxAmount* dec; netAmountIncludingTax* dec;
        itemVariantId guid; locationId guid
    """,
    "documentAttachments": """
        id* guid; fileName t250; byteSize* int; attachmentContent stream; parentType {@FILE}; parentId guid;
        lineNumber int; documentFlowSales bool; documentFlowPurchase bool; lastModifiedDateTime* dt
    """,
    "attachments": """
        id* guid; parentId guid; fileName t250; byteSize* int; attachmentContent stream;
        lastModifiedDateTime* dt; parentType {@FILE}
    """,
    "pdfDocument": """
        id* guid; parentId* guid; parentType* {@FILE}; pdfDocumentContent* stream
    """,
    "customerPaymentJournals": """
        id* guid; code c10; displayName t100; lastModifiedDateTime* dt; balancingAccountId guid;
        balancingAccountNumber* c20
    """,
    "customerPayments": """
        id* guid; journalId guid; journalDisplayName c10; lineNumber int; customerId guid; customerNumber
        c20; postingDate date; documentNumber c20; externalDocumentNumber c35; amount dec;
        appliesToInvoiceId~ guid; appliesToInvoiceNumber~ c20; description t100; comment t250;
        lastModifiedDateTime* dt
    """,
    "journals": """
        id* guid; code c10; displayName t100; templateDisplayName c10; lastModifiedDateTime* dt;
        balancingAccountId guid; balancingAccountNumber* c20
    """,
    "journalLines": """
        id* guid; journalId guid; journalDisplayName~ c10; lineNumber int; accountType {@ACC}; accountId
        guid; accountNumber c20; postingDate date; documentNumber c20; externalDocumentNumber c35; amount
        dec; description t100; comment t250; taxCode~ c20; balanceAccountType {@ACC}; balancingAccountId
        guid; balancingAccountNumber c20; lastModifiedDateTime* dt
    """,
    "generalLedgerEntries": """
        id* guid; entryNumber* int; postingDate* date; documentNumber* c20; documentType*
        {_x0020_|Payment|Invoice|Credit_x0020_Memo|Finance_x0020_Charge_x0020_Memo|Reminder|Refund};
        accountId* guid; accountNumber* c20; description* t100; debitAmount* dec; creditAmount* dec;
        additionalCurrencyDebitAmount* dec; additionalCurrencyCreditAmount* dec; lastModifiedDateTime* dt
    """,
}
