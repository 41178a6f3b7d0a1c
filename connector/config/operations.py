"""The settings of the service itself: what computes, when jobs run, what may be posted, who is told."""

from decimal import Decimal
from typing import Any

from connector.config.addresses import FilePath, is_loopback
from connector.config.credentials import SECRET
from connector.config.quantities import Amount, Day, Flag, Whole
from connector.config.records import Field, Filled, ListOf, Record, Table
from connector.config.selecting import GROUP, POSITIVE, TENANT
from connector.config.shapes import Choice, Text
from connector.config.times import Clock, Month, Span
from connector.config.values import (
    Alerts,
    Engine,
    GraphMail,
    GraphMailEndpoints,
    Limits,
    Posting,
    Route,
    Smtp,
)
from connector.config.vendors import (
    credentials,
    endpoint,
    making,
    signing_in,
)
from connector.domain.alert import NOTICES
from connector.domain.kinds import KINDS, SEVERITIES

LANGUAGES = ("de", "en", "es", "fr", "it", "nl", "pt")
_MAIL = Text("a mail address like finance@example.com", r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+|[^@\s<>,;]+@localhost")


def _engine(filled: Filled) -> Any:
    if filled.get("kind") == "spark" and "master" not in filled.written:
        filled.refuse("'master' is missing; expected Spark's master, like local[*] or spark://host:7077")
    if filled.get("kind", "duckdb") == "duckdb" and "master" in filled.written:
        filled.refuse("has a meaning only with kind: spark; leave it out", "master")
    return making(Engine)(filled)


def _posting(filled: Filled) -> Any:
    if filled.get("mode", "off") != "off" and not {"start", "start_by_customer"} & filled.written:
        filled.refuse(
            "'start' is missing; expected the first month to be posted, like 2026-10: nothing before it is ever posted"
        )
    return making(Posting)(filled)


def _smtp(filled: Filled) -> Any:
    if filled.get("security") == "none" and not is_loopback(filled.get("host")):
        filled.refuse("mail may leave this machine only encrypted; expected starttls or tls", "security")
    return making(Smtp)(filled)


def _alerts(filled: Filled) -> Any:
    ways = [way for way in ("smtp", "graph", "folder") if way in filled.written]
    for way in ways[1:]:
        filled.refuse(f"{ways[0]} is given already; keep one of them", way)
    if not ways:
        filled.refuse("it says no way to send mail; expected smtp, graph or folder")
    return making(Alerts)(filled)


ENGINE = Record(
    "the engine",
    (
        Field("kind", Choice(("duckdb", "spark")), "DuckDB in this process, or Spark.", "duckdb", default="duckdb"),
        Field("master", Text("Spark's master"), "Spark's master, with kind: spark only.", "local[*]", alternative=True),
        Field(
            "memory_limit",
            Text("a size like 2GB", "[1-9][0-9]{0,5}(MB|GB|TB)"),
            "Memory it may use.",
            "2GB",
            default="2GB",
        ),
        Field(
            "spill", FilePath(), "Folder for what does not fit into memory.", "spill", default="below the state folder"
        ),
        Field("threads", Whole(1, 1024), "Threads it may use.", 2, default="all processors"),
    ),
    _engine,
)

POSTING = Record(
    "posting",
    (
        Field(
            "mode",
            Choice(("off", "review", "auto")),
            "Off: nothing is posted. Review: a person approves each plan. Auto: within the limits.",
            "review",
            default="off",
        ),
        Field("start", Month(), "First month to be posted; nothing before it is ever posted.", "2026-10"),
        Field(
            "start_by_customer",
            Table(TENANT, Month(), "months by tenant id"),
            "Other first months, by tenant id.",
            {"5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11": "2026-11"},
        ),
        Field(
            "settle",
            Span(),
            "How long a request may still take effect; longer than any request lives.",
            "12m",
            default="12m",
        ),
        Field("lease", Span(), "How long a process owns what it is sending.", "60s", default="60s"),
        Field(
            "limits",
            Record(
                "limits",
                (
                    Field("documents", Whole(1, 10**6), "Most documents in a plan.", 500, default="no limit"),
                    Field("amount", POSITIVE, "Highest total of a plan, per currency.", 100000, default="no limit"),
                    Field(
                        "change_percent",
                        Amount("a percentage of 0 or more", least=Decimal(0)),
                        "Largest change of a customer against the month before; the first month passes.",
                        50,
                        default="no limit",
                    ),
                ),
                making(Limits),
            ),
            "A plan beyond these is held for a person.",
        ),
        Field("closed_until", Day(), "Last day of the closed books; nothing is dated before it.", "2026-09-30"),
        Field(
            "number_series",
            Table(
                Text("the name of a ledger"),
                Text("a prefix of A-Z, 0-9 and -", "[A-Z0-9-]{1,10}"),
                "prefixes by ledger",
            ),
            "How document numbers begin, by ledger.",
            {"books-us": "CSP-"},
        ),
        Field(
            "deliver",
            Flag(),
            "Whether the ledger e-mails each document to its customer, once it was read back.",
            False,
            default="false",
        ),
    ),
    _posting,
)

ROUTE = Record(
    "a route",
    (
        Field("to", ListOf(_MAIL, least=1), "Who is told as well.", ["azure-team@example.com"], True),
        Field(
            "kinds",
            ListOf(Choice(tuple(sorted((*KINDS, *NOTICES)))), least=1),
            f"Only these kinds of finding, or of news: {', '.join(NOTICES)}.",
            ["azure_spend_high"],
            default="all findings",
        ),
        Field("groups", ListOf(GROUP, least=1), "Only customers in one of these groups.", ["gold"], default="all"),
        Field("severity", Choice(SEVERITIES), "Only what is at least so grave.", "warning", default="info"),
        Field("instead", Flag(), "Whether `to` is not told of it then.", False, default="false"),
    ),
    making(Route),
)

_GRAPH = GraphMailEndpoints()
_SENDER = Field("sender", _MAIL, "The address mail comes from.", "billing@example.com", True)
ALERTS = Record(
    "alerts",
    (
        Field("to", ListOf(_MAIL, least=1), "Who gets the mail.", ["finance@example.com"], True),
        Field(
            "smtp",
            Record(
                "a mail server",
                (
                    Field("host", Text("a host name"), "The mail server.", "smtp.example.com", True),
                    Field("port", Whole(1, 65535), "Its port.", 587, default="587"),
                    Field(
                        "security",
                        Choice(("starttls", "tls", "none")),
                        "How it is encrypted.",
                        "starttls",
                        default="starttls",
                    ),
                    Field("username", Text("a user name"), "The user name.", "billing@example.com"),
                    Field("password", SECRET, "The password, by reference.", "${SMTP_PASSWORD}"),
                    _SENDER,
                ),
                _smtp,
            ),
            "A mail server.",
        ),
        Field(
            "graph",
            Record(
                "a mailbox",
                (
                    Field(
                        "tenant_id", TENANT, "The tenant of the mailbox.", "5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11", True
                    ),
                    *credentials("MAIL_SECRET"),
                    _SENDER,
                    Field(
                        "endpoints",
                        Record(
                            "addresses",
                            (
                                endpoint("authority", "Where tokens are issued.", _GRAPH.authority),
                                endpoint("api", "Microsoft Graph.", _GRAPH.api),
                            ),
                            making(GraphMailEndpoints),
                        ),
                        "Other addresses, for proxies, national clouds and simulators.",
                    ),
                ),
                signing_in(GraphMail),
            ),
            "A mailbox of Microsoft 365, instead of a mail server.",
            alternative=True,
        ),
        Field(
            "immediate",
            ListOf(Choice(tuple(sorted(KINDS)))),
            "Kinds of finding that are told at once.",
            ["duplicate_billing"],
        ),
        Field("digest", Clock(), "When all else is told.", "07:30", default="07:00"),
        Field(
            "language",
            Choice(LANGUAGES),
            "The language of mails: en or de; with another, their dates and amounts.",
            "en",
            default="en",
        ),
        Field(
            "routes",
            ListOf(ROUTE, distinct=False),
            "Who is told besides, by kind, customer group and severity.",
            [{"to": ["azure-team@example.com"], "kinds": ["azure_spend_high"], "severity": "warning"}],
        ),
        Field(
            "folder",
            FilePath(),
            "A folder that mails are written to, instead of sending them; for rehearsals.",
            "mail",
            alternative=True,
        ),
    ),
    _alerts,
)
