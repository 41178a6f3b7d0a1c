"""Reads the commands and files that a page of the docs shows, runs them, and gives back what they printed."""

import re
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from shlex import split

from connector.cli.main import run

_BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_MORE = ", one line more"


@dataclass(frozen=True)
class Shown:
    """A command as the page shows it, with the output below it."""

    command: str
    output: str


def blocks(page: str) -> Iterator[tuple[str, str, str]]:
    """Yield each block's language, title and content."""
    for found in _BLOCK.finditer(page):
        yield found[1], found[2] or "", found[3]


def shown(block: str) -> Iterator[Shown]:
    """Take a console block apart."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield Shown(command, output)


def play(page: str, see: Callable[[Shown, str], None]) -> int:
    """Do what a page shows in the current folder, and let `see` look at each command with what it really printed.

    Returns how many commands of the connector were run.
    """
    code, count = 0, 0
    for language, title, content in blocks(page):
        if title:
            path = Path(title.removesuffix(_MORE))
            path.parent.mkdir(parents=True, exist_ok=True)
            before = path.read_text(encoding="utf-8") if title.endswith(_MORE) else ""
            path.write_text(before + content, encoding="utf-8")
        elif language == "console":
            for one in shown(content):
                words = split(one.command)
                if words == ["echo", "$?"]:
                    see(one, f"{code}\n")
                elif words[0] == "connector":
                    out, err = StringIO(), StringIO()
                    with redirect_stdout(out), redirect_stderr(err):
                        code = run(words[1:])
                    see(one, out.getvalue() + err.getvalue())
                    count += 1
    return count
