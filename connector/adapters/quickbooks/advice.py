"""Says in one sentence what a person can do about a fault of QuickBooks."""

from collections.abc import Mapping, Sequence

from connector.adapters.http.bodies import quoted
from connector.adapters.quickbooks.faults import Fault

SIGN_IN = "sign in again with `connector auth quickbooks {ledger}`"

# By Intuit's code; {ledger} is the ledger's name in the settings.
_ADVICE: Mapping[str, str] = {
    "120": "have an administrator of the company " + SIGN_IN + ", since who signed in lost the right to it",
    "270": "have an administrator of the company " + SIGN_IN + ", since who signed in lost the right to it",
    "600": "do nothing, the connector looks the document up before it sends anything again",
    "610": "make the customer, item, account or vendor it names active again, or point the mapping to another",
    "620": "make the document it names active again, or take it out of the mapping",
    "2010": "report it to the project with this message, since the connector sent a field QuickBooks does not know",
    "2020": "fill the field it names in QuickBooks or in the mapping",
    "2030": "correct the id it names in the mapping (ids of QuickBooks are whole numbers in quotes)",
    "2040": "use letters that QuickBooks takes in this company (companies in the United States: Western European only)",
    "2050": "shorten the text it names in the mapping's template",
    "2090": "correct the number it names in the mapping",
    "2290": "plan the document again, as a credit memo where it is below zero",
    "2500": "correct the id in the mapping, or make the customer, item, term, class or tax code it names active again",
    "3100": "check that realm_id, client_id and client_secret of the ledger belong together (production keys for a "
    "real company, development keys for a sandbox), then " + SIGN_IN,
    "3200": SIGN_IN,
    "5010": "run the command again, since somebody changed the record meanwhile",
    "5020": "change the subscription of the company in QuickBooks, or leave out the feature it names",
    "5030": "change the subscription of the company in QuickBooks, or leave out the feature it names",
    "6000": "correct in QuickBooks or in the mapping what it names",
    "6070": "report it to the project with this message, since quantity times price is not the amount",
    "6100": "use the tax codes TAX and NON in the mapping (companies in the United States take no others)",
    "6130": "keep the customer's billing with its parent as it is while there are invoices",
    "6140": "free the number in QuickBooks, unless the document that bears it is the connector's own",
    "6190": "renew the subscription of the company at QuickBooks",
    "6200": "have the books' closing date moved in QuickBooks, or post with a later date",
    "6210": "have the books' closing date moved in QuickBooks, or post with a later date",
    "6240": "choose another name (customers, vendors and employees share theirs in QuickBooks)",
    "6480": "undo the reconciliation of the document in QuickBooks first",
    "6540": "take the document out of its bank deposit in QuickBooks first",
    "10000": "try again later, since the trouble is at QuickBooks",
}
_BY_TYPE: Mapping[str, str] = {
    "AUTHENTICATION": SIGN_IN,
    "AUTHENTICATIONFAULT": SIGN_IN,
    "AUTHORIZATION": _ADVICE["3100"],
    "AUTHORIZATIONFAULT": _ADVICE["3100"],
    "SYSTEMFAULT": _ADVICE["10000"],
}
_UNKNOWN = "correct it in QuickBooks or in the mapping, or look the code up in Intuit's table of error codes"


def advice(fault: Fault, ledger: str) -> str:
    """What to do about a fault."""
    said = _ADVICE.get(fault.code) or _BY_TYPE.get(fault.type.upper()) or _UNKNOWN
    return said.format(ledger=ledger)


def sentence(faults: Sequence[Fault], ledger: str, call: str) -> str:
    """What happened and what to do, in one sentence: the first fault's words, and how many more there are."""
    first = faults[0]
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    code = f" {first.code}" if first.code else ""
    field = f" at {first.element}" if first.element else ""
    words = quoted(first.words).rstrip(" .:;")
    return f"QuickBooks ({ledger}) refused {call} with fault{code}{field}: {words}{more}; {advice(first, ledger)}."


KNOWN_CODES = frozenset(_ADVICE)
"""The faults that have advice of their own."""
