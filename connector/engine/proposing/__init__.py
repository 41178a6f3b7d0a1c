"""Proposes mappings by the likeness of names, never applied by itself and never used to match money."""
