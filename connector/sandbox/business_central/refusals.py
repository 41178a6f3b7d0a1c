"""Everything Business Central refuses, in its own words and with its own codes.

Source: Microsoft, "Troubleshooting REST API/OData calls" (codes), and recorded refusals of real environments.
"""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from connector.sandbox.business_central.languages import in_language


class Refused(Exception):
    """A request is refused: HTTP status, Business Central's code, and its message."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, dict(headers or {})

    def body(self, language: str = "") -> dict[str, Any]:
        """The body, in a language; most messages end with the id one tells Microsoft's support."""
        message = in_language(self.message, language)
        if self.code not in _WITHOUT_ID:
            message = f"{message}  CorrelationId:  {uuid4()}."
        return {"error": {"code": self.code, "message": message}}


_WITHOUT_ID = ("Unauthorized", "NoEnvironment", "Application_TooManyRequests", "ServiceUnavailable", "GatewayTimeout")


def bad_request(message: str) -> Refused:
    """The request itself makes no sense."""
    return Refused(400, "BadRequest", message)


def bad_query(message: str) -> Refused:
    """A query option cannot be read."""
    return Refused(400, "BadRequest", message)


def no_property(name: str, kind: str) -> Refused:
    """A property that the page does not have."""
    return bad_request(
        f"The property '{name}' does not exist on type 'Microsoft.NAV.{kind}'. Make sure to only use property names "
        "that are defined by the type."
    )


def read_only(name: str) -> Refused:
    """Somebody writes what only the server writes."""
    return Refused(400, "BadRequest_InvalidOperation", f"Control '{name}' is read-only.")


def no_segment(name: str) -> Refused:
    """An address that leads nowhere."""
    return Refused(404, "BadRequest_ResourceNotFound", f"Resource not found for the segment '{name}'.")


def no_record(table: str, key: str) -> Refused:
    """The address is right, but nothing has this id."""
    no = f"The {table} does not exist. Identification fields and values: SystemId='{{{key.upper()}}}'"
    return Refused(404, "Internal_RecordNotFound", no)


def not_allowed(method: str, name: str, kind: str) -> Refused:
    """A verb that this address does not take."""
    what = f"'{method}' requests for '{name}' of EdmType '{kind}' are not allowed"
    return Refused(
        405, "BadRequest_MethodNotAllowed", f"{what} within Dynamics 365 Business Central OData web services."
    )


def no_token() -> Refused:
    """A change without If-Match."""
    no = "Could not validate the client concurrency token required by the service."
    return Refused(400, "BadRequest_InvalidToken", f"{no} Please provide a valid token in the client request.")


def changed() -> Refused:
    """Somebody else changed the record since it was read."""
    return Refused(409, "Request_EntityChanged", "Another user has already changed the record.")


def same_key(table: str, name: str, value: str) -> Refused:
    """A record with this key is there already."""
    no = f"The {table} already exists. Identification fields and values: {name}='{value}'"
    return Refused(400, "Internal_EntityWithSameKeyExists", no)


def no_relation(field: str, table: str, value: str, related: str) -> Refused:
    """A code that names nothing."""
    no = f"The field {field} of table {table} contains a value ({value}) that cannot be found in the related table"
    return Refused(400, "Internal_InvalidTableRelation", f"{no} ({related}).")


def stopped(message: str) -> Refused:
    """A rule of bookkeeping or of the set-up says no."""
    return Refused(400, "Application_DialogException", message)


def must_be(message: str) -> Refused:
    """A field has not the value it must have."""
    return Refused(400, "Application_FieldValidationException", message)


def needs_value(field: str, table: str, key: str) -> Refused:
    """A field that posting needs is empty."""
    return stopped(f"{field} must have a value in {table}: {key}. It cannot be zero or empty.")


def would_ask(message: str) -> Refused:
    """Business Central would ask a person first, and there is none."""
    no = "Microsoft Dynamics 365 Business Central attempted to issue a client callback to show a confirmation"
    return Refused(400, "Application_CallbackNotAllowed", f"{no}: {message}")
