"""What the tests of settings and mappings share: writing a small mapping and reading it back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from connector.config.mappings import read_mappings
from connector.domain.errors import InvalidConfig
from connector.domain.rules import Mapping


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Mapping]:
    """Write texts as files of a mapping folder and read it."""

    def reading(*texts: str | bytes, ledgers: tuple[str, ...] = (), cache: Path | None = None) -> Mapping:
        folder = tmp_path / "mappings"
        folder.mkdir(exist_ok=True)
        for at, text in enumerate(texts):
            content = text if isinstance(text, bytes) else text.encode()
            (folder / f"{at}.yaml").write_bytes(content)
        return read_mappings(folder, ledgers, cache)

    return reading


@pytest.fixture
def problems(read: Callable[..., Mapping]) -> Callable[..., list[str]]:
    """The sentences about a mapping that cannot be read, without their places."""

    def told(*texts: str | bytes, ledgers: tuple[str, ...] = ()) -> list[str]:
        with pytest.raises(InvalidConfig) as caught:
            read(*texts, ledgers=ledgers)
        return [problem.text for problem in caught.value.problems]

    return told
