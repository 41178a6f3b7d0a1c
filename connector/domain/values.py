"""Value objects: nobody changes them, and equal fields make them equal; a large month has millions of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

Made = TypeVar("Made")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value_object(*, order: bool = False) -> Callable[[type[Made]], type[Made]]:
    """Make a class a dataclass with slots, equal and hashed by its fields; `order` compares them in turn.

    That no field is set afterwards is seen to by the type checker, not while the program runs: a frozen dataclass
    sets each of its fields by a call, which takes it ten times as long to be made.
    """
    return dataclass(slots=True, unsafe_hash=True, order=order)
