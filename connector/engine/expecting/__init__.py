"""Turns charges and rates into what each customer should have been billed."""
