"""Plans documents from exported files, or from what was taken in, under the settings' terms where there are any."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from connector.bootstrap.asking import FilesRequest
from connector.bootstrap.opening import opened

if TYPE_CHECKING:
    from connector.config.settings import Settings
    from connector.domain.document import Plan
    from connector.domain.effect import Effect
    from connector.domain.posted import Posted


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, what an edit of the mapping changes (None: not asked), what was noticed, and how much was set aside."""

    plan: "Plan"
    effects: "tuple[Effect, ...] | None"
    notes: tuple[str, ...]
    set_aside: int


def plan_files(
    request: FilesRequest,
    settings: "Settings | None" = None,
    *,
    start: date | None = None,
    posted: "Sequence[Posted]" = (),
    compare_with: Path | None = None,
    catch_up: tuple[str, ...] = (),
    rebill: bool = False,
) -> Planned:
    """Plan a month from exported files in a temporary warehouse, or from what the request's warehouse holds.

    `start` takes the place of the settings' posting.start; `compare_with` is a folder of other mapping rules;
    `catch_up` are fingerprints of findings to put right, `rebill` bills anew what is outdated. Raises
    UnreadableInput for files that cannot be used, InvalidConfig for the mappings.
    """
    from connector.bootstrap.ledgers import taxed_lines
    from connector.config.mappings import read_mappings
    from connector.engine.planning.planning import Asked
    from connector.engine.planning.terms import Guards
    from connector.jobs.plan import PlanRequest, compare, plan

    asked, guards = Asked(catch_up, rebill), Guards()
    starts: tuple[tuple[str, date], ...] = ()
    if settings is not None:
        posting = settings.posting
        limits = posting.limits
        guards = Guards(
            posting.mode, limits.documents, limits.amount, limits.change_percent, posting.closed_until,
            taxed_lines(settings),
        )  # fmt: skip
        start = start or posting.start
        starts = posting.start_by_customer
    with opened(request) as (given, notes, set_aside):
        tables, mapping, wanted = given
        # Unbilled lines that were taken in will come again with the number of their invoice.
        numbers_come = request.stored is not None and not request.vendor
        asking = PlanRequest(
            wanted, start, starts, guards, tuple(posted), asked=asked, bills_unnumbered=not numbers_come
        )
        made = plan(tables, mapping, asking)
        effects = None
        if compare_with is not None:
            old = read_mappings(compare_with, request.known_ledgers, request.cache, given=wanted.ledgers)
            effects = compare(tables, old, mapping, wanted)
        return Planned(made, effects, notes, set_aside)
