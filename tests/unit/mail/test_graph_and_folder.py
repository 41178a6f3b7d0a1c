"""Microsoft Graph takes whole messages, and a lost answer is not taken for a failure; a folder keeps each mail once."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from connector.adapters.http import Api, Hosts, Session
from connector.adapters.mail import FolderMailer, GraphMailer, Sender
from connector.domain.alert import Draft, Mail, MailPutOff, MailRefused, MailServerAway, MailState, MailUnsure
from connector.domain.errors import SignInNeeded
from connector.ports import Mailer
from connector.sandbox.clock import SandboxClock
from connector.sandbox.faults import Faults
from connector.sandbox.serving import Request, Response, Server, json_response

DRAFT = Draft("<0123456789abcdef@example.com>", ("jane@example.com",), "Grüße", "plain\n", "<p>html</p>")
MAIL = Mail(1, DRAFT, MailState.SENDING, datetime(2026, 11, 26, 12, tzinfo=UTC))
SENDER = Sender("billing@example.com", "Fabrikam Cloud")
TOKEN = "canary-graph-token"


@dataclass
class Graph:
    """Graph's sendMail: says 202 and nothing else."""

    status: int = 202
    taken: list[bytes] = field(default_factory=list)

    def handle(self, request: Request) -> Response:
        assert (request.method, request.path) == ("POST", "/v1.0/users/billing@example.com/sendMail")
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert request.headers["content-type"] == "text/plain"
        if self.status == 202:
            self.taken.append(base64.b64decode(request.body))
            return Response(202, {}, b"")
        return json_response(self.status, {"error": {"code": "ErrorX", "message": "said so"}})


@dataclass
class Place:
    graph: Graph
    faults: Faults
    mailer: Mailer


@pytest.fixture
def place() -> Iterator[Place]:
    graph, faults = Graph(), Faults()
    with (
        Server(graph, clock=SandboxClock(datetime.now(UTC)), faults=faults) as server,
        Session(Hosts.of(server.url)) as session,
    ):
        yield Place(graph, faults, GraphMailer(Api(f"{server.url}/v1.0", session, lambda: TOKEN), SENDER))


def test_graph_is_given_the_whole_message(place: Place) -> None:
    assert place.mailer.send(MAIL) == {}
    message = message_from_bytes(place.graph.taken[0], policy=policy.SMTP)
    assert (message["Message-ID"], message["Subject"], message["To"]) == (
        DRAFT.message_id, DRAFT.subject, "jane@example.com",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, MailRefused), (413, MailRefused), (401, MailServerAway), (403, MailServerAway), (404, MailServerAway),
     (409, MailPutOff), (429, MailServerAway), (500, MailUnsure), (503, MailUnsure)],
)  # fmt: skip
def test_refusals_are_told_apart(place: Place, status: int, kind: type[Exception]) -> None:
    place.graph.status = status
    with pytest.raises(kind):
        place.mailer.send(MAIL)


@pytest.mark.parametrize("do", ["answer_lost", "reset"])
def test_a_lost_answer_leaves_it_unknown(place: Place, do: str) -> None:
    place.faults.add(on="POST /v1.0/*", do=do)
    with pytest.raises(MailUnsure):
        place.mailer.send(MAIL)


def test_without_a_token_nothing_is_sent() -> None:
    def nobody() -> str:
        raise SignInNeeded("Sign in again.")

    with Session(Hosts.of("http://127.0.0.1:9")) as session:
        with pytest.raises(MailServerAway, match="Sign in again"):
            GraphMailer(Api("http://127.0.0.1:9/v1.0", session, nobody), SENDER).send(MAIL)
        with pytest.raises(MailServerAway):
            GraphMailer(Api("http://127.0.0.1:9/v1.0", session, lambda: TOKEN), SENDER).send(MAIL)


def test_a_folder_keeps_each_mail_once(tmp_path: Path) -> None:
    mailer = FolderMailer(tmp_path / "mail", SENDER)
    for _ in range(2):
        mailer.send(MAIL)
    mailer.send(replace(MAIL, draft=replace(DRAFT, message_id="<2@example.com>")))
    files = sorted((tmp_path / "mail").iterdir())
    assert len(files) == 2
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert {message_from_bytes(file.read_bytes(), policy=policy.SMTP)["Subject"] for file in files} == {"Grüße"}


def test_a_folder_that_cannot_be_written_is_a_server_that_is_away(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file")
    with pytest.raises(MailServerAway, match="cannot be written"):
        FolderMailer(tmp_path / "mail", SENDER).send(MAIL)
