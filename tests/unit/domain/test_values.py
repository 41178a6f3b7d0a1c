"""Value objects are equal, hashed and compared by their fields, and have room for nothing else."""

from dataclasses import field, replace

import pytest

from connector.domain.values import value_object


@value_object(order=True)
class Coin:
    worth: int
    mint: str = field(default="", compare=False)


def test_a_value_object_is_what_its_fields_are() -> None:
    assert Coin(5, "A") == Coin(5, "B")
    assert len({Coin(5, "A"), Coin(5, "B"), Coin(6)}) == 2
    assert sorted([Coin(6), Coin(5)]) == [Coin(5), Coin(6)]
    assert replace(Coin(5, "A"), worth=6).mint == "A"


def test_a_value_object_has_no_room_for_more() -> None:
    with pytest.raises(AttributeError):
        Coin(5).weight = 3  # type: ignore[attr-defined]
