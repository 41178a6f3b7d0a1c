"""Keeps house: forgets what nobody needs any more, and notes which runs were interrupted; money is never forgotten."""

import logging
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.ports import Clock
    from connector.store import Store

_log = logging.getLogger(__name__)
_SLOTS_FOR = timedelta(days=400)
# Microsoft, Intuit and Business Central repeat a notice for hours, at most days.
_NOTICES_FOR = timedelta(days=90)
_SPILL_FOR = timedelta(days=2)
_ATTACHMENTS_FOR = timedelta(days=90)


def keep_house(settings: "Settings", store: "Store", clock: "Clock") -> None:
    """Forget old slots, notices and used links, and take away what killed computations left on the disk."""
    now = clock.now()
    with store.work() as unit:
        gone = unit.runs.mark_interrupted()
        slots = unit.slots.forget(now - _SLOTS_FOR)
        notices = unit.once.forget(now - _NOTICES_FOR)
    spill = settings.engine.spill or settings.state / "spill"
    files = 0
    oldest = (now - _SPILL_FOR).timestamp()
    for path in spill.glob("duckdb_temp*") if spill.is_dir() else ():
        if path.is_file() and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
            files += 1
    for folder in (settings.state / "mail").glob("*/"):
        # Workbooks that went with mails; a mail is sent or given up within days.
        if folder.stat().st_mtime < (now - _ATTACHMENTS_FOR).timestamp():
            shutil.rmtree(folder, ignore_errors=True)
            files += 1
    _log.info(
        "the house is kept",
        extra={"interrupted_runs": len(gone), "slots": slots, "notices": notices, "files": files},
    )
