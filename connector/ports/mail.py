"""Who sends a mail."""

from collections.abc import Mapping
from typing import Protocol

from connector.domain.alert import Mail


class Mailer(Protocol):
    """Hands mails over, to whoever carries them on."""

    def send(self, mail: Mail) -> Mapping[str, str]:
        """Hand a mail over; the recipients that were refused with the reason, while the others have it.

        Raises MailServerAway, MailPutOff, MailRefused (nobody has it) or MailUnsure (somebody may have it).
        """
        ...
