"""The fields of lists and set-up: customers, vendors, items, currencies, taxes, dimensions, accounts.

The notation is explained in `fields.py`.
"""

LIST_FIELDS = {
    "pictures": """
        id* guid; parentType* {Customer|Item|Vendor|Employee|Contact}; width* int; height* int; contentType* t100;
        pictureContent stream
    """,
    "customers": """
        id* guid; number c20; displayName t100; type {Company|Person}; addressLine1 t100; addressLine2 t50;
        city t30; state t30; country c10; postalCode c20; phoneNumber t30; email t80; website t255;
        salespersonCode c20; balanceDue* dec; creditLimit dec; taxLiable bool; taxAreaId guid;
        taxAreaDisplayName*~ t; taxRegistrationNumber~ t50; currencyId guid; currencyCode~ t; paymentTermsId
        guid; shipmentMethodId guid; paymentMethodId guid; blocked {_x0020_|Ship|Invoice|All};
        lastModifiedDateTime* dt
    """,
    "vendors": """
        id* guid; number c20; displayName t100; addressLine1 t100; addressLine2 t50; city t30; state t30;
        country c10; postalCode c20; phoneNumber t30; email t80; website t255; taxRegistrationNumber~ t50;
        currencyId guid; currencyCode~ t; irs1099Code~ c10; paymentTermsId guid; paymentMethodId guid;
        taxLiable bool; blocked {_x0020_|Payment|All}; balance* dec; lastModifiedDateTime* dt
    """,
    "items": """
        id* guid; number c20; displayName t100; displayName2 t50; type
        {Inventory|Service|Non_x002D_Inventory}; itemCategoryId guid; itemCategoryCode c20; blocked bool;
        gtin c14; inventory~ dec; unitPrice dec; priceIncludesTax bool; unitCost dec; taxGroupId guid;
        taxGroupCode c20; baseUnitOfMeasureId guid; baseUnitOfMeasureCode c10; generalProductPostingGroupId
        guid; generalProductPostingGroupCode c20; inventoryPostingGroupId guid; inventoryPostingGroupCode
        c20; lastModifiedDateTime* dt
    """,
    "itemCategories": """
        id* guid; code c20; displayName t100; lastModifiedDateTime* dt
    """,
    "dimensions": """
        id* guid; code* c20; displayName* t30; consolidationCode* c20; lastModifiedDateTime* dt
    """,
    "dimensionValues": """
        id* guid; code* c20; dimensionId* guid; displayName* t50; consolidationCode* c20;
        lastModifiedDateTime* dt
    """,
    "dimensionSetLines": """
        id guid; code c20; consolidationCode* c20; parentId* guid; parentType* {@PARENTS}; displayName* t30;
        valueId~ guid; valueCode~ c20; valueConsolidationCode* c20; valueDisplayName* t50
    """,
    "defaultDimensions": """
        id* guid; parentType {_x0020_|Customer|Item|Vendor|Employee}; parentId guid; dimensionId guid;
        dimensionCode* c20; dimensionValueId guid; dimensionValueCode* c20; postingValidation
        {_x0020_|Code_x0020_Mandatory|Same_x0020_Code|No_x0020_Code}; lastModifiedDateTime* dt
    """,
    "currencies": """
        id* guid; code c10; displayName t30; symbol t10; amountDecimalPlaces t5; amountRoundingPrecision
        dec; lastModifiedDateTime* dt
    """,
    "currencyExchangeRates": """
        id* guid; currencyCode* c10; startingDate* date; exchangeRateAmount* dec; relationalCurrencyCode*
        c10; relationalExchangeRateAmount* dec; lastModifiedDateTime* dt
    """,
    "paymentTerms": """
        id* guid; code c10; displayName t100; dueDateCalculation formula; discountDateCalculation formula;
        discountPercent dec; calculateDiscountOnCreditMemos bool; lastModifiedDateTime* dt
    """,
    "paymentMethods": """
        id* guid; code c10; displayName t100; lastModifiedDateTime* dt
    """,
    "taxGroups": """
        id* guid; code c20; displayName t100; taxType* {Sales_x0020_Tax|VAT}; lastModifiedDateTime* dt
    """,
    "taxAreas": """
        id* guid; code c20; displayName t100; taxType* {Sales_x0020_Tax|VAT}; lastModifiedDateTime* dt
    """,
    "unitsOfMeasure": """
        id* guid; code c10; displayName t50; internationalStandardCode c10; symbol t10;
        lastModifiedDateTime* dt
    """,
    "accounts": """
        id* guid; number* c20; displayName* t100; category*
        {_x0020_|Assets|Liabilities|Equity|Income|Cost_x0020_of_x0020_Goods_x0020_Sold|Expense};
        subCategory* t80; blocked* bool; accountType*
        {Posting|Heading|Total|Begin_x002D_Total|End_x002D_Total}; directPosting* bool; netChange* dec;
        consolidationTranslationMethod*
        {Average_x0020_Rate_x0020__x0028_Manual_x0029_|Closing_x0020_Rate|Historical_x0020_Rate|Composite_x0020_Rate|Equity_x0020_Rate};
        consolidationDebitAccount* c20; consolidationCreditAccount* c20; excludeFromConsolidation* bool;
        lastModifiedDateTime* dt
    """,
    "companyInformation": """
        id* guid; displayName t100; addressLine1 t100; addressLine2 t50; city t30; state t30; country c10;
        postalCode c20; phoneNumber t30; faxNumber t30; email t80; website t255; taxRegistrationNumber~ t50;
        currencyCode*~ c10; currentFiscalYearStartDate*~ date; industry t30; picture* stream; experience~ t;
        lastModifiedDateTime* dt
    """,
    "generalLedgerSetup": """
        id* guid; allowPostingFrom* date; allowPostingTo* date; additionalReportingCurrency* c10;
        localCurrencyCode* c10; localCurrencySymbol* t10; lastModifiedDateTime* dt;
        allowQueryFromConsolidation* bool; shortcutDimension1Code* c20; shortcutDimension2Code* c20;
        shortcutDimension3Code* c20; shortcutDimension4Code* c20; shortcutDimension5Code* c20;
        shortcutDimension6Code* c20; shortcutDimension7Code* c20; shortcutDimension8Code* c20
    """,
    "customerFinancialDetails": """
        id* guid; number* c20; balance* dec; totalSalesExcludingTax* dec; overdueAmount* dec;
        lastModifiedDateTime* dt
    """,
}
