"""connector explain: show the whole chain behind a finding, a line or a subscription, sum by sum."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.inputs import (
    LedgerPaths,
    MappingsPath,
    PriceSheetPaths,
    ScopeMonth,
    SubscriptionPaths,
    Taxes,
    Totals,
    VendorPaths,
    amounts_by_currency,
    named_ledger,
)
from connector.cli.options import Format, options_of
from connector.domain.period import Period

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
        vendor: VendorPaths,
        ledger: LedgerPaths,
        mappings: MappingsPath,
        vendor_total: Totals = None,
        vendor_tax: Taxes = None,
        subscriptions: SubscriptionPaths = None,
        price_sheet: PriceSheetPaths = None,
        scope: ScopeMonth = None,
    ) -> None:
        """Explain a finding, a line or a subscription: its rules, prices, dates and sums, and what the ledger has.

        Give the same files as to `connector reconcile`.
        """
        from connector.bootstrap import FilesRequest, explaining, named_for_people

        options = options_of(ctx)
        form = options.format_among(Format.TABLE, Format.JSON)
        request = FilesRequest(
            vendor=tuple(vendor),
            ledgers=tuple(named_ledger(text) for text in ledger),
            mappings=mappings,
            subscriptions=tuple(subscriptions or ()),
            price_sheets=tuple(price_sheet or ()),
            totals=amounts_by_currency(vendor_total, "--vendor-total"),
            taxes=amounts_by_currency(vendor_tax, "--vendor-tax"),
            month=Period.month(scope) if scope else None,
        )
        with named_for_people(request.vendor), explaining(request) as explainer:
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
