"""The same lines give the same reconciliation, whatever layout the ledger's program exports them in."""

from pathlib import Path

import pytest

from tests.builders import MadeUp, as_csv, document, ledger_rows
from tests.layouts import LAYOUTS, Written


def declared(written: Written, world: MadeUp, ledger: str) -> str:
    """A mapping file that declares which ids the names of an export stand for."""
    original = [row for row in ledger_rows(world.folder, ledger) if row["currency"]]
    people = {line["customer_id"]: row["customer_id"] for line, row in zip(written.canonical, original, strict=True)}
    items = {line["item_id"]: row["item_id"] for line, row in zip(written.canonical, original, strict=True)}
    lines = [f"- name: own-{ledger}", f"  like: {written.profile}", f"  ledger: {ledger}"]
    for part, names in (("customers", people), ("items", items)):
        lines.append(f"  {part}:")
        lines += [f"    {_quoted(name)}: {_quoted(stands_for)}" for name, stands_for in names.items()]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_layout_changes_nothing(layout: object, copy: MadeUp, tmp_path: Path) -> None:
    given, canonical, profiles = [], [], ["exports:"]
    for name, _ in copy.request().ledgers:
        lines = ledger_rows(copy.folder, name)
        written = layout(lines, tmp_path, name)  # type: ignore[operator]
        given += [(name, path) for path in written.paths]
        own = [{**line, "customer_id": row["customer_id"], "item_id": row["item_id"]} for line, row in
               zip(written.canonical, lines, strict=True)]  # fmt: skip
        canonical.append((name, tmp_path / f"{name}.csv"))
        canonical[-1][1].write_text(as_csv(own), encoding="utf-8")
        if written.profile.startswith("quickbooks"):
            profiles.append(declared(written, copy, name))
    expected = copy.reconcile(ledgers=tuple(canonical))
    if len(profiles) > 1:
        (copy.folder / "mappings" / "exports.yaml").write_text("\n".join(profiles) + "\n", encoding="utf-8")
    outcome = copy.reconcile(ledgers=tuple(given))
    assert expected.result.findings
    assert outcome.set_aside == 0
    assert document(outcome) == document(expected)
