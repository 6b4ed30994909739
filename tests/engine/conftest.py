from __future__ import annotations

from collections.abc import Iterator

import pytest

from convwidgets import engine


@pytest.fixture(params=["reference", "native"])
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run a test on NumPy and on compiled code."""
    with engine.use(request.param):
        assert engine.warm_up() == request.param
        yield request.param
