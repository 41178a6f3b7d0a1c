"""Makes sure that services over one PostgreSQL share the state folder too, for what was fetched lies there.

The database knows a mark, and the folder bears it. SQLite lies on one machine, with its folder: nothing to share.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from connector.domain.errors import ConnectorError

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.store import Store

_SOURCE, _NAME = "service", "state folder"
_FILE = ".mark"


def refuse_another_folder(settings: "Settings", store: "Store") -> None:
    """Let the first service mark the folder. Raises ConnectorError where the database is used with another one."""
    if store.file is not None:
        return
    file = settings.state / _FILE
    with store.look() as unit:
        known = unit.watermarks.get(_SOURCE, _NAME)
    if known is None:
        mark = _marked(file, secrets.token_hex(8))
        with store.work() as unit:
            known = unit.watermarks.get(_SOURCE, _NAME) or mark
            unit.watermarks.set(_SOURCE, _NAME, known)
    if _read(file) != known:
        raise ConnectorError(
            f"{settings.file}: state {settings.state} is not the folder that this database is used with. Services that "
            "share a database share that folder, on a volume; one that was lost comes back by `connector restore`. To "
            f"go on with this one, in full knowledge, write {known} into {file}."
        )


def take_folder(settings: "Settings", store: "Store") -> None:
    """Mark the folder as the database's own, after both were restored together."""
    if store.file is not None:
        return
    with store.look() as unit:
        known = unit.watermarks.get(_SOURCE, _NAME)
    if known is not None:
        _marked(settings.state / _FILE, known)


def _marked(file: Path, mark: str) -> str:
    """The mark of a folder, which it gets where it has none."""
    with suppress(FileExistsError), os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(f"{mark}\n")
    return _read(file) or mark


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
