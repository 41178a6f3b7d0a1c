"""QuickBooks Online as a ledger: reads the company as it is, and creates documents in it one step at a time."""

LEDGER = "quickbooks"
"""The kind of ledger it is, as the settings name it."""

TAXED_LINES = 750
"""The most lines that QuickBooks takes on a document with tax."""
