"""The stage of the demo: a made-up Microsoft and QuickBooks that run, and a connector that talks to them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from connector.domain.errors import ConnectorError

if TYPE_CHECKING:
    from connector.bootstrap import Outcome
    from connector.config.settings import Settings
    from connector.domain.extraction import Part
    from connector.sandbox.books import Books
    from connector.sandbox.running import Running

_POSTING = "posting: {{mode: review, start: {month}}}\n"


@dataclass(frozen=True, slots=True)
class Stage:
    """A made-up world that is running, and the settings of a connector that talks to it."""

    running: "Running"
    books: "Books"
    settings: "Settings"

    @property
    def month(self) -> str:
        """The month that is billed, as YYYY-MM."""
        return str(self.running.world.month)


@contextmanager
def open_stage(folder: Path, seed: int, system: str = "quickbooks", *, billed: bool = True) -> "Iterator[Stage]":
    """Run a made-up Microsoft and QuickBooks; `billed` False: nobody has written the month's invoices yet."""
    from connector.bootstrap.authorizing_microsoft import sign_in_at_microsoft
    from connector.config.settings import read_settings
    from connector.domain.extraction import Part
    from connector.sandbox.books import Books
    from connector.sandbox.clock import SandboxClock
    from connector.sandbox.manners import Manners
    from connector.sandbox.rehearsal import SECRETS, claim, write_rehearsal
    from connector.sandbox.running import Deal, morning_after, start
    from connector.sandbox.tokens import Tokens

    claim(folder)
    world = Deal(40, 1, seed).world()
    if not billed:
        world.books.lines.clear()
    manners = Manners(strict_headers=False, poll_after=1)
    clock = SandboxClock(datetime.combine(world.month.first - timedelta(days=2), time(8), UTC))
    books = Books(Tokens(clock), system)
    also, tokens = books.services(), books.tokens
    with start(world, clock, manners=manners, folder=folder, also=also, tokens=tokens) as running:
        write_rehearsal(running, books, folder)
        file = folder / "config.yaml"
        file.write_text(file.read_text(encoding="utf-8") + _POSTING.format(month=world.month), encoding="utf-8")
        secrets = dict(line.split("=", 1) for line in (folder / SECRETS).read_text(encoding="ascii").splitlines())
        settings = read_settings(file, {**os.environ, **secrets})

        def approve(sentence: str) -> None:
            running.approve(sentence.partition("enter the code ")[2].partition(";")[0])

        for _ in sign_in_at_microsoft(settings, approve, running.clock):
            pass
        made = Stage(running, books, settings)
        # What changed is known from looks of before: one before the month, one at its end.
        for moment in (clock.now(), datetime.combine(world.month.last, time(23, 30), UTC)):
            clock.advance_to(moment)
            for trouble in fetch(made, Part.SUBSCRIPTIONS, quiet=True):
                raise ConnectorError(trouble)
        clock.advance_to(morning_after(world))
        yield made


def fetch(stage: Stage, *only: "Part", quiet: bool = False) -> Iterator[str]:
    """Read what is new; the clock of the made-up world passes the waiting. Yields what could not be read."""
    from connector.bootstrap.syncing import SyncTools, sync

    tools = SyncTools(clock=stage.running.clock)
    told = sync(stage.settings, only, progress=lambda *_: None, exit_code=lambda _: 0, tools=tools)
    if not quiet:
        for step in told.steps:
            typer.echo(f"  {step.part:<14}{step.text}")
        typer.echo("")
    yield from (f"not read: {trouble}" for trouble in told.troubles)


@contextmanager
def compared(stage: Stage) -> "Iterator[Outcome]":
    """Compare what was fetched; the outcome's lines are read while it is open."""
    from connector.bootstrap import FilesRequest, configured, reconciling
    from connector.domain.period import Period

    request = FilesRequest((), (), stage.settings.mappings, month=Period.month(stage.month))
    with reconciling(configured(request, stage.settings, own_mapping=False)) as outcome:
        yield outcome
