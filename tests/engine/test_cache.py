"""What is taken from the disk as machine code, and what never is."""

from __future__ import annotations

import os
import stat
import threading
import time
from pathlib import Path

import pytest

from convwidgets.engine import _cache, native
from convwidgets.engine._cache import Code, pack, unpack

CODE = Code("float32", {"pad2d": "f4 f4 3"}, bytes(range(256)) * 100)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(_cache.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_is_written_is_found_again(folder: Path) -> None:
    assert _cache.find("float32") is None
    path = _cache.write("float32", pack(CODE))
    assert path is not None and path.parent == folder
    assert _cache.find("float32") == path
    assert _cache.read("float32") == CODE
    assert _cache.read("float64") is None
    assert list(folder.iterdir()) == [path]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: content[:10],
        lambda content: content[:-1],
        lambda content: content[: len(content) // 2],
        lambda content: content + b"\0",
        lambda content: content[:-5] + bytes([content[-5] ^ 1]) + content[-4:],
        lambda content: b"something else" + content,
        lambda content: _cache.MARK + b"null\n" + CODE.object,
        lambda content: _cache.MARK + b"{}\n" + CODE.object,
        lambda content: content.replace(b'"sha256": "', b'"sha256": "0'),
        lambda content: os.urandom(5000),
    ],
)
def test_what_is_not_whole_is_never_taken(spoil: object, folder: Path) -> None:
    content = spoil(pack(CODE))  # type: ignore[operator]
    assert unpack(content, "float32") is None
    path = _cache.write("float32", content)
    assert path is not None
    assert _cache.find("float32") is None and _cache.read("float32") is None
    # The next one who compiles replaces it.
    assert _cache.write("float32", pack(CODE)) == path
    assert _cache.read("float32") == CODE


@pytest.mark.parametrize("fact", sorted(_cache.facts("float32")))
def test_code_for_anything_else_is_never_taken(
    fact: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = _cache.facts("float32")
    path = _cache.write("float32", pack(CODE))
    elsewhere = {**here, fact: "another"}
    monkeypatch.setattr(_cache, "facts", lambda number: elsewhere)
    assert _cache.read("float32") is None
    # Not even under the right name.
    assert path is not None
    path.rename(folder / _cache._name("float32"))
    assert _cache.read("float32") is None


def test_a_user_without_a_home_has_no_cache_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (_cache.VARIABLE, "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    assert len(_cache.places()) == 2
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert _cache.places() == [_cache.PACKAGE / "__pycache__"]


def test_every_source_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kernels").mkdir()
    names = [
        "_compiler.py",
        "_jit.py",
        "_library.py",
        "registers.py",
        "strip.py",
        "tile.py",
        "vector.py",
    ]
    names += ["kernels/a.py", "kernels/b.py"]
    for name in names:
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(_cache, "PACKAGE", tmp_path)
    hashes = {_cache.source_hash()}
    for name in names:
        (tmp_path / name).write_text("changed")
        hashes.add(_cache.source_hash())
    assert len(hashes) == len(names) + 1


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="the platform has no owners")
@pytest.mark.parametrize("which", ["folder", "file"])
def test_what_anybody_can_write_is_never_taken(which: str, folder: Path) -> None:
    path = _cache.write("float32", pack(CODE))
    assert path is not None and stat.S_IMODE(path.stat().st_mode) == 0o644
    (folder if which == "folder" else path).chmod(0o777)
    assert _cache.find("float32") is None and _cache.read("float32") is None
    if which == "folder":
        assert _cache.write("float32", pack(CODE)) is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="the platform has no owners")
def test_what_belongs_to_another_is_never_taken(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _cache.write("float32", pack(CODE))
    assert path is not None
    mine = path.stat()
    assert _cache._is_ours(mine)
    theirs = os.stat_result((*mine[:4], mine.st_uid + 12345, *mine[5:]))
    assert not _cache._is_ours(theirs)
    if os.getuid() == 0:
        os.chown(path, 12345, -1)
        assert _cache.read("float32") is None


def test_a_full_disk_leaves_nothing_and_the_next_place_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, free = tmp_path / "full", tmp_path / "free"
    monkeypatch.setattr(_cache, "places", lambda: [full, free])
    move = os.replace

    def replace(source: str, target: Path) -> None:
        if full in Path(target).parents:
            raise OSError(28, "No space left on device")
        move(source, target)

    monkeypatch.setattr(os, "replace", replace)
    path = _cache.write("float32", pack(CODE))
    assert path is not None and path.parent == free
    assert list(full.iterdir()) == []
    monkeypatch.setattr(_cache, "places", lambda: [full])
    assert _cache.write("float32", pack(CODE)) is None


def test_where_a_file_stands_in_the_way_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(_cache, "places", lambda: [tmp_path / "file", tmp_path / "file" / "in"])
    assert _cache.write("float32", pack(CODE)) is None
    assert _cache.read("float32") is None


def test_many_write_at_once_and_none_reads_a_part(folder: Path) -> None:
    other = Code("float32", CODE.signatures, os.urandom(300_000))
    done = threading.Event()

    def write(code: Code) -> None:
        while not done.is_set():
            assert _cache.write("float32", pack(code)) is not None

    threads = [threading.Thread(target=write, args=[code]) for code in (CODE, other, CODE)]
    for thread in threads:
        thread.start()
    try:
        while _cache.find("float32") is None:
            pass
        for _ in range(200):
            assert _cache.read("float32") in (CODE, other)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert len(list(folder.iterdir())) == 1


def test_many_compile_one_after_the_other(folder: Path) -> None:
    pytest.importorskip("fcntl")
    inside = 0
    most = 0

    def compile_() -> None:
        nonlocal inside, most
        with _cache.alone():
            inside += 1
            most = max(most, inside)
            time.sleep(0.01)
            inside -= 1

    threads = [threading.Thread(target=compile_) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_where_nobody_can_tell_nobody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(_cache, "places", lambda: [tmp_path / "file"])
    with _cache.alone(), _cache.alone():
        pass


def test_what_cannot_be_used_is_compiled_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _cache.write("float32", pack(CODE)[:-1])
    asked = []

    def elsewhere(number: str, low_priority: bool) -> Code:
        asked.append(number)
        return CODE

    monkeypatch.setattr(native, "_compiled_elsewhere", elsewhere)
    monkeypatch.setattr(native._library, "load", lambda code: code)
    loader = native._Loader()
    loader._load("float32")
    assert asked == ["float32"] and loader.loaded == {"float32": CODE}
