"""The line-level tables: their columns, what each means, and how exact each is.

A column is `name: type`; types are text, day, number (exact decimal, 38 digits, 22 after the point), count (64-bit
integer) and flag. Every table ends with where the row came from: `source` (file as the person named it; for a blob
the blob), `line` (from 1, in that file) and `row_hash` (16 hex digits of the row's own content, the same in every
file format).
"""

NUMBER_PRECISION = 38
NUMBER_SCALE = 22

_ORIGIN = {"source": "text", "line": "count", "row_hash": "text"}

# One line of Microsoft's invoice (Graph billed reconciliation, portal CSV, v1 line item).
# Ids: customer_id, subscription_id lower case; product_id upper case; sku_id four characters. Empty text is null.
# category is one of domain.rules.Category; term is P1M, P1Y, P3Y, ... or null; billing_plan is monthly, annual,
# triennial, one_time or null. quantity is BillableQuantity (Quantity where that is absent), always as written.
CHARGES = {
    "invoice": "text", "customer_id": "text", "customer_name": "text", "subscription_id": "text", "order_id": "text",
    "order_date": "text", "product_id": "text", "sku_id": "text", "product_name": "text", "sku_name": "text",
    "availability_id": "text", "charge_type": "text", "category": "text", "term": "text", "billing_plan": "text",
    "charge_start": "day", "charge_end": "day", "subscription_start": "day", "subscription_end": "day",
    "quantity": "number", "unit_price": "number", "effective_unit_price": "number", "subtotal": "number",
    "tax": "number", "total": "number", "currency": "text", "pricing_currency": "text", "exchange_rate": "number",
    "exchange_rate_date": "day", "promotion_id": "text", "price_adjustment": "text", "qualifiers": "text",
    "credit_reason": "text", "reference_id": "text", "reservation_order_id": "text", "alternate_id": "text",
    "mpn_id": "text", "reseller_mpn_id": "text", "meter": "text", "publisher": "text",
    "subscription_description": "text", "unit_type": "text", **_ORIGIN,
}  # fmt: skip

# One daily-rated usage row under Azure charges. amount is BillingPreTaxTotal.
USAGE = {
    "invoice": "text", "customer_id": "text", "customer_name": "text", "subscription_id": "text",
    "entitlement_id": "text", "entitlement_name": "text", "product_id": "text", "sku_id": "text",
    "product_name": "text", "sku_name": "text", "charge_type": "text", "charge_start": "day", "charge_end": "day",
    "usage_date": "day", "meter_id": "text", "meter_name": "text", "meter_category": "text",
    "meter_subcategory": "text", "meter_region": "text", "unit": "text", "resource_group": "text",
    "resource_uri": "text", "tags": "text", "quantity": "number", "unit_price": "number",
    "effective_unit_price": "number", "amount": "number", "currency": "text", "pricing_amount": "number",
    "pricing_currency": "text", "exchange_rate": "number", "earned_credit_percent": "number",
    "credit_percent": "number", "credit_type": "text", "benefit_id": "text", "benefit_order_id": "text",
    "benefit_type": "text", "reseller_mpn_id": "text", **_ORIGIN,
}  # fmt: skip

# One row of a price sheet. unit_price is for the whole term (Microsoft: price sheet); effective_end is the last day.
PRICES = {
    "product_id": "text", "sku_id": "text", "title": "text", "term": "text", "billing_plan": "text",
    "market": "text", "currency": "text", "segment": "text", "unit_price": "number", "erp_price": "number",
    "tier_min": "number", "tier_max": "number", "effective_start": "day", "effective_end": "day", "tags": "text",
    **_ORIGIN,
}  # fmt: skip

# One line of a ledger document. amount is net of tax and signed: credit memos are negative. Dates of service are
# first and last day. document_type is invoice or credit_memo; status is as the ledger writes it, lower case.
LEDGER_LINES = {
    "ledger": "text", "document_number": "text", "document_date": "day", "document_type": "text",
    "customer_id": "text", "customer_name": "text", "line_number": "text", "item_id": "text", "description": "text",
    "quantity": "number", "unit_price": "number", "amount": "number", "tax": "number", "currency": "text",
    "service_start": "day", "service_end": "day", "reference": "text", "status": "text", "document_id": "text",
    **_ORIGIN,
}  # fmt: skip

# A document of a ledger in one of its versions, as it was seen at one moment. kind is invoice, credit_memo, bill,
# payment or template, status draft, open, paid, void or deleted. Amounts are signed: credits are negative. linked is
# JSON: pairs of kind and id. made_by is the template that made it, next_day the day on which a template bills next.
LEDGER_DOCUMENTS = {
    "ledger": "text", "document_id": "text", "kind": "text", "observed_at": "text", "version": "text", "number": "text",
    "status": "text", "party_id": "text", "party_name": "text", "day": "day", "due": "day", "currency": "text",
    "net": "number", "tax": "number", "total": "number", "balance": "number", "exchange_rate": "number",
    "marker": "text", "note": "text", "made_by": "text", "next_day": "day", "emailed": "flag", "linked": "text",
    "updated_at": "text", **_ORIGIN,
}  # fmt: skip

# A customer, item, term, tax code, account, vendor, class or department of a ledger, as it was seen at one moment.
# gone says that it is not there any more; facts is JSON.
LEDGER_RECORDS = {
    "ledger": "text", "kind": "text", "record_id": "text", "observed_at": "text", "name": "text", "active": "flag",
    "gone": "flag", "currency": "text", "parent": "text", "email": "text", "number": "text", "merged_into": "text",
    "facts": "text", **_ORIGIN,
}  # fmt: skip

# What a recurring template of a ledger bills each time, line by line, in the version of it that was seen at the same
# moment (ledger_documents). Without next_day it bills nothing by itself.
LEDGER_TEMPLATES = {
    "ledger": "text", "template_id": "text", "observed_at": "text", "name": "text", "document_type": "text",
    "customer_id": "text", "customer_name": "text", "line_number": "text", "item_id": "text", "description": "text",
    "quantity": "number", "unit_price": "number", "amount": "number", "currency": "text", "next_day": "day",
    "made_by": "text", **_ORIGIN,
}  # fmt: skip

# An entry of the general ledger on an account, in the version of its document's entries there that was seen last.
# amount is in the company's own currency, positive where it credits the account; kind is the ledger's own word for what
# made it. A document that is gone from an account has one row more, of 0. Without document_id the row says that the
# account was read from this day on.
LEDGER_ENTRIES = {
    "ledger": "text", "account_id": "text", "document_id": "text", "observed_at": "text", "day": "day", "kind": "text",
    "number": "text", "party": "text", "description": "text", "amount": "number", "currency": "text", **_ORIGIN,
}  # fmt: skip

# A subscription as it was seen at one moment (observed_at, ISO 8601 UTC). commitment_end is the last day.
SUBSCRIPTIONS = {
    "customer_id": "text", "subscription_id": "text", "observed_at": "text", "product_id": "text", "sku_id": "text",
    "name": "text", "status": "text", "quantity": "number", "term": "text", "billing_plan": "text",
    "is_trial": "flag", "auto_renew": "flag", "created": "day", "term_start": "day", "commitment_end": "day",
    "order_id": "text", "promotion_id": "text", "product_type": "text", "entitlement_id": "text",
    "migrated_from": "text", "scheduled_product_id": "text", "scheduled_sku_id": "text",
    "scheduled_quantity": "number", "scheduled_term": "text", "scheduled_billing_plan": "text",
    "scheduled_promotion_id": "text", "custom_term_end": "day", "next_billing_plan": "text", "parent_id": "text",
    "renewal_term": "text", "cycle_end": "day", "cancellation_until": "text", "refundable": "text",
    "suspension_reasons": "text", "billing_type": "text", "unit_type": "text", "contract_type": "text",
    "publisher": "text", "partner_id": "text", "attention_needed": "flag", "commitments": "text", **_ORIGIN,
}  # fmt: skip

# A customer as it was seen at one moment; status is active, or left where the relationship has ended.
CUSTOMERS = {
    "customer_id": "text", "observed_at": "text", "name": "text", "domain": "text", "relationship": "text",
    "status": "text", "country": "text", "partner_id": "text", **_ORIGIN,
}  # fmt: skip

# A subscription on its way to another product; `events` is JSON, `status` that of the last event.
TRANSITIONS = {
    "customer_id": "text", "subscription_id": "text", "operation_id": "text", "observed_at": "text", "kind": "text",
    "from_product_id": "text", "from_sku_id": "text", "to_product_id": "text", "to_sku_id": "text",
    "from_subscription_id": "text", "to_subscription_id": "text", "quantity": "number", "status": "text",
    "events": "text", **_ORIGIN,
}  # fmt: skip

# What somebody did at Partner Center; old_value, new_value and details are JSON as Microsoft wrote it.
AUDIT_RECORDS = {
    "record_id": "text", "happened_at": "text", "customer_id": "text", "customer_name": "text", "operation": "text",
    "resource": "text", "status": "text", "user_name": "text", "application_id": "text", "correlation_id": "text",
    "old_value": "text", "new_value": "text", "details": "text", **_ORIGIN,
}  # fmt: skip

# Microsoft's exchange rate of a month (YYYY-MM): US dollars for one unit of the currency.
EXCHANGE_RATES = {"month": "text", "currency": "text", "usd_per_unit": "number", **_ORIGIN}

# The header of a vendor invoice or credit note. total is gross; period_start and period_end are first and last day.
HEADERS = {
    "invoice": "text", "currency": "text", "total": "number", "tax": "number", "document_type": "text",
    "amends": "text", "invoice_date": "day", "period_start": "day", "period_end": "day", **_ORIGIN,
}  # fmt: skip

# A record that could not be used, or only in part: why, and what money hangs on it (net cost, null if unreadable).
SET_ASIDE = {
    "table": "text", "reason": "text", "column": "text", "excerpt": "text", "invoice": "text", "customer_id": "text",
    "customer_name": "text", "product_id": "text", "amount": "number", "currency": "text", **_ORIGIN,
}  # fmt: skip

TABLES: dict[str, dict[str, str]] = {
    "charges": CHARGES,
    "usage": USAGE,
    "prices": PRICES,
    "ledger_lines": LEDGER_LINES,
    "ledger_documents": LEDGER_DOCUMENTS,
    "ledger_records": LEDGER_RECORDS,
    "ledger_templates": LEDGER_TEMPLATES,
    "ledger_entries": LEDGER_ENTRIES,
    "subscriptions": SUBSCRIPTIONS,
    "customers": CUSTOMERS,
    "transitions": TRANSITIONS,
    "audit_records": AUDIT_RECORDS,
    "exchange_rates": EXCHANGE_RATES,
    "headers": HEADERS,
    "set_aside": SET_ASIDE,
}

# What makes two rows of a table the same thing, seen twice; a later sighting only counts where it tells otherwise.
SAME_THING: dict[str, tuple[str, ...]] = {
    "subscriptions": ("customer_id", "subscription_id"),
    "customers": ("customer_id",),
    "transitions": ("subscription_id", "operation_id"),
    "audit_records": ("record_id",),
    "exchange_rates": ("month", "currency"),
    "headers": ("invoice", "currency"),
    "ledger_documents": ("ledger", "document_id", "kind"),
    "ledger_records": ("ledger", "kind", "record_id"),
    "ledger_entries": ("ledger", "account_id", "document_id"),
}

# What an export profile must tell of a line, by a column, a fixed text or its headings.
PROFILE_NEEDS: dict[str, tuple[str, ...]] = {
    "ledger": (
        "document_number", "document_date", "document_type", "customer_id", "item_id", "amount", "currency",
    ),
    "vendor": ("customer_id", "product_id", "charge_start", "charge_end", "quantity", "subtotal", "currency"),
}  # fmt: skip
