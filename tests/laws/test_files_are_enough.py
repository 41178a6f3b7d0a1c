"""Law 12: exported files give the answer: no credentials, no configuration, no home, no network."""

import json
from pathlib import Path

from tests.builders import ROOT, MadeUp, Month, connector, document

NO_NETWORK = """\
import socket


def refuse(*_args, **_options):
    raise AssertionError("the network was touched")


socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
socket.getaddrinfo = socket.create_connection = refuse
"""


def alone(tmp_path: Path, words: list[str]) -> tuple[int, str, str]:
    """Run where there is nothing: an empty folder, no home, a network that refuses."""
    walls, nowhere = tmp_path / "walls", tmp_path / "nowhere"
    walls.mkdir()
    nowhere.mkdir()
    (walls / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    done = connector(words, nowhere, PYTHONPATH=f"{walls}:{ROOT}", HOME=str(nowhere / "none"))
    left = [path for path in nowhere.iterdir() if path.name != ".cache"]
    assert not left, f"left behind: {left}"
    return done.returncode, done.stdout, done.stderr


def test_a_small_month_needs_nothing_but_its_files(tmp_path: Path) -> None:
    month = Month(tmp_path / "month").write()
    code, out, err = alone(tmp_path, [*month.words(), "--format", "json"])
    assert (code, err) == (0, "")
    assert json.loads(out)["result"] == "reconciled"


def test_a_whole_world_needs_nothing_but_its_files(world: MadeUp, tmp_path: Path) -> None:
    given = world.truth["arguments"]
    words = ["reconcile", "--mappings", str(world.folder / given["mappings"]), "--format", "json"]
    for option, name in (
        ("--vendor", "vendor"),
        ("--subscriptions", "subscriptions"),
        ("--price-sheet", "price_sheet"),
    ):
        for path in given[name]:
            words += [option, str(world.folder / path)]
    for text in given["ledger"]:
        name, _, path = text.partition("=")
        words += ["--ledger", f"{name}={world.folder / path}"]
    for currency, amount in given["vendor_total"].items():
        words += ["--vendor-total", f"{currency}={amount}"]
    code, out, err = alone(tmp_path, words)
    assert code == 1, err
    mine = document(world.reconcile())
    theirs = json.loads(out)
    assert [f["fingerprint"] for f in theirs["findings"]] == [f["fingerprint"] for f in mine["findings"]]
    assert [f["impact"] for f in theirs["findings"]] == [f["impact"] for f in mine["findings"]]
    assert theirs["verdicts"] == mine["verdicts"]
