"""connector explain: show the whole chain behind a finding, a line or a subscription, sum by sum."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.asked import asked
from connector.cli.inputs import LEDGER, KnownOn, PriceSheetPaths, ScopeMonth, SubscriptionPaths, Taxes, Totals
from connector.cli.options import Format, options_of

if TYPE_CHECKING:
    from connector.domain.derivation import Explanation


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("explain")
    def explain(
        ctx: typer.Context,
        reference: Annotated[
            str,
            typer.Argument(
                metavar="REF",
                help="A fingerprint, FILE:LINE, INVOICE:LINE, a ledger document (with :LINE) or a subscription.",
            ),
        ],
        vendor: Annotated[
            list[Path] | None,
            typer.Option("--vendor", metavar="PATH", help="As for reconcile; without it what was fetched or imported."),
        ] = None,
        ledger: Annotated[list[str] | None, LEDGER] = None,
        mappings: Annotated[
            Path | None,
            typer.Option(
                "--mappings",
                metavar="DIR",
                help="The folder (or file) of mapping rules; without it the configured one.",
                show_default=False,
            ),
        ] = None,
        vendor_total: Totals = None,
        vendor_tax: Taxes = None,
        subscriptions: SubscriptionPaths = None,
        price_sheet: PriceSheetPaths = None,
        scope: ScopeMonth = None,
        as_known_on: KnownOn = None,
    ) -> None:
        """Explain a finding, a line or a subscription: its rules, prices, dates and sums, and what the ledger has.

        Give the same files as to `connector reconcile`, or none to explain what was fetched or imported.
        """
        from connector.bootstrap import explaining, named_for_people

        options = options_of(ctx)
        form = options.format_among(Format.TABLE, Format.JSON)
        request = asked(
            options, vendor=vendor, ledger=ledger, mappings=mappings, vendor_total=vendor_total, vendor_tax=vendor_tax,
            subscriptions=subscriptions, price_sheet=price_sheet, scope=scope, as_known_on=as_known_on,
        )  # fmt: skip
        with named_for_people(request.vendor or (request.mappings,)), explaining(request) as explainer:
            explanation = explainer.explain(reference)
        _put(_text(explanation, form), options.output)


def _text(explanation: "Explanation", form: Format) -> str:
    if form is Format.JSON:
        from connector.reports.explanation_json import to_json

        return to_json(explanation)
    from connector.reports.explanation_text import to_text

    return to_text(explanation)


def _put(text: str, output: Path | None) -> None:
    from connector.cli.showing import write_file

    if output is None:
        typer.echo(text, nl=False)
    else:
        write_file(output, text)
