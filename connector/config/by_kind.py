"""Groups of keys of several kinds, of which the key `kind` says which one it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connector.config.nearest import did_you_mean
from connector.config.nodes import Fields, Node, Scalar, described, shown
from connector.config.records import Filled, Record
from connector.config.shapes import FAILED, Path, Reading


@dataclass(frozen=True, slots=True)
class ByKind:
    """A ledger, whose `kind` says which keys it has."""

    kinds: tuple[tuple[str, Record, Callable[[Filled], Any]], ...]
    expected: str = "a ledger with its kind"

    def read(self, node: Node, path: Path, reading: Reading) -> Any:
        """Return a function that makes the ledger once its name is given."""
        if not isinstance(node, Fields):
            return reading.refuse(node, path, f"{described(node)} is written here; expected {self.expected}")
        names = [name for name, _, _ in self.kinds]
        entry = node.find("kind")
        if entry is None:
            return reading.refuse(node, path, f"'kind' is missing; expected {' or '.join(names)}")
        written = entry[1].text if isinstance(entry[1], Scalar) else ""
        for name, record, build in self.kinds:
            if name == written:
                values = record.read(node, path, reading)
                return FAILED if values is FAILED else self._made(build, values, node, path, reading)
        hint = did_you_mean(written, names)
        return reading.refuse(
            entry[1], (*path, "kind"), f"{shown(written)} is not known; expected {' or '.join(names)}{hint}"
        )

    @staticmethod
    def _made(
        build: Callable[[Filled], Any], values: dict[str, Any], node: Fields, path: Path, reading: Reading
    ) -> Any:
        filled = Filled({"name": path[-1], **values}, set(values), node, path, reading)
        made = build(filled)
        return FAILED if filled.faulty else made

    @property
    def records(self) -> tuple[Record, ...]:
        """The groups of keys that a ledger of some kind has."""
        return tuple(record for _, record, _ in self.kinds)

    def schema(self) -> dict[str, Any]:
        """One of the kinds."""
        return {"oneOf": [record.schema() for _, record, _ in self.kinds]}
