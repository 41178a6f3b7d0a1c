"""Reads the settings file and the environment into one checked value, or says everything that is wrong at once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.config.addresses import FilePath, Key, SecretAddress
from connector.config.credentials import Surroundings, resolve
from connector.config.nodes import Fields, Node, is_nothing, shown
from connector.config.operations import ALERTS, ENGINE, POSTING
from connector.config.overrides import override
from connector.config.reading import read_nodes
from connector.config.records import Field, Filled, Record, Table
from connector.config.service import BACKUP, HTTP, KEEP, SCHEDULE
from connector.config.shapes import FAILED, Failed, Reading, Text, plain_text
from connector.config.shapes import Path as Way
from connector.config.values import Company, Ledger, Network, Posting, Settings
from connector.config.vendors import LEDGER_SETTINGS, NETWORK, PARTNER_CENTER, making
from connector.config.watching import CLOSING_ACCOUNTS, WATCHING
from connector.domain.errors import InvalidConfig, Place, Problem

__all__ = ["SETTINGS", "Settings", "read_settings"]


@dataclass(frozen=True, slots=True)
class Location:
    """A folder, or the address of an object store."""

    expected: str = "a folder, or an address like s3://bucket/warehouse"

    def read(self, node: Node, path: Way, reading: Reading) -> str | Failed:
        """Return the address, or the folder starting from that of the settings file."""
        text = plain_text(node, path, reading, self.expected)
        if text is FAILED or "://" in text:
            return text
        return (Path(reading.file).parent / Path(text).expanduser()).as_posix()

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "minLength": 1}


def _settings(filled: Filled) -> Settings | Failed:
    ledgers: tuple[Ledger, ...] = tuple(ledger for _, ledger in filled.get("ledgers", ()))
    names = [ledger.name for ledger in ledgers]
    posting: Posting = filled.get("posting", Posting())
    network: Network = filled.get("network", Network())
    if posting.settle <= network.connect_timeout + network.read_timeout:
        filled.refuse("settle must be longer than connect_timeout and read_timeout together", "posting")
    if "ledgers" in filled.values or "ledgers" not in filled.written:
        for name, _ in posting.number_series:
            if name not in names:
                filled.refuse(f"number_series names {shown(name)}, which is no ledger", "posting")
    if filled.faulty:
        return FAILED
    file = Path(filled.reading.file)
    standard: dict[str, Any] = {"file": file, "state": file.parent / "state", "mappings": file.parent / "mappings"}
    return Settings(**(standard | filled.values | {"ledgers": ledgers}))


SETTINGS = Record(
    "the settings",
    (
        Field(
            "company",
            Record(
                "the company",
                (
                    Field(
                        "name", Text("the company's name"), "Its name, for reports and mails.", "Fabrikam Cloud", True
                    ),
                ),
                making(Company),
            ),
            "The partner that runs the connector.",
            required=True,
        ),
        Field("state", FilePath(), "Folder for what the connector remembers.", "state", default="state"),
        Field(
            "database",
            SecretAddress(("postgresql", "sqlite"), "an address like postgresql://host/name"),
            "Where postings and findings are kept; a password in it by reference.",
            "postgresql://connector@db.example.com/connector",
            default="SQLite in the state folder",
        ),
        Field(
            "warehouse",
            Location(),
            "Folder or object store for the invoice lines.",
            "warehouse",
            default="warehouse in the state folder",
        ),
        Field("mappings", FilePath(), "Folder of the mapping files.", "mappings", default="mappings"),
        Field("engine", ENGINE, "What computes over the lines."),
        Field("partner_center", PARTNER_CENTER, "Your account at Microsoft Partner Center."),
        Field(
            "ledgers",
            Table(Text("the name of a ledger", "[a-z0-9][a-z0-9_-]{0,40}"), LEDGER_SETTINGS, "ledgers by name"),
            "Your accounting systems, each under a name that mappings use.",
        ),
        Field("network", NETWORK, "How to reach the outside."),
        Field("posting", POSTING, "Whether and how documents are created in the ledgers."),
        Field("schedule", SCHEDULE, "When the service runs its jobs."),
        Field("alerts", ALERTS, "Who is told of findings, and how."),
        Field("http", HTTP, "The pages of the service."),
        Field("watching", WATCHING, "How early what is about to happen is told."),
        Field("closing_accounts", CLOSING_ACCOUNTS, "The accounts that the journal of a month names."),
        Field("backup", BACKUP, "Copies of what the connector remembers."),
        Field("keep", KEEP, "How long what is no evidence stays; everything else stays for ever."),
        Field(
            "secret_key",
            Key(),
            "Key for tokens at rest: 32 random bytes in base64, by reference.",
            "${CONNECTOR_SECRET_KEY}",
        ),
    ),
    _settings,
)


def read_settings(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings file, replace its references, and lay CONNECTOR_ variables of the environment over it.

    `environment` is that of the process unless given. Raises InvalidConfig with every problem found.
    """
    around = Surroundings(os.environ if environment is None else environment, path.parent)
    file = path.as_posix()
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise _invalid(file, "there is no such settings file; `connector init` writes an example") from None
    except OSError as error:
        raise _invalid(file, f"the settings cannot be read ({error.strerror})") from None
    root, malformed = read_nodes(content, file)
    reading = Reading(file, malformed)
    if root is None or is_nothing(root):
        root = Fields([], 1, 1)
        if malformed:
            raise InvalidConfig(tuple(malformed))
    resolved = resolve(root, (), reading, around)
    settings = SETTINGS.read(override(resolved, SETTINGS, reading, around.environment), (), reading)
    if reading.problems or settings is FAILED:
        raise InvalidConfig(tuple(sorted(reading.problems, key=lambda p: (p.place.line, p.place.column, p.text))))
    result: Settings = settings
    return result


def _invalid(file: str, text: str) -> InvalidConfig:
    return InvalidConfig((Problem(Place(file), text),))
