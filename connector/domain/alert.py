"""Alerts: what somebody must be told, and the mails that tell it; two things, so that neither is lost or doubled."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connector.domain.errors import ConnectorError, Unavailable

NOTICES = (
    "job_failed", "sign_in_needed", "not_audited", "plan_held", "posting_needs_person", "month_end", "baseline",
    "all_quiet", "mail_not_delivered", "month_closed",
)  # fmt: skip
"""What is told besides findings, by one word each."""


class MailState(StrEnum):
    """Where a mail is. Who finds one `sending` and nobody at it cannot know whether it left."""

    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Alert:
    """Something to be told once. `key` names the occasion (an event of a finding, a failed run), so none counts twice.

    `urgent` ones do not wait for the digest; `text` is JSON. `mail_id` is the mail that tells it.
    """

    number: int
    key: str
    kind: str
    severity: str
    urgent: bool
    text: str
    created_at: datetime
    mail_id: int | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """Something that must be told, before it is written down: see Alert."""

    key: str
    kind: str
    severity: str
    text: str
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail as it will be sent, every time with the same Message-ID; `attachments` are paths of files."""

    message_id: str
    recipients: tuple[str, ...]
    subject: str
    plain: str
    html: str
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail on its way. `repeats` counts the times it was sent again because nobody knew whether it had left."""

    mail_id: int
    draft: Draft
    state: MailState
    created_at: datetime
    attempts: int = 0
    repeats: int = 0
    next_at: datetime | None = None
    sent_at: datetime | None = None
    last_error: str = ""


class MailServerAway(Unavailable):
    """Mail cannot leave at all now (not reached, not signed in, sender refused); nothing of this mail has left."""


class MailPutOff(ConnectorError):
    """This mail, or this recipient, is not taken now, and may be taken later; nothing of it was delivered."""


class MailRefused(ConnectorError):
    """This mail, or this recipient, is refused for good."""


class MailUnsure(ConnectorError):
    """The mail left, and nobody said whether it was taken."""
