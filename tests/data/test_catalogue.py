"""What the page is built with."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from convwidgets.data import catalogue as module
from convwidgets.data import kernel, kernel_names, names, picture


def test_the_page_has_the_present_catalogue() -> None:
    assert module.PATH.read_text("utf-8") == module.catalogue()


def test_it_holds_what_python_holds() -> None:
    held = json.loads(module.catalogue())
    assert [entry["name"] for entry in held["kernels"]] == kernel_names()
    for entry in held["kernels"]:
        np.testing.assert_array_equal(entry["values"], kernel(entry["name"]))
    for entry in held["synthetic"]:
        image = picture(entry["name"])
        data = entry["data"]
        if isinstance(data, str):
            data = np.frombuffer(base64.b64decode(data), entry["dtype"])
        np.testing.assert_array_equal(np.reshape(data, entry["shape"]), image.array)
        assert (entry["id"], entry["dtype"]) == (image.id, image.dtype)
    assert held["pictures"] + [entry["name"] for entry in held["synthetic"]] == names()


def test_it_is_small() -> None:
    assert len(module.catalogue().encode()) < 40_000


def test_it_is_written_in_a_clone_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "src" / "generated" / "catalogue.json"
    monkeypatch.setattr(module, "PATH", path)
    assert module.main() == 1
    assert "run this in a clone" in capsys.readouterr().err
    path.parents[1].mkdir()
    assert module.main() == 0
    assert path.read_text("utf-8") == module.catalogue()
