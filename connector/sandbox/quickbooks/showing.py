"""How an object looks to those who read it: balances and names as they are now, templates in their wrapper."""

from connector.sandbox.quickbooks.company import PARTIES, Company, Thing
from connector.sandbox.quickbooks.money import ZERO, money


def shown(company: Company, entity: str, thing: Thing) -> Thing:
    """An object as QuickBooks answers with it."""
    if entity == "Customer":
        own = company.owed.get(thing["Id"], ZERO)
        jobs = sum((company.owed.get(key, ZERO) for key in _below(company, thing["Id"])), ZERO)
        return {**thing, "Balance": own, "BalanceWithJobs": money(own + jobs)}
    if entity == "Vendor":
        return {**thing, "Balance": company.owed.get(thing["Id"], ZERO)}
    if entity == "RecurringTransaction":
        return {thing["Type"]: {name: value for name, value in thing.items() if name != "Type"}}
    party = PARTIES.get(entity)
    if party is None or party not in thing:
        return thing
    holder = company.tables[party.removesuffix("Ref")].get(thing[party]["value"])
    return {**thing, party: {"value": holder["Id"], "name": holder["DisplayName"]}} if holder else thing


def _below(company: Company, key: str) -> list[str]:
    children = company.children.get(key, [])
    return [*children, *(grand for child in children for grand in _below(company, child))]
