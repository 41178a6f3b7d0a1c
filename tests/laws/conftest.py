"""The worlds that several laws are tried on, made once."""

from pathlib import Path

import pytest

from tests.builders import MadeUp, make_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> MadeUp:
    """A month of forty customers with every kind of mistake."""
    return make_world(tmp_path_factory.mktemp("world"), 7)


@pytest.fixture
def copy(world: MadeUp, tmp_path: Path) -> MadeUp:
    """The same month in a folder that a test may change."""
    import shutil

    folder = tmp_path / "world"
    shutil.copytree(world.folder, folder)
    return MadeUp(folder, world.truth)
