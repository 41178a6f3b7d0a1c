"""Law 10: one bad record is set aside and told; everything else comes out as without it."""

import gzip
import json
from pathlib import Path

import pytest

from tests.builders import MadeUp, Month, answer, document, ledger_line, vendor_line

# What of a result is about the other records.
KEPT = ("verdicts", "margins", "suppressed")


def others(world: MadeUp) -> tuple[object, list[object]]:
    outcome = world.reconcile()
    written = document(outcome)
    findings = [f for f in written["findings"] if f["kind"] not in ("record_set_aside", "incomplete_vendor_file")]
    return json.loads(json.dumps({name: written[name] for name in KEPT}).replace(str(world.folder), "")), [
        {**finding, "causes": [], "advice": ""} for finding in findings
    ]


@pytest.mark.parametrize(
    "bad",
    [
        {"Subtotal": "about ten"},
        {"Subtotal": "NaN"},
        {"BillableQuantity": "twelve"},
        {"ChargeStartDate": "yesterday"},
        {"Currency": ""},
    ],
    ids=["no number", "NaN", "quantity", "date", "currency"],
)
def test_a_bad_vendor_line_stops_nobody_else(copy: MadeUp, world: MadeUp, bad: dict[str, str]) -> None:
    path = sorted((copy.folder / "vendor").iterdir())[0]
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line, parse_float=str, parse_int=str) for line in lines]
    rows.insert(len(rows) // 2, {**rows[0], "ReferenceId": "", **bad})
    with gzip.open(path, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
    outcome = copy.reconcile()
    assert outcome.set_aside == 1
    assert [f.kind for f in outcome.result.findings].count("record_set_aside") == 1
    assert others(copy) == others(world)


def test_a_bad_ledger_line_stops_nobody_else(copy: MadeUp, world: MadeUp) -> None:
    path = sorted((copy.folder / "ledger").iterdir())[0]
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    columns = lines[0].strip().lstrip("\ufeff").split(",")
    bad = dict.fromkeys(columns, "")
    bad.update(
        document_number="X-1", document_date="some day", customer_id="1", item_id="1", amount="1", currency="USD"
    )
    lines.insert(3, ",".join(bad.values()) + "\n")
    path.write_text("".join(lines), encoding="utf-8")
    assert copy.reconcile().set_aside == 1
    assert others(copy) == others(world)


@pytest.mark.parametrize(
    ("totals", "exit_code"), [({"USD": "200.00"}, 5), ({"USD": "210.00"}, 2)], ids=["reached", "not reached"]
)
def test_the_run_says_what_it_could_not_see(tmp_path: Path, totals: dict[str, str], exit_code: int) -> None:
    bad = vendor_line(Subtotal="ten", CustomerName="Bellows College", OrderId="other")
    Month(tmp_path, vendor=[vendor_line(), bad], totals=totals).write()
    month = Month(tmp_path, totals=totals)
    done = answer([*month.words(), "--format", "json", "--output", str(tmp_path / "result.json")], tmp_path)
    assert done.returncode == exit_code, done.stderr
    written = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    (finding,) = [one for one in written["findings"] if one["kind"] == "record_set_aside"]
    assert finding["evidence"][0]["line"] == 3
    assert "Traceback" not in done.stderr
    assert written["result"] != "reconciled"


def test_a_ledger_whose_every_other_line_is_bad_still_answers(tmp_path: Path) -> None:
    rows = [row for n in range(5) for row in (ledger_line(document_number=f"B{n}", amount="?"), ledger_line())][:2]
    month = Month(tmp_path, ledger=rows).write()
    done = answer([*month.words(), "--format", "json"], tmp_path)
    assert done.returncode == 5, done.stderr
    verdicts = {(v["side"], v["verdict"]): v["amount"] for v in json.loads(done.stdout)["verdicts"]}
    assert verdicts == {("vendor", "billed"): "200.00", ("ledger", "matched"): "240.00"}
