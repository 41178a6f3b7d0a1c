"""The simulated host of price sheets, exchange rates and the offer matrix.

Words for faults (`app:WORD`): `zip` and `csv` (a price sheet in that form, whatever was asked for).
Source: Microsoft, "Get a price sheet", "Get foreign exchange rates", "Get an offer matrix".
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from uuid import uuid4

from connector.sandbox.directory import PRICING
from connector.sandbox.live import LiveWorld
from connector.sandbox.manners import Manners
from connector.sandbox.messages import Request, Response, json_response
from connector.sandbox.scenario.azure import AZURE_PLAN, METERS, exchange_rate
from connector.sandbox.scenario.calendar import Month, month_of
from connector.sandbox.scenario.catalogue import LICENCES, MARKETS
from connector.sandbox.scenario.money import quotient, text
from connector.sandbox.scenario.sheets import SHEET_COLUMNS, price_rows
from connector.sandbox.tokens import Tokens

_SHEET = re.compile(r"/v1\.0/sales/pricesheets\(Market='(\w{2})',PricesheetView='(\w+)'\)/\$value", re.IGNORECASE)
_RATES = re.compile(r"/v1\.0/sales/(fxrates|offermatrix)\(Month='(\d{6})'\)/\$value", re.IGNORECASE)
LICENCE_VIEW = "updatedlicensebased"
_VIEWS = (LICENCE_VIEW, "azure_consumption", "azure_reservations", "marketplace", "software", "licensebasedest",
          "licensebasedeos")  # fmt: skip
_USAGE_COLUMNS = (
    "ProductTitle", "ProductId", "SkuId", "SkuTitle", "Publisher", "SkuDescription", "UnitOfMeasure", "TermDuration",
    "Market", "Currency", "UnitPrice", "PricingTierRangeMin", "PricingTierRangeMax", "EffectiveStartDate",
    "EffectiveEndDate", "MeterIds", "MeterType", "Tags",
)  # fmt: skip
_MATRIX_COLUMNS = (
    "ProductTitle", "ProductId", "SkuId", "SkuTitle", "ProvisioningId", "ProvisioningString", "MinLicenses",
    "MaxLicenses", "AssetOwnershipLimit", "AssetOwnershipLimitType", "ProductSkuPreRequisites", "ProductSkuConversion",
    "Description", "AllowedCountries",
)  # fmt: skip
_OCTETS = "application/octet-stream"


class Pricing:
    """Price sheets by market and view: the current one, the next one where prices change, and those of the past."""

    def __init__(self, live: LiveWorld, tokens: Tokens, manners: Manners | None = None) -> None:
        self.live, self.manners = live, manners or Manners()
        self._tokens = tokens
        self.republished: dict[tuple[str, str, str], bytes] = {}
        """Sheets that were replaced, by view, market and month (`202610`)."""

    def handle(self, request: Request) -> Response:
        """Answer as the pricing host does: its refusals have little to say."""
        response = self._route(request)
        return Response(response.status, {**response.headers, "Request-ID": str(uuid4())}, response.body)

    def refusal(self, request: Request, status: int, retry_after: str | None) -> Response:
        """Trouble on this host's side."""
        headers = {} if retry_after is None else {"Retry_After": retry_after}
        return json_response(status, {"code": str(status), "description": "Request failed."}, **headers)

    def _route(self, request: Request) -> Response:
        caller = self._tokens.shown(request)
        if caller is None or caller.audience != PRICING:
            return json_response(401, {"code": "401", "description": "Unauthorized"})
        if request.method != "GET":
            return json_response(405, {"code": "405", "description": "Method not allowed"})
        if caller.is_app_only and not self.manners.pricing_app_only:
            return Response(400, {"Content-Type": "text/plain"}, b"Bad Request")
        if found := _SHEET.fullmatch(request.path):
            return self._sheet(request, found[1].upper(), found[2].lower())
        if found := _RATES.fullmatch(request.path):
            return self._table(request, found[1].lower(), found[2])
        return json_response(404, {"code": "404", "description": "Not found"})

    def _sheet(self, request: Request, market: str, view: str) -> Response:
        currency = next((money for money, country in MARKETS.items() if country == market), None)
        if currency is None or view not in _VIEWS:
            return _bad(f"Market {market} or view {view} is not supported.")
        timeline, month = request.first("timeline", "current").lower(), request.first("month")
        if timeline not in ("current", "future", "history"):
            return _bad(f"timeline {timeline} is not supported.")
        if (timeline == "history") != bool(month) or (month and not re.fullmatch(r"\d{4}(0[1-9]|1[0-2])", month)):
            return _bad("month goes with timeline=history, and looks like 202610.")
        wanted = self._month(timeline, month, view)
        content = None if wanted is None else self._content(view, market, currency, wanted)
        if content is None:
            return json_response(404, {"code": "404", "description": "There is no such price sheet."})
        return self._file(request, content, "sheets.csv")

    def _month(self, timeline: str, month: str, view: str) -> Month | None:
        """The month whose sheet is meant; None where there is none."""
        today = month_of(self.live.clock.now().date())
        oldest, raised = self.live.world.months[0].shift(-1), self.live.world.month
        if timeline == "current":
            return today if today >= oldest else None
        if timeline == "future":
            following = today.shift(1)
            changes = view == LICENCE_VIEW and following == raised and any(product.dearer_by for product in LICENCES)
            return following if changes else None
        asked = Month(int(month[:4]), int(month[4:]))
        return asked if oldest <= asked < today else None

    def _content(self, view: str, market: str, currency: str, month: Month) -> bytes | None:
        replaced = self.republished.get((view, market, f"{month.year:04d}{month.number:02d}"))
        if replaced is not None:
            return replaced
        if view == LICENCE_VIEW:
            since = self.live.world.months[0].shift(-1).first
            return _written(SHEET_COLUMNS, price_rows(currency, month, since, self.live.world.month))
        if view == "azure_consumption":
            return _written(_USAGE_COLUMNS, (_meter_row(meter, market) for meter in METERS))
        return _written(SHEET_COLUMNS if view.startswith(("license", "software")) else _USAGE_COLUMNS, ())

    def _table(self, request: Request, kind: str, text_of_month: str) -> Response:
        month = Month(int(text_of_month[:4]), int(text_of_month[4:])) if text_of_month[4:] <= "12" else None
        if month is None or month > month_of(self.live.clock.now().date()):
            return json_response(404, {"code": "404", "description": "Not found"})
        if kind == "fxrates":
            dollars = quotient(Decimal(1), exchange_rate(month)).quantize(Decimal("0.00000000000000001"))
            rows = [["EUR", text(dollars), text_of_month], ["USD", "1", text_of_month]]
            return self._file(request, _written(("CurrencyCode", "USDPerUnit", "Month"), rows), "fxrates")
        return self._file(request, _written(_MATRIX_COLUMNS, map(_matrix_row, LICENCES)), "updatedoffice.csv")

    def _file(self, request: Request, content: bytes, name: str) -> Response:
        accepts = request.headers.get("accept-encoding", "").lower()
        zipped = self.manners.zip_on_deflate and "deflate" in accepts
        if request.twist in ("zip", "csv"):
            zipped = request.twist == "zip"
        headers = {"Content-Type": _OCTETS, "Content-Disposition": f"attachment; filename={name}"}
        return Response(200, {**headers, "Cache-Control": "private"}, _zipped(content, name) if zipped else content)


def _bad(sentence: str) -> Response:
    return json_response(400, {"code": "400", "description": sentence})


def _written(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A CSV with every field in quotes."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    writer.writerows(rows)
    return target.getvalue().encode()


def _zipped(content: bytes, name: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        # A fixed date, so that the same sheet gives the same bytes.
        archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _meter_row(meter: tuple[str, str, str, str, str], market: str) -> list[str]:
    name, category, price, unit, sku_id = meter
    words = f"{category} - {name}"
    return [words, AZURE_PLAN, sku_id, words, "Microsoft", words, unit, "payG-1", market, "USD", price, "", "",
            "3/1/2018 12:00:00 AM", "11/30/9999 11:59:59 PM", f"{sku_id.lower()}-meter", unit, "Azure"]  # fmt: skip


def _matrix_row(product: object) -> list[str]:
    name, product_id, sku_id = (str(getattr(product, field)) for field in ("name", "product_id", "sku_id"))
    return [name, product_id, sku_id, name, "", "", "1", "10000000", "", "", "", "", name, "DE;US"]
