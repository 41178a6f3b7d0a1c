"""Sends mail: through a mail server, from a mailbox of Microsoft 365, or into a folder for rehearsals."""

from connector.adapters.mail.folder import FolderMailer
from connector.adapters.mail.graph import GraphMailer
from connector.adapters.mail.message import Sender
from connector.adapters.mail.smtp import MailServer, SmtpMailer

__all__ = ["FolderMailer", "GraphMailer", "MailServer", "Sender", "SmtpMailer"]
