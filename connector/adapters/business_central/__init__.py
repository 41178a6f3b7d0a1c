"""Business Central as a ledger: reads the company as it is, and creates documents in it, as drafts that are posted."""

LEDGER = "business_central"
"""The kind of ledger it is, as the settings name it."""
