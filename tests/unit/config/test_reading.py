"""YAML is read with its places, in the sense of YAML 1.2, and within limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.config import reading
from connector.config.nodes import Fields, Scalar, Sequence, is_flag, is_nothing, is_number, scalars
from connector.config.reading import read_nodes


def parsed(text: str) -> Fields:
    root, problems = read_nodes(text.encode(), "a.yaml")
    assert problems == []
    assert isinstance(root, Fields)
    return root


def told(text: str | bytes) -> list[str]:
    return [str(p) for p in read_nodes(text if isinstance(text, bytes) else text.encode(), "a.yaml")[1]]


def test_every_node_knows_where_it_stands() -> None:
    root = parsed("a:\n  - x\n  - {b: 'y'}\n")
    key, value = root.entries[0]
    assert (key.text, key.line, key.column) == ("a", 1, 1)
    assert isinstance(value, Sequence)
    inner = value.items[1]
    assert isinstance(inner, Fields)
    assert [(node.text, node.line, node.column, node.plain) for node in scalars(root)] == [
        ("x", 2, 5, True),
        ("y", 3, 9, False),
    ]
    assert (inner.line, inner.column) == (3, 5)


def test_columns_count_characters_not_bytes() -> None:
    value = parsed("'Łódź': x\n").entries[0][1]
    assert (value.line, value.column) == (1, 9)


@pytest.mark.parametrize(
    "text", ["1", "-1", "+1", "0002", "1.5", ".5", "1e3", "-1.23E+15", "0x1F", "0o17", ".inf", ".nan"]
)
def test_numbers(text: str) -> None:
    assert is_number(Scalar(text, 1, 1, True))
    assert not is_number(Scalar(text, 1, 1, False))


@pytest.mark.parametrize("text", ["1.2.3", "12:30", "1_000", "2026-01-01", "5d1f", "-", "+", ".", "0x", "1,5", "NO"])
def test_not_numbers(text: str) -> None:
    assert not is_number(Scalar(text, 1, 1, True))


@pytest.mark.parametrize("text", ["yes", "no", "on", "off", "NO", "Y"])
def test_what_yaml_1_1_took_for_true_or_false_is_a_text(text: str) -> None:
    assert not is_flag(Scalar(text, 1, 1, True))
    assert is_flag(Scalar("true", 1, 1, True))


@pytest.mark.parametrize("text", ["", "~", "null"])
def test_nothing(text: str) -> None:
    assert is_nothing(Scalar(text, 1, 1, True))
    assert not is_nothing(Scalar(text, 1, 1, False))


def test_an_alias_repeats_what_it_names() -> None:
    first, second = (node for _, node in parsed("a: &x [1, 2]\nb: *x\n").entries)
    assert first is second


def test_an_alias_inside_what_it_names_is_refused() -> None:
    assert told("a: &x [*x]\n") == ["a.yaml:1:8: *x refers to nothing above; put the text in quotes, or write it out"]


def test_a_bomb_of_aliases_is_refused_before_it_explodes() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    assert told("\n".join(lines))[0].endswith("aliases repeat more than 100,000 values; write the rules out")


def test_a_file_that_is_too_large_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST_FILE", 3 * 1024 * 1024)
    assert told(b"#" * (3 * 1024 * 1024 + 1)) == ["a.yaml: the file is larger than 3 MB; split it into several files"]


def test_a_file_of_too_many_values_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_NODES", 10)
    assert "more than 10 values" in told("[1,2,3,4,5,6,7,8,9,10]")[0]


def test_depth_cannot_exhaust_the_stack() -> None:
    [problem] = told("[" * 100_000)
    # Newer parsers notice before the first event comes, and stand further on.
    assert problem.startswith("a.yaml:1:")
    assert problem.endswith(": more than 50 levels inside each other")


def test_a_text_tag_is_as_good_as_quotes() -> None:
    value = parsed("a: !!str 0002\n").entries[0][1]
    assert isinstance(value, Scalar)
    assert not is_number(value)


def test_the_pure_parser_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: [1, 'x', {b: ~}]\nc: |\n  long\nd: &x y\ne: *x\n"
    fast = parsed(text)
    monkeypatch.setattr(reading, "_LOADER", reading.yaml.SafeLoader)
    assert parsed(text) == fast


@given(st.text(max_size=200))
def test_any_text_gives_nodes_or_problems_never_an_exception(text: str) -> None:
    root, problems = read_nodes(text.encode("utf-8", "surrogatepass"), "a.yaml")
    assert problems or root is None or root.line >= 1


@given(st.binary(max_size=200))
def test_any_bytes_give_nodes_or_problems_never_an_exception(content: bytes) -> None:
    root, problems = read_nodes(content, "a.yaml")
    assert problems or root is None or root.line >= 1
