"""Looks, before the service starts, for everything that would keep it from working, and names it all at once."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from connector.domain.errors import ConnectorError, InvalidConfig, Place, Problem

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.ports import Clock


def checked_settings(file: Path) -> "Settings":
    """Read settings and mappings. Raises InvalidConfig with all that is wrong in either."""
    from connector.config.mappings import read_mappings
    from connector.config.settings import read_settings

    settings = read_settings(file)
    if settings.mappings.exists() and any(settings.mappings.glob("*.y*ml")):
        read_mappings(settings.mappings, settings.ledger_names, settings.cache)
    return settings


def obstacles(settings: "Settings", clock: "Clock", *, listens: bool = True) -> tuple[Problem, ...]:
    """All that is wrong around the settings: folders, database, address, keys. Nothing is changed for long."""
    return tuple(Problem(Place(settings.file.as_posix()), text) for text in _wrong(settings, clock, listens=listens))


def _wrong(settings: "Settings", clock: "Clock", *, listens: bool) -> Iterator[str]:
    from connector.bootstrap.storing import open_store
    from connector.service.listening import obstacle

    for folder, name in ((settings.state, "state"), (settings.backup.folder, "backup.folder")):
        if folder is not None and (why := _not_writable(folder)):
            yield f"{name} {folder}: {why}; name a folder that the connector's user may write"
    try:
        open_store(settings, clock).close()
    except ConnectorError as failure:
        yield f"database: {failure}"
    if listens and (why := obstacle(settings.http.listen)):
        yield why
    if settings.secret_key is None and (settings.partner_center is not None or settings.ledgers):
        yield "secret_key is missing: sign-ins cannot be kept, nor links signed; give 32 random bytes in base64"
    if settings.http.public_url is not None and settings.secret_key is None:
        yield "http.public_url needs a secret_key, which signs the links in mails"
    if settings.network.ca_file is not None and not os.access(settings.network.ca_file, os.R_OK):
        yield f"network.ca_file {settings.network.ca_file} cannot be read"
    for at, certificate in _certificates(settings):
        if not os.access(certificate, os.R_OK):
            yield f"{at}.certificate.file {certificate} cannot be read"


def _certificates(settings: "Settings") -> Iterator[tuple[str, Path]]:
    owners = [("partner_center", settings.partner_center)]
    owners += [(f"ledgers.{ledger.name}", ledger) for ledger in settings.ledgers]  # type: ignore[misc]
    for name, owner in owners:
        certificate = getattr(owner, "certificate", None)
        if certificate is not None:
            yield name, certificate.file


def _not_writable(folder: Path) -> str | None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as failure:
        return failure.strerror or str(failure)


def refuse(problems: tuple[Problem, ...]) -> None:
    """Raise InvalidConfig where there are problems."""
    if problems:
        raise InvalidConfig(problems)


def notify(state: str) -> None:
    """Tell systemd how the service is (READY=1, RELOADING=1, STOPPING=1, WATCHDOG=1); nothing where it did not ask."""
    import socket

    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        sender.sendall(state.encode())
