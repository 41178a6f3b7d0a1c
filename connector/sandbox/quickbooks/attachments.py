"""Files attached to documents: uploads in parts, their limits, and the address to fetch a file from."""

import base64
import binascii
import hashlib
import json
import mimetypes
import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from connector.sandbox.quickbooks.company import Company, Thing
from connector.sandbox.quickbooks.entities import EVERY
from connector.sandbox.quickbooks.refusals import Refused, invalid_reference, missing, refused
from connector.sandbox.quickbooks.shapes import words

LARGEST = 100 * 1024 * 1024
ALLOWED = frozenset(words("ai csv doc docx eps gif jpeg jpg ods pdf png rtf tif tiff txt xls xlsx xml"))
OPEN_FOR = timedelta(minutes=15)
_TYPES = {
    "xml": "text/xml",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_LINKABLE = ("Invoice", "CreditMemo", "Payment", "Bill", "VendorCredit", "BillPayment", "Customer", "Vendor", "Item")


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of an upload."""

    name: str
    file_name: str
    content_type: str
    content: bytes


def compose_attachable(company: Company, entity: str, wanted: Thing, old: Thing | None) -> Thing:
    """A note, or what is said about a file."""
    if not wanted.get("Note") and not wanted.get("FileName") and not (old or {}).get("FileName"):
        raise Refused([missing("Note")])
    thing: Thing = {name: wanted[name] for name in ("FileName", "Note", "Category", "ContentType") if wanted.get(name)}
    linked = []
    for ref in wanted.get("AttachableRef", []):
        linked_to = ref.get("EntityRef")
        if linked_to is None:
            continue
        kind = next((one for one in _LINKABLE if one.lower() == linked_to.get("type", "").lower()), None)
        if kind is None:
            detail = f"The entity reference type {linked_to.get('type')} is unsupported for Attachable"
            raise refused("6050", "The entity reference type is unsupported for Attachable", detail)
        if linked_to["value"] not in company.tables[kind]:
            raise invalid_reference(f"AttachableRef.EntityRef {linked_to['value']} not found")
        linked.append(
            {
                "EntityRef": {"value": linked_to["value"], "type": kind},
                "IncludeOnSend": bool(ref.get("IncludeOnSend")),
            }
        )
    if linked:
        thing["AttachableRef"] = linked
    for kept in ("Size", "FileAccessUri", "TempDownloadUri"):
        if old is not None and kept in old:
            thing[kept] = old[kept]
    return thing


def upload(company: Company, content_type: str, body: bytes, origin: str) -> list[Thing]:
    """Keep the files of an upload; returns an Attachable or a Fault for each, as the answer carries them."""
    if len(body) > LARGEST:
        raise refused(
            "6030", "Upload request size exceeds allowed limit", f"Upload requests shouldn't exceed {LARGEST} bytes"
        )
    pieces = split(content_type, body)
    described = {piece.name.rpartition("_")[2]: piece for piece in pieces if piece.name.startswith("file_metadata")}
    contents = [piece for piece in pieces if piece.name.startswith("file_content")]
    if not contents:
        raise Refused([missing("file_content_01")])
    answers: list[Thing] = []
    for piece in contents:
        try:
            kept = _keep(company, piece, described.get(piece.name.rpartition("_")[2]), origin)
            answers.append({"Attachable": kept})
        except Refused as refusal:
            answers.append({"Fault": refusal.fault()})
    return answers


def split(content_type: str, body: bytes) -> list[Piece]:
    """The parts of a multipart body; lines may end with LF alone, and a part may be written in base64."""
    found = re.search(r'boundary="?([^";]+)"?', content_type)
    if not content_type.startswith("multipart/form-data") or found is None:
        raise refused("1050", "Invalid Content Type", f"Invalid Content Type : {content_type}")
    pieces = []
    for part in body.split(b"--" + found[1].strip().encode())[1:-1]:
        head, blank, content = _halves(part)
        if not blank:
            continue
        headers = dict(re.findall(r"(?im)^([a-z-]+):[ \t]*(.*?)\r?$", head.decode("utf-8", "replace")))
        lower = {name.lower(): value for name, value in headers.items()}
        named = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', lower.get("content-disposition", "")))
        if lower.get("content-transfer-encoding", "").lower() == "base64":
            content = _decoded(content)
        kind = lower.get("content-type", "application/octet-stream")
        pieces.append(Piece(named.get("name", ""), named.get("filename", ""), kind, content))
    return pieces


def ticket(company: Company, key: str, expires: int) -> str:
    """The signature on a file's temporary address."""
    return hashlib.sha256(f"{company.realm}/{key}/{expires}".encode()).hexdigest()[:32]


def temporary_address(company: Company, key: str, origin: str) -> str:
    """Where a file can be fetched without a token for the next 15 minutes."""
    expires = int((company.clock.now() + OPEN_FOR).timestamp())
    return f"{origin}/attachments/{company.realm}/{key}?expires={expires}&signature={ticket(company, key, expires)}"


def _halves(part: bytes) -> tuple[bytes, bytes, bytes]:
    text = part.removeprefix(b"\r\n").removeprefix(b"\n")
    windows, unix = text.find(b"\r\n\r\n"), text.find(b"\n\n")
    crlf = windows >= 0 and (unix < 0 or windows < unix)
    gap = b"\r\n\r\n" if crlf else b"\n\n"
    head, blank, content = text.partition(gap)
    return head, blank, content.removesuffix(b"\r\n") if crlf else content.rstrip(b"\n")


def _decoded(content: bytes) -> bytes:
    try:
        return base64.b64decode(content.strip(), validate=False)
    except binascii.Error:
        raise refused("6041", "Invalid Uploaded File", "The uploaded file isn't valid.") from None


def _keep(company: Company, piece: Piece, described: Piece | None, origin: str) -> Thing:
    given: dict[str, Any] = {}
    if described is not None:
        try:
            given = json.loads(described.content, parse_float=Decimal)
        except ValueError:
            raise refused(
                "6040", "The file metadata must be of Attachable type", "The file metadata could not be read"
            ) from None
    wanted = EVERY["Attachable"].read(given, company.latin)
    name = wanted.get("FileName") or piece.file_name
    if not name:
        raise Refused([missing("FileName")])
    ending = name.rpartition(".")[2].lower()
    if ending not in ALLOWED:
        raise refused("6041", "Invalid Uploaded File", f"The file type of {name} is not supported.")
    thing = compose_attachable(company, "Attachable", {**wanted, "FileName": name}, None)
    kind = wanted.get("ContentType") or _TYPES.get(ending) or mimetypes.guess_type(name)[0] or piece.content_type
    key = company.next_id("Attachable")
    company.files[key] = piece.content
    thing |= {"ContentType": kind, "Size": Decimal(len(piece.content))}
    thing |= {
        "FileAccessUri": f"/v3/company/{company.realm}/download/{key}",
        "TempDownloadUri": temporary_address(company, key, origin),
    }
    return company.put("Attachable", thing, key=key)
