from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import convwidgets.cli
from convwidgets.cli import CommandError, lab, lessons, main


def test_the_command_opens_the_lesson_on_this_machine_alone() -> None:
    words = lab.command(Path("my lessons/01-a.ipynb"), browser=False, port=9000, extra=["--debug"])
    here = Path.cwd() / "my lessons"
    assert words[:3] == [sys.executable, "-m", "jupyterlab"]
    assert "--ip=127.0.0.1" in words
    assert f"--ServerApp.root_dir={here}" in words
    assert "--LabApp.default_url=/lab/tree/01-a.ipynb" in words
    assert f"--LabApp.app_settings_dir={here / '.convwidgets' / 'settings'}" in words
    assert "--no-browser" in words and "--port=9000" in words
    assert words[-1] == "--debug", "the user's words come last, so that they win"


def test_a_browser_is_opened_unless_told_otherwise() -> None:
    words = lab.command(Path("01.ipynb"))
    assert "--no-browser" not in words
    assert not any(word.startswith("--port") for word in words)


def test_prepare_says_what_was_kept_and_returns_the_first_lesson(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = lab.prepare(tmp_path / "deep" / "folder")
    assert first == tmp_path / "deep" / "folder" / lessons.shipped()[0].name
    assert capsys.readouterr().out == ""
    first.write_text("mine")
    (first.parent / lessons.RECORD).unlink()
    lab.prepare(first.parent)
    assert first.read_text() == "mine"
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{first.name} has your changes and stays")


def test_a_file_in_the_folders_place_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "lessons"
    path.write_text("mine")
    assert main(["lab", str(path)]) == 1
    assert capsys.readouterr().err == (
        f"convwidgets lab: {path} is a file, not a folder; name another folder\n"
    )
    assert path.read_text() == "mine"


def test_a_folder_below_a_file_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    assert main(["lab", str(tmp_path / "file" / "lessons")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "cannot write to" in line and "name another folder" in line


def test_a_folder_that_cannot_be_written_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(path: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    assert main(["lab", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "cannot write to" in line and "Permission denied" in line


def test_a_missing_jupyterlab_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lab, "find_spec", lambda name: None)
    assert main(["lab"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "JupyterLab is not installed here; run: " in line
    assert "jupyterlab" in line and " install " in line


def test_an_installation_without_lessons_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lessons, "shipped", list)
    with pytest.raises(CommandError, match="holds no lessons"):
        lab.prepare(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("port", ["-1", "65536", "x", "1.5", ""])
def test_a_port_that_is_none_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["lab", f"--port={port}"])
    assert end.value.code == 2
    assert f"must be a whole number from 0 to 65535, got {port!r}" in capsys.readouterr().err


def test_words_after_two_dashes_are_for_lab_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["doctor", "--", "--debug"])
    assert "only `lab` takes words after --" in capsys.readouterr().err


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"convwidgets {convwidgets.__version__}\n"


@contextlib.contextmanager
def running(*words: str) -> Iterator[str]:
    """The real command; gives the address that it prints."""
    with subprocess.Popen(
        [sys.executable, "-m", "convwidgets", "lab", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if found := re.search(r"http://127\.0\.0\.1:\S+", line):
                    yield found[0]
                    break
            else:
                pytest.fail("JupyterLab ended before it printed an address")
        finally:
            process.send_signal(signal.SIGTERM)
            if process.stderr is not None:
                process.stderr.read()


def fetch(address: str, seconds: float = 30) -> bytes:
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=seconds) as answer:
                return bytes(answer.read())
        except urllib.error.URLError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


@pytest.mark.jupyter
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_jupyterlab_opens_on_the_first_lesson_and_keeps_pictures(tmp_path: Path) -> None:
    with running(str(tmp_path / "mine"), "--no-browser", "--port=0") as address:
        first = lessons.shipped()[0]
        page, _, token = address.partition("?")
        server, _, opened = page.partition("/lab/tree/")
        assert opened == first.name
        assert b"jupyter-config-data" in fetch(address)
        contents = json.loads(fetch(f"{server}/api/contents/{first.name}?{token}"))
        assert contents["type"] == "notebook"
        for plugin, values in lab.SETTINGS.items():
            answer = json.loads(fetch(f"{server}/lab/api/settings/{plugin}?{token}"))
            for key, value in values.items():
                assert answer["schema"]["properties"][key]["default"] == value
