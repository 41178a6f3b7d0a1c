"""QuickBooks Online as a ledger: reads the company as it is, and creates documents in it one step at a time."""
