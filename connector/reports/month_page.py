"""The report of a month as one page of HTML, and as a workbook; what others wrote stays text."""

from collections.abc import Sequence
from decimal import Decimal
from html import escape

from connector.domain.money import Money, from_minor
from connector.domain.month import MonthReport, Shift
from connector.reports.month import month_tables, titled
from connector.reports.workbook import write_sheets

_STYLE = (
    "body{font:14px/1.5 system-ui,sans-serif;margin:2rem;max-width:70rem;color:#1a1a1a;background:#fff}"
    "table{border-collapse:collapse;margin:0 0 2rem}th,td{padding:.25rem .75rem;border-bottom:1px solid #ddd;"
    "text-align:left}td.n{text-align:right;font-variant-numeric:tabular-nums}h2{margin:2rem 0 .5rem}"
)


def month_html(report: MonthReport, run_id: str, shifts: Sequence[Shift] = (), notes: Sequence[str] = ()) -> str:
    """One page without scripts or anything from outside."""
    result = report.result
    title = f"{report.month:%B %Y}"
    parts = [
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"</head><body><h1>{title}</h1><p><strong>{escape(result.result.replace('_', ' '))}</strong>, vendor invoices "
        f"{escape(', '.join(result.invoices))}</p>",
        *(f"<p>{escape(text)}</p>" for text in (*result.because, *notes, *report.notes)),
    ]
    for table in month_tables(report, shifts):
        rows = list(table.rows)
        if rows:
            head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.columns)
            body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
            parts.append(f"<h2>{escape(titled(table.name))}</h2><table><tr>{head}</tr>{body}</table>")
    return "".join([*parts, f"<p>run {escape(run_id)}</p></body></html>\n"])


def _cell(cell: object) -> str:
    if isinstance(cell, Money):
        return f'<td class="n">{from_minor(0, cell.currency) + cell.amount:,f}</td>'
    if isinstance(cell, Decimal | int) and not isinstance(cell, bool):
        return f'<td class="n">{cell:,f}</td>' if isinstance(cell, Decimal) else f'<td class="n">{cell:,}</td>'
    return f"<td>{'' if cell is None else escape(str(cell))}</td>"


def month_xlsx(report: MonthReport, shifts: Sequence[Shift] = ()) -> bytes:
    """A workbook with a sheet for each table."""
    tables = ((titled(table.name), table) for table in month_tables(report, shifts))
    return write_sheets(f"{report.month:%B %Y}", report.month, tables)
