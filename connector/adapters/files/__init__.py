"""Reads vendors' and ledgers' exported files as if they were the systems themselves."""
