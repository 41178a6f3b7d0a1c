"""A mail server of tests: a real one over TLS, whose answers, silences and broken lines are told beforehand."""

import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

LOGIN, PASSWORD = "billing@example.com", "canary-smtp-p4ssw0rd"


@dataclass(slots=True)
class Delivered:
    """A mail that the server has: for whom, and what it is."""

    to: tuple[str, ...]
    content: bytes
    signed_in: bool

    @property
    def message(self) -> EmailMessage:
        found = message_from_bytes(self.content, policy=policy.SMTP)
        assert isinstance(found, EmailMessage)
        return found


@dataclass(slots=True)
class Conduct:
    """How the server behaves: what it says to recipients and to the mail, and what breaks."""

    recipients: dict[str, str] = field(default_factory=dict)
    sender: str = ""
    mail: str = ""
    cut_after_data: bool = False
    cut_in_data: bool = False
    slow: float = 0.0


class PostOffice:
    """A mail server on this machine; `security` as in the settings."""

    def __init__(self, context: ssl.SSLContext | None, security: str = "starttls", *, sign_in: bool = False) -> None:
        self.conduct = Conduct()
        self.delivered: list[Delivered] = []
        options: dict[str, Any] = {"auth_required": sign_in, "authenticator": _authenticate} if sign_in else {}
        if security == "starttls":
            options |= {"tls_context": context, "require_starttls": True}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, ssl_context=context if security == "tls" else None,
            ready_timeout=10, **options,
        )  # fmt: skip

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.conduct.sender:
            return self.conduct.sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = self.conduct.recipients.get(address)
        if said:
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.conduct.mail:
            return self.conduct.mail
        content = envelope.content
        assert isinstance(content, bytes)
        self.delivered.append(Delivered(tuple(envelope.rcpt_tos), content, session.authenticated or False))
        if self.conduct.cut_after_data:
            assert server.transport is not None
            server.transport.abort()
        if self.conduct.slow:
            time.sleep(self.conduct.slow)
        return "250 OK"


def _authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, sent: Any) -> AuthResult:
    good = isinstance(sent, LoginPassword) and (sent.login, sent.password) == (LOGIN.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


Opens = Callable[..., PostOffice]
