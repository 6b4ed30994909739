"""What every test starts from: repeatable examples, and figures that open no window."""

from __future__ import annotations

import matplotlib
import pytest
from hypothesis import settings

settings.register_profile("convwidgets", deadline=None, derandomize=True)
settings.load_profile("convwidgets")


@pytest.fixture(scope="session", autouse=True)
def no_windows() -> None:
    matplotlib.use("Agg")
