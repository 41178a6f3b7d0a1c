"""Invoice lines that Graph does not have: legacy invoices, and those of new commerce before February 2024.

Source: Microsoft, "Get invoice line items" (facts: Partner Center §5.2). They are listed page by page, and written
down line by line.
"""

import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path

from connector.adapters.http import Refused, written
from connector.adapters.partner_center import translate
from connector.adapters.partner_center.client import Item, PartnerCenterClient, safe
from connector.domain.extraction import Drawn, LineSet, State

_PAGE = 2000
# Which lists hold the lines: (provider, type). Legacy daily usage has no prices, so nothing could be made of it.
_LEGACY = {"reconciliation": (("office", "billinglineitems"), ("azure", "billinglineitems")), "usage": ()}
_NEW_COMMERCE = {"reconciliation": (("onetime", "billinglineitems"),), "usage": (("onetime", "usagelineitems"),)}


class OlderLines:
    """Reads the lines of old invoices, which do not change any more once they are there."""

    def __init__(self, client: PartnerCenterClient) -> None:
        self._client = client

    def draw(self, wanted: LineSet, known: str | None, folder: Path) -> Drawn:
        """Write the lines of an invoice into the folder, a file for each list; the mark is the hash of them all."""
        if known:
            return Drawn(State.SAME, known)
        invoice = wanted.invoice or ""
        lists = (_NEW_COMMERCE if invoice.upper().startswith("G") else _LEGACY)[wanted.kind]
        folder.mkdir(parents=True, exist_ok=True)
        whole, count = hashlib.sha256(), 0
        for provider, kind in lists:
            path = folder / f"{provider}-{kind}.jsonl.gz"
            with path.open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as out:
                lines = 0
                for item in self._items(invoice, provider, kind):
                    text = f"{written(translate.line(item, invoice))}\n".encode()
                    whole.update(text)
                    out.write(text)
                    lines += 1
            if not lines:
                path.unlink()
            count += lines
        return Drawn(State.FETCHED, whole.hexdigest()) if count else Drawn(State.NOTHING)

    def _items(self, invoice: str, provider: str, kind: str) -> Iterator[Item]:
        path = f"invoices/{safe(invoice)}/lineitems"
        params = {"provider": provider, "invoicelineitemtype": kind}
        pages = (
            self._client.seek(path, {**params, "size": _PAGE})
            if provider == "onetime"
            else self._client.turn(path, params, size=_PAGE)
        )
        try:
            for page in pages:
                yield from page
        except Refused as refused:
            if refused.status != 404:
                raise
