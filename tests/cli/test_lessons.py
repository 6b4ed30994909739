from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbformat import sign

from convwidgets.cli import lessons


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "mine"


def ship(tmp_path: Path, **texts: str) -> list[Path]:
    source = tmp_path / "shipped"
    source.mkdir(exist_ok=True)
    for name, text in texts.items():
        (source / f"{name}.ipynb").write_text(text)
    return sorted(source.glob("*.ipynb"))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".convwidgets")


def test_the_clone_ships_its_lessons_in_reading_order() -> None:
    found = lessons.shipped()
    assert found[0].name.startswith("01-")
    assert found == sorted(found)
    for path in found:
        assert json.loads(path.read_text("utf-8"))["nbformat"] == 4


def test_all_lessons_are_laid_into_a_new_folder(tmp_path: Path, folder: Path) -> None:
    assert lessons.lay(ship(tmp_path, a="1", b="2"), folder, "0.1.0") == []
    assert names(folder) == ["a.ipynb", "b.ipynb"]
    assert (folder / "b.ipynb").read_text() == "2"


def test_an_unchanged_copy_gets_the_new_version(tmp_path: Path, folder: Path) -> None:
    lessons.lay(ship(tmp_path, a="old"), folder, "0.1.0")
    assert lessons.lay(ship(tmp_path, a="new"), folder, "0.2.0") == []
    assert names(folder) == ["a.ipynb"]
    assert (folder / "a.ipynb").read_text() == "new"


def test_a_changed_copy_stays_as_it_is(tmp_path: Path, folder: Path) -> None:
    shipped = ship(tmp_path, a="old")
    lessons.lay(shipped, folder, "0.1.0")
    (folder / "a.ipynb").write_text("mine")
    assert lessons.lay(shipped, folder, "0.1.0") == []
    assert names(folder) == ["a.ipynb"]
    assert (folder / "a.ipynb").read_text() == "mine"


def test_a_new_version_is_laid_beside_a_changed_copy_once(tmp_path: Path, folder: Path) -> None:
    lessons.lay(ship(tmp_path, a="old"), folder, "0.1.0")
    (folder / "a.ipynb").write_text("mine")
    shipped = ship(tmp_path, a="new")
    (note,) = lessons.lay(shipped, folder, "0.2.0")
    assert "a.ipynb" in note and "a.new-0.2.0.ipynb" in note and "\n" not in note
    assert (folder / "a.ipynb").read_text() == "mine"
    assert (folder / "a.new-0.2.0.ipynb").read_text() == "new"

    (folder / "a.new-0.2.0.ipynb").unlink()
    assert lessons.lay(shipped, folder, "0.2.0") == []
    assert names(folder) == ["a.ipynb"]


def test_what_was_laid_beside_is_not_overwritten_either(tmp_path: Path, folder: Path) -> None:
    lessons.lay(ship(tmp_path, a="1"), folder, "0.1.0")
    (folder / "a.ipynb").write_text("mine")
    lessons.lay(ship(tmp_path, a="2"), folder, "0.2.0")
    (folder / "a.new-0.2.0.ipynb").write_text("mine too")
    (note,) = lessons.lay(ship(tmp_path, a="3"), folder, "0.2.0")
    assert "a.new-0.2.0-2.ipynb" in note
    assert (folder / "a.new-0.2.0.ipynb").read_text() == "mine too"
    assert (folder / "a.new-0.2.0-2.ipynb").read_text() == "3"


def test_a_learner_who_took_the_new_version_gets_the_next(tmp_path: Path, folder: Path) -> None:
    lessons.lay(ship(tmp_path, a="1"), folder, "0.1.0")
    (folder / "a.ipynb").write_text("mine")
    lessons.lay(ship(tmp_path, a="2"), folder, "0.2.0")
    (folder / "a.new-0.2.0.ipynb").replace(folder / "a.ipynb")
    assert lessons.lay(ship(tmp_path, a="3"), folder, "0.3.0") == []
    assert (folder / "a.ipynb").read_text() == "3"


def test_a_file_that_was_there_before_is_the_learners(tmp_path: Path, folder: Path) -> None:
    folder.mkdir()
    (folder / "a.ipynb").write_text("mine")
    (note,) = lessons.lay(ship(tmp_path, a="1"), folder, "0.1.0")
    assert "a.new-0.1.0.ipynb" in note
    assert (folder / "a.ipynb").read_text() == "mine"


def test_a_deleted_lesson_comes_back(tmp_path: Path, folder: Path) -> None:
    shipped = ship(tmp_path, a="1")
    lessons.lay(shipped, folder, "0.1.0")
    (folder / "a.ipynb").unlink()
    lessons.lay(shipped, folder, "0.1.0")
    assert (folder / "a.ipynb").read_text() == "1"


@pytest.mark.parametrize("spoilt", ["", "[]", "{", '{"a.ipynb": 3}'])
def test_without_a_readable_record_nothing_is_overwritten(
    tmp_path: Path, folder: Path, spoilt: str
) -> None:
    lessons.lay(ship(tmp_path, a="1"), folder, "0.1.0")
    (folder / lessons.RECORD).write_text(spoilt)
    (note,) = lessons.lay(ship(tmp_path, a="2"), folder, "0.2.0")
    assert (folder / "a.ipynb").read_text() == "1"
    assert "a.new-0.2.0.ipynb" in note


def test_copies_as_shipped_are_trusted_and_changed_ones_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    shipped = lessons.shipped()
    lessons.lay(shipped, tmp_path / "mine", "1.0.0")
    copy = tmp_path / "mine" / shipped[0].name
    notary = sign.NotebookNotary()
    assert not notary.check_signature(nbformat.read(copy, 4))
    lessons.trust(shipped, tmp_path / "mine")
    assert notary.check_signature(nbformat.read(copy, 4))
    copy.write_text(copy.read_text().replace("What a convolution does", "Something else"))
    lessons.trust(shipped, tmp_path / "mine")
    assert not notary.check_signature(nbformat.read(copy, 4))
