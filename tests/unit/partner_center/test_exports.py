"""Exports at Graph: every shape of answer, every way in which one goes wrong, and no key where it must not be."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.adapters.partner_center import PartnerCenterSource
from connector.adapters.partner_center.exports import ExportFailed, IncompleteExport, read_manifest
from connector.domain.errors import ConnectorError, Unavailable
from connector.domain.extraction import LineSet, State
from connector.sandbox.running import Deal, Running
from tests.unit.partner_center.wire import opened


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PartnerCenterSource, Running, LineSet]]:
    with opened(tmp_path_factory.mktemp("office"), Deal(customers=5, seed=3)) as (source, sandbox):
        bill = next(bill for bill in sandbox.live.bills() if bill.currency == "USD")
        yield source, sandbox, LineSet("reconciliation", bill.id)


@pytest.fixture(autouse=True)
def calm(month: tuple[PartnerCenterSource, Running, LineSet]) -> Iterator[None]:
    shape = month[1].manners.result_shape
    yield
    month[1].faults.clear()
    month[1].manners.result_shape = shape


def lines(folder: Path) -> int:
    return sum(len(gzip.decompress(path.read_bytes()).splitlines()) for path in folder.glob("*.gz"))


@pytest.mark.parametrize("shape", ["link", "embedded"])
def test_an_export_comes_whole(month: tuple[PartnerCenterSource, Running, LineSet], tmp_path: Path, shape: str) -> None:
    source, sandbox, wanted = month
    sandbox.manners.result_shape = shape
    drawn = source.lines(wanted, None, str(tmp_path))
    assert drawn.state is State.FETCHED
    assert lines(tmp_path) == len(sandbox.live.lines(wanted.invoice or ""))
    manifest = (tmp_path / "manifest.json").read_text(encoding="utf-8")
    assert json.loads(manifest)["blobCount"] == len(list(tmp_path.glob("*.gz")))
    assert "sig" not in manifest
    assert not sandbox.blobs.leaks


def test_the_same_mark_is_not_fetched_again(
    month: tuple[PartnerCenterSource, Running, LineSet], tmp_path: Path
) -> None:
    source, sandbox, wanted = month
    mark = source.lines(wanted, None, str(tmp_path / "a")).mark
    before = len(sandbox.servers["blobs"].exchanges)
    assert source.lines(wanted, mark, str(tmp_path / "b")).state is State.SAME
    assert len(sandbox.servers["blobs"].exchanges) == before


PASSING = {
    "failed once": ("POST */billed/export", 1, "app:failed"),
    "the operation is gone": ("GET */operations/*", 1, "app:gone"),
    "the key ends at once": ("GET */operations/*", 1, "app:short-sas"),
    "a key is refused": ("GET *.json.gz", 1, "status:403"),
    "a blob is not there": ("GET *.json.gz", 2, "status:404"),
    "a blob is named that is none": ("GET */operations/*", 1, "app:missing-blob"),
    "a blob is cut": ("GET *.json.gz", 1, "cut:50"),
    "a blob's gzip is cut": ("GET *.json.gz", 1, "app:cut-gzip"),
    "a blob is damaged": ("GET *.json.gz", 1, "app:garbled"),
    "an order is lost": ("POST */billed/export", 1, "answer_lost"),
    "too many polls": ("GET */operations/*", 2, "status:429:30"),
}


@pytest.mark.parametrize(("place", "nth", "trouble"), PASSING.values(), ids=PASSING)
def test_passing_trouble_is_overcome(
    month: tuple[PartnerCenterSource, Running, LineSet], tmp_path: Path, place: str, nth: int, trouble: str
) -> None:
    source, sandbox, wanted = month
    sandbox.manners.result_shape = "embedded"
    sandbox.faults.add(on=place, nth=nth, times=1, do=trouble)
    assert source.lines(wanted, None, str(tmp_path)).state is State.FETCHED
    assert lines(tmp_path) == len(sandbox.live.lines(wanted.invoice or ""))


def test_a_wait_beyond_all_patience_is_cut_short_and_asked_once_more(
    month: tuple[PartnerCenterSource, Running, LineSet], tmp_path: Path
) -> None:
    """Given up at once, an export that is said to take long would be ordered anew by each run and never fetched."""
    source, sandbox, wanted = month
    before, sandbox.manners.poll_after = sandbox.manners.poll_after, 86_400
    try:
        assert source.lines(wanted, None, str(tmp_path)).state is State.FETCHED
    finally:
        sandbox.manners.poll_after = before


LASTING: dict[str, tuple[str, str, type[ConnectorError]]] = {
    "always fails": ("POST */billed/export", "app:failed", ExportFailed),
    "never ready": ("POST */billed/export", "app:forever", ExportFailed),
    "always fewer blobs than said": ("GET */operations/*", "app:fewer", IncompleteExport),
    "another schema": ("GET */operations/*", "app:schema", IncompleteExport),
    "blobs always cut": ("GET *.json.gz", "app:cut-gzip", Unavailable),
    "blobs always refused": ("GET *.json.gz", "status:403", ExportFailed),
}


@pytest.mark.parametrize(("place", "trouble", "error"), LASTING.values(), ids=LASTING)
def test_lasting_trouble_is_told(
    month: tuple[PartnerCenterSource, Running, LineSet],
    tmp_path: Path,
    place: str,
    trouble: str,
    error: type[ConnectorError],
) -> None:
    source, sandbox, wanted = month
    sandbox.manners.result_shape = "embedded"
    sandbox.faults.add(on=place, times=0, do=trouble)
    with pytest.raises(error) as caught:
        source.lines(wanted, None, str(tmp_path))
    assert "sig=" not in str(caught.value)
    assert not (tmp_path / "manifest.json").exists()


def test_no_content_is_no_trouble(month: tuple[PartnerCenterSource, Running, LineSet], tmp_path: Path) -> None:
    source, _, _ = month
    assert source.lines(LineSet("usage", "G999999999"), None, str(tmp_path)).state is State.NOTHING


def test_what_changes_while_it_is_downloaded_is_begun_anew(
    month: tuple[PartnerCenterSource, Running, LineSet], tmp_path: Path
) -> None:
    source, sandbox, wanted = month
    sandbox.manners.result_shape = "link"
    graph, count = sandbox.graph, 0
    manifest = graph._manifest

    def changing(request: object, operation: object) -> dict[str, object]:
        nonlocal count
        count += 1
        told: dict[str, object] = manifest(request, operation)  # type: ignore[arg-type]
        return told | ({"eTag": "before"} if count == 1 else {})

    graph._manifest = changing  # type: ignore[method-assign,assignment]
    try:
        drawn = source.lines(wanted, None, str(tmp_path))
    finally:
        graph._manifest = manifest  # type: ignore[method-assign]
    assert (drawn.state, drawn.mark == "before") == (State.FETCHED, False)
    assert count == 3


def manifest(**changes: object) -> dict[str, object]:
    blobs = [{"name": "part-1.json.gz", "partitionValue": "default"}]
    root = "https://store.blob.core.windows.net/folder"
    known = {"schemaVersion": "1", "eTag": "e", "rootDirectory": root, "sasToken": "sig=x", "blobCount": 1}
    return {**known, "blobs": blobs, **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"schemaVersion": "2"},
        {"blobCount": 2},
        {"blobs": [{"name": "../x"}]},
        {"blobs": [{"name": "manifest.json"}]},
        {"blobs": [{"name": "a"}, {"name": "a"}], "blobCount": 2},
        {"blobs": [{"name": ".hidden"}]},
        {"blobs": 3, "blobCount": 3},
        {"rootDirectory": ""},
        {"rootDirectory": None},
        {"rootDirectory": -1},
        {"rootDirectory": "/relative"},
    ],
)
def test_a_manifest_that_cannot_be_trusted_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(IncompleteExport):
        read_manifest("x", manifest(**changes), "")
    assert "sig" not in repr(read_manifest("x", manifest(), ""))


def test_the_names_of_the_beta_are_known() -> None:
    old = {
        "version": "1", "eTag": "e", "rootFolder": "https://a/b", "rootFolderSAS": "sig=x", "blobCount": "1",
        "blobs": [{"name": "a.gz", "sizeinbytes": 17}],
    }  # fmt: skip
    read = read_manifest("x", old, "")
    assert (read.root, read.sizes, read.address("a.gz")) == ("https://a/b", {"a.gz": 17}, "https://a/b/a.gz?sig=x")
