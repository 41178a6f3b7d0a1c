"""Runs the jobs that start from exported files: reconciling, explaining, and what the ledger should hold."""

import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connector.bootstrap.asking import FilesRequest
from connector.bootstrap.opening import opened
from connector.domain.line_rows import LineRow
from connector.domain.result import Reconciliation

if TYPE_CHECKING:
    from connector.domain.rules import Mapping as Rules
    from connector.jobs.due import Due
    from connector.jobs.explain import Explainer


@dataclass(frozen=True, slots=True)
class Outcome:
    """A reconciliation, the number of its run, and what the readers noticed.

    `lines` are those of both sides; they are read while the reconciliation is open (`reconciling`). `mapping` are the
    rules it was made by.
    """

    result: Reconciliation
    run_id: str
    notes: tuple[str, ...]
    set_aside: int
    lines: Collection[LineRow] = ()
    mapping: "Rules | None" = None


def new_run_id() -> str:
    """A number for a run, unlike any other."""
    return secrets.token_hex(8)


def reconcile_files(request: FilesRequest) -> Outcome:
    """Reconcile exported files in a temporary warehouse: no configuration, no state, unless the request names them.

    What is stored is reconciled for the newest month that has an invoice, unless the request names another. Raises
    UnreadableInput for files that cannot be used, InvalidConfig for the mappings.
    """
    with reconciling(request) as outcome:
        return replace(outcome, lines=())


@contextmanager
def reconciling(request: FilesRequest) -> Iterator[Outcome]:
    """Reconcile exported files, and keep the warehouse open so that the outcome's lines can be read.

    Raises UnreadableInput for files that cannot be used, InvalidConfig for the mappings.
    """
    from connector.jobs.reconcile import audit

    with opened(request) as (given, notes, set_aside):
        found = audit(*given)
        # What was set aside when it was imported is known from the result alone.
        known = set_aside or sum(finding.kind == "record_set_aside" for finding in found.result.findings)
        yield Outcome(found.result, new_run_id(), notes, known, found.lines, given[1])


@contextmanager
def expecting(request: FilesRequest) -> "Iterator[tuple[Due, tuple[str, ...], int]]":
    """Open exported files to ask which ledger lines should have been; with what the readers noticed and set aside.

    Raises UnreadableInput for files that cannot be used, InvalidConfig for the mappings.
    """
    from connector.jobs.due import Due

    with opened(request) as (given, notes, set_aside):
        yield Due(*given), notes, set_aside


@contextmanager
def explaining(request: FilesRequest) -> "Iterator[Explainer]":
    """Reconcile exported files, charge by charge, to explain what came of it.

    Raises UnreadableInput for files that cannot be used, InvalidConfig for the mappings.
    """
    from connector.jobs.explain import Explainer

    with opened(request) as (given, _, _):
        yield Explainer(*given)


def unaudited(reason: str) -> Outcome:
    """The outcome of files that cannot be read: nothing was audited, and the result says so and why."""
    from connector.engine.reconciliation.summing import nothing_to_audit

    return Outcome(nothing_to_audit(reason), new_run_id(), (), 0)
