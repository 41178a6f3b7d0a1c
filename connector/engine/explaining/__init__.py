"""Splits each difference into its causes, one cause to a file."""
