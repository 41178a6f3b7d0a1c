"""Every folder under findings/ is a small month worked out by hand; the connector must reach the same result.

An exhibit holds vendor.csv (or vendor.jsonl), ledger.csv, mappings.yaml, where needed usage.csv (daily-rated
usage), subscriptions.jsonl, price_sheet.csv, records.csv (the ledger's customers and items) and arguments.json,
and expected.json, whose "why" shows the arithmetic. Only what expected.json names is compared: a finding is held
to the keys it lists, a side's verdicts are complete once the side is listed.

- `"billed|timing": "310.00"` means that the two verdicts together make 310.00; `"EUR billed"` names the
  currency where it is not the exhibit's own.
- `finding: "@price_differs"` in mappings.yaml stands for the fingerprint that a first run, without the
  accepting line, gives to that finding.
- `"findings": null` leaves the list open; `"never"` names kinds that must not appear in it.
- `"compared"` are the expected and the actual sell amounts whose difference the findings explain.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.reports.mail.reasons_de import left_in_english as pieces_in_english
from tests.letters import left_in_english

EXHIBITS = Path(__file__).parent / "findings"
PLACEHOLDER = re.compile(r'"@([a-z_]+)"')
SHOWN_KEYS = ("kind", "measures", "impact", "currency", "valued_at")
DEAD_STATUSES = {"void", "voided", "draft"}
ISSUE_KINDS = frozenset(
    {
        "unbilled_charge",
        "orphan_billing",
        "unmapped_customer",
        "unmapped_product",
        "unpriced_charge",
        "charge_without_customer",
        "ambiguous_mapping",
        "quantity_under_billed",
        "quantity_over_billed",
        "partial_period_unbilled",
        "price_differs",
        "duplicate_billing",
        "cancelled_still_billed",
        "credit_not_passed_on",
        "bundle_drift",
        "margin_below_floor",
        "currency_mismatch",
        "fx_differs",
        "tax_differs",
        "incomplete_vendor_file",
        "vendor_price_differs",
        "cancelled_still_charged",
        "term_mismatch",
        "trial_converted",
        "renewal_unreviewed",
        "product_change_not_followed",
        "stale_mapping",
    }
)

Finding = Mapping[str, Any]
folders = pytest.mark.parametrize(
    "folder", sorted(path.parent for path in EXHIBITS.glob("*/expected.json")), ids=lambda folder: folder.name
)


def connector(arguments: list[str]) -> int:
    """Run the real command line in this process and return its exit code."""
    from connector.cli.main import run

    exit_code: int = run(arguments)
    return exit_code


def read_expected(folder: Path) -> dict[str, Any]:
    """The exhibit's expected.json, its numbers as text."""
    expected: dict[str, Any] = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return expected


def read_lines(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV or JSON Lines file, every value as the text that stands there."""
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".jsonl":
        return [json.loads(line, parse_float=str, parse_int=str) for line in text.splitlines()]
    return list(csv.DictReader(io.StringIO(text)))


def command(folder: Path, mappings: Path, output: Path) -> list[str]:
    """The reconcile command of an exhibit, from the files that lie in its folder."""
    words = ["reconcile", "--ledger", str(folder / "ledger.csv"), "--mappings", str(mappings)]
    if (folder / "records.csv").exists():
        words += ["--ledger", str(folder / "records.csv")]
    for vendor in (*sorted(folder.glob("vendor*.*")), *sorted(folder.glob("usage*.csv"))):
        words += ["--vendor", str(vendor)]
    for option, name in (("--subscriptions", "subscriptions.jsonl"), ("--price-sheet", "price_sheet.csv")):
        if (folder / name).exists():
            words += [option, str(folder / name)]
    given = folder / "arguments.json"
    arguments = json.loads(given.read_text(encoding="utf-8")) if given.exists() else {}
    for option in ("vendor_total", "vendor_tax"):
        for currency, amount in arguments.get(option, {}).items():
            words += [f"--{option.replace('_', '-')}", f"{currency}={amount}"]
    if "scope" in arguments:
        words += ["--scope", arguments["scope"]]
    return [*words, "--format", "json", "--output", str(output)]


def reconcile(folder: Path, mappings_text: str, workplace: Path) -> tuple[int, dict[str, Any]]:
    """Run one exhibit with the given mapping; give the exit code and the result as it was written."""
    mappings = workplace / "mappings"
    mappings.mkdir(parents=True)
    (mappings / "mappings.yaml").write_text(mappings_text, encoding="utf-8")
    output = workplace / "result.json"
    exit_code = connector(command(folder, mappings, output))
    assert output.exists(), f"exit code {exit_code} and no result was written"
    return exit_code, json.loads(output.read_text(encoding="utf-8"))


def with_fingerprints(mappings_text: str, folder: Path, workplace: Path) -> str:
    """Replace `"@kind"` by the fingerprint which that finding has in a run without the accepting line."""
    kinds = PLACEHOLDER.findall(mappings_text)
    if not kinds:
        return mappings_text
    bare = "\n".join(line for line in mappings_text.splitlines() if '"@' not in line and line != "accepted:")
    _, result = reconcile(folder, bare + "\n", workplace / "first")
    fingerprints = {finding["kind"]: finding["fingerprint"] for finding in result["findings"]}
    missing = set(kinds) - set(fingerprints)
    assert not missing, f"before accepting there is no {sorted(missing)}, only {sorted(fingerprints)}"
    return PLACEHOLDER.sub(lambda match: f'"{fingerprints[match[1]]}"', mappings_text)


def flatten(finding: Finding) -> dict[str, Any]:
    """A finding of the result in the flat words of expected.json."""
    product = finding.get("product") or {}
    return {
        **finding,
        "tenant_id": (finding.get("customer") or {}).get("tenant_id"),
        "product_id": product.get("product_id"),
        "item": product.get("item"),
    }


def same(key: str, expected: object, actual: object) -> bool:
    """Whether a value of a finding is the expected one; amounts are compared as numbers, not as text."""
    if key == "impact":
        return actual is not None and Decimal(str(expected)) == Decimal(str(actual))
    return expected == actual


def faults(expected: Finding, actual: Finding) -> list[str]:
    """What keeps an actual finding from being the expected one, key by key."""
    return [
        f"{key}: {actual.get(key)!r}, expected {value!r}"
        for key, value in expected.items()
        if not same(key, value, actual.get(key))
    ]


def pair(expected: Sequence[Finding], actual: Sequence[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Pair expected with actual findings as multisets; give what stays alone on either side."""
    partner: dict[int, int] = {}

    def place(wanted: int, tried: set[int]) -> bool:
        for candidate, finding in enumerate(actual):
            if candidate in tried or faults(expected[wanted], finding):
                continue
            tried.add(candidate)
            if candidate not in partner or place(partner[candidate], tried):
                partner[candidate] = wanted
                return True
        return False

    alone = [finding for wanted, finding in enumerate(expected) if not place(wanted, set())]
    return alone, [finding for candidate, finding in enumerate(actual) if candidate not in partner]


def shown(finding: Finding) -> str:
    """A finding in one line, for a person who compares."""
    keys = (
        "kind",
        "measures",
        "impact",
        "currency",
        "valued_at",
        "tenant_id",
        "subscription_id",
        "product_id",
        "period",
    )
    return " · ".join(f"{key}={finding[key]}" for key in keys if key in finding)


def compare_findings(expected: Sequence[Finding], actual: Sequence[Finding]) -> list[str]:
    """Readable differences between two lists of findings, empty when they agree."""
    missing, unexpected = pair(expected, actual)
    lines = []
    for finding in missing:
        lines.append(f"missing finding    {shown(finding)}")
        near = [other for other in unexpected if other["kind"] == finding["kind"]]
        lines += [f"    nearest differs in {'; '.join(faults(finding, other))}" for other in near[:2]]
    return lines + [f"unexpected finding {shown(finding)}" for finding in unexpected]


def sums(rows: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], Decimal]:
    """Totals per (currency, name) without those that are zero."""
    totals: dict[tuple[str, str], Decimal] = {}
    for currency, name, amount in rows:
        totals[currency, name] = totals.get((currency, name), Decimal(0)) + Decimal(amount)
    return {key: total for key, total in totals.items() if total}


def verdict_rows(listed: Mapping[str, str], currency: str) -> list[tuple[str, str, str]]:
    """Expected verdict sums as (currency, verdict or alternatives, amount)."""
    rows = []
    for name, amount in listed.items():
        own, _, verdict = name.rpartition(" ")
        rows.append((own or currency, verdict, amount))
    return rows


def compare_verdicts(
    side: str, expected: list[tuple[str, str, str]], actual: dict[tuple[str, str], Decimal]
) -> list[str]:
    """Readable differences between the expected and the actual verdict sums of one side."""
    lines, seen = [], set()
    for currency, verdict, amount in expected:
        keys = [(currency, name) for name in verdict.split("|")]
        seen.update(keys)
        total = sum((actual.get(key, Decimal(0)) for key in keys), Decimal(0))
        if total != Decimal(amount):
            lines.append(f"{side} verdict {currency} {verdict}: {total}, expected {amount}")
    extra = sorted(key for key in actual if key not in seen)
    return lines + [f"{side} verdict {key[0]} {key[1]}: {actual[key]}, expected none" for key in extra]


@folders
def test_the_connector_reaches_what_was_worked_out_by_hand(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Result, exit code, findings and verdict sums of an exhibit are the ones in expected.json."""
    expected = read_expected(folder)
    currency = expected.get("currency", "USD")
    mappings_text = with_fingerprints((folder / "mappings.yaml").read_text(encoding="utf-8"), folder, tmp_path)
    exit_code, result = reconcile(folder, mappings_text, tmp_path / "run")
    errors = capsys.readouterr().err

    lines = []
    if exit_code != expected["exit_code"]:
        lines.append(f"exit code {exit_code}, expected {expected['exit_code']}")
    if result["result"] != expected["result"]:
        because = result.get("not_audited_because")
        lines.append(f"result {result['result']}, expected {expected['result']} ({because})")
    lines += [f"no German for {text}" for text in left_in_english(result["findings"])]
    # What is wrong with a file stays in the words of the commands.
    reasons = result["not_audited_because"] if result["conservation"] else ()
    lines += [f"no German for {piece}" for text in reasons for piece in pieces_in_english(text)]
    findings = [flatten(finding) for finding in result["findings"]]
    if expected["findings"] is not None:
        lines += compare_findings(expected["findings"], findings)
    for kind in expected.get("never", []):
        lines += [f"must never be found  {shown(finding)}" for finding in findings if finding["kind"] == kind]
    for side, listed in expected.get("verdicts", {}).items():
        rows = [row for row in result["verdicts"] if row["side"] == side]
        actual = sums((row["currency"], row["verdict"], row["amount"]) for row in rows)
        lines += compare_verdicts(side, verdict_rows(listed, currency), actual)
    if "suppressed" in expected:
        wanted = sums((row["currency"], row["kind"], row["amount"]) for row in expected["suppressed"])
        hidden = sums((row["currency"], row["kind"], row["amount"]) for row in result["suppressed"])
        if wanted != hidden:
            lines.append(f"suppressed {hidden}, expected {wanted}")
    if expected["exit_code"] >= 2 and not errors.strip():
        lines.append("stderr does not say why the exit code is 2 or more")
    if lines:
        pytest.fail("\n".join([folder.name, *lines, "", expected["why"]]), pytrace=False)


@folders
def test_the_exhibit_itself_loses_no_cent(folder: Path) -> None:
    """The hand-made expectation obeys conservation: verdicts sum to the files, impacts to the difference."""
    expected = read_expected(folder)
    currency = expected.get("currency", "USD")
    vendor = [row for path in sorted(folder.glob("vendor*.*")) for row in read_lines(path)]
    ledger = [row for row in read_lines(folder / "ledger.csv") if row["status"].lower() not in DEAD_STATUSES]
    in_files = {
        "vendor": sums((row["Currency"], "", row["Subtotal"]) for row in vendor),
        "ledger": sums((row["currency"], "", net(row)) for row in ledger),
    }
    for side, listed in expected.get("verdicts", {}).items():
        in_verdicts = sums((own, "", amount) for own, _, amount in verdict_rows(listed, currency))
        assert in_verdicts == in_files[side], f"{side} verdicts {in_verdicts} ≠ files {in_files[side]}"
    if "compared" in expected:
        differences = [f for f in expected["findings"] if f["measures"] == "difference" and f["kind"] != "tax_differs"]
        explained = sum((Decimal(finding["impact"]) for finding in differences), Decimal(0))
        compared = {side: Decimal(amount) for side, amount in expected["compared"].items()}
        assert explained == compared["expected"] - compared["actual"]


def net(row: Mapping[str, str]) -> str:
    """The signed net amount of a ledger row; a credit memo lowers the sum, with or without a minus."""
    return f"-{row['amount'].lstrip('-')}" if row["document_type"] == "credit_memo" else row["amount"]


def test_every_kind_has_its_exhibit() -> None:
    """Each kind has a folder of its own name, and what that folder expects contains the kind."""
    without = [kind for kind in sorted(ISSUE_KINDS) if not expects(kind)]
    assert not without, f"no exhibit for {without}"


def expects(kind: str) -> bool:
    """Whether the folder named after a kind exists and its expectation contains the kind."""
    folder = EXHIBITS / kind
    return folder.exists() and any(finding["kind"] == kind for finding in read_expected(folder)["findings"])
