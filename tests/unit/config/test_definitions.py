"""Schema, reference and examples come from the definitions that read the files, and say what these accept."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from connector.config.by_kind import ByKind
from connector.config.example import settings_example
from connector.config.mappings import PARTS, read_mappings
from connector.config.nodes import Node, Resolved, Scalar
from connector.config.reading import read_nodes
from connector.config.records import Either, Field, ListOf, Record, Table
from connector.config.reference import mapping_reference, settings_reference
from connector.config.schema import mappings_schema, settings_schema
from connector.config.settings import SETTINGS, read_settings
from connector.config.shapes import FAILED, Reading
from connector.config.starting import mapping_example, starting_files

ROOT = Path(__file__).parents[3]
SECRETS = dict.fromkeys(
    (
        "PARTNER_CENTER_SECRET",
        "QUICKBOOKS_SECRET",
        "QUICKBOOKS_REFRESH_TOKEN",
        "BUSINESS_CENTRAL_SECRET",
        "SMTP_PASSWORD",
        "MAIL_SECRET",
        "CERTIFICATE_PASSWORD",
        "CONNECTOR_PAGES_PASSWORD",
        "QUICKBOOKS_VERIFIER",
        "BUSINESS_CENTRAL_CLIENT_STATE",
    ),
    "correct-horse",
) | {"CONNECTOR_SECRET_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}


def all_fields(name: str, shape: Any) -> Iterator[tuple[str, Field]]:
    """Every key at and below a shape, by its full name."""
    if isinstance(shape, Record):
        for entry in shape.fields:
            yield f"{name}.{entry.name}", entry
            yield from all_fields(f"{name}.{entry.name}", entry.shape)
    elif isinstance(shape, ListOf):
        yield from all_fields(f"{name}[]", shape.shape)
    elif isinstance(shape, Table):
        yield from all_fields(f"{name}.*", shape.values)
    elif isinstance(shape, Either):
        yield from all_fields(name, shape.several)
    elif isinstance(shape, ByKind):
        for kind, record, _ in shape.kinds:
            yield from all_fields(f"{name}({kind})", record)


FIELDS = [pair for name, record in PARTS.items() for pair in all_fields(name, record)]
FIELDS += list(all_fields("settings", SETTINGS))


def node_of(value: Any) -> Node:
    """The node an example would give when written into a file, references already replaced."""
    if isinstance(value, str):
        text = SECRETS.get(value.removeprefix("${").removesuffix("}"), value)
        return Resolved(text, 1, 1) if value.startswith("${") else Scalar(value, 1, 1)
    root, problems = read_nodes(json.dumps(value).encode(), "example")
    assert not problems
    assert root is not None
    return root


def test_every_key_has_a_meaning_that_is_a_sentence() -> None:
    assert [name for name, entry in FIELDS if not (entry.meaning[:1].isupper() and entry.meaning.endswith("."))] == []


def test_every_example_is_accepted() -> None:
    reading = Reading("config.yaml")
    for name, entry in FIELDS:
        is_group = isinstance(entry.shape, Record) or (
            isinstance(entry.shape, Table) and isinstance(entry.shape.values, ByKind)
        )
        if entry.example is None:
            assert is_group, f"{name}: a key without an example must show those of its own keys"
        else:
            assert entry.shape.read(node_of(entry.example), (name,), reading) is not FAILED, name
    assert reading.problems == []


def test_every_key_is_in_the_schema_with_its_meaning() -> None:
    texts = json.dumps([mappings_schema(), settings_schema()], ensure_ascii=False)
    meanings = [json.dumps(entry.meaning, ensure_ascii=False)[1:-1] for _, entry in FIELDS]
    assert [meaning for meaning in meanings if meaning not in texts] == []


def test_a_default_that_is_told_is_the_one_that_holds(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("company: {name: Fabrikam}\n")
    read = read_settings(tmp_path / "config.yaml", {})
    for group in ("engine", "network", "posting", "schedule", "http"):
        record = SETTINGS.by_name[group].shape
        assert isinstance(record, Record)
        for entry in record.fields:
            if entry.default is None or " " in entry.default:
                continue
            told = entry.shape.read(Scalar(entry.default, 1, 1, True), (), Reading("x"))
            assert told == getattr(getattr(read, group), entry.name), f"{group}.{entry.name}"


def test_the_default_of_every_mapping_key_is_the_one_that_holds(tmp_path: Path) -> None:
    text = (
        'customers: [{name: A, tenant_id: 5d1f0c9e-8a55-4d5e-9a53-0c8a3a4ecb11, ledger_customer: "1", template: T}]\n'
    )
    text += "templates: [{name: T}]\nown_items: [{for: {}, item: '1', description: D, unit_price: 1}]\n"
    text += "bundles: [{name: B, item: '1', unit_price: 1, for: {}, "
    text += "counts: {product_id: A}, includes: [{product_id: A}]}]\n"
    text += "fx: [{from: USD, to: EUR, source: vendor}]\nexports: [{name: E, like: canonical-ledger-lines}]\n"
    (tmp_path / "a.yaml").write_text(text)
    mapping = read_mappings(tmp_path)
    for part in ("customers", "templates", "own_items", "bundles", "fx", "exports"):
        rule = getattr(mapping, part)[0]
        for entry in PARTS[part].fields:
            if entry.default is None or not hasattr(rule, entry.name) or " " in entry.default.replace(", ", ""):
                continue
            told = entry.shape.read(Scalar(entry.default, 1, 1, True), (), Reading("x"))
            if told is not FAILED and getattr(rule, entry.name) is not None:
                assert told == getattr(rule, entry.name), f"{part}.{entry.name}"


def test_every_field_of_a_rule_can_be_written() -> None:
    """Nothing in the domain's rules is out of the administrator's reach."""
    from connector.domain.rules import Mapping

    assert set(PARTS) == {field.name for field in fields(Mapping)} - {"warnings", "digest"}
    assert is_dataclass(Mapping)


def test_the_shipped_files_are_the_generated_ones() -> None:
    assert (ROOT / "config.example.yaml").read_text(encoding="utf-8") == settings_example()
    assert (ROOT / "mappings" / "example.yaml").read_text(encoding="utf-8") == mapping_example()
    assert (ROOT / "docs" / "reference" / "mappings.md").read_text(encoding="utf-8") == mapping_reference()
    assert (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8") == settings_reference()


def test_the_example_mapping_is_valid_without_a_warning_and_has_every_part() -> None:
    mapping = read_mappings(ROOT / "mappings", ("books-us", "books-eu"))
    assert mapping.warnings == ()
    assert [part for part in PARTS if not getattr(mapping, part)] == []


def test_the_example_settings_are_valid_as_they_are_and_with_everything_switched_on(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(settings_example(), encoding="utf-8")
    assert read_settings(path, {}).ledgers == ()
    switched_on = re.sub(r"(?m)^#((?:  )*[^ #])", r"\1", settings_example())
    path.write_text(switched_on, encoding="utf-8")
    read = read_settings(path, SECRETS)
    assert read.ledger_names == ("books-us", "books-eu")
    assert [group for group in SETTINGS.by_name if getattr(read, group) in (None, ())] == []


def test_what_init_writes_is_valid(tmp_path: Path) -> None:
    for name, text in starting_files().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
        if name.endswith(".yaml"):
            schema = text.splitlines()[0].rpartition("$schema=")[2]
            assert (tmp_path / name).parent.joinpath(schema).resolve().relative_to(
                tmp_path
            ).as_posix() in starting_files()
    read = read_settings(tmp_path / "config.yaml", {})
    assert read_mappings(read.mappings).warnings == ()


def test_the_schemas_are_closed_and_name_their_dialect() -> None:
    for schema in (mappings_schema(), settings_schema()):
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["additionalProperties"] is False
        json.dumps(schema)
