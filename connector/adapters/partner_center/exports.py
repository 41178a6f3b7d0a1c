"""Large exports of invoice lines and usage at Microsoft Graph: ordered, waited for, and downloaded whole or not at all.

Source: Microsoft Graph, "partners billing" (facts: Partner Center §5.3): a POST starts an operation, which ends in a
manifest that names blobs and carries the key to them for some hours.
"""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

from connector.adapters.entra import explained_by_api
from connector.adapters.http import Answer, Api, Patience, Refused, Session, read_blob
from connector.domain.errors import ConnectorError, Unavailable
from connector.domain.extraction import Drawn, State
from connector.ports import Clock

SCHEMA_VERSION = "1"
MANIFEST = "manifest.json"
_AT_ONCE = 4
_ORDERS = 3
_RENEWALS = 4
_PAUSE = 10
_LONGEST_PAUSE = 60
_EXPIRES_SOON = timedelta(minutes=1)
_NO_CONTENT = "5000"


class ExportFailed(Unavailable):
    """Microsoft could not make the export; it may later."""


class IncompleteExport(ConnectorError):
    """The export's parts do not fit together, however often they are asked for."""


class _Renew(Exception):
    """The key to the blobs has ended, or a blob is not there: the manifest has to be asked for again."""


class _OrderAgain(Exception):
    """The order itself is void: a new one has to be placed."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an export consists of; `token` is the key to its blobs and is never written down."""

    etag: str
    root: str
    blobs: tuple[str, ...]
    sizes: Mapping[str, int]
    form: str
    partition: str
    link: str
    token: str = field(repr=False)

    def address(self, blob: str) -> str:
        """Where a blob lies, its key included."""
        return f"{self.root.rstrip('/')}/{quote(blob)}?{self.token.lstrip('?')}"

    def ends_at(self) -> datetime | None:
        """When the key ends; None where it does not say."""
        try:
            moment = datetime.fromisoformat(parse_qs(self.token.lstrip("?")).get("se", [""])[0])
        except ValueError:
            return None
        return moment if moment.tzinfo else None

    def written(self) -> str:
        """The manifest as it is kept: what does not change unless the content does."""
        return json.dumps(
            {
                "schemaVersion": SCHEMA_VERSION,
                "dataFormat": self.form,
                "eTag": self.etag,
                "partitionType": self.partition,
                "blobCount": len(self.blobs),
                "blobs": [{"name": blob} for blob in self.blobs],
            },
            indent=1,
        )


class Exports:
    """Orders exports at `graph` (`https://graph.microsoft.com/v1.0`) and downloads them through `blobs`."""

    def __init__(
        self,
        graph: Api,
        blobs: Session,
        clock: Clock,
        *,
        deadline: timedelta = timedelta(hours=1),
        patience: Patience | None = None,
    ) -> None:
        self._graph, self._blobs, self._clock = graph, blobs, clock
        self._deadline = deadline.total_seconds()
        self._patience = patience

    def draw(self, path: str, order: Mapping[str, str], known: str | None, folder: Path) -> Drawn:
        """Fetch an export into an empty folder: its manifest and all blobs; nothing where its mark is `known`.

        Raises ExportFailed, IncompleteExport, the failures of adapters.http, and refusals in words for an admin.
        """
        folder.mkdir(parents=True, exist_ok=True)
        why: Exception = ExportFailed()
        for count in range(_ORDERS):
            if count:
                self._clock.sleep(_PAUSE * count)
            try:
                return self._drawn(path, order, known, folder)
            except _OrderAgain as again:
                why = ExportFailed(f"Microsoft Graph {path}: {again}, {_ORDERS} times in a row; try again later.")
            except IncompleteExport as incomplete:
                why = incomplete
            for left in folder.iterdir():
                left.unlink()
        raise why

    def _drawn(self, path: str, order: Mapping[str, str], known: str | None, folder: Path) -> Drawn:
        operation = self._ordered(path, order)
        finished = self._finished(path, operation)
        if finished is None:
            return Drawn(State.NOTHING)
        manifest = self._manifest(path, finished)
        if known and manifest.etag == known:
            return Drawn(State.SAME, known)
        if not manifest.blobs:
            return Drawn(State.NOTHING, manifest.etag)
        manifest = self._downloaded(path, operation, manifest, folder)
        (folder / MANIFEST).write_text(manifest.written(), encoding="utf-8")
        return Drawn(State.FETCHED, manifest.etag)

    def _ordered(self, path: str, order: Mapping[str, str]) -> str:
        """Place the order; return the address of its operation."""
        try:
            answer = self._graph.post(path, dict(order), reads=True)
        except Refused as refused:
            raise _told(refused) from refused.__cause__
        location = str(answer.headers.get("Location") or "")
        if not location:
            raise _OrderAgain("the order was taken, but the answer does not say where to look for it")
        return location

    def _finished(self, path: str, operation: str) -> Mapping[str, Any] | None:
        """Wait for an operation to end well; None where it says that there is nothing to export."""
        until = self._clock.monotonic() + self._deadline
        pause = _PAUSE
        while True:
            answer = self._followed(operation)
            body = answer.json()
            status = str(body.get("status") or "").lower() if isinstance(body, Mapping) else ""
            if status == "succeeded":
                return dict(body)
            if status == "failed":
                error = body.get("error") if isinstance(body.get("error"), Mapping) else {}
                code, text = str(error.get("code") or ""), str(error.get("message") or "no reason given")
                if code == _NO_CONTENT or text.strip().lower() == "no data available":
                    return None
                raise _OrderAgain(f"the export failed ({code} {text[:200]})".replace("( ", "("))
            if status not in ("notstarted", "running"):
                raise _OrderAgain(f"the export is in a state unknown here ({status[:50] or 'none'})")
            wait = answer.retry_after if answer.retry_after is not None else pause
            pause = min(pause * 2, _LONGEST_PAUSE)
            left = until - self._clock.monotonic()
            if left <= 0:
                minutes = int(self._deadline) // 60
                raise ExportFailed(f"Microsoft Graph {path}: the export was not ready after {minutes} minutes.")
            # Whatever wait is asked for, it is looked at once more before the order is given up for nothing.
            self._clock.sleep(max(min(wait, left), 1))

    def _followed(self, link: str) -> Answer:
        try:
            return self._graph.get(link)
        except Refused as refused:
            if refused.status in (404, 410):
                raise _OrderAgain("the export's operation or manifest is gone") from refused
            raise _told(refused) from refused.__cause__

    def _manifest(self, path: str, finished: Mapping[str, Any]) -> Manifest:
        """The manifest of a finished operation, linked or embedded."""
        embedded = finished.get("resourceLocation")
        link = str(finished.get("resourceLocation@odata.navigationLink") or "")
        if isinstance(embedded, str) and not link:
            link, embedded = embedded, None
        if isinstance(embedded, Mapping) and embedded.get("blobs") is not None:
            return read_manifest(path, embedded, link)
        if not link:
            raise _OrderAgain("the export ended, but its answer does not lead to a manifest")
        return read_manifest(path, self._followed(link).json(), link)

    def _downloaded(self, path: str, operation: str, manifest: Manifest, folder: Path) -> Manifest:
        """Download all blobs of one state of the export; return the manifest they belong to."""
        why = "the key to the blobs ended again and again"
        ends = manifest.ends_at()
        if ends is not None and ends - self._clock.now() < _EXPIRES_SOON:
            # Asked for once only: a machine whose clock is wrong would find every key at its end.
            manifest = self._renewed(path, operation, manifest)
        for _ in range(_RENEWALS):
            try:
                self._fetch(manifest, folder)
                # What is behind a manifest may be made anew while it is downloaded.
                after = self._renewed(path, operation, manifest)
                if after.etag == manifest.etag:
                    return manifest
                why = "its content changed again and again while it was downloaded"
            except _Renew as renew:
                why = str(renew)
                after = self._renewed(path, operation, manifest)
            if (after.etag, after.blobs) != (manifest.etag, manifest.blobs):
                for left in folder.iterdir():
                    left.unlink()
            manifest = after
        raise _OrderAgain(why)

    def _renewed(self, path: str, operation: str, manifest: Manifest) -> Manifest:
        if manifest.link:
            return read_manifest(path, self._followed(manifest.link).json(), manifest.link)
        finished = self._finished(path, operation)
        if finished is None:
            raise _OrderAgain("the export is empty all of a sudden")
        return self._manifest(path, finished)

    def _fetch(self, manifest: Manifest, folder: Path) -> None:
        """Download the blobs that are not there yet, some at a time."""
        missing = [blob for blob in manifest.blobs if not (folder / blob).exists()]

        def fetch(blob: str) -> None:
            try:
                read_blob(
                    self._blobs,
                    manifest.address(blob),
                    folder / blob,
                    expected_size=manifest.sizes.get(blob),
                    patience=self._patience,
                )
            except Refused as refused:
                if refused.status in (401, 403, 404, 410):
                    raise _Renew(f"blob {blob[:100]} is refused ({refused.status})") from refused
                raise

        with ThreadPoolExecutor(_AT_ONCE) as hands:
            started = [hands.submit(fetch, blob) for blob in missing]
            try:
                for one in started:
                    one.result()
            except BaseException:
                for one in started:
                    one.cancel()
                raise


def _told(refused: Refused) -> ConnectorError:
    return explained_by_api(refused, permission="PartnerBilling.Read.All (Microsoft Graph)")


def read_manifest(path: str, body: Any, link: str) -> Manifest:
    """Read a manifest, also in the names of the beta. Raises IncompleteExport for one that cannot be trusted."""
    if not isinstance(body, Mapping):
        raise IncompleteExport(f"Microsoft Graph {path}: the manifest is no object; try again later.")
    known = {str(key).lower(): value for key, value in body.items()}
    version = str(known.get("schemaversion", known.get("version", "")))
    if version != SCHEMA_VERSION:
        raise IncompleteExport(
            f"Microsoft Graph {path}: the manifest has schema version {version[:20]!r}, this version reads "
            f"{SCHEMA_VERSION!r} only; look for a newer connector."
        )
    listed = known.get("blobs") or []
    root = str(known.get("rootdirectory") or known.get("rootfolder") or "")
    if not isinstance(listed, list) or (listed and "://" not in root):
        raise IncompleteExport(
            f"Microsoft Graph {path}: the manifest does not say where its blobs lie; try again later."
        )
    blobs = [{str(key).lower(): value for key, value in one.items()} for one in listed if isinstance(one, Mapping)]
    names = tuple(str(blob.get("name") or "") for blob in blobs)
    if odd := [name for name in names if not _plain(name)]:
        raise IncompleteExport(f"Microsoft Graph {path}: the manifest names a blob {odd[0][:80]!r}, which is no file.")
    count = str(known.get("blobcount", len(names)))
    if count != str(len(names)) or len(set(names)) != len(names):
        raise IncompleteExport(
            f"Microsoft Graph {path}: the manifest speaks of {count[:10]} blobs and names {len(set(names))}; "
            "nothing of it was used, try again later."
        )
    sizes = {name: int(blob["sizeinbytes"]) for name, blob in zip(names, blobs, strict=True) if _is_size(blob)}
    return Manifest(
        etag=str(known.get("etag") or ""),
        root=root,
        token=str(known.get("sastoken") or known.get("rootfoldersas") or ""),
        blobs=names,
        sizes=sizes,
        form=str(known.get("dataformat") or ""),
        partition=str(known.get("partitiontype") or ""),
        link=link,
    )


def _is_size(blob: Mapping[str, Any]) -> bool:
    return str(blob.get("sizeinbytes", "")).isdigit()


def _plain(name: str) -> bool:
    return bool(name) and Path(name).name == name and name not in (".", "..", MANIFEST) and not name.startswith(".")
