"""What we think: pure reasoning about charges, rates and ledger lines."""
