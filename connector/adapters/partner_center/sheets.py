"""Price sheets and exchange rates, which Microsoft gives as whole files.

Source: Microsoft, "Get a price sheet" and "Get foreign exchange rates" (facts: Partner Center §4). A sheet comes as CSV
or as a ZIP archive of it, whatever the answer's head says, so its first bytes decide.
"""

import gzip
import hashlib
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

from connector.adapters.entra import explained_by_api
from connector.adapters.http import Api, Refused
from connector.domain.errors import ConnectorError
from connector.domain.extraction import Drawn, Sheet, State

_LARGEST = 2 << 30
_ZIP = b"PK\x03\x04"
# All that zipfile says of damage, by what it stumbles over first; RuntimeError stands for a password.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)
# Not compressed on the way: for this interface "deflate" means a ZIP archive.
_AS_IT_IS = {"Accept-Encoding": "identity"}


class NoSheet(ConnectorError):
    """What came in place of a price sheet is none."""


class Sheets:
    """Reads the pricing service at `https://api.partner.microsoft.com/v1.0`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def prices(self, wanted: Sheet, known: str | None, folder: Path) -> Drawn:
        """Fetch a price sheet, unless its content has the known hash; there may be none (yet)."""
        path = f"sales/pricesheets(Market='{wanted.market}',PricesheetView='{wanted.view}')/$value"
        params = {"timeline": wanted.timeline}
        if wanted.timeline == "history":
            params["month"] = wanted.month.replace("-", "")
        return self._draw(path, params, known, folder / "sheet", b"productid")

    def rates(self, month: str, known: str | None, folder: Path) -> Drawn:
        """Fetch the exchange rates of a month (YYYY-MM), unless their content has the known hash."""
        path = f"sales/fxrates(Month='{month.replace('-', '')}')/$value"
        return self._draw(path, {}, known, folder / "rates", b"currencycode")

    def _draw(self, path: str, params: dict[str, str], known: str | None, place: Path, column: bytes) -> Drawn:
        try:
            body = self._api.get(path, params, _AS_IT_IS, accept="*/*").body
        except Refused as refused:
            if refused.status == 404:
                return Drawn(State.NOTHING)
            if refused.status == 400:
                raise ConnectorError(
                    f"{refused}; the pricing service says this also to an app that comes alone: set "
                    "partner_center.auth.pricing to app_user and run `connector auth partner-center`."
                ) from refused
            told = explained_by_api(refused)
            if told is refused:
                raise
            raise told from refused
        content = _content(path, body)
        if column not in content[:4096].lower():
            raise NoSheet(f"{path}: what came is neither a CSV with the column {column.decode()} nor a ZIP of one.")
        if not content.partition(b"\n")[2].strip():
            # Its columns alone: nothing is sold by it in this market.
            return Drawn(State.NOTHING)
        mark = hashlib.sha256(content).hexdigest()
        if mark == known:
            return Drawn(State.SAME, mark)
        # Packed in one way, the same sheet is the same file however it came.
        with place.with_name(f"{place.name}.csv.gz").open("wb") as file:
            file.write(gzip.compress(content, 6, mtime=0))
        return Drawn(State.FETCHED, mark)


def _content(path: str, body: bytes) -> bytes:
    """The text of a sheet."""
    if not body.startswith(_ZIP):
        return body
    try:
        with zipfile.ZipFile(BytesIO(body)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if sum(entry.file_size for entry in entries) > _LARGEST:
                raise NoSheet(
                    f"{path}: the ZIP archive unpacks to more than {_LARGEST >> 30} GB; it is no price sheet."
                )
            return b"".join(archive.read(name) for name in sorted(entry.filename for entry in entries))
    except _DAMAGE as damage:
        raise NoSheet(f"{path}: the ZIP archive that came is damaged ({damage}); try again later.") from damage
