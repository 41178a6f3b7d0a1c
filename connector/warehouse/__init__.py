"""Keeps charges and ledger lines as tables that never lose a digit."""
