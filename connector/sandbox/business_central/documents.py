"""Drafts of invoices and credit memos: how they are made, changed and deleted, and what their customer brings along."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

from connector.sandbox.business_central.company import Company, Thing
from connector.sandbox.business_central.dimensions import inherit_defaults, set_shortcut
from connector.sandbox.business_central.fields import NO_ID
from connector.sandbox.business_central.kinds import Kind
from connector.sandbox.business_central.pages import PAGES
from connector.sandbox.business_central.pricing import code_of, rate_on
from connector.sandbox.business_central.refusals import must_be, stopped, would_ask
from connector.sandbox.business_central.sums import lines_of, settle

_ADDRESS = ("AddressLine1", "AddressLine2", "City", "Country", "State", "PostCode")
_OF_CARD = ("addressLine1", "addressLine2", "city", "country", "state", "postalCode")
_AFTER_POSTING = ("dueDate", "promisedPayDate", "disputeStatus", "disputeStatusId")


def blank(page: str) -> Thing:
    """A row of a page with nothing written into it."""
    return dict(_blank(page))


@cache
def _blank(page: str) -> Thing:
    fields = PAGES[page].fields.items()
    return {name: field.blank for name, field in fields if name not in ("id", "lastModifiedDateTime")}


def create_document(company: Company, kind: Kind, values: Mapping[str, Any]) -> Thing:
    """A new draft; raises Refused."""
    party = find_party(company, kind, values)
    if party is None:
        noun = kind.party
        raise stopped(f"A {noun}Number or a {noun}ID must be provided.")
    refuse_blocked(kind, party, "create")
    today = company.today()
    row = blank(kind.page) | {"_posted": False, "_state": "", kind.dated: today, "postingDate": today}
    row |= _from_card(kind, party)
    row["number"] = company.next_number(kind.draft_series)
    row["status"] = "Draft"
    if "postingDate" in values:
        row[kind.dated] = values["postingDate"]
    row = _write(company, kind, row, values)
    row["dueDate"] = values.get("dueDate") or due_day(company, row["_terms"], row[kind.dated])
    rate_on(company, code_of(company, row), row["postingDate"])
    kept = company.put(kind.page, row)
    inherit_defaults(company, kind.page, kept["id"], party["id"])
    for place in (1, 2):
        code = values.get(f"shortcutDimension{place}Code")
        if code:
            set_shortcut(company, kind.page, kept["id"], place, code)
    return company.row(kind.page, kept["id"])


def change_document(company: Company, kind: Kind, old: Thing, values: Mapping[str, Any]) -> Thing:
    """A draft with other values, or a posted document with the few that may still change; raises Refused."""
    if old["_posted"]:
        if any(name not in _AFTER_POSTING for name in values):
            raise stopped(f"The {kind.named} has been posted and can no longer be modified.")
        return company.put(kind.page, {**old, **values}, old)
    check_open(kind, old)
    party = find_party(company, kind, values)
    if party is not None and party["id"] != old[f"{kind.party}Id"]:
        raise would_ask(f"Do you want to change Sell-to {kind.party.title()}?")
    row = _write(company, kind, old, values)
    if row["currencyId"] != old["currencyId"] and lines_of(company, kind, old["id"]):
        raise would_ask("If you change Currency Code, the existing lines will be deleted. Do you want to continue?")
    if "dueDate" not in values and (row[kind.dated] != old[kind.dated] or row["_terms"] != old["_terms"]):
        row["dueDate"] = due_day(company, row["_terms"], row[kind.dated])
    company.put(kind.page, row, old)
    for place in (1, 2):
        name = f"shortcutDimension{place}Code"
        if name in values:
            set_shortcut(company, kind.page, old["id"], place, values[name])
    return settle(company, kind, old["id"])


def delete_document(company: Company, kind: Kind, old: Thing) -> None:
    """Delete a document; a posted one as well, as the service does, unless the company forbids it."""
    if old["_posted"] and not company.behaviour.deletes_posted:
        raise stopped(f"You cannot delete posted {'sales' if kind.is_sale else 'purchase'} documents.")
    for line in lines_of(company, kind, old["id"]):
        company.remove(kind.lines, line)
    company.remove(kind.page, old)
    company.deleted(kind.page, old)


def check_open(kind: Kind, document: Thing) -> None:
    """Refuse to change what is posted, released or waiting for an approval."""
    if document["_posted"]:
        raise stopped(f"The {kind.named} has been posted and can no longer be modified.")
    if document["_state"]:
        where = f"{kind.header}: Document Type={kind.noun}, No.={document['number']}"
        raise must_be(f"Status must be equal to 'Open' in {where}. Current value is '{document['_state']}'.")


def find_party(company: Company, kind: Kind, values: Mapping[str, Any]) -> Thing | None:
    """The customer or vendor that a request names by id, number or both; None where it names none."""
    key, number = values.get(f"{kind.party}Id"), values.get(f"{kind.party}Number")
    title = kind.party
    found: Thing | None = None
    if key and key != NO_ID:
        found = company.tables[kind.parties].get(key)
        if found is None:
            raise stopped(f"The {title} cannot be found.")
    if number:
        named = company.one(kind.parties, number=number)
        if named is None:
            raise stopped(f"The {title} cannot be found.")
        if found is not None and named["id"] != found["id"]:
            raise stopped(f"The {title} values do not match to a specific {title.title()}.")
        found = named
    return found


def refuse_blocked(kind: Kind, party: Thing, verb: str) -> None:
    """Refuse documents for those who are blocked."""
    stops = ("All", "Invoice") if kind.is_sale and not kind.is_credit else ("All",)
    if party["blocked"] in stops:
        who = f"{kind.party.title()} {party['number']}"
        raise stopped(f"You cannot {verb} this type of document when {who} is blocked with type {party['blocked']}.")


def due_day(company: Company, terms: str, day: date) -> date:
    """When a document is due by its payment terms, such as `30D`, `1M` or `1M+CM`."""
    row = company.tables["paymentTerms"].get(terms)
    try:
        for step in (row["dueDateCalculation"] if row else "").upper().split("+"):
            day = _step(day, step)
    except (OverflowError, ValueError):
        return date.max
    return day


def _step(day: date, step: str) -> date:
    if step == "CM":
        return day.replace(day=monthrange(day.year, day.month)[1])
    if step.endswith("D") and step[:-1].isdigit():
        return day + timedelta(days=int(step[:-1]))
    if step.endswith("M") and step[:-1].isdigit():
        year, number = divmod(day.year * 12 + day.month - 1 + int(step[:-1]), 12)
        return date(year, number + 1, min(day.day, monthrange(year, number + 1)[1]))
    return day


def find_currency(company: Company, values: Mapping[str, Any]) -> str | None:
    """The id of the currency a request names; the blank id is the company's own, None where it names none."""
    if "currencyId" not in values and "currencyCode" not in values:
        return None
    key, code = values.get("currencyId"), values.get("currencyCode", "").upper()
    named = NO_ID
    if code not in ("", company.currency):
        row = company.one("currencies", code=code)
        if row is None:
            raise stopped("The currency cannot be found.")
        named = row["id"]
    if key is None or key == NO_ID:
        return named
    if key not in company.tables["currencies"]:
        raise stopped("The currency cannot be found.")
    if "currencyCode" in values and code and named != key:
        raise stopped("The currency values do not match to a specific Currency.")
    own = company.tables["currencies"][key]["code"] == company.currency
    return NO_ID if own else key


def _write(company: Company, kind: Kind, row: Thing, values: Mapping[str, Any]) -> Thing:
    written = dict(row)
    for name, value in values.items():
        if name in ("currencyId", "currencyCode", f"{kind.party}Id", f"{kind.party}Number", "invoiceId"):
            continue
        if name in (f"{kind.payer}Id", f"{kind.payer}Number"):
            _pay_by(company, kind, written, name, value)
        elif name == "paymentTermsId":
            if value != NO_ID and value not in company.tables["paymentTerms"]:
                raise stopped('The "paymentTermsId" does not match to a Payment Terms.')
            written |= {name: value, "_terms": value}
        elif not name.startswith("shortcutDimension"):
            written[name] = value
    currency = find_currency(company, values)
    if currency is not None:
        written["currencyId"] = currency
    if kind.is_credit and "invoiceId" in values and values["invoiceId"] != NO_ID:
        invoices = kind.page.replace("CreditMemos", "Invoices")
        applied = company.tables[invoices].get(values["invoiceId"])
        if applied is None or not applied["_posted"]:
            raise stopped("The invoice cannot be found.")
        written["invoiceNumber"] = applied["number"]
    return written


def _pay_by(company: Company, kind: Kind, row: Thing, name: str, value: Any) -> None:
    if not value or value == NO_ID:
        return
    card = company.tables[kind.parties].get(value) if name.endswith("Id") else company.one(kind.parties, number=value)
    if card is None:
        raise stopped(f"The bill-to {kind.party} cannot be found.")
    row |= {f"{kind.payer}Id": card["id"], f"{kind.payer}Number": card["number"], kind.payer_name: card["displayName"]}
    row |= {kind.addresses[1] + part: card[of] for part, of in zip(_ADDRESS, _OF_CARD, strict=True)}


def _from_card(kind: Kind, card: Thing) -> Thing:
    """What a document takes over from the customer or vendor it is written for."""
    row: Thing = {
        f"{kind.party}Id": card["id"],
        f"{kind.party}Number": card["number"],
        f"{kind.party}Name": card["displayName"],
        f"{kind.payer}Id": card["id"],
        f"{kind.payer}Number": card["number"],
        kind.payer_name: card["displayName"],
        "currencyId": card["currencyId"],
        "pricesIncludeTax": False,
        "_terms": card["paymentTermsId"],
        "_tax_area": card["_tax_area"],
        "_tax_liable": card["taxLiable"],
    }
    fields = PAGES[kind.page].fields
    for own in kind.addresses:
        row |= {own + part: card[of] for part, of in zip(_ADDRESS, _OF_CARD, strict=True)}
    if "paymentTermsId" in fields:
        row["paymentTermsId"] = card["paymentTermsId"]
    if kind.is_sale:
        row |= {"salesperson": card["salespersonCode"], "email": card["email"], "phoneNumber": card["phoneNumber"]}
    if "shipToName" in fields and kind.is_sale:
        row["shipToName"] = card["displayName"]
        row |= {"shipTo" + part: card[of] for part, of in zip(_ADDRESS, _OF_CARD, strict=True)}
    return row
