"""connector demo: make up a month for 40 customers, reconcile it, and compare what was found with the truth."""

import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from connector.cli.exit_codes import ExitCode
from connector.cli.inputs import named_ledger
from connector.domain.errors import ConnectorError
from connector.domain.finding import Finding

_MARK = ".connector-demo"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("demo")
    def demo(
        folder: Annotated[Path, typer.Option("--folder", metavar="DIR", help="Where the demo lives.")] = Path("demo"),
        seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed makes another world.")] = 7,
    ) -> None:
        """Show a whole reconciliation on a made-up month: no account, no network, nothing to configure."""
        from connector.bootstrap import FilesRequest, reconciling
        from connector.reports.page import to_html
        from connector.reports.result_csv import to_csv
        from connector.reports.result_json import to_json
        from connector.reports.result_table import to_table
        from connector.sandbox.scenario import generate

        _clear(folder)
        generate(40, 1, seed, folder)
        (folder / _MARK).touch()
        truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        given = truth["arguments"]
        request = FilesRequest(
            vendor=tuple(folder / path for path in (*given["vendor"], *given["invoices"])),
            ledgers=tuple(named_ledger(text, folder) for text in given["ledger"]),
            mappings=folder / given["mappings"],
            subscriptions=tuple(folder / path for path in given["subscriptions"]),
            price_sheets=tuple(folder / path for path in given["price_sheet"]),
        )
        with reconciling(request) as outcome:
            page = to_html(outcome.result, outcome.run_id, outcome.lines)
            (folder / "result.html").write_text(page, encoding="utf-8")
            for name, text in to_csv(outcome.result, "findings.csv", outcome.lines).items():
                (folder / name).write_text(text, encoding="utf-8")
        (folder / "result.json").write_text(to_json(outcome.result, outcome.run_id), encoding="utf-8")
        typer.echo(to_table(outcome.result).rstrip("\n"))
        missed, invented = compare(truth["findings"], outcome.result.findings)
        typer.echo("")
        typer.echo(
            f"{len(truth['findings'])} mistakes were put into this world on purpose: "
            f"{len(truth['findings']) - len(missed)} found to the cent, {len(missed)} missed, {len(invented)} invented."
        )
        typer.echo(f"The result lies in {folder / 'result.html'} (open it in a browser), result.json and findings.csv,")
        typer.echo(f"what it was made of in {folder}. Try it on your own: connector reconcile --help")
        if missed or invented:
            raise typer.Exit(ExitCode.TROUBLE)


def compare(truth: list[dict[str, Any]], findings: tuple[Finding, ...]) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Hold findings against the truth: (truths not found, findings that are not true)."""
    left = list(findings)
    missed = []
    for known in truth:
        match = next((finding for finding in left if _is(known, finding)), None)
        if match is None:
            missed.append(known)
        else:
            left.remove(match)
    return missed, left


def _is(known: dict[str, Any], finding: Finding) -> bool:
    about = finding.subject
    named = (
        (known["tenant_id"], about.tenant_id),
        (known["subscription_id"], about.subscription_id),
        (known["product_id"], about.product_id),
    )
    return (
        known["kind"] == finding.kind
        and known["currency"] == finding.currency
        and Decimal(known["impact"]) == finding.impact
        and all(want is None or want == have for want, have in named)
    )


def _clear(folder: Path) -> None:
    """Make room for the demo, but only where an earlier demo left its mark."""
    if folder.exists():
        if any(folder.iterdir()) and not (folder / _MARK).exists():
            raise ConnectorError(f"{folder} holds something else; name another folder with --folder")
        shutil.rmtree(folder)
