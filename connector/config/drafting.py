"""Drafts an export profile from the column names of a file, and marks what its owner should look at again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from connector.config.exports import LEDGER_COLUMNS, VENDOR_COLUMNS
from connector.config.profiles import shipped
from connector.domain.tables import PROFILE_NEEDS

_LOOKED_AT = 60
# Words by which other programs call our columns; those of the shipped profiles count too. A header that is one of
# them is sure, one that only has one of them among its words is not.
_WORDS = {
    "document_number": ("invoice number", "invoice no", "document no", "rechnungsnummer", "belegnummer", "belegnr",
                        "num"),
    "document_date": ("invoice date", "posting date", "date", "rechnungsdatum", "belegdatum", "buchungsdatum", "datum"),
    "document_type": ("document type", "transaction type", "type", "belegart", "art"),
    "customer_id": ("customer id", "customer no", "customer number", "customer", "kundennummer", "kundennr", "kunde",
                    "client", "company", "account"),
    "customer_name": ("customer name", "company name", "kundenname", "name"),
    "item_id": ("item id", "item no", "item", "product/service", "product", "artikelnummer", "artikel", "sku"),
    "description": ("description", "memo", "beschreibung", "bezeichnung", "text"),
    "quantity": ("quantity", "qty", "menge", "anzahl", "seats", "units"),
    "unit_price": ("unit price", "sales price", "rate", "price", "einzelpreis", "preis"),
    "amount": ("amount", "line amount", "net amount", "betrag", "nettobetrag", "netto", "total"),
    "tax": ("tax", "tax amount", "vat", "vat amount", "mwst", "ust"),
    "currency": ("currency", "currency code", "währung", "währungscode"),
    "service_start": ("service start", "service date", "period start", "start date", "leistungsbeginn", "von"),
    "service_end": ("service end", "period end", "end date", "leistungsende", "bis"),
    "reference": ("subscription id", "reference", "referenz"),
    "invoice": ("invoice number", "invoice id", "invoice", "rechnungsnummer"),
    "subscription_id": ("subscription id", "microsoft subscription id"),
    "product_id": ("product id", "sku", "part number", "mpn", "vendor sku", "product", "artikelnummer", "artikel"),
    "product_name": ("product name", "product", "subscription name", "description", "bezeichnung"),
    "charge_start": ("charge start date", "start date", "period start", "startperiod", "start", "von"),
    "charge_end": ("charge end date", "end date", "period end", "endperiod", "end", "bis"),
    "term_text": ("term", "commitment", "billing cycle", "laufzeit"),
    "subtotal": ("cost total", "total cost", "extended cost", "seller cost", "net amount", "subtotal", "amount",
                 "cost", "betrag", "netto"),
}  # fmt: skip
_PATTERNS = (
    (r"\d{4}-\d{1,2}-\d{1,2}.*", None),
    (r"\d{1,2}\.\d{1,2}\.\d{4}", "%d.%m.%Y"),
    (r"\d{1,2}\.\d{1,2}\.\d{2}", "%d.%m.%y"),
    (r"\d{1,2}-[A-Za-z]{3}-\d{4}", "%d-%b-%Y"),
    (r"[A-Za-z]{3} \d{1,2}, \d{4}", "%b %d, %Y"),
    (r"\d{1,2}/\d{1,2}/\d{4}", "%m/%d/%Y"),
)
_COSTS = frozenset(("cost", "costtotal", "sellercost", "mpn", "seller", "reseller"))
_TOTAL = re.compile(r"(grand total|total for|total|summe|gesamt)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a draft rests on: the file's name, its rows as (line, cells), and the shipped profile that reads it."""

    file: str
    rows: Sequence[tuple[int, Sequence[str]]]
    fitting: str | None = None


def draft_profile(draft: Draft) -> str:
    """The YAML of a profile; what is unsure or missing stands beside it as a comment."""
    name = re.sub(r"[^a-z0-9]+", "-", draft.file.rsplit(".", 1)[0].lower()).strip("-") or "export"
    lines = [
        f"# Drafted from {_quoted(draft.file)}; put it into a file of the mapping folder, then run `connector check`."
    ]
    if draft.fitting is not None:
        lines += [
            f"# The shipped profile {draft.fitting} reads this file as it is.",
            "exports:",
            f"- name: {_quoted(name)}",
            f"  like: {draft.fitting}",
            "  # fixed: {currency: USD}        # where the file names no currency",
            '  # customers: {Exact Name: "58"}  # exact names, and the ids the mapping uses',
            '  # items: {Exact Name: "31"}',
        ]
        return "\n".join(lines) + "\n"
    line, header = _header(draft.rows)
    below = [cells for at, cells in draft.rows if at > line]
    reads = _reads(header)
    lines += ["exports:", f"- name: {_quoted(name)}"]
    lines += [f"  reads: {reads}", f"  header_row: {line}" if line > 1 else "", "  columns:"]
    columns, notes = _columns(header, reads)
    lines += [f"    {ours}: {_quoted(theirs)}{notes.get(ours, '')}" for ours, theirs in columns.items()]
    lines += _missing(columns, reads, below, header)
    lines += _habits(columns, below, header)
    unused = [theirs for theirs in header if theirs and theirs not in columns.values()]
    if unused:
        lines.append(f"  # not used: {', '.join(map(_quoted, unused))}")
    return "\n".join(line for line in lines if line) + "\n"


def _key(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def _known(ours: str) -> tuple[str, ...]:
    aliases = [name for profile in shipped() for column, names in profile.columns if column == ours for name in names]
    return (*_WORDS.get(ours, ()), *aliases, ours)


def _header(rows: Sequence[tuple[int, Sequence[str]]]) -> tuple[int, Sequence[str]]:
    """The row that names most columns by known words; where none does, the first with the most filled cells."""
    known = {_key(word) for ours in (*LEDGER_COLUMNS, *VENDOR_COLUMNS) for word in _known(ours)}

    def weight(row: tuple[int, Sequence[str]]) -> tuple[int, int, int]:
        line, cells = row
        texts = [cell for cell in cells if cell and not re.fullmatch(r"[\d.,/ :-]+", cell)]
        return sum(_key(cell) in known for cell in texts), len(texts), -line

    return max(rows[:_LOOKED_AT], key=weight)


def _reads(header: Sequence[str]) -> str:
    return "vendor" if {_key(cell) for cell in header} & _COSTS else "ledger"


def _columns(header: Sequence[str], reads: str) -> tuple[dict[str, str], dict[str, str]]:
    """The file's name for each of our columns, and a remark where it is only a guess."""
    ours_in_order = LEDGER_COLUMNS if reads == "ledger" else VENDOR_COLUMNS
    found: dict[str, str] = {}
    notes: dict[str, str] = {}
    taken: set[str] = set()
    for sure in (True, False):
        for ours in ours_in_order:
            if ours in found:
                continue
            for word in _known(ours):
                theirs = next((cell for cell in header if cell not in taken and _is_named(cell, word, sure)), None)
                if theirs:
                    found[ours] = theirs
                    taken.add(theirs)
                    if not sure:
                        notes[ours] = "  # unsure: is it this column?"
                    break
    return {ours: found[ours] for ours in ours_in_order if ours in found}, notes


def _is_named(cell: str, word: str, sure: bool) -> bool:
    if not cell:
        return False
    if sure:
        return _key(cell) == _key(word)
    return len(word) > 3 and bool(set(re.findall(r"\w+", cell.casefold())) >= set(re.findall(r"\w+", word.casefold())))


def _missing(columns: dict[str, str], reads: str, below: Sequence[Sequence[str]], header: Sequence[str]) -> list[str]:
    needed = [ours for ours in PROFILE_NEEDS[reads] if ours not in columns]
    lines = []
    if "customer_id" in needed and _headings(below):
        needed.remove("customer_id")
        lines.append("  grouped_by: customer_id           # headings above the lines name the customer")
    fixed = {"document_type": "invoice", "currency": "USD"}
    given = [ours for ours in needed if ours in fixed]
    if given:
        said = ", ".join(f"{ours}: {fixed[ours]}" for ours in given)
        lines.append(f"  fixed: {{{said}}}  # unsure: no column says it")
    lines += [f"  # MISSING {ours}: write its column under columns" for ours in needed if ours not in fixed]
    return lines


def _headings(below: Sequence[Sequence[str]]) -> bool:
    return sum(sum(map(bool, cells)) == 1 for cells in below) > 1


def _habits(columns: dict[str, str], below: Sequence[Sequence[str]], header: Sequence[str]) -> list[str]:
    """How dates and numbers are written, which rows sum up, and whether customers and items are named."""
    lines = []

    def samples(ours: str) -> list[str]:
        if ours not in columns:
            return []
        at = list(header).index(columns[ours])
        return [cells[at] for cells in below[:500] if at < len(cells) and cells[at]]

    days = samples("document_date") or samples("charge_start")
    pattern = next((shape for test, shape in _PATTERNS if days and re.fullmatch(test, days[0])), None)
    if pattern == "%m/%d/%Y":
        # A day above 12 tells which comes first.
        european = any(int(day.split("/")[0]) > 12 for day in days if re.fullmatch(_PATTERNS[-1][0], day))
        american = any(int(day.split("/")[1]) > 12 for day in days if re.fullmatch(_PATTERNS[-1][0], day))
        pattern = "%d/%m/%Y" if european else pattern
        remark = "" if european or american else "  # unsure: month first, or %d/%m/%Y?"
        lines.append(f'  dates: "{pattern}"{remark}')
    elif pattern:
        shown = _shown(days[0], pattern)
        lines.append(f'  dates: "{pattern}"{shown}')
    amounts = samples("amount") or samples("subtotal")
    if any(re.fullmatch(r"-?[\d. ']*,\d{1,2}", text) for text in amounts):
        lines.append('  decimal: ","')
    totals = dict.fromkeys(
        found.group(1)
        for cells in below
        for first in [next((c for c in cells if c), "")]
        if (found := _TOTAL.match(first))
    )
    if totals:
        lines.append(f"  totals: [{', '.join(_quoted(word) for word in totals)}]")
    for ours, key in (("customer_id", "customers_by"), ("item_id", "items_by")):
        theirs = columns.get(ours, "" if ours == "customer_id" else "id")
        if not re.search(r"\b(id|no|nr|number|sku)\b|nummer|nr\b", theirs.casefold()):
            lines.append(f"  {key}: name")
    return lines


def _shown(text: str, pattern: str) -> str:
    try:
        day = datetime.strptime(text, pattern).replace(tzinfo=UTC).date()
    except ValueError:
        return f"  # unsure: {text}"
    return f"  # {text} is {day.isoformat()}"


def _quoted(text: str) -> str:
    """A text as YAML takes it, whatever is in it."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return "'" + " ".join(printable.split()).replace("'", "''") + "'"
