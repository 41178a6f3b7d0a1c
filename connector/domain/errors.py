"""What can go wrong, sorted by what the reader of the message must do next."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fact was written: file, and line and column counted from 1 (0 = not known)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        parts = [self.file]
        if self.line:
            parts.append(str(self.line))
            if self.column:
                parts.append(str(self.column))
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file: where, what, and what was expected or should be done."""

    place: Place
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


class ConnectorError(Exception):
    """A trouble that ends the command, told in one sentence. Exit code 2 unless a subclass says otherwise."""

    exit_code = 2


class UnreadableInput(ConnectorError):
    """A file cannot be used: it names the file, the line where known, what was expected, what to do. Exit 2."""


class InvalidConfig(ConnectorError):
    """The configuration or the mappings hold errors; all of them are listed at once. Exit 3."""

    exit_code = 3

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class SignInNeeded(ConnectorError):
    """A person has to sign in again. Exit 4."""

    exit_code = 4


class Locked(ConnectorError):
    """Another process is at the same work. Exit 7."""

    exit_code = 7


class Unavailable(ConnectorError):
    """Nothing was written; try again later. Exit 75."""

    exit_code = 75


class MixedCurrencies(ConnectorError):
    """Amounts of two currencies were about to meet; that is never done silently."""
