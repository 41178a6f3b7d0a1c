"""Creates, changes, voids and deletes objects: sync tokens, sparse and full updates, and what follows from each."""

from typing import Any

from connector.sandbox.quickbooks import settling
from connector.sandbox.quickbooks.attachments import compose_attachable
from connector.sandbox.quickbooks.company import Company, Thing
from connector.sandbox.quickbooks.documents import PURCHASES, compose_purchase, compose_sale, voided
from connector.sandbox.quickbooks.entities import Entity, writable
from connector.sandbox.quickbooks.lists import COMPOSE, Compose
from connector.sandbox.quickbooks.numbering import SALES
from connector.sandbox.quickbooks.refusals import Refused, business, missing, not_found, stale, unsupported
from connector.sandbox.quickbooks.showing import shown
from connector.sandbox.quickbooks.templates import change_template, create_template

_PAYMENTS = ("Payment", "BillPayment")
_RULES: dict[str, Compose] = {
    **COMPOSE,
    **dict.fromkeys(SALES, compose_sale),
    **dict.fromkeys(PURCHASES, compose_purchase),
    "Payment": settling.compose_payment,
    "BillPayment": settling.compose_bill_payment,
    "Attachable": compose_attachable,
}
_DELETABLE = (*SALES, *PURCHASES, *_PAYMENTS, "Attachable", "RecurringTransaction")
_VOIDABLE = (*SALES, *_PAYMENTS)


def save(company: Company, entity: Entity, body: dict[str, Any], operation: str, options: frozenset[str]) -> Thing:
    """Do what a POST asks for and return the object as it is answered.

    `operation` is create, update, delete or void; `options` are the words of `include=`. Raises Refused.
    """
    if operation == "update" and "void" in options:
        operation = "void"
    if entity.name == "RecurringTransaction":
        return _template(company, body, operation)
    if entity.name not in _RULES:
        raise unsupported(f"{operation} {entity.name}")
    if operation in ("delete", "void"):
        return _end(company, entity, body, operation)
    given = entity.read(body, company.latin)
    if "allowduplicatedocnum" in options:
        given["_allow_duplicate"] = True
    if "Id" not in given and operation == "update":
        raise Refused([missing("Id")])
    if "Id" not in given:
        return shown(company, entity.name, create(company, entity.name, given))
    return shown(company, entity.name, change(company, entity.name, given))


def create(company: Company, name: str, given: Thing) -> Thing:
    """Keep something new."""
    wanted = {key: value for key, value in given.items() if key not in ("SyncToken", "sparse") and value != ""}
    thing = company.put(name, _bare(_RULES[name](company, name, wanted, None)))
    if name in _PAYMENTS:
        settling.link(company, name, thing, 1)
    return settling.apply_credits(company, thing) if name == "Invoice" else thing


def change(company: Company, name: str, given: Thing) -> Thing:
    """Change something; sparse keeps what is not mentioned, a full update empties it."""
    old = _current(company, name, given)
    wanted = {**_kept(name, old), **given} if given.get("sparse") else given
    wanted = {key: value for key, value in wanted.items() if key not in ("sparse", "SyncToken", "Id") and value != ""}
    wanted["_sent"] = frozenset(given)
    thing = _bare(_RULES[name](company, name, wanted, old))
    for fixed in ("RecurDataRef", "DeliveryInfo"):
        if fixed in old:
            thing.setdefault(fixed, old[fixed])
    if name in _PAYMENTS:
        settling.link(company, name, old, -1)
    made = company.put(name, thing, old)
    if name in _PAYMENTS:
        settling.link(company, name, made, 1)
    if name == "Customer":
        _rename_below(company, made)
    return made


def void(company: Company, name: str, old: Thing) -> Thing:
    """Make a transaction void: it stays, with nothing in it."""
    company.check_open(old["TxnDate"])
    if name in _PAYMENTS:
        settling.link(company, name, old, -1)
        return company.put(name, settling.voided_payment(old), old)
    settling.unlink_document(company, name, old)
    current = company.get(name, old["Id"])
    return company.put(name, voided(current), current)


def delete(company: Company, name: str, old: Thing) -> None:
    """Delete a transaction or attachment for good."""
    company.check_open(old.get("TxnDate"))
    if name in _PAYMENTS:
        settling.link(company, name, old, -1)
    elif name in (*SALES, *PURCHASES):
        settling.unlink_document(company, name, old)
    current = company.get(name, old["Id"])
    company.files.pop(old["Id"], None)
    company.remove(name, current)


def _end(company: Company, entity: Entity, body: dict[str, Any], operation: str) -> Thing:
    name = entity.name
    if name not in (_DELETABLE if operation == "delete" else _VOIDABLE):
        raise unsupported(f"{operation} {name}")
    old = _current(company, name, entity.read(body, company.latin))
    if operation == "void":
        return shown(company, name, void(company, name, old))
    delete(company, name, old)
    return {"domain": "QBO", "status": "Deleted", "Id": old["Id"]}


def _current(company: Company, name: str, given: Thing) -> Thing:
    """What is changed, if the caller has seen its latest state."""
    if not given.get("Id"):
        raise Refused([missing("Id")])
    old = company.tables[name].get(given["Id"])
    if old is None:
        raise not_found()
    if given.get("SyncToken") in (None, ""):
        raise Refused([missing("SyncToken")])
    if given["SyncToken"] != old["SyncToken"]:
        raise stale(company.actor)
    void_already = name in SALES and str(old.get("PrivateNote", "")).startswith("Voided") and not old["TotalAmt"]
    if void_already and given.get("Line"):
        raise business("Business Validation Error: A void transaction can't be changed.")
    return old


def _kept(name: str, old: Thing) -> Thing:
    """What a sparse update leaves as it is; taxes are worked out anew, by the code they had."""
    kept = writable(name, old)
    if "TxnTaxDetail" in kept:
        detail = kept["TxnTaxDetail"]
        kept["TxnTaxDetail"] = {key: detail[key] for key in ("TxnTaxCodeRef",) if key in detail}
    return kept


def _template(company: Company, body: dict[str, Any], operation: str) -> Thing:
    if operation == "void":
        raise unsupported("void RecurringTransaction")
    inner = next((value for value in body.values() if isinstance(value, dict)), {})
    if operation == "delete":
        gone = change_template(company, body, delete=True)
        return {gone["Type"]: {"domain": "QBO", "status": "Deleted", "Id": gone["Id"]}}
    made = change_template(company, body) if inner.get("Id") else create_template(company, body)
    return shown(company, "RecurringTransaction", made)


def _bare(thing: Thing) -> Thing:
    return {key: value for key, value in thing.items() if not key.startswith("_")}


def _rename_below(company: Company, parent: Thing) -> None:
    for key in list(company.children.get(parent["Id"], ())):
        child = company.tables["Customer"][key]
        full = f"{parent['FullyQualifiedName']}:{child['DisplayName']}"
        if child["FullyQualifiedName"] != full:
            _rename_below(company, company.put("Customer", {**child, "FullyQualifiedName": full}, child))
