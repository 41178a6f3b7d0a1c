"""Reads what Business Central says when it refuses: which refusal it is, what it means, and what a person can do.

The code names a family only; most refusals of bookkeeping are `Application_DialogException`, and only their text tells
which one it is (facts: Business Central §2). Texts come in English, because we ask in English.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from connector.adapters.http.bodies import quoted

_CORRELATION = re.compile(r"\s*CorrelationId:\s*([0-9a-zA-Z-]*)\.?\s*$")


class Meaning(Enum):
    """What a refusal means for whoever asked."""

    REFUSED = "refused"
    MISSING = "missing"
    TAKEN = "taken"
    CHANGED = "changed"
    BUSY = "busy"
    NO_ACCESS = "no_access"


@dataclass(frozen=True, slots=True)
class Fault:
    """A refusal: the HTTP status, Business Central's code, its words without the id, and that id."""

    status: int
    code: str
    words: str
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class _Rule:
    """Which refusals are meant (code and words, both as patterns), what they mean and what to do."""

    code: str
    words: str
    advice: str
    meaning: Meaning = Meaning.REFUSED


def fault(status: int, code: str, message: str) -> Fault:
    """Read a refusal; the id at the end of its words is told apart."""
    found = _CORRELATION.search(message)
    words = _CORRELATION.sub("", message)
    return Fault(status, code, " ".join(words.split()), found[1] if found else "")


def meaning(of: Fault) -> Meaning:
    """What a refusal means."""
    if of.status in (401, 403):
        return Meaning.NO_ACCESS
    if of.status == 412:
        return Meaning.CHANGED
    return _rule(of).meaning


def sentence(of: Fault, ledger: str, call: str) -> str:
    """What happened and what to do, in one sentence."""
    code = f" {of.code}" if of.code else ""
    words = quoted(of.words).rstrip(" .:;") or "no reason given"
    told = f"Business Central ({ledger}) refused {call} with {of.status}{code}: {words}; {advice(of)}."
    return f"{told} (correlation id {of.correlation_id})" if of.correlation_id else told


def advice(of: Fault) -> str:
    """What a person can do about a refusal."""
    return _BY_STATUS.get(of.status) or _rule(of).advice


def _rule(of: Fault) -> _Rule:
    for rule in _RULES:
        if re.fullmatch(rule.code, of.code) and re.search(rule.words, of.words, re.IGNORECASE):
            return rule
    return _OTHER


_SETUP = "docs/business-central.md says which pages to look at"
_BY_STATUS: Mapping[int, str] = {
    401: "check client_id, the secret or certificate and tenant_id of the ledger, and that the page Microsoft Entra "
    "applications in Business Central lists the app with State Enabled",
    403: "give the app the permission sets that docs/business-central.md lists, on the page Microsoft Entra "
    "applications in Business Central",
}
_BUG = "report it to the project with this message"
_RULES = (
    _Rule("Request_EntityChanged", "", "run it again, since somebody changed the record meanwhile", Meaning.CHANGED),
    _Rule(
        "Internal_EntityWithSameKeyExists", "",
        "nothing need be done if it is the connector's own, which it looks up; else correct the number series or the "
        "record that has this key", Meaning.TAKEN,
    ),
    _Rule(
        ".*", "already exists for this vendor",
        "compare the vendor's posted invoice of that number with this one; it is entered once only", Meaning.TAKEN,
    ),
    _Rule(
        "BadRequest_InvalidToken", "", f"{_BUG}, since a change was sent without the version it was made from"
    ),
    _Rule(
        "BadRequest_InvalidOperation", "",
        f"{_BUG}, since a field was sent that Business Central fills itself",
    ),
    _Rule("BadRequest_MethodNotAllowed", "", f"{_BUG}, since the interface does not take this kind of request"),
    _Rule(
        "BadRequest_ResourceNotFound", "",
        "check environment, company and endpoints.api of the ledger, and the version of Business Central",
    ),
    _Rule(
        "BadRequest_NotFound|Internal_RecordNotFound|Internal_DataNotFoundFilter", "",
        "look whether the record was deleted, or whether an approval holds the document back", Meaning.MISSING,
    ),
    _Rule(
        ".*", "locked by another user|deadlock|lock(ed)? (the )?(table|record)|another user has modified",
        "try again later, since others are working on the same records", Meaning.BUSY,
    ),
    _Rule(
        "Authorization_.*|Authentication_.*|Unauthorized|NoEnvironment", "",
        "check tenant_id and environment of the ledger, and the app on the page Microsoft Entra applications",
        Meaning.NO_ACCESS,
    ),
    _Rule(
        ".*", "do(es)? not have (the following )?permission|not licensed|permissions on TableData",
        _BY_STATUS[403], Meaning.NO_ACCESS,
    ),
    _Rule(
        ".*", "range of allowed posting dates|allowed posting (from|to)|posting date is not within",
        "widen Allow Posting From and To on the page General Ledger Setup (or User Setup), or post with a date within",
    ),
    _Rule(
        ".*", "posting (group|setup)",
        "fill the posting group it names on the card of the customer, item or vendor, and the row on the page General "
        "or VAT Posting Setup; records made through the interface get them from a configuration template",
    ),
    _Rule(
        ".*", "dimension",
        "give the customer the dimension it names in the mapping (`dimensions`), or a default dimension on its card",
    ),
    _Rule(
        ".*", r"number series|no\. series|cannot assign new numbers|automatically assigned",
        "add a line for the year to the series of sales invoices, credit memos or purchase invoices, draft and posted, "
        "on the page No. Series",
    ),
    _Rule(".*", "approv", "have the document approved in Business Central, or let the app post without approval"),
    _Rule(
        ".*", "has been posted and can no longer be modified", "correct a posted document by a credit memo, not by hand"
    ),
    _Rule(
        ".*", "external document|vendor invoice no",
        "look at Ext. Doc. No. Mandatory on the set-up page of sales or purchases; the connector fills that field",
    ),
    _Rule(
        ".*", "exchange rate",
        "enter an exchange rate of the currency for the date on the page Currencies, or bill in another currency",
    ),
    _Rule(
        ".*", "e-?mail|document sending profile",
        "set up an e-mail account in Business Central (page Email Accounts) and an address on the customer's card",
    ),
    _Rule(
        ".*", "blocked|privacy",
        "take the block off the customer, item, account or vendor in Business Central, or change the mapping",
    ),
    _Rule(
        ".*", "total amount.*(0 or greater|positive|negative)|must be (positive|0 or greater)",
        "plan the document again, as a credit memo where it is below zero",
    ),
    _Rule(
        "Internal_InvalidTableRelation", "",
        "write into the mapping a code that Business Central has, in the field it names",
    ),
    _Rule(".*", "is not an option", "write into the mapping one of the options it lists"),
    _Rule("Application_StringExceededLength", "", "shorten the text it names in the mapping"),
    _Rule(
        "Application_CallbackNotAllowed", "",
        "do what it asks for in Business Central itself, since it wants a person's answer",
    ),
    _Rule(
        "Application_FieldValidationException", "",
        "bring the record into the state it names in Business Central, then run it again",
    ),
    _Rule("Application_DialogException", "", f"correct in Business Central what it names; {_SETUP}"),
    _Rule("Internal_.*", "", "try again later; if it stays, give the correlation id to Microsoft's support"),
    _Rule("BadRequest.*", "", f"{_BUG}, since Business Central does not understand the request"),
)  # fmt: skip
_OTHER = _Rule(".*", "", f"correct in Business Central or in the mapping what it names; {_SETUP}")
