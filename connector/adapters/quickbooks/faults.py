"""Reads what QuickBooks says when it refuses: which fault it is, in its own words, whatever shape they come in.

The accounting service writes `Fault`, the gateway before it `fault` in lower case, and both may answer with XML or
with a web page; an upload's fault sits inside an answer with status 200.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.adapters.quickbooks.values import text

THROTTLED = frozenset({"3001", "003001"})
DUPLICATE_NUMBER = "6140"
DUPLICATE_REQUEST = "600"
NOT_FOUND = frozenset({"610"})
COMPANY_ENDED = "6190"
STALE = "5010"
_XML_ERROR = re.compile(r"<Error\b(?P<attributes>[^>]*)>(?P<inside>.*?)</Error>", re.DOTALL)
_XML_CODE = re.compile(r'\bcode="(\d+)"')
_XML_ELEMENT = re.compile(r'\belement="([^"]*)"')
_XML_PART = {name: re.compile(rf"<{name}>(.*?)</{name}>", re.DOTALL) for name in ("Message", "Detail")}
_XML_TYPE = re.compile(r'<Fault\b[^>]*\btype="([^"]*)"')
_IN_MESSAGE = re.compile(r"errorCode=0*(\d+)")
_TAKEN_BY = re.compile(r"TxnType=(?P<kind>[A-Za-z ]+?) with TxnId=(?P<id>\d+)")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that QuickBooks objects to: its code (digits without leading zeros), its words, and the field."""

    code: str
    message: str
    detail: str = ""
    element: str = ""
    type: str = ""

    @property
    def words(self) -> str:
        """QuickBooks' own words in one line, the detail where there is one."""
        said = " ".join((self.detail or self.message).split())
        # Details repeat the message before a colon, and end with lists of all fields there are.
        head = f"{self.message} : "
        said = said.removeprefix(head) if self.message else said
        return re.sub(r" \(\d+ known properties:.*", "", said) or "no reason given"

    @property
    def taken_by(self) -> tuple[str, str] | None:
        """For a duplicate number: the kind (Invoice, say) and id of the document that bears it."""
        found = _TAKEN_BY.search(self.detail)
        return (found["kind"].strip(), found["id"]) if found else None


def read_faults(answer: object) -> tuple[Fault, ...]:
    """All faults in an answer that was read as JSON, in order; none where there is no fault."""
    if not isinstance(answer, Mapping):
        return ()
    found = answer.get("Fault", answer.get("fault"))
    if isinstance(found, Mapping):
        return tuple(_fault(one, found) for one in _errors(found)) or (Fault("", "a fault without a reason"),)
    uploads = answer.get("AttachableResponse")
    if isinstance(uploads, list):
        return tuple(fault for upload in uploads for fault in read_faults(upload))
    return ()


def read_xml_faults(body: str) -> tuple[Fault, ...]:
    """All faults in an answer in XML; none where it is something else."""
    kind = _XML_TYPE.search(body)
    if kind is None:
        return ()
    return tuple(_xml_fault(one["attributes"], one["inside"], kind[1]) for one in _XML_ERROR.finditer(body))


def _errors(fault: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = fault.get("Error", fault.get("error"))
    if isinstance(found, Mapping):
        return [found]
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _fault(error: Mapping[str, Any], around: Mapping[str, Any]) -> Fault:
    small = {key.lower(): value for key, value in error.items()}
    message = text(small.get("message"))
    return Fault(
        code=_code(text(small.get("code")), message),
        message=message,
        detail=text(small.get("detail")),
        element=text(small.get("element")),
        type=text(around.get("type")),
    )


def _xml_fault(attributes: str, inside: str, kind: str) -> Fault:
    code, element = _XML_CODE.search(attributes), _XML_ELEMENT.search(attributes)
    said = {name: found[1].strip() if (found := part.search(inside)) else "" for name, part in _XML_PART.items()}
    return Fault(
        code=_code(code[1] if code else "", said["Message"]),
        message=said["Message"],
        detail=said["Detail"],
        element=element[1] if element else "",
        type=kind,
    )


def _code(written: str, message: str) -> str:
    """The code as a number without leading zeros; the gateway has it in its message as well."""
    if not written.isdigit():
        inside = _IN_MESSAGE.search(message)
        written = inside[1] if inside else ""
    return written.lstrip("0")
