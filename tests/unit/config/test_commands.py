"""`connector init`, `check` and `schema` from the command line."""

import json
import shutil
from pathlib import Path

import pytest

from connector.cli.main import run
from connector.config.schema import mappings_schema, settings_schema

Output = pytest.CaptureFixture[str]
MUSEUM = Path(__file__).parents[2] / "golden" / "config" / "mappings"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    monkeypatch.delenv("CONNECTOR_CONFIG", raising=False)
    return tmp_path


def test_what_init_writes_passes_check(capsys: Output) -> None:
    assert run(["init"]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["wrote config.yaml", "wrote mappings/example.yaml"]
    assert run(["check"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("config.yaml: valid (ledgers: none)\nMapping: valid (customers 3, ")
    assert shown.err == ""


def test_init_overwrites_nothing(place: Path, capsys: Output) -> None:
    (place / "new" / "mappings").mkdir(parents=True)
    (place / "new" / "mappings" / "example.yaml").write_text("mine")
    assert run(["init", "new"]) == 2
    assert "new/mappings/example.yaml is there already; nothing was written." in capsys.readouterr().err
    assert [path.name for path in (place / "new").iterdir()] == ["mappings"]
    assert (place / "new" / "mappings" / "example.yaml").read_text() == "mine"


def test_check_tells_the_errors_of_settings_and_mapping_at_once(place: Path, capsys: Output) -> None:
    (place / "config.yaml").write_text("company: {nme: x}\n")
    shutil.copytree(MUSEUM / "unknown_key", place / "mappings")
    assert run(["check"]) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == [
        "config.yaml:1:11: company: unknown key 'nme'; did you mean 'name'?",
        "mappings/broken.yaml:2:67: customers[1]: unknown key 'ledger_customr'; did you mean 'ledger_customer'?",
        "connector: 2 errors in the configuration or the mappings.",
    ]


def test_check_knows_the_ledgers_of_the_settings(place: Path, capsys: Output) -> None:
    (place / "config.yaml").write_text(
        "company: {name: x}\nmappings: rules.yaml\nledgers: {books: {kind: quickbooks, realm_id: '9130357849016286', "
        "client_id: a, client_secret: {credential file secret.txt}}}\n"
    )
    (place / "secret.txt").write_text("hunter2hunter2")
    (place / "rules.yaml").write_text('resellers: [{mpn_id: "1", ledger_customer: "9", ledger: bocks}]\n')
    assert run(["check"]) == 3
    assert "there is no ledger 'bocks'; did you mean 'books'?" in capsys.readouterr().err


def test_check_without_settings_needs_only_a_mapping(place: Path, capsys: Output) -> None:
    (place / "rules.yaml").write_text("templates: [{name: plain}]\n")
    assert run(["check", "--mappings", "rules.yaml"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "No config.yaml: ledger names were not checked.",
        "Mapping: valid (templates 1)",
        "warning: rules.yaml:1:13: templates: 'plain' is not used by any customer",
    ]


def test_check_shows_only_the_first_of_many_warnings(place: Path, capsys: Output) -> None:
    templates = ", ".join(f"{{name: t{number}}}" for number in range(1, 31))
    (place / "rules.yaml").write_text(f"templates: [{templates}]\n")
    assert run(["check", "--mappings", "rules.yaml"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("warning: ") for line in lines) == 20
    assert lines[-1] == "and 10 more warnings; --format json lists them all"


def test_check_with_nothing_to_check_says_how_to_begin(capsys: Output) -> None:
    assert run(["check"]) == 3
    assert "`connector init` writes an example" in capsys.readouterr().err


def test_check_misses_a_configuration_that_was_named(capsys: Output) -> None:
    run(["init"])
    assert run(["check", "--config", "other.yaml"]) == 3
    assert "other.yaml: there is no such settings file" in capsys.readouterr().err


def test_check_for_machines(place: Path, capsys: Output) -> None:
    (place / "rules.yaml").write_text("templates: [{name: plain}]\nprices: [{}]\n")
    assert run(["check", "--mappings", "rules.yaml", "--format", "json"]) == 3
    shown = json.loads(capsys.readouterr().out)
    assert (shown["schema"], shown["valid"], shown["rules"]) == ("connector.check/1", False, {})
    assert shown["problems"] == [{"file": "rules.yaml", "line": 2, "column": 10, "text": shown["problems"][0]["text"]}]
    (place / "rules.yaml").write_text("templates: [{name: plain}]\n")
    assert run(["check", "--mappings", "rules.yaml", "--format", "json", "--output", "result.json"]) == 0
    written = json.loads((place / "result.json").read_text())
    assert (written["valid"], written["rules"]["templates"], len(written["warnings"])) == (True, 1, 1)


def test_schema_prints_what_editors_need(place: Path, capsys: Output) -> None:
    assert run(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == mappings_schema()
    assert run(["schema", "config", "--output", "config.schema.json"]) == 0
    assert json.loads((place / "config.schema.json").read_text()) == settings_schema()
