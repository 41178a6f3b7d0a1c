"""The way out for mail is the one that the settings name: a mailbox through Entra and Graph, a server, or a folder."""

import base64
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from connector.adapters.mail import FolderMailer, SmtpMailer
from connector.bootstrap.alerting import office_of, open_mailer
from connector.bootstrap.partner_center import PassingTokens
from connector.config.settings import Settings, read_settings
from connector.domain.alert import MailServerAway
from connector.domain.errors import ConnectorError
from connector.sandbox.authority import Authority
from connector.sandbox.clock import SandboxClock
from connector.sandbox.credentials import make_credentials
from connector.sandbox.directory import Directory
from connector.sandbox.entra import Entra
from connector.sandbox.serving import Request, Response, Server
from connector.sandbox.tokens import Tokens
from tests.unit.mail.test_graph_and_folder import MAIL

TENANT = "a3c1e5f2-0d5b-4c53-9a0e-6b1f6c9d2e11"


@dataclass
class Graph:
    """Takes whatever comes with a token."""

    taken: list[Request] = field(default_factory=list)

    def handle(self, request: Request) -> Response:
        self.taken.append(request)
        return Response(202, {}, b"")


def settings(folder: Path, alerts: str, more: str = "") -> Settings:
    file = folder / "config.yaml"
    file.write_text(f"company: {{name: Fabrikam}}\n{more}alerts: {{to: [jane@example.com], {alerts}}}\n")
    return read_settings(file, {"SECRET": "canary-secret", "KEY": base64.b64encode(b"k" * 32).decode()})


@pytest.mark.parametrize("way", ["client_secret", "certificate"])
def test_a_mailbox_of_microsoft_365(tmp_path: Path, way: str) -> None:
    clock, authority, graph = SandboxClock(datetime.now(UTC), following=False), Authority(), Graph()
    directory, known = Directory(TENANT, "partner.onmicrosoft.com"), make_credentials(tmp_path)
    directory.register(known.client_id, "canary-secret", clock.now() + timedelta(days=365), known.certificate)
    proof = '"${SECRET}"' if way == "client_secret" else f"{{file: {known.certificate_file}}}"
    with (
        Server(Entra(directory, Tokens(clock), clock), clock=clock, tls=authority) as entra,
        Server(graph, clock=clock, tls=authority) as api,
    ):
        read = settings(
            tmp_path,
            f"graph: {{tenant_id: {TENANT}, client_id: {known.client_id}, {way}: {proof}, sender: b@example.com, "
            f"endpoints: {{authority: '{entra.url}', api: '{api.url}'}}}}",
            f"network: {{ca_file: {authority.ca_file}}}\n",
        )
        open_mailer(read, PassingTokens(), clock).send(MAIL)
        directory.registrations[known.client_id].secrets[0].expires = clock.now()
        assert read.alerts is not None
        assert read.alerts.graph is not None
        other = replace(read.alerts.graph, client_id=TENANT)
        unknown = replace(read, alerts=replace(read.alerts, graph=other))
        with pytest.raises(MailServerAway) as caught:
            open_mailer(unknown, PassingTokens(), clock).send(MAIL)
    assert "canary-secret" not in str(caught.value)
    (request,) = graph.taken
    assert request.path == "/v1.0/users/b@example.com/sendMail"
    assert request.headers["authorization"].startswith("Bearer ")
    assert message_from_bytes(base64.b64decode(request.body))["From"] == "Fabrikam <b@example.com>"


def test_a_server_a_folder_or_nothing(tmp_path: Path) -> None:
    clock = SandboxClock(datetime.now(UTC))
    server = settings(tmp_path, "smtp: {host: smtp.example.com, sender: b@mail.example.com}")
    assert isinstance(open_mailer(server, PassingTokens(), clock), SmtpMailer)
    assert office_of(server).domain == "mail.example.com"
    folder = settings(tmp_path, "folder: mails")
    open_mailer(folder, PassingTokens(), clock).send(MAIL)
    assert isinstance(open_mailer(folder, PassingTokens(), clock), FolderMailer)
    assert len(list((tmp_path / "mails").iterdir())) == 1
    (tmp_path / "config.yaml").write_text("company: {name: Fabrikam}\n")
    with pytest.raises(ConnectorError, match="there is no `alerts`"):
        office_of(read_settings(tmp_path / "config.yaml", {}))


def test_links_are_signed_where_there_is_a_key(tmp_path: Path) -> None:
    clock, pages = SandboxClock(datetime.now(UTC)), "http: {public_url: 'https://billing.example.com'}\n"
    plain = office_of(settings(tmp_path, "folder: mails", pages), clock).writer
    assert plain.link("3f9a", "2026-10") == "https://billing.example.com/reports/2026-10#finding-3f9a"
    signed = office_of(settings(tmp_path, "folder: mails", pages + "secret_key: ${KEY}\n"), clock).writer
    assert signed.link("3f9a", "2026-10").startswith("https://billing.example.com/reports/2026-10?link=")
    assert signed.link("3f9a", "2026-10").endswith("#finding-3f9a")
    assert signed.link("3f9a", "watch").startswith("https://billing.example.com/reports/latest?link=")


def test_groups_come_from_the_mapping_and_none_from_a_broken_one(tmp_path: Path) -> None:
    read = settings(tmp_path, "folder: mails, routes: [{to: [gold@example.com], groups: [gold]}]")
    (tmp_path / "mappings").mkdir()
    mapping = tmp_path / "mappings" / "customers.yaml"
    mapping.write_text(
        f'customers: [{{name: A, tenant_id: {TENANT}, ledger_customer: "58", currency: USD, groups: [gold, eu]}}]\n'
    )
    office = office_of(read)
    assert office.routes.by_group
    assert dict(office.groups()) == {TENANT: ("gold", "eu")}
    mapping.write_text("customers: [{nonsense: 1}]\n")
    assert dict(office.groups()) == {}
