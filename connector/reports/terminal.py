"""Lays text out for a terminal of 100 columns, where some letters take two and accents none."""

import textwrap
from collections.abc import Iterator

from connector.reports.wording import columns

WIDTH = 100


def both_ends(left: str, right: str) -> Iterator[str]:
    """Put two texts at the two ends of a line, or on two lines where they do not fit."""
    space = WIDTH - columns(left) - columns(right)
    if space >= 2:
        yield left + " " * space + right
    else:
        yield from wrapped(left, hang="    ")
        yield " " * max(0, WIDTH - columns(right)) + right


def wrapped(text: str, indent: str = "", hang: str | None = None) -> list[str]:
    """Break a text into lines that fit; all but the first begin with `hang`."""
    lines = textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if hang is None else hang,
        break_on_hyphens=False,
    )
    return lines if all(columns(line) <= WIDTH for line in lines) else _wrapped_wide(text, indent, hang)


def _wrapped_wide(text: str, indent: str, hang: str | None) -> list[str]:
    """Wrap a text whose letters take two columns, which textwrap counts as one."""
    lines, line, rest = [], indent, indent if hang is None else hang
    for letter in text:
        if columns(line + letter) > WIDTH:
            lines.append(line)
            line = rest
        line += letter
    return [*lines, line]
