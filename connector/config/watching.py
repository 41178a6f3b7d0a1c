"""The settings of what is watched: how early dated things are told, and from where on spend and debts are too high."""

from decimal import Decimal
from typing import Any

from connector.config.quantities import Amount, Day
from connector.config.records import Field, Filled, ListOf, Record, Table
from connector.config.selecting import POSITIVE, TENANT
from connector.config.shapes import Text
from connector.config.times import Span
from connector.config.values import ClosingAccounts, Watching
from connector.config.vendors import making

_APPLICATION = Text("an application's id or name as audit records write it")


def _watching(filled: Filled) -> Any:
    for name, value in filled.values.items():
        if name in _SPANS and value.seconds:
            filled.refuse("is no whole number of days; expected something like 30d", name)
    return making(Watching)(filled)


_SPANS = {
    "renewal": ("How long before its day a renewal is told.", "30d"),
    "short_renewal": ("The same for trials and for planned changes of terms of one month.", "7d"),
    "window": ("How long before its end a cancellation window is told.", "4d"),
    "promotion": ("How long before its end a promotion is told.", "30d"),
    "access": ("How long before its end an access is told.", "30d"),
    "recent": ("How long a change that lies in the past stays in sight.", "30d"),
    "overdue": ("How long an invoice may be overdue before it is told.", "30d"),
}

WATCHING = Record(
    "watching",
    (
        *(Field(name, Span("whole days like 30d"), text, days, default=days) for name, (text, days) in _SPANS.items()),
        Field(
            "spend_percent",
            Amount("a percentage above 0", above=Decimal(0)),
            "Azure spend so far above the customer's own history is high.",
            50,
            default="50",
        ),
        Field(
            "spend_limits",
            Table(TENANT, POSITIVE, "amounts a month by tenant id"),
            "Azure spend a month above this is high, by tenant id; in Microsoft's billing currency.",
            {"5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11": 2500},
        ),
        Field(
            "usual_applications",
            ListOf(_APPLICATION, most=50),
            "Applications that order seats for you; without any, the one that makes nearly all changes.",
            ["Partner Center Web"],
        ),
        Field(
            "endings",
            Table(Text("what ends, like client secret of partner_center"), Day(), "last days by what ends"),
            "Secrets and agreements whose last day only you know.",
            {"client secret of partner_center": "2027-03-31"},
        ),
    ),
    _watching,
)

_ACCOUNT = Text("an account by its name in the ledger")
CLOSING_ACCOUNTS = Record(
    "accounts",
    (
        Field("revenue", _ACCOUNT, "Where revenue is booked.", "Cloud revenue", default="Cloud revenue"),
        Field("accrued_revenue", _ACCOUNT, "Served and not billed.", "Accrued revenue", default="Accrued revenue"),
        Field("deferred_revenue", _ACCOUNT, "Billed and not served.", "Deferred revenue", default="Deferred revenue"),
        Field("cost", _ACCOUNT, "Where Microsoft's cost is booked.", "Cloud cost", default="Cloud cost"),
        Field("accrued_cost", _ACCOUNT, "Used and not invoiced.", "Accrued cost", default="Accrued cost"),
        Field("prepaid_cost", _ACCOUNT, "Invoiced and not used.", "Prepaid cost", default="Prepaid cost"),
    ),
    making(ClosingAccounts),
)
