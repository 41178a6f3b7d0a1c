"""Writes mails into a folder instead of sending them, for rehearsals: one file each, which mail programs open."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from connector.adapters.mail.message import Sender, message_of
from connector.domain.alert import Mail, MailServerAway


class FolderMailer:
    """Fits the Mailer port. A mail that is sent again takes the place of the first."""

    def __init__(self, folder: Path, sender: Sender) -> None:
        self._folder, self._sender = folder, sender

    def send(self, mail: Mail) -> Mapping[str, str]:
        """Write a mail down."""
        content = message_of(mail, self._sender).as_bytes()
        mark = hashlib.sha256(mail.draft.message_id.encode()).hexdigest()[:12]
        file = self._folder / f"{mail.created_at:%Y%m%dT%H%M%SZ}-{mark}.eml"
        written = file.with_suffix(".part")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            written.touch(mode=0o600)
            written.write_bytes(content)
            os.replace(written, file)  # noqa: PTH105 - in one step, over a file that is there
        except OSError as error:
            raise MailServerAway(f"{file}: cannot be written: {error.strerror}") from None
        return {}
