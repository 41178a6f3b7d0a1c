"""Puts the page of each month where the running service shows it."""

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from connector.bootstrap.auditing import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connector.config.settings import Settings

_log = logging.getLogger(__name__)


def reports_folder(settings: "Settings") -> Path:
    """Where reports lie that the service shows."""
    return settings.state / "reports"


def publish(outcome: Outcome, settings: "Settings") -> None:
    """Write the page of a reconciled month, in place of the one before; a page that cannot be written stops nothing."""
    from connector.jobs.remember import scope_of
    from connector.reports.page import make_page
    from connector.reports.result_csv import csv_pieces
    from connector.reports.tables import all_lines

    month = scope_of(outcome.result)
    if not month:
        return
    folder, beside = reports_folder(settings), f"{month}-lines.csv"
    page = make_page(outcome.result, outcome.run_id, outcome.lines, beside)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not page.holds_all:
            _replace(folder / beside, csv_pieces(all_lines(outcome.lines)))
        _replace(folder / f"{month}.html", [page.html])
    except OSError as failure:
        _log.warning("the page of %s could not be written: %s", month, failure)


def _replace(path: Path, pieces: "Iterable[str]") -> None:
    """Write a file for us alone; whoever reads it meanwhile sees the one before."""
    new = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.writelines(pieces)
    new.replace(path)
