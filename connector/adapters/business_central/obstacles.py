"""Says what stands in the way of posting exactly once: what the app may not see, and what Business Central ignores."""

from connector.adapters.business_central.client import BusinessCentralRefused, Client, Question
from connector.adapters.business_central.language import equals
from connector.adapters.business_central.posted import ENTRIES
from connector.domain.errors import SignInNeeded
from connector.domain.ledger import LedgerCompany

_NOBODYS = "CONNECTOR-NOBODYS-MARK"


def obstacles(client: Client, company: LedgerCompany) -> tuple[str, ...]:
    """What makes exactly-once impossible, each with what to change; empty where nothing does."""
    where = f"Business Central ({client.ledger}, company {company.name})"
    found = []
    for page in ("salesInvoices", "salesCreditMemos"):
        asked = Question(page, (equals("externalDocumentNumber", _NOBODYS),), ("id",), top=1)
        if client.first(asked) is not None:
            found.append(
                f"{where} ignores what {page} are asked for, so that a document of ours cannot be found again; check "
                "what lies between at endpoints.api of the ledger."
            )
    try:
        client.first(Question(ENTRIES, select=("entryNumber",), top=1))
    except (SignInNeeded, BusinessCentralRefused) as refusal:
        found.append(
            f"{where} does not let the app read general ledger entries, so that posted and merely released invoices "
            f"cannot be told apart; give it the permission set D365 READ ({refusal})."
        )
    return tuple(found)
