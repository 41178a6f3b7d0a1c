"""What QuickBooks says when it refuses something: its code, its words, and the element they are about.

Sources: Intuit's table of error codes, and recorded answers of its sandbox.
"""

from dataclasses import dataclass, field
from typing import Any

VALIDATION = "ValidationFault"
_INACTIVE = (
    "Object Not Found : Something you're trying to use has been made inactive. "
    "Check the fields with accounts, customers, items, vendors or employees."
)
_CLOSED = (
    "The account period has closed and the account books cannot be updated through through the QBO Services API. "
    "Please use the QBO website to make these changes."
)


@dataclass(frozen=True, slots=True)
class Said:
    """One error as it stands in a fault; `element` None leaves the key out, as some recorded faults do."""

    code: str
    message: str
    detail: str
    element: str | None = ""

    def wire(self) -> dict[str, str]:
        """The error in JSON's terms."""
        error = {"Message": self.message, "Detail": self.detail, "code": self.code}
        if self.element is not None:
            error["element"] = self.element
        return error


@dataclass(slots=True)
class Refused(Exception):
    """QuickBooks refuses a request, for one reason or for several at once."""

    errors: list[Said]
    kind: str = VALIDATION
    status: int = 400
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The code of the first reason."""
        return self.errors[0].code

    def fault(self) -> dict[str, Any]:
        """The fault as bodies and batches carry it."""
        return {"Error": [error.wire() for error in self.errors], "type": self.kind}


def refused(code: str, message: str, detail: str, element: str | None = "") -> Refused:
    """A refusal for one reason."""
    return Refused([Said(code, message, detail, element)])


def unsupported(what: str) -> Refused:
    """500: no such operation or address."""
    return refused("500", "Unsupported Operation", f"Operation {what} is not supported.", None)


def not_found() -> Refused:
    """610: there is no such object, or something referred to is inactive."""
    return refused("610", "Object Not Found", _INACTIVE)


def unknown_property(name: str, owner: str, known: list[str]) -> Refused:
    """2010: a property the class does not have."""
    listed = ", ".join(f'"{one}"' for one in known[:60]) + (" [truncated]" if len(known) > 60 else "")
    return invalid_property(
        f'Unrecognized field "{name}" (class com.intuit.schema.finance.v3.{owner}), not marked as ignorable '
        f"({len(known)} known properties: {listed}])\n"
    )


def invalid_property(what: str) -> Refused:
    """2010: a property with a value that its type cannot have."""
    detail = f"Property Name:{what} specified is unsupported or invalid"
    return refused("2010", "Request has invalid or unsupported property", detail, None)


def missing(name: str) -> Said:
    """2020: something required is not there."""
    text = "Required param missing, need to supply the required value for the API"
    return Said("2020", text, f"Required parameter {name} is missing in the request", name)


def invalid_id(value: object) -> Refused:
    """2030: an id that cannot be one."""
    return refused("2030", "Invalid ID", f"Id should be a valid number. Supplied value:{value}", "Id")


def invalid_string(value: str, element: str) -> Said:
    """2040: characters that this company or this field cannot hold."""
    return Said("2040", "Invalid String", f"Element contains invalid characters. Supplied value:{value}", element)


def too_long(limit: int, length: int, element: str) -> Said:
    """2050: a text beyond the field's length."""
    detail = (
        "String length specified does not match the supported length. "
        f"Min:0 Max:{limit:,} supported. Supplied length:{length:,}"
    )
    return Said("2050", "String length is either shorter or longer than supported by specification", detail, element)


def invalid_reference(what: str) -> Refused:
    """2500: a reference to something that does not exist or cannot be used there."""
    return refused("2500", "Invalid Reference Id", f"Invalid Reference Id : {what}", "Reference Id")


def query_unreadable(detail: str) -> Refused:
    """4000: the query is not in the language."""
    return refused("4000", "Error parsing query", f"QueryParserError: {detail}", None)


def query_invalid(detail: str) -> Refused:
    """4001: the query asks for what cannot be asked."""
    return refused("4001", "Invalid query", f"QueryValidationError: {detail}", None)


def stale(who: str) -> Refused:
    """5010: somebody else changed the object since it was read."""
    detail = (
        f"Stale Object Error : You and {who} were working on this at the same time. "
        f"{who} finished before you did, so your work was not saved."
    )
    return refused("5010", "Stale Object Error", detail)


def feature(what: str) -> Refused:
    """5030: the company's edition or preferences do not have this."""
    return refused("5030", "Feature Not Supported Error", f"Feature Not Supported Error : {what}")


def business(what: str) -> Refused:
    """6000: a rule of bookkeeping is broken."""
    return refused("6000", "A business validation error has occurred while processing your request", what)


def amount_differs(supplied: str) -> Said:
    """6070: the amount is not the quantity times the unit price."""
    detail = f"Amount is not equal to UnitPrice * Qty. Supplied value:{supplied}"
    return Said("6070", "Amount calculation incorrect in the request", detail)


def duplicate_number(number: str, kind: str, key: str) -> Refused:
    """6140: the document number is taken."""
    detail = (
        "Duplicate Document Number Error : You must specify a different number. This number has already been used. "
        f"DocNumber={number} is assigned to TxnType={kind} with TxnId={key}"
    )
    return refused("6140", "Duplicate Document Number Error", detail)


def duplicate_name(detail: str = "null") -> Refused:
    """6240: the name is taken, within the same list or by another one that shares its names."""
    return refused("6240", "Duplicate Name Exists Error", f"The name supplied already exists. : {detail}", None)


def company_ended() -> Refused:
    """6190: nobody pays for this company any more."""
    detail = (
        "Subscription period has ended or canceled or there was a billing problem : You can't add data to QuickBooks "
        "Online because your trial or subscription period ended, you canceled your subscription, or there was a "
        "billing problem."
    )
    return refused("6190", "Invalid Company Status", detail)


def books_closed() -> Refused:
    """6210: the date lies in a period that has been closed."""
    return refused("6210", "Account Period Closed, Cannot Update Through Services API", _CLOSED)


def gateway(status: int, message: str, code: str, detail: str, kind: str) -> dict[str, Any]:
    """The lower-case fault of the gate in front of the service."""
    error = {
        "message": f"message={message}; errorCode={code.zfill(6)}; statusCode={status}",
        "detail": detail,
        "code": code,
        "element": None,
    }
    return {
        "warnings": None,
        "intuitObject": None,
        "fault": {"error": [error], "type": kind},
        "report": None,
        "queryResponse": None,
        "batchItemResponse": [],
        "attachableResponse": [],
        "syncErrorResponse": None,
        "requestId": None,
        "status": None,
        "cdcresponse": [],
    }
