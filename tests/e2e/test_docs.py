"""Every command the pages of the docs show prints what they say."""

import shutil
from pathlib import Path

import pytest

from connector.cli.main import run
from tests.architecture.house import ROOT
from tests.pages import Shown, blocks, play


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    assert run(["demo", "--folder", str(folder)]) == 0
    return folder


@pytest.mark.parametrize("page", ["first-month", "everyday"])
def test_the_commands_print_what_the_page_says(
    page: str, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "docs" / "first-month", tmp_path / "here")
    shutil.copytree(demo, tmp_path / "here" / "demo")
    monkeypatch.chdir(tmp_path / "here")
    seen: list[tuple[Shown, str]] = []
    count = play((ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8"), lambda one, out: seen.append((one, out)))
    assert count >= 5
    for one, printed in seen:
        assert printed == one.output, one.command


def test_the_rules_on_the_page_are_those_in_its_folder() -> None:
    page = (ROOT / "docs" / "first-month.md").read_text(encoding="utf-8")
    shown = {title: content for _, title, content in blocks(page)}
    name = "mappings/rules.yaml"
    assert shown[name] == (ROOT / "docs" / "first-month" / name).read_text(encoding="utf-8")
