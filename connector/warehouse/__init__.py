"""Keeps charges and ledger lines as tables that never lose a digit.

`Warehouse` takes in rows batch by batch, writes them once as Parquet with control totals, and answers questions
about them with exact numbers. It lies in a folder, or is temporary and gone at the end.
"""

from connector.warehouse.snapshots import Receipt, Totals, UnevenTotals
from connector.warehouse.tables import Warehouse

__all__ = ["Receipt", "Totals", "UnevenTotals", "Warehouse"]
