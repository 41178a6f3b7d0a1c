"""Mail goes over TLS to servers that prove who they are, and what is known of its fate is told."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.adapters.mail import MailServer, Sender, SmtpMailer
from connector.domain.alert import (
    Draft,
    Mail,
    MailPutOff,
    MailRefused,
    MailServerAway,
    MailState,
    MailUnsure,
)
from connector.sandbox.authority import Authority
from tests.post_office import LOGIN, PASSWORD, PostOffice

DRAFT = Draft(
    "<0123456789abcdef@example.com>", ("jane@example.com",), "Doppelt berechnet: Müller & Söhne",
    "Plain\n.\nwith a dot ä\n", "<p>HTML ä</p>",
)  # fmt: skip
MAIL = Mail(1, DRAFT, MailState.SENDING, datetime(2026, 11, 26, 12, tzinfo=UTC))
SENDER = Sender("billing@example.com", "Fabrikam, Cloud <GmbH>")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def office(authority: Authority) -> Iterator[PostOffice]:
    with PostOffice(authority.context(), sign_in=True) as running:
        yield running


@pytest.fixture
def server(office: PostOffice, authority: Authority) -> MailServer:
    office.delivered.clear()
    office.conduct = type(office.conduct)()
    return MailServer(
        "127.0.0.1", office.port, "starttls", LOGIN, PASSWORD, authority.ca_file, timeout=5, thinking=5
    )  # fmt: skip


def to(*addresses: str) -> Mail:
    return replace(MAIL, draft=replace(DRAFT, recipients=addresses))


def test_a_mail_arrives_as_it_was_written(office: PostOffice, server: MailServer) -> None:
    assert SmtpMailer(server, SENDER).send(MAIL) == {}
    (found,) = office.delivered
    message = found.message
    assert found.to == DRAFT.recipients
    assert found.signed_in
    assert message["Subject"] == DRAFT.subject
    assert message["Message-ID"] == DRAFT.message_id
    assert message["To"] == "jane@example.com"
    assert [(one.display_name, one.addr_spec) for one in message["From"].addresses] == [
        (SENDER.name, SENDER.address)
    ]  # fmt: skip
    assert message["Auto-Submitted"] == "auto-generated"
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n") == DRAFT.plain
    assert html.get_content().strip() == DRAFT.html


def test_a_mail_is_the_same_the_second_time(office: PostOffice, server: MailServer) -> None:
    for _ in range(2):
        SmtpMailer(server, SENDER).send(MAIL)
    first, second = (one.message for one in office.delivered)
    assert (first["Message-ID"], first["Date"]) == (second["Message-ID"], second["Date"])


def test_an_attachment_opens(office: PostOffice, server: MailServer, tmp_path: Path) -> None:
    file = tmp_path / "reconciliation-2026-10.xlsx"
    file.write_bytes(b"PK\x03\x04 rest")
    SmtpMailer(server, SENDER).send(replace(MAIL, draft=replace(DRAFT, attachments=(str(file),))))
    (part,) = office.delivered[0].message.iter_attachments()
    assert (part.get_filename(), part.get_content()) == (file.name, b"PK\x03\x04 rest")
    assert part.get_content_type().endswith("spreadsheetml.sheet")
    with pytest.raises(MailPutOff, match="attachment"):
        SmtpMailer(server, SENDER).send(replace(MAIL, draft=replace(DRAFT, attachments=(str(tmp_path / "no"),))))


def test_one_refused_recipient_does_not_stop_others(office: PostOffice, server: MailServer) -> None:
    office.conduct.recipients = {"gone@example.com": "550 no such user", "full@example.com": "452 try later"}
    refused = SmtpMailer(server, SENDER).send(to("gone@example.com", "jane@example.com", "full@example.com"))
    assert office.delivered[0].to == ("jane@example.com",)
    assert {name: text.rpartition(": ")[2] for name, text in refused.items()} == {
        "gone@example.com": "550 no such user", "full@example.com": "452 try later",
    }  # fmt: skip


def test_refusals_are_told_apart(office: PostOffice, server: MailServer) -> None:
    mailer = SmtpMailer(server, SENDER)
    office.conduct.recipients = {"gone@example.com": "550 no such user", "full@example.com": "452 try later"}
    with pytest.raises(MailRefused, match="550 no such user"):
        mailer.send(to("gone@example.com"))
    with pytest.raises(MailPutOff, match="452"):
        mailer.send(to("full@example.com", "gone@example.com"))
    office.conduct.mail = "554 looks like spam"
    with pytest.raises(MailRefused, match="554"):
        mailer.send(MAIL)
    office.conduct.mail = "451 not now"
    with pytest.raises(MailPutOff, match="451"):
        mailer.send(MAIL)
    office.conduct.sender = "550 you may not"
    with pytest.raises(MailServerAway, match="does not take mail from"):
        mailer.send(MAIL)
    assert office.delivered == []


def test_an_answer_that_is_lost_leaves_it_unknown(office: PostOffice, server: MailServer) -> None:
    office.conduct.cut_after_data = True
    with pytest.raises(MailUnsure):
        SmtpMailer(server, SENDER).send(MAIL)
    assert len(office.delivered) == 1


def test_a_server_that_thinks_too_long_leaves_it_unknown(office: PostOffice, server: MailServer) -> None:
    office.conduct.slow = 0.1
    with pytest.raises(MailUnsure, match="in time"):
        SmtpMailer(replace(server, thinking=0.05), SENDER).send(MAIL)
    office.conduct.slow = 0
    SmtpMailer(server, SENDER).send(MAIL)


def test_a_server_that_does_not_prove_who_it_is_gets_nothing(office: PostOffice, server: MailServer) -> None:
    other = Authority()
    for wrong in (other.ca_file, None):
        with pytest.raises(MailServerAway, match="does not prove who it is"):
            SmtpMailer(replace(server, ca_file=wrong), SENDER).send(MAIL)
    assert office.delivered == []


def test_a_wrong_password_is_told_without_it(server: MailServer) -> None:
    wrong = "canary-wrong-password"
    with pytest.raises(MailServerAway, match="does not let") as caught:
        SmtpMailer(replace(server, password=wrong), SENDER).send(MAIL)
    assert wrong not in str(caught.value)
    assert PASSWORD not in repr(server)


def test_tls_from_the_beginning(authority: Authority) -> None:
    with PostOffice(authority.context(), "tls") as office:
        SmtpMailer(MailServer("127.0.0.1", office.port, "tls", ca_file=authority.ca_file), SENDER).send(MAIL)
        assert len(office.delivered) == 1


def test_without_encryption_nothing_is_said() -> None:
    with PostOffice(None, "none") as office:
        with pytest.raises(MailServerAway, match="offers no encryption"):
            SmtpMailer(MailServer("127.0.0.1", office.port), SENDER).send(MAIL)
        assert office.delivered == []
        SmtpMailer(MailServer("127.0.0.1", office.port, "none"), SENDER).send(MAIL)
        assert len(office.delivered) == 1
    with pytest.raises(MailServerAway, match="only encrypted"):
        SmtpMailer(MailServer("mail.example.com", 25, "none"), SENDER).send(MAIL)


def test_no_server_at_all() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(MailServerAway, match="nothing was sent"):
        SmtpMailer(MailServer("127.0.0.1", port), SENDER).send(MAIL)


@pytest.mark.parametrize("said", [b"", b"garbage\r\n" * 3, b"421 closing\r\n"])
def test_a_server_that_hangs_up_or_talks_nonsense(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(MailServerAway):
            SmtpMailer(MailServer("127.0.0.1", listening.getsockname()[1], timeout=2), SENDER).send(MAIL)
        thread.join()


@pytest.mark.parametrize(
    "change",
    [
        {"recipients": ("a@b.example, evil@x.example",)},
        {"recipients": ("Jane <jane@example.com>",)},
        {"recipients": ("jane@example.com\r\nBcc: evil@x.example",)},
        {"recipients": ("jäne@example.com",)},
        {"recipients": ("",)},
        {"subject": "x\r\nBcc: evil@x.example"},
        {"message_id": "<1@x>\r\nBcc: evil@x.example"},
    ],
)
def test_nothing_can_add_a_header_or_a_recipient(
    office: PostOffice, server: MailServer, change: dict[str, object]
) -> None:
    with pytest.raises(MailRefused):
        SmtpMailer(server, SENDER).send(replace(MAIL, draft=replace(DRAFT, **change)))  # type: ignore[arg-type]
    assert office.delivered == []
