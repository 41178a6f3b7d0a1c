"""Joins the report of a month and its close: the warehouse, the mapping, and the store that remembers."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connector.bootstrap.asking import FilesRequest, configured, warehouse_folder
from connector.bootstrap.opening import opened
from connector.bootstrap.remembering import config_digest
from connector.bootstrap.storing import open_store
from connector.domain.errors import ConnectorError
from connector.domain.month import Closing, MonthReport, Shift
from connector.domain.period import Period

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connector.config.settings import Settings
    from connector.ports import Clock, Work
    from connector.store import Store

JOB = "close"


@dataclass(frozen=True, slots=True)
class Reported:
    """A month's report, how it was closed (None: open), what is other now than then, and against what that is."""

    report: MonthReport
    closing: Closing | None
    shifts: tuple[Shift, ...] = ()
    against: str = ""


def report_month(
    settings: "Settings",
    month: Period | None = None,
    *,
    known_before: datetime | None = None,
    against: datetime | None = None,
    ledgers: tuple[tuple[str, Path], ...] = (),
    clock: "Clock | None" = None,
) -> Reported:
    """Report a month (None: the newest), as known at a moment, and say what is other than it was.

    It is held against what was known before `against`, else, where the month is closed, against the frozen report.
    `ledgers` are exported files (name and path) that take the place of what was fetched.
    Raises UnreadableInput where nothing was fetched or imported, InvalidConfig for the mapping.
    """
    from connector.adapters.clock import SystemClock
    from connector.engine.closing.comparing import shifts

    report = _made(settings, month, known_before, ledgers)
    with open_store(settings, clock or SystemClock()) as store:
        report = report if known_before else _with_leakage(report, store)
        with store.look() as unit:
            closing = unit.closings.last(f"{report.month:%Y-%m}")
    if against is not None:
        then = _made(settings, Period.month(f"{report.month:%Y-%m}"), against, ledgers)
        return Reported(
            report, closing, shifts(then.facts, report.facts), f"as known before {against:%Y-%m-%d %H:%M} UTC"
        )
    if closing is not None:
        moved = shifts(facts_in(closing), report.facts)
        return Reported(report, closing, moved, f"as closed on {closing.closed_at:%Y-%m-%d %H:%M} UTC")
    return Reported(report, closing)


def close_month(
    settings: "Settings",
    month: Period,
    by: str,
    reason: str = "",
    *,
    ledgers: tuple[tuple[str, Path], ...] = (),
    clock: "Clock | None" = None,
) -> tuple[Closing, MonthReport]:
    """Freeze a month. Raises ConnectorError where it is not audited or closed already and no reason is given."""
    from connector.adapters.clock import SystemClock
    from connector.jobs.run import running
    from connector.reports.month import month_json
    from connector.reports.month_page import month_xlsx

    name = f"{month.start:%Y-%m}"
    with open_store(settings, clock or SystemClock()) as store:
        digest = config_digest(settings)
        with running(store, JOB, config_digest=digest) as current:
            report = _with_leakage(_made(settings, month, None, ledgers), store)
            if report.month != month.start:
                raise ConnectorError(f"There is no vendor invoice of {name}; fetch or import it before closing.")
            with store.look() as unit:
                before = unit.closings.last(name)
            _refuse(name, report, before, reason)
            text = month_json(report, current.run.run_id)
            closing = Closing(
                name, 0, datetime.now(UTC), by, reason, current.run.run_id, report.result.result, text,
                hashlib.sha256(text.encode()).hexdigest(), json.dumps(list(report.inputs)),
                report.mapping_digest, digest,
            )  # fmt: skip
            # A large workbook takes its time, and whoever writes keeps all others waiting.
            workbook = b"" if settings.alerts is None else month_xlsx(report)
            with store.work() as unit:
                closing = unit.closings.add(closing)
                _tell(settings, unit, closing, report, workbook)
                unit.audit.add(
                    by, JOB, "month", name, reason=reason, run_id=current.run.run_id, config_digest=digest,
                    detail={"report": closing.digest, "result": closing.result, "number": str(closing.number)},
                )  # fmt: skip
    return closing, report


def _tell(settings: "Settings", unit: "Work", closing: Closing, report: MonthReport, content: bytes) -> None:
    """Write down that people are to be told, with the report as a workbook."""
    from connector.jobs.noticing import give_notice
    from connector.reports.mail.news import Notice
    from connector.reports.month import closing_facts

    if settings.alerts is None:
        return
    name = f"{closing.month}-{closing.number}"
    workbook = settings.state / "closings" / f"connector-{name}.xlsx"
    workbook.parent.mkdir(parents=True, exist_ok=True)
    workbook.write_bytes(content)
    facts = {
        "scope": closing.month, "by": closing.closed_by, "reason": closing.reason, "run": closing.run_id,
        "workbook": str(workbook), **closing_facts(report),
    }  # fmt: skip
    give_notice(unit, f"closed/{name}", Notice("month_closed", facts), severity="info")


def _refuse(name: str, report: MonthReport, before: Closing | None, reason: str) -> None:
    if reason:
        return
    if before is not None:
        raise ConnectorError(
            f"{name} was closed on {before.closed_at:%Y-%m-%d} by {before.closed_by}; to close it anew say why with "
            "--reason TEXT."
        )
    if report.result.result == "not_audited":
        why = report.result.because[0] if report.result.because else "nobody knows why"
        raise ConnectorError(f"{name} is not audited ({why}); repair that, or close it with --reason TEXT.")


def facts_in(closing: Closing) -> "Mapping[tuple[str, ...], str]":
    """The numbers of a frozen report. Raises ConnectorError where it is not what was frozen."""
    if hashlib.sha256(closing.report.encode()).hexdigest() != closing.digest:
        raise ConnectorError(f"The frozen report of {closing.month} was changed after it was closed; restore a backup.")
    document: dict[str, Any] = json.loads(closing.report)
    return {tuple(row[:-1]): row[-1] for row in document["facts"]}


def _made(
    settings: "Settings",
    month: Period | None,
    known_before: datetime | None,
    ledgers: tuple[tuple[str, Path], ...],
) -> MonthReport:
    from connector.jobs.month import month_report, with_inputs
    from connector.warehouse import Warehouse

    asking = FilesRequest((), ledgers, settings.mappings, month=month, known_before=known_before)
    request = configured(asking, settings, own_mapping=False)
    with opened(request) as (given, notes, _):
        report = month_report(*given, _bills(settings))
    hashes = {
        str(origin["content_hash"])
        for _, origin in Warehouse(warehouse_folder(settings), known_before=known_before).origins()
        if "content_hash" in origin
    }
    hashes |= {hashlib.sha256(path.read_bytes()).hexdigest() for _, path in ledgers if path.is_file()}
    return with_inputs(replace(report, notes=(*report.notes, *notes)), hashes)


def _bills(settings: "Settings") -> "Mapping[str, tuple[str, str]]":
    """Microsoft's vendor and the account of its bills, by ledger."""
    found = {ledger.name: ledger.vendor_bill for ledger in settings.ledgers}
    return {name: (bill.vendor, bill.account) for name, bill in found.items() if bill is not None}


def _with_leakage(report: MonthReport, store: "Store") -> MonthReport:
    from connector.engine.closing.leaking import disputed, leakage

    with store.look() as unit:
        standings = unit.findings.all()
        found = leakage(standings, unit.findings.events())
        return replace(report, leakage=(*found, *disputed(standings, unit.disputes.all().values())))
