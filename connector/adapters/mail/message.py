"""Makes of a mail what goes over the wire: plain text, HTML and attachments, under the same Message-ID every time.

Names come from others: one address stands in each field and is read strictly, and nothing can add a line to the head.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from connector.domain.alert import Mail, MailPutOff, MailRefused

_KINDS = {
    ".xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".csv": ("text", "csv"),
    ".json": ("application", "json"),
}


@dataclass(frozen=True, slots=True)
class Sender:
    """Where mail comes from: the address, and the company's name beside it."""

    address: str
    name: str = ""


def message_of(mail: Mail, sender: Sender, to: Iterable[str] | None = None) -> EmailMessage:
    """Make the message for its recipients, or those of them that are given.

    Raises MailRefused for an address or a head that no mail can have, MailPutOff for an attachment that is not there.
    """
    draft = mail.draft
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = Address(sender.name, addr_spec=bare(sender.address))
        message["To"] = [Address(addr_spec=bare(one)) for one in (draft.recipients if to is None else to)]
        message["Subject"] = draft.subject
        message["Date"] = format_datetime(mail.created_at)
        message["Message-ID"] = draft.message_id
        # So that no absence notice answers.
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message.set_content(draft.plain, cte="quoted-printable")
        message.add_alternative(draft.html, subtype="html", cte="quoted-printable")
    except (MessageError, ValueError, IndexError) as wrong:
        raise MailRefused(f"the mail cannot be written: {wrong}") from None
    for path in draft.attachments:
        _attach(message, Path(path))
    return message


def bare(address: str) -> str:
    """The one address that a text is. Raises ValueError where it is none, or more than that."""
    read = Address(addr_spec=address)
    if read.addr_spec != address or not address.isascii() or not read.domain:
        raise ValueError(f"{address[:80]!r} is no address of plain letters; write it like jane@example.com")
    return address


def _attach(message: EmailMessage, path: Path) -> None:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MailPutOff(f"its attachment {path} cannot be read: {error.strerror}") from None
    main, sub = _KINDS.get(path.suffix.lower(), ("application", "octet-stream"))
    message.add_attachment(content, maintype=main, subtype=sub, filename=path.name)
