"""What the work needs from the outside, in our own words."""

from connector.ports.clock import Clock
from connector.ports.ledgers import LedgerShelf, LedgerSource, OpenLedger, PostingLedger, StandingSignIn
from connector.ports.mail import Mailer
from connector.ports.memory import (
    Alerts,
    Audit,
    Bindings,
    Findings,
    Leases,
    Memory,
    OwnDocuments,
    Runs,
    Watermarks,
    Work,
)
from connector.ports.sign_ins import Token, Tokens
from connector.ports.tables import DatedTables, LineTables
from connector.ports.vendor import Intake, VendorSource

__all__ = [
    "Alerts",
    "Audit",
    "Bindings",
    "Clock",
    "DatedTables",
    "Findings",
    "Intake",
    "Leases",
    "LedgerShelf",
    "LedgerSource",
    "LineTables",
    "Mailer",
    "Memory",
    "OpenLedger",
    "OwnDocuments",
    "PostingLedger",
    "Runs",
    "StandingSignIn",
    "Token",
    "Tokens",
    "VendorSource",
    "Watermarks",
    "Work",
]
