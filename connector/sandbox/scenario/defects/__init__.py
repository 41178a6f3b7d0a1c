"""Mistakes people make, one per billed group, each written into the truth with its impact to the cent."""
