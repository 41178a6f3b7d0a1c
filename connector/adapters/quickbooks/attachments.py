"""Files attached to QuickBooks' documents: asks which there are, and writes an upload the way the service reads it."""

import hashlib
import mimetypes

from connector.adapters.http import written
from connector.adapters.quickbooks.language import equals, select
from connector.domain.errors import ConnectorError

_TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv",
    ".pdf": "application/pdf",
}
TAKEN = frozenset(
    "ai csv doc docx eps gif jpeg jpg ods pdf png rtf tif txt xls xlsx xml".split()  # noqa: SIM905 - as Intuit lists them
)


def attached_query(entity: str, remote_id: str) -> str:
    """Ask for the files attached to a document."""
    kind = equals("AttachableRef.EntityRef.Type", entity.lower())
    return select("Attachable", kind, equals("AttachableRef.EntityRef.value", remote_id))


def upload(entity: str, remote_id: str, name: str, content: bytes) -> tuple[bytes, str]:
    """A body with one file for one document, and the type it is sent as; the same input gives the same bytes.

    Raises ConnectorError for a kind of file that QuickBooks does not take.
    """
    ending = name.rpartition(".")[2].lower()
    if ending not in TAKEN:
        raise ConnectorError(f"QuickBooks takes no .{ending} files; attach {name} as XLSX, CSV or PDF.")
    kind = _TYPES.get(f".{ending}") or mimetypes.guess_type(name)[0] or "application/octet-stream"
    about = {
        "AttachableRef": [{"EntityRef": {"type": entity, "value": remote_id}, "IncludeOnSend": True}],
        "FileName": name,
        "ContentType": kind,
    }
    boundary = f"connector-{hashlib.sha256(content).hexdigest()[:32]}"
    ascii_name = "".join(char if char.isascii() and char.isprintable() and char not in '"\\' else "_" for char in name)
    parts = (
        ("file_metadata_01", "attachment.json", "application/json; charset=UTF-8", written(about).encode()),
        ("file_content_01", ascii_name, kind, content),
    )
    pieces = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{file}"\r\n'
        f"Content-Type: {its_kind}\r\n\r\n".encode()
        + body
        + b"\r\n"
        for field, file, its_kind, body in parts
    ]
    return b"".join(pieces) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
