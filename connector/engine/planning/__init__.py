"""Turns what should be billed, less what is billed already, into documents: which customer, which lines, which day."""
