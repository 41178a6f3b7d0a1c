"""Document numbers as QuickBooks gives, counts up and guards them."""

import re

from connector.sandbox.quickbooks.company import Company, Thing
from connector.sandbox.quickbooks.refusals import duplicate_number

SALES = ("Invoice", "CreditMemo")


def next_number(last: str) -> str:
    """The number QuickBooks proposes after another: its last run of digits counted up, all else kept."""
    found = re.search(r"(\d+)(\D*)$", last)
    if found is None:
        return f"{last}1"
    digits = str(int(found[1]) + 1).rjust(len(found[1]), "0")
    return f"{last[: found.start(1)]}{digits}{found[2]}"


def free_number(company: Company) -> str:
    """The number the screen proposes for the next document: the one after the last, if nobody has it."""
    number = next_number(company.last_number)
    while any(True for _ in company.numbered(number)):
        number = next_number(number)
    return number


def number_of(company: Company, entity: str, wanted: Thing, old: Thing | None) -> Thing:
    """The document number: ours, or the company's own next one where custom numbers are off."""
    number = wanted.get("DocNumber")
    custom = company.prefers("SalesFormsPrefs", "CustomTxnNumbers")
    if not number:
        if custom or (old is not None and not old.get("DocNumber")):
            return {}
        number = old["DocNumber"] if old else next_number(company.last_number)
    elif custom and company.behaviour.unique_numbers and not wanted.get("_allow_duplicate"):
        for other, found in company.numbered(number):
            if other in SALES and not (old and (other, found["Id"]) == (entity, old["Id"])):
                raise duplicate_number(number, other, found["Id"])
    if old is None:
        company.last_number = number
    return {"DocNumber": number}
