"""What holds for every test: examples that repeat exactly, and Spark only where there is Java."""

import importlib.util
import os
import shutil

import pytest
from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None, database=None, print_blob=True)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs Spark where it cannot run, and say why."""
    if shutil.which("java") is None:
        reason = "Spark needs Java, and there is none here"
    elif importlib.util.find_spec("pyspark") is None:
        reason = "Spark is not installed; `make conformance` installs it"
    else:
        return
    for item in items:
        if item.get_closest_marker("spark"):
            item.add_marker(pytest.mark.skip(reason=reason))
