"""The settings of the running service: when jobs run, its pages, and where its backups go."""

from connector.config.addresses import Address, FilePath
from connector.config.credentials import SECRET
from connector.config.quantities import Flag, Whole
from connector.config.records import Field, Record, Table
from connector.config.shapes import Choice, Text
from connector.config.times import Cron, Span, Zone
from connector.config.values import Backup, Http, Keep, Schedule, Webhooks
from connector.config.vendors import making

USUAL_TIMES: dict[str, str] = {
    "sync": "off",
    "audit": "5 * * * *",
    "subscriptions": "20 3 * * *",
    "prices": "40 3 * * *",
    "invoices": "10 4-20/2 * * *",
    "usage": "30 4 * * *",
    "ledger": "35 * * * *",
    "plan": "0 6 * * *",
    "post": "*/10 * * * *",
    "reconcile": "15 6 * * *",
    "watch": "30 6 * * *",
    "alert": "*/5 * * * *",
    "report": "0 9 10 * *",
    "housekeeping": "10 2 * * *",
    "backup": "30 2 * * *",
}
"""Every job, in the order in which those that are due at the same time begin, and when it runs unless told."""

JOBS = tuple(USUAL_TIMES)

SCHEDULE = Record(
    "the schedule",
    (
        Field("timezone", Zone(), "The time zone of the times below.", "Europe/Berlin", default="UTC"),
        Field(
            "jobs",
            Table(Choice(JOBS), Cron(), "cron lines by job"),
            "When each job runs, as a cron line, or off; with sync, its parts run in it.",
            USUAL_TIMES,
            default="the times of the example",
        ),
        Field("jitter", Span(), "Longest delay of a job by chance, so that not all ask at once.", "30s", default="30s"),
    ),
    making(Schedule),
)

_PORT = "([0-5]?[0-9]{1,4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
HTTP = Record(
    "the pages",
    (
        Field(
            "listen",
            Text("an address and port like 127.0.0.1:8080", rf"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):{_PORT}"),
            "The address and port to listen on.",
            "127.0.0.1:8080",
            default="127.0.0.1:8080",
        ),
        Field(
            "public_url",
            Address(),
            "The address people reach the pages at; it stands in mails.",
            "https://billing.example.com",
        ),
        Field("user", Text("a user name", r"[^:\s]+"), "Who may see the reports.", "finance", default="connector"),
        Field("password", SECRET, "Their password, by reference; without one only signed links lead to reports.",
              "${CONNECTOR_PAGES_PASSWORD}"),
        Field(
            "webhooks",
            Record(
                "notices from outside",
                (
                    Field("partner_center", Flag(), "Whether Partner Center may send notices.", True, default="false"),
                    Field("quickbooks", SECRET, "The verifier token of the QuickBooks app, by reference.",
                          "${QUICKBOOKS_VERIFIER}"),
                    Field("business_central", SECRET, "The clientState of its subscriptions, by reference.",
                          "${BUSINESS_CENTRAL_CLIENT_STATE}"),
                ),
                making(Webhooks),
            ),
            "Notices that something has changed; each is verified, and only makes the next look come sooner.",
        ),
    ),
    making(Http),
)  # fmt: skip

BACKUP = Record(
    "backups",
    (
        Field("folder", FilePath(), "Folder that backups are written to.", "backups", default="below the state folder"),
        Field("keep", Whole(1, 10_000), "How many are kept; older ones are deleted.", 14, default="14"),
    ),
    making(Backup),
)

KEEP = Record(
    "what is kept",
    (
        Field("mails", Span(), "How long workbooks that went with mails stay.", "90d", default="90d"),
        Field(
            "unbilled",
            Span(),
            "How long charges that were not billed yet stay, once a later look replaced them; the last of each month, "
            "and those a closed month was made with, stay for ever.",
            "400d",
            default="for ever",
        ),
    ),
    making(Keep),
)
