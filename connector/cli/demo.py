"""connector demo: a made-up partner's month, fetched, compared, billed and compared again, in one go."""

import json
import shutil
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.exit_codes import ExitCode
from connector.cli.staging import compared, fetch, open_stage
from connector.domain.errors import ConnectorError
from connector.domain.finding import Finding

if TYPE_CHECKING:
    from connector.sandbox.behind_our_back import Deed

_MARK = ".connector-demo"
_AN_HOUR = 3600
_NAMED = ("tenant_id", "subscription_id", "product_id")


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("demo")
    def demo(
        folder: Annotated[Path, typer.Option("--folder", metavar="DIR", help="Where the demo lives.")] = Path("demo"),
        seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed makes another world.")] = 7,
        ledger: Annotated[
            str, typer.Option("--ledger", help="Where the books are: quickbooks, business_central, or both.")
        ] = "quickbooks",
    ) -> None:
        """Show a whole month on a made-up Microsoft and ledger: no account, no network, nothing to configure."""
        from connector.sandbox.books import SYSTEMS
        from connector.sandbox.scenario import generate

        if ledger not in SYSTEMS:
            raise ConnectorError(f"--ledger {ledger} is not one of {', '.join(SYSTEMS)}")
        _clear(folder)
        # The same month as exported files, for those who go on from there.
        generate(40, 1, seed, folder)
        (folder / _MARK).touch()
        wrong = [
            *_kept_by_people(folder / "kept-by-people", seed, ledger),
            *_billed_by_us(folder / "billed-by-connector", seed, ledger),
        ]
        typer.echo("")
        typer.echo(f"All of it lies in {folder}: open result.html there in a browser, and plan.html beside it.")
        typer.echo("The same month as exported files is there too (docs/first-month.md goes on from them).")
        typer.echo("Rehearse on your own with `connector sandbox --output DIR`, or begin with your files:")
        typer.echo("connector reconcile --help")
        for text in wrong:
            typer.echo(f"NOT AS IT SHOULD BE: {text}", err=True)
        if wrong:
            raise typer.Exit(ExitCode.TROUBLE)


def _kept_by_people(folder: Path, seed: int, system: str) -> Iterator[str]:
    """A month whose invoices people wrote by hand: fetch both sides, compare, hold against the truth."""
    from connector.reports.page import to_html
    from connector.reports.result_csv import to_csv
    from connector.reports.result_json import to_json
    from connector.reports.result_table import to_table

    _say("1. A month that people billed by hand: fetched from Partner Center and the ledger, and compared")
    with open_stage(folder, seed, system) as stage:
        yield from fetch(stage)
        with compared(stage) as outcome:
            for name, text in (
                ("result.html", to_html(outcome.result, outcome.run_id, outcome.lines)),
                ("result.json", to_json(outcome.result, outcome.run_id)),
                *to_csv(outcome.result, "findings.csv", outcome.lines).items(),
            ):
                (folder.parent / name).write_text(text, encoding="utf-8")
        typer.echo(to_table(outcome.result).rstrip("\n"))
        truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["findings"]
        missed, invented = compare(truth, outcome.result.findings)
        typer.echo("")
        typer.echo(
            f"{len(truth)} mistakes were put into this world on purpose: {len(truth) - len(missed)} found to the cent, "
            f"{len(missed)} missed, {len(invented)} invented."
        )
        yield from (f"missed {one['kind']} {one['impact']}" for one in missed)
        yield from (f"invented {one.kind} {one.impact}" for one in invented)


def _billed_by_us(folder: Path, seed: int, system: str) -> Iterator[str]:
    """The same month where nobody has billed yet: plan, post, let finance meddle, and compare."""
    from connector.bootstrap import plan_files
    from connector.bootstrap.asking import FilesRequest, configured
    from connector.bootstrap.post_requests import PostRequest
    from connector.bootstrap.posted import keep_plan, posted_of
    from connector.bootstrap.posting import open_desk
    from connector.domain.extraction import Part
    from connector.domain.period import Period
    from connector.domain.posting import State
    from connector.reports.page import to_html
    from connector.reports.plan_page import to_html as plan_page

    _say("2. The same month, billed by the connector: planned, approved, posted into the ledger and read back")
    with open_stage(folder, seed, system, billed=False) as stage:
        settings, clock = stage.settings, stage.running.clock
        yield from fetch(stage)
        request = FilesRequest((), (), settings.mappings, month=Period.month(stage.month), needs_ledger=False)
        planned = plan_files(
            configured(request, settings, own_mapping=False), settings, posted=posted_of(settings).documents
        )
        (folder.parent / "plan.html").write_text(plan_page(planned.plan, planned.effects), encoding="utf-8")
        wanted = PostRequest(keep_plan(settings, planned.plan), by="demo")
        with open_desk(settings, clock) as desk:
            outcome = desk.post(wanted, desk.prepare(planned.plan, wanted))
        done = [one for one in outcome.postings if one.state is State.VERIFIED]
        for line in _in_words(planned.plan.documents, len(done)):
            typer.echo(line)
        yield from (f"{one.key} is {one.state}: {one.said}" for one in outcome.postings if one not in done)
        clock.advance(_AN_HOUR)
        deeds = stage.books.meddle()
        typer.echo("")
        typer.echo("Then somebody works in the ledger, and tells nobody:")
        clock.advance(_AN_HOUR)
        yield from fetch(stage, Part.LEDGER, quiet=True)
        with compared(stage) as after:
            page = to_html(after.result, after.run_id, after.lines)
            (folder.parent / "after.html").write_text(page, encoding="utf-8")
        for deed in deeds:
            found = _is_told(deed, after.result.findings)
            typer.echo(f"  {'found' if found else 'NOT FOUND':<9} {deed.text}: {deed.amount} {deed.currency}")
            if not found:
                yield f"not found: {deed.text}"
        others = [one for one in after.result.findings if one.measures == "exposure"]
        typer.echo(
            f"Beside these, {len(others)} exposures of the first part are still there: no invoice takes them away."
        )


def _in_words(documents: Sequence[Any], done: int) -> Iterator[str]:
    sums: dict[str, Decimal] = {}
    for document in documents:
        sums[document.currency] = sums.get(document.currency, Decimal(0)) + document.net
    money = " and ".join(f"{total:,} {currency}" for currency, total in sorted(sums.items()))
    yield f"{len(documents)} documents planned, {money} net of tax; what is blocked, and why, is in plan.html."
    yield f"{done} of {len(documents)} posted once and read back equal to the cent."


def _is_told(deed: "Deed", findings: Sequence[Finding]) -> bool:
    """Whether findings say what was done, to the cent: one of the kind, or several of it that sum up to it."""
    own = [one for one in findings if one.kind == deed.kind and one.currency == deed.currency]
    if any(one.impact == deed.amount for one in own):
        return True
    sums: dict[str | None, Decimal] = {}
    for one in own:
        sums[one.subject.ledger_customer] = sums.get(one.subject.ledger_customer, Decimal(0)) + one.impact
    return deed.amount in sums.values()


def compare(truth: list[dict[str, Any]], findings: tuple[Finding, ...]) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Hold findings against the truth: (truths not found, findings that are not true).

    What names its customer goes first: what names none could be any customer's.
    """
    left = list(findings)
    missed = []
    for known in sorted(truth, key=lambda known: [known[name] is None for name in _NAMED]):
        match = next((finding for finding in left if _is(known, finding)), None)
        if match is None:
            missed.append(known)
        else:
            left.remove(match)
    return missed, left


def _is(known: dict[str, Any], finding: Finding) -> bool:
    return (
        known["kind"] == finding.kind
        and known["currency"] == finding.currency
        and Decimal(known["impact"]) == finding.impact
        and all(known[name] is None or known[name] == getattr(finding.subject, name) for name in _NAMED)
    )


def _say(text: str) -> None:
    typer.echo(f"\n=== {text}\n")


def _clear(folder: Path) -> None:
    """Make room for the demo, but only where an earlier demo left its mark."""
    if folder.exists():
        if any(folder.iterdir()) and not (folder / _MARK).exists():
            raise ConnectorError(f"{folder} holds something else; name another folder with --folder")
        shutil.rmtree(folder)
