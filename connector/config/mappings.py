"""Reads the folder of mapping files into one checked mapping, or says everything that is wrong with it at once."""

import gc
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from connector.config import cache as keeping
from connector.config.conflicts import conflicts
from connector.config.exports import EXPORT
from connector.config.nearest import did_you_mean
from connector.config.nodes import Fields, Node, Sequence, described, is_nothing, shown
from connector.config.offers import BUNDLE, MINIMUM, OWN_ITEM, PRODUCT_RULE
from connector.config.papers import TEMPLATE
from connector.config.people import CUSTOMER, EXCEPTION, INTERNAL, RESELLER
from connector.config.policies import ACCEPTED, ADJUSTMENT, FX, TAX, TOLERANCE
from connector.config.prices import PRICE_RULE
from connector.config.profiles import whole_profiles
from connector.config.reading import read_nodes
from connector.config.records import Record
from connector.config.references import dangling, unused
from connector.config.shapes import FAILED, Reading
from connector.domain.errors import InvalidConfig, Place, Problem
from connector.domain.rules import Mapping

PARTS: dict[str, Record] = {
    "customers": CUSTOMER,
    "subscriptions": EXCEPTION,
    "resellers": RESELLER,
    "products": PRODUCT_RULE,
    "prices": PRICE_RULE,
    "bundles": BUNDLE,
    "own_items": OWN_ITEM,
    "minimums": MINIMUM,
    "templates": TEMPLATE,
    "taxes": TAX,
    "fx": FX,
    "tolerances": TOLERANCE,
    "accepted": ACCEPTED,
    "internal": INTERNAL,
    "adjustments": ADJUSTMENT,
    "exports": EXPORT,
}
"""The lists of a mapping file, by their key, in the order of the reference."""


@dataclass(frozen=True, slots=True)
class MappingFile:
    """A file of the mapping: its name in messages, its name within the folder, and its content."""

    shown: str
    name: str
    content: bytes


def read_mappings(
    path: Path, ledgers: tuple[str, ...] = (), cache: Path | None = None, *, given: tuple[str, ...] = ()
) -> Mapping:
    """Read a mapping file, or all `.yaml` and `.yml` files of a folder and the folders in it.

    `ledgers` are the names of the configured ledgers; without them ledger names are not checked. `given` are ledgers
    that there are, perhaps beside others. With a `cache` an unchanged mapping is not checked again. Raises
    InvalidConfig with every problem found.
    """
    files = find_files(path)
    names = (*ledgers, "", *given)
    kept_as = keeping.key(
        part for file in files for part in (file.shown.encode(), file.content, *(name.encode() for name in names))
    )
    with _collector_paused():
        if cache is not None and (kept := keeping.load(cache, kept_as)) is not None:
            return kept
        mapping = _checked(files, ledgers, given)
    if cache is not None:
        keeping.keep(cache, kept_as, mapping)
    return mapping


def find_files(path: Path) -> tuple[MappingFile, ...]:
    """Find and read the files of a mapping, in the order of their names. Raises InvalidConfig when there are none."""
    if path.is_dir():
        found = sorted(
            (inner.relative_to(path).as_posix(), inner)
            for inner in path.rglob("*")
            if inner.suffix.lower() in (".yaml", ".yml")
            and (inner.is_file() or (inner.is_symlink() and not inner.exists()))
            and not any(part.startswith(".") for part in inner.relative_to(path).parts)
        )
        if not found:
            _refuse(
                path,
                "the mapping folder holds no .yaml file; write one, or let `connector init` write an example",
            )
    elif path.is_file():
        found = [(path.name, path)]
    else:
        _refuse(path, "there is no such mapping folder or file; `connector init` writes an example")
    files = []
    for name, file in found:
        if not file.exists():
            _refuse(file, "the link leads to no file; repair or delete it")
        try:
            files.append(MappingFile(file.as_posix(), name, file.read_bytes()))
        except OSError as error:
            _refuse(file, f"the file cannot be read ({error.strerror}); allow reading it")
    return tuple(files)


@contextmanager
def _collector_paused() -> Iterator[None]:
    # A large mapping makes millions of live objects; searching them for garbage again and again costs a third more.
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _refuse(path: Path, text: str) -> Any:
    raise InvalidConfig((Problem(Place(path.as_posix()), text),))


def _checked(files: tuple[MappingFile, ...], ledgers: tuple[str, ...], given: tuple[str, ...]) -> Mapping:
    problems: list[Problem] = []
    warnings: list[Problem] = []
    lists: dict[str, list[Any]] = {name: [] for name in PARTS}
    incomplete: set[str] = set()
    for file in files:
        root, malformed = read_nodes(file.content, file.shown)
        reading = Reading(file.shown, malformed, ledgers)
        if root is not None:
            incomplete |= _read_lists(root, reading, lists)
        elif malformed:
            incomplete |= PARTS.keys()
        problems += reading.problems
        warnings += reading.warnings
    rules: dict[str, Any] = {name: tuple(read) for name, read in lists.items()}
    mapping = Mapping(**rules)
    problems += conflicts(mapping)
    problems += dangling(mapping, ledgers, given, incomplete)
    if mapping.exports:
        problems += _incomplete_profiles(mapping)
    if problems:
        raise InvalidConfig(_in_order(problems))
    warnings += unused(mapping)
    return replace(mapping, warnings=tuple(str(warning) for warning in _in_order(warnings)), digest=_digest(files))


def _incomplete_profiles(mapping: Mapping) -> tuple[Problem, ...]:
    """What export profiles lack, told here so that a file need not be there to notice."""
    try:
        whole_profiles(mapping.exports)
    except InvalidConfig as invalid:
        return invalid.problems
    return ()


def _in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda p: (p.place.file, p.place.line, p.place.column, p.text)))


def _digest(files: tuple[MappingFile, ...]) -> str:
    digest = hashlib.sha256()
    for file in files:
        for part in (file.name.encode(), file.content):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()


def _read_lists(root: Node, reading: Reading, lists: dict[str, list[Any]]) -> set[str]:
    """Read the lists of one file; gives the parts of which not every rule could be read."""
    if is_nothing(root):
        return set()
    if not isinstance(root, Fields):
        reading.refuse(root, (), f"{described(root)} is written here; expected lists like customers: and prices:")
        return set(PARTS)
    incomplete: set[str] = set()
    written: set[str] = set()
    for key, node in root.entries:
        name = key.text
        if name in written:
            reading.refuse(key, (name,), "the key is written twice in this file; put all its entries under one")
        written.add(name)
        if name == "$schema":
            continue
        record = PARTS.get(name)
        if record is None:
            hint = did_you_mean(name, PARTS) or f"; expected one of {', '.join(PARTS)}"
            reading.refuse(key, (), f"unknown key {shown(name)}{hint}")
            incomplete |= PARTS.keys()
        elif isinstance(node, Sequence):
            for at, item in enumerate(node.items, 1):
                rule = record.read(item, (name, at), reading)
                if rule is FAILED:
                    incomplete.add(name)
                else:
                    lists[name].append(rule)
        elif not is_nothing(node):
            reading.refuse(node, (name,), f"{described(node)} is written here; expected a list, each entry after '- '")
            incomplete.add(name)
    return incomplete
