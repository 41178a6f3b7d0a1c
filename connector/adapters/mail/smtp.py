"""Hands mail to a mail server, encrypted, and tells what is known about its fate.

Until the last line of a mail has left, nothing of it is delivered; after that only the server's answer tells. One
recipient that is refused does not keep the mail from the others (RFC 5321, 3.3 and 4.2).
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from connector.adapters.mail.message import Sender, message_of
from connector.domain.alert import Mail, MailPutOff, MailRefused, MailServerAway, MailUnsure
from connector.domain.errors import ConnectorError

_TIMEOUT = 30
# A server may think this long about a mail it has in full; shorter than the time after which a mail is given up for
# lost (store.alerts.ABANDONED).
_THINKING = 300
_LONGEST_REPLY = 160
_CLOSING = 421


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server. `security` is starttls, tls or, on this machine only, none; times in seconds."""

    host: str
    port: int = 587
    security: str = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    timeout: float = _TIMEOUT
    thinking: float = _THINKING


class SmtpMailer:
    """Fits the Mailer port. Opens a connection for each mail."""

    def __init__(self, server: MailServer, sender: Sender) -> None:
        self._server, self._sender = server, sender

    def send(self, mail: Mail) -> Mapping[str, str]:
        """Hand a mail over; see ports.Mailer."""
        content = message_of(mail, self._sender).as_bytes()
        with self._connected() as smtp:
            self._begin(smtp)
            refused = self._name_recipients(smtp, mail)
            self._hand_over(smtp, content)
            return refused

    def _begin(self, smtp: smtplib.SMTP) -> None:
        code, text = smtp.mail(self._sender.address)
        if code != 250:
            raise MailServerAway(f"{self._where} does not take mail from {self._sender.address}{_said(code, text)}")

    def _name_recipients(self, smtp: smtplib.SMTP, mail: Mail) -> dict[str, str]:
        """Name all recipients; those that were refused. Raises where nobody is left."""
        refused: dict[str, str] = {}
        later = False
        for address in mail.draft.recipients:
            code, text = smtp.rcpt(address)
            if code == _CLOSING:
                raise MailServerAway(f"{self._where} closes{_said(code, text)}")
            if code not in (250, 251):
                refused[address] = f"{self._where} refuses {address}{_said(code, text)}"
                later = later or code < 500
        if len(refused) == len(mail.draft.recipients):
            raise (MailPutOff if later else MailRefused)("; ".join(refused.values()))
        return refused

    def _hand_over(self, smtp: smtplib.SMTP, content: bytes) -> None:
        try:
            code, text = smtp.docmd("DATA")
            if code != 354:
                self._judge(code, text)
            smtp.send(_dotted(content))
        except (OSError, smtplib.SMTPException) as error:
            # It took the recipients, so it may be this mail that it does not like; others are not to wait for it.
            raise MailPutOff(f"{self._where} broke off before it had the mail: {_reason(error)}") from None
        # From here on the server may have it.
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(self._server.thinking)
            code, text = smtp.getreply()
        except (OSError, smtplib.SMTPException) as lost:
            raise MailUnsure(f"{self._where} did not say whether it took the mail: {_reason(lost)}") from None
        if code != 250:
            self._judge(code, text)

    def _judge(self, code: int, text: bytes) -> None:
        """Raise what a refusal of the mail itself means."""
        said = f"{self._where} does not take the mail{_said(code, text)}"
        if code == _CLOSING:
            raise MailServerAway(said)
        raise (MailRefused if code >= 500 else MailPutOff)(said)

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """A connection, encrypted and signed in. What breaks in it means that nothing was delivered."""
        smtp = None
        try:
            smtp = self._open()
            yield smtp
        except ConnectorError:
            raise
        except ssl.SSLCertVerificationError as error:
            raise MailServerAway(
                f"{self._where} does not prove who it is ({error.verify_message}); nothing was sent. Check "
                "alerts.smtp.host and port, and network.ca_file for an authority of your own."
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            raise MailServerAway(f"{self._where} cannot be used: {_reason(error)}; nothing was sent") from None
        finally:
            if smtp is not None:
                _leave(smtp)

    def _open(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "none" and not _is_here(server.host):
            raise MailServerAway(f"{self._where}: mail may leave this machine only encrypted; nothing was sent")
        name = socket.gethostname()
        if server.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, name, timeout=server.timeout, context=self._context()
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, name, timeout=server.timeout)
        try:
            smtp.ehlo_or_helo_if_needed()
            if server.security == "starttls":
                if not smtp.has_extn("starttls"):
                    raise MailServerAway(
                        f"{self._where} offers no encryption (STARTTLS); nothing was sent. Use security: tls and its "
                        "port, or ask who runs it."
                    )
                smtp.starttls(context=self._context())
                smtp.ehlo()
            self._sign_in(smtp)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _sign_in(self, smtp: smtplib.SMTP) -> None:
        server = self._server
        if server.username is None:
            return
        try:
            smtp.login(server.username, server.password or "")
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError, UnicodeEncodeError) as error:
            # The server's words are left out: some repeat what was sent.
            code = f" ({error.smtp_code})" if isinstance(error, smtplib.SMTPAuthenticationError) else ""
            raise MailServerAway(
                f"{self._where} does not let {server.username} in{code}; nothing was sent. Check alerts.smtp.username "
                "and password."
            ) from None

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._server.ca_file is not None:
            try:
                context.load_verify_locations(self._server.ca_file)
            except (OSError, ssl.SSLError):
                raise MailServerAway(
                    f"network.ca_file {self._server.ca_file} cannot be used: expected a PEM file with the certificates "
                    "of your authority."
                ) from None
        return context

    @property
    def _where(self) -> str:
        return f"mail server {self._server.host}:{self._server.port}"


def _dotted(content: bytes) -> bytes:
    """The lines as they go over the wire: a dot at a line's beginning doubled, a lone dot at the end."""
    ended = content if content.endswith(b"\r\n") else content + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", ended) + b".\r\n"


def _said(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    told = "".join(letter if letter.isprintable() else " " for letter in words)
    return f": {code} {' '.join(told.split())}"[:_LONGEST_REPLY]


def _reason(error: OSError | smtplib.SMTPException) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _said(error.smtp_code, error.smtp_error)[2:]
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return "it does not answer in time"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "the connection was cut"
    return getattr(error, "strerror", None) or type(error).__name__


def _leave(smtp: smtplib.SMTP) -> None:
    """Say goodbye; whatever comes of it changes nothing any more."""
    try:
        if smtp.sock is not None:
            smtp.sock.settimeout(5)
            smtp.quit()
    except (OSError, smtplib.SMTPException):
        pass
    finally:
        smtp.close()


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
