"""Reconciles what was taken in, and keeps the run and what it found: with its life, and what must be told of it."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from connector.bootstrap.asking import FilesRequest
from connector.bootstrap.auditing import Outcome, reconciling
from connector.bootstrap.publishing import publish
from connector.bootstrap.storing import open_store
from connector.domain.errors import ConnectorError
from connector.domain.run import Outcome as Ending

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.jobs.remember import Found
    from connector.ports import Clock

# What mail servers usually take, less the third that encoding adds.
_LARGEST = 2 << 20
_MOST_LINES = 20_000


def is_kept(request: FilesRequest, settings: "Settings | None", *, own_mapping: bool) -> bool:
    """Whether a reconciliation tells how the books stand: of what was taken in, today, by the configured mapping."""
    stored = request.stored is not None and not request.vendor and request.known_before is None
    return settings is not None and stored and not own_mapping


@contextmanager
def remembering(
    request: FilesRequest, settings: "Settings", exit_code: Callable[[Outcome], int], clock: "Clock | None" = None
) -> Iterator[Outcome]:
    """Reconcile, keep what was found under the run's number, and stay open so that the lines can be read.

    `exit_code` says how the run will end. Raises as `reconciling` does, and Locked where another process is at it.
    """
    from connector.adapters.clock import SystemClock
    from connector.jobs.remember import remember
    from connector.jobs.run import running

    used = clock or SystemClock()
    with open_store(settings, used) as store, ExitStack() as lasting:
        with running(store, "reconcile", config_digest=config_digest(settings)) as current:
            outcome = replace(lasting.enter_context(reconciling(request)), run_id=current.run.run_id)
            remembered = remember(store, _found(outcome, settings))
            publish(outcome, settings)
            current.read["lines"] = len(outcome.lines)
            current.written.update(remembered.counts)
            current.skipped["set aside"] = outcome.set_aside
            current.exit_code = exit_code(outcome)
            if outcome.result.result == "not_audited":
                current.outcome = Ending.PARTIAL
                current.reasons += outcome.result.because
            elif outcome.set_aside:
                current.outcome = Ending.PARTIAL
        yield outcome


def config_digest(settings: "Settings") -> str:
    """What names the text of the settings that a job ran under; empty where it cannot be read any more."""
    try:
        return hashlib.sha256(settings.file.read_bytes()).hexdigest()[:16]
    except OSError:
        return ""


def _found(outcome: Outcome, settings: "Settings") -> "Found":
    from connector.jobs.remember import Found, saw_all, scope_of

    result, alerts = outcome.result, settings.alerts
    complete = saw_all(result)
    last = result.last
    return Found(
        scope=scope_of(result),
        findings=result.findings,
        run_id=outcome.run_id,
        immediate=None if alerts is None else alerts.immediate,
        judged=lambda _: complete,
        accepted=tuple(
            one
            for one in (outcome.mapping.accepted if outcome.mapping else ())
            if one.until is None or last is None or one.until >= last
        ),
        named=tuple(one.finding for one in outcome.mapping.accepted) if outcome.mapping else (),
        month=result,
        workbook=lambda: _workbook(outcome, settings),
    )


def _workbook(outcome: Outcome, settings: "Settings") -> tuple[str, bool]:
    """Write the workbook of a month into the state folder, without the lines where it would be too large for a mail."""
    from connector.jobs.remember import scope_of
    from connector.reports.workbook import to_xlsx

    whole = len(outcome.lines) <= _MOST_LINES
    content = to_xlsx(outcome.result, outcome.run_id, outcome.lines if whole else ())
    if len(content) > _LARGEST and whole:
        whole, content = False, to_xlsx(outcome.result, outcome.run_id)
    folder = settings.state / "mail" / outcome.run_id
    file = folder / f"reconciliation-{scope_of(outcome.result) or 'none'}.xlsx"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(content)
    except OSError as error:
        raise ConnectorError(f"{file}: cannot be written: {error.strerror}") from None
    return file.absolute().as_posix(), whole
