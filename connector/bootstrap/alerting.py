"""Joins the alerts: who is told and how, as the settings say, the store that keeps mails, and what hands them over."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connector.bootstrap.partner_center import PassingTokens, network_of
from connector.domain.errors import ConnectorError, InvalidConfig

if TYPE_CHECKING:
    from connector.adapters.entra import Credential
    from connector.adapters.mail import Sender
    from connector.config.settings import Settings
    from connector.config.values import Alerts, GraphMail, Smtp
    from connector.jobs.alert import Alerting
    from connector.jobs.composing import Office
    from connector.ports import Clock, Mailer, Memory, Tokens

_CLOUDS = (".microsoft.com", ".microsoft.us", ".microsoftonline.cn", ".chinacloudapi.cn")


def open_alerting(settings: "Settings", memory: "Memory", clock: "Clock", mailer: "Mailer | None" = None) -> "Alerting":
    """The alert job; `mailer` takes the place of what the settings say. Raises ConnectorError without `alerts`."""
    from connector.jobs.alert import Alerting

    used = mailer or open_mailer(settings, memory.tokens, clock)
    return Alerting(memory, used, clock, office_of(settings, clock))


def alerts_of(settings: "Settings") -> "Alerts":
    """The settings of alerts. Raises ConnectorError where there are none."""
    if settings.alerts is None:
        raise ConnectorError(
            f"{settings.file}: there is no `alerts`, so nobody is told; write it as config.example.yaml shows."
        )
    return settings.alerts


def office_of(settings: "Settings", clock: "Clock | None" = None) -> "Office":
    """Who writes mails, who is told, and when; with a clock, the links to pages are signed."""
    from connector.bootstrap.links import signature_of
    from connector.engine.routing import Route, Routes
    from connector.jobs.composing import Office
    from connector.reports.mail.language import Language
    from connector.reports.mail.writer import Writer

    own = alerts_of(settings)
    routes = tuple(Route(one.to, one.kinds, one.groups, one.severity, one.instead) for one in own.routes)
    zone = ZoneInfo(settings.schedule.timezone)
    sign = (lambda name: signature_of(settings, name, clock.now())) if clock is not None else (lambda name: "")
    writer = Writer(Language(own.language), settings.company.name, settings.http.public_url or "", zone, sign)
    domain = _sender(settings).address.rpartition("@")[2]
    return Office(writer, Routes(own.to, routes), own.digest, domain, lambda: _groups(settings))


def open_mailer(settings: "Settings", tokens: "Tokens", clock: "Clock") -> "Mailer":
    """What hands mails over; nothing is sent yet."""
    from connector.adapters.mail import FolderMailer

    own, sender = alerts_of(settings), _sender(settings)
    if own.smtp is not None:
        return _smtp(settings, own.smtp, sender)
    if own.graph is not None:
        return _graph(settings, own.graph, sender, tokens, clock)
    return FolderMailer(own.folder or settings.state / "mail", sender)


def _smtp(settings: "Settings", own: "Smtp", sender: "Sender") -> "Mailer":
    from connector.adapters.mail import MailServer, SmtpMailer

    server = MailServer(
        own.host, own.port, own.security, own.username, own.password.reveal() if own.password else None,
        settings.network.ca_file,
    )  # fmt: skip
    return SmtpMailer(server, sender)


def _graph(settings: "Settings", own: "GraphMail", sender: "Sender", tokens: "Tokens", clock: "Clock") -> "Mailer":
    from connector.adapters.entra import EntraSignIn
    from connector.adapters.http import GRAPH, Api, Hosts, Session
    from connector.adapters.mail import GraphMailer

    network, api = network_of(settings), own.endpoints.api.rstrip("/")
    sign_in = EntraSignIn(
        tenant_id=own.tenant_id,
        client_id=own.client_id,
        credential=_credential(own),
        # Without a key nothing may be kept, and an app that signs in by itself needs to keep nothing.
        tokens=tokens if settings.secret_key is not None else PassingTokens(),
        clock=clock,
        authority=own.endpoints.authority,
        network=network,
    )
    # Behind a proxy or at a simulator, tokens are still made for the worldwide service.
    bearer = sign_in.app(f"{api if api.endswith(_CLOUDS) else 'https://graph.microsoft.com'}/.default")
    session = Session(Hosts.of(api), network, clock=clock)
    return GraphMailer(Api(f"{api}/v1.0", session, bearer, tracing=GRAPH, forget=bearer.forget), sender)


def _credential(own: "GraphMail") -> "Credential":
    from connector.adapters.entra import ClientCertificate, ClientSecret

    if own.certificate is not None:
        password = own.certificate.password
        return ClientCertificate(own.certificate.file, password.reveal() if password else None)
    return ClientSecret(own.client_secret.reveal() if own.client_secret else "")


def _sender(settings: "Settings") -> "Sender":
    from connector.adapters.mail import Sender

    own = alerts_of(settings)
    way = own.smtp or own.graph
    return Sender(way.sender if way is not None else own.to[0], settings.company.name)


def _groups(settings: "Settings") -> Mapping[str, tuple[str, ...]]:
    """The groups of customers by tenant id; none where the mapping has errors: then `to` is told."""
    from connector.config.mappings import read_mappings

    try:
        mapping = read_mappings(settings.mappings, settings.ledger_names, settings.cache)
    except (InvalidConfig, ConnectorError):
        return {}
    groups: dict[str, tuple[str, ...]] = {}
    for rule in mapping.customers:
        groups[rule.tenant_id] = tuple(dict.fromkeys((*groups.get(rule.tenant_id, ()), *rule.groups)))
    return groups
