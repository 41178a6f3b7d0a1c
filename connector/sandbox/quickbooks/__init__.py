"""QuickBooks Online, made up: companies, their bookkeepers, the sign-in and the accounting API, as strict as Intuit's.

    from connector.sandbox.quickbooks import QuickBooks, open_company
    app = QuickBooks(clock, [open_company("9130357992222846", clock)])

Sources: Intuit's documents and schema for the version 3 API at minor version 75, recorded answers of its sandbox,
and reports of those who use it. Where they leave something open, `Behaviour` and `TokenRules` let one choose.
"""

from connector.sandbox.quickbooks.app import QuickBooks
from connector.sandbox.quickbooks.behaviour import Behaviour
from connector.sandbox.quickbooks.bookkeeper import Bookkeeper
from connector.sandbox.quickbooks.company import Company
from connector.sandbox.quickbooks.opening import add_tax, open_company, set_rate
from connector.sandbox.quickbooks.quotas import Quotas, no_quotas
from connector.sandbox.quickbooks.refusals import Refused
from connector.sandbox.quickbooks.tokens import Pair, TokenRules

__all__ = [
    "Behaviour",
    "Bookkeeper",
    "Company",
    "Pair",
    "QuickBooks",
    "Quotas",
    "Refused",
    "TokenRules",
    "add_tax",
    "no_quotas",
    "open_company",
    "set_rate",
]
