"""Seeded luck: the same seed always deals the same world."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar
from uuid import UUID

Thing = TypeVar("Thing")


class Chance:
    """A named stream of random draws; a stream of another name never disturbs it."""

    def __init__(self, seed: int, stream: str) -> None:
        self._random = Random(f"{seed}/{stream}")

    def number(self, low: int, high: int) -> int:
        """A whole number, both borders included."""
        return self._random.randint(low, high)

    def pick(self, things: Sequence[Thing]) -> Thing:
        """One of several."""
        return self._random.choice(things)

    def shuffled(self, things: Sequence[Thing]) -> list[Thing]:
        """All of them in another order."""
        return self._random.sample(things, len(things))

    def once_in(self, times: int) -> bool:
        """True about once in so many times."""
        return self._random.randrange(times) == 0

    def guid(self) -> str:
        """A GUID in lower case."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def token(self, length: int, letters: str = "0123456789abcdef") -> str:
        """A short mark such as an order number."""
        return "".join(self._random.choices(letters, k=length))
