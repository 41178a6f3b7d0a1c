"""Reads YAML text into nodes that know their line, and refuses what could hide or explode something.

Duplicate keys, tags, several documents in one file, text that is not UTF-8, and files that are too large, too deep
or grow by aliases are problems with a place. The values follow YAML 1.2: NO is a text, 0002 a number.
"""

from dataclasses import dataclass
from typing import Any

import yaml

from connector.config.nodes import Fields, Node, Scalar, Sequence, shown
from connector.domain.errors import Place, Problem

LARGEST_FILE = 24 * 1024 * 1024
DEEPEST = 50
MOST_NODES = 2_000_000
MOST_ALIASED = 100_000

# libyaml, which all published wheels have; without it the pure parser reads the same, ten times slower.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT_TAGS = (None, "!", "tag:yaml.org,2002:str")
_MISPLACED = "the indentation fits nothing above; line keys up with keys, and each '- ' with the others"
_SENTENCES = {
    "mapping values are not allowed in this context": "': ' stands where no key can be; quote a text that holds it",
    "did not find expected key": _MISPLACED,
    "could not find expected ':'": "a key without ': ' after it; write key: value",
    "did not find expected '-' indicator": _MISPLACED,
    "did not find expected <document start>": "the indentation is smaller than that of the first line",
    "found undefined tag handle": "a tag (a word beginning with '!') cannot be used here; put the text in quotes",
    "found unknown escape character": "unknown escape in a double-quoted text; use 'single quotes'",
}


class Refused(Exception):
    """The text cannot be read any further; carries the one problem that stopped it."""

    def __init__(self, place: Place, text: str) -> None:
        self.problem = Problem(place, text)
        super().__init__(text)


def read_nodes(content: bytes, file: str) -> tuple[Node | None, list[Problem]]:
    """Parse the content of a YAML file; `file` is its name in messages.

    Gives the root node (None for an empty file, or when reading had to stop) and the problems found.
    """
    builder = _Builder(file)
    try:
        text = decode(content, file)
        root = builder.build(text)
    except Refused as refused:
        return None, [*builder.problems, refused.problem]
    return root, builder.problems


def decode(content: bytes, file: str) -> str:
    """Turn bytes into text: UTF-8, with or without its mark, or UTF-16 with one. Raises Refused."""
    if len(content) > LARGEST_FILE:
        limit = LARGEST_FILE // (1024 * 1024)
        raise Refused(Place(file), f"the file is larger than {limit} MB; split it into several files")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError:
            raise Refused(Place(file), "the file begins as UTF-16 but is damaged; save it as UTF-8") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        wrong = f"the byte 0x{content[error.start]:02X} is not UTF-8; save the file with the encoding UTF-8"
        raise Refused(Place(file, line, column), wrong) from None
    if "\x00" in text[:4]:
        raise Refused(Place(file, 1, 1), "the file looks like UTF-16 without its mark; save it as UTF-8")
    return text


@dataclass(slots=True)
class _Open:
    """A list or group that is still being read: its node, its anchor, the count at its start, the key in waiting."""

    node: Sequence | Fields
    anchor: str | None
    before: int
    key: Scalar | None = None


class _Builder:
    """Builds nodes from parser events with a stack of its own, so that depth cannot exhaust Python's."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._root: Node | None = None
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._count = 0
        self._aliased = 0
        self._documents = 0

    def build(self, text: str) -> Node | None:
        """Give the root node, or None for an empty text. Raises Refused."""
        try:
            event: Any
            for event in yaml.parse(text, Loader=_LOADER):
                kind = type(event)
                if kind is yaml.ScalarEvent:
                    self._close(self._scalar(event), event.anchor, 1, event)
                elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                    self._begin(event)
                elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                    ended = self._open.pop()
                    self._close(ended.node, ended.anchor, self._count - ended.before + 1, event)
                elif kind is yaml.AliasEvent:
                    self._close(self._repeat(event), None, 1, event)
                elif kind is yaml.DocumentStartEvent:
                    self._begin_document(event)
        except yaml.reader.ReaderError as error:
            raise self._unprintable(text, error) from None
        except yaml.MarkedYAMLError as error:
            raise self._malformed(text, error) from None
        return self._root

    def _scalar(self, event: Any) -> Scalar:
        mark = event.start_mark
        tag = event.tag
        if tag not in _TEXT_TAGS:
            self._refuse_tag(event)
        # A text tag makes a text of anything, as quotes do.
        return Scalar(event.value, mark.line + 1, mark.column + 1, not event.style and tag is None)

    def _begin(self, event: Any) -> None:
        if event.tag is not None and event.tag != "!":
            self._refuse_tag(event)
        mark = event.start_mark
        kind = Fields if type(event) is yaml.MappingStartEvent else Sequence
        self._open.append(_Open(kind([], mark.line + 1, mark.column + 1), event.anchor, self._count))
        if len(self._open) > DEEPEST:
            raise Refused(self._place(event), f"more than {DEEPEST} levels inside each other")

    def _close(self, node: Node, anchor: str | None, size: int, event: Any) -> None:
        """Put a finished node where it belongs."""
        self._count += 1
        if self._count > MOST_NODES:
            raise Refused(self._place(event), f"more than {MOST_NODES:,} values; split the file into several")
        if anchor is not None:
            self._anchors[anchor] = (node, size)
        if not self._open:
            self._root = node
            return
        parent = self._open[-1]
        inside = parent.node
        if type(inside) is Sequence:
            inside.items.append(node)
        elif type(inside) is Fields:
            if parent.key is not None:
                inside.entries.append((parent.key, node))
                parent.key = None
            elif type(node) is Scalar:
                parent.key = node
            else:
                place = Place(self.file, node.line, node.column)
                raise Refused(place, "a key must be a single word, not a list or a group of keys; quote text")

    def _begin_document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            raise Refused(self._place(event), "a second document begins here; write one document per file")

    def _repeat(self, event: Any) -> Node:
        if event.anchor not in self._anchors:
            raise Refused(
                self._place(event),
                f"*{event.anchor} refers to nothing above; put the text in quotes, or write it out",
            )
        node, size = self._anchors[event.anchor]
        self._aliased += size
        self._count += size - 1
        if self._aliased > MOST_ALIASED:
            raise Refused(self._place(event), f"aliases repeat more than {MOST_ALIASED:,} values; write the rules out")
        return node

    def _refuse_tag(self, event: Any) -> None:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        self.problems.append(Problem(self._place(event), f"the tag {shown(tag)} is not read; leave it out"))

    def _place(self, event: Any) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _unprintable(self, text: str, error: yaml.reader.ReaderError) -> Refused:
        character = chr(error.character) if isinstance(error.character, int) else str(error.character)
        at = max(text.find(character), 0)
        line = text.count("\n", 0, at) + 1
        place = Place(self.file, line, at - text.rfind("\n", 0, at))
        return Refused(
            place,
            f"the control character U+{ord(character[:1] or chr(0)):04X} cannot be used in YAML; delete it",
        )

    def _malformed(self, text: str, error: yaml.MarkedYAMLError) -> Refused:
        mark = error.problem_mark or error.context_mark
        if mark is None:
            return Refused(Place(self.file), f"not YAML: {error.problem}")
        opened = error.context_mark or mark
        problem = error.problem or ""
        if problem == "found character that cannot start any token":
            sentence = self._wrong_start(text, mark)
        elif "expected ',' or" in problem:
            sentence = f"the bracket opened on line {opened.line + 1} is not closed before this"
        elif problem == "found unexpected end of stream":
            sentence = f"the quote opened on line {opened.line + 1} is never closed"
            mark = opened
        elif "maximum nesting depth" in problem:
            sentence = f"more than {DEEPEST} levels inside each other"
        else:
            sentence = _SENTENCES.get(problem, f"not YAML: {problem}")
        return Refused(Place(self.file, mark.line + 1, mark.column + 1), sentence)

    @staticmethod
    def _wrong_start(text: str, mark: yaml.Mark) -> str:
        lines = text.split("\n", mark.line + 1)
        line = lines[mark.line] if mark.line < len(lines) else ""
        character = line[mark.column : mark.column + 1]
        if character == "\t":
            return "a tab cannot be used for indentation; use spaces"
        return f"a value cannot begin with {character!r}; put it in quotes"
