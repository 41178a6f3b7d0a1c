"""Law 7: the order of lines, of files, and the vendor's file format change nothing but positions."""

import csv
import gzip
import io
import json
import random
from pathlib import Path

import pytest

from tests.builders import MadeUp, document


def shuffle_lines(path: Path, chance: random.Random) -> None:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    chance.shuffle(lines)
    path.write_text("".join(lines), encoding="utf-8")


def shuffle_rows(path: Path, chance: random.Random) -> None:
    header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
    chance.shuffle(rows)
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([header, *rows])


def shuffle_gzip(path: Path, chance: random.Random) -> None:
    with gzip.open(path, "rt", encoding="utf-8") as text:
        lines = text.readlines()
    chance.shuffle(lines)
    with gzip.open(path, "wt", encoding="utf-8") as out:
        out.writelines(lines)


def written(world: MadeUp, **changes: object) -> str:
    return json.dumps(document(world.reconcile(**changes)), indent=1, sort_keys=True)


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_rows_of_every_file_give_the_same_bytes(copy: MadeUp, world: MadeUp, seed: int) -> None:
    chance = random.Random(seed)
    for path in sorted((copy.folder / "vendor").iterdir()):
        shuffle_gzip(path, chance)
    for folder in ("ledger", "usage", "prices"):
        for path in sorted((copy.folder / folder).iterdir()):
            shuffle_rows(path, chance)
    shuffle_lines(copy.folder / "subscriptions.jsonl", chance)
    assert in_place(written(copy), copy) == in_place(written(world), world)


def test_files_in_another_order_give_the_same_bytes(world: MadeUp) -> None:
    request = world.request()
    backwards = {
        "vendor": request.vendor[::-1],
        "ledgers": request.ledgers[::-1],
        "price_sheets": request.price_sheets[::-1],
    }
    assert written(world, **backwards) == written(world)


@pytest.mark.parametrize("form", ["portal_csv", "v1_json", "graph_folder"])
def test_every_vendor_format_gives_the_same_bytes(world: MadeUp, form: str) -> None:
    usage = tuple(path for path in world.request().vendor if path.parent.name == "usage")
    other = tuple(world.folder / path for path in world.truth["other_formats"][form])
    assert written(world, vendor=(*other, *usage)) == written(world)


def test_the_same_twice_is_the_same(world: MadeUp) -> None:
    assert written(world) == written(world)


def in_place(text: str, world: MadeUp) -> str:
    """The folder a world lies in is no part of what is compared."""
    return text.replace(str(world.folder), "")
