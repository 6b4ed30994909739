from __future__ import annotations

import json
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

from convwidgets.cli import doctor, main


def lines(findings: list[doctor.Finding]) -> list[tuple[str, str]]:
    return [(finding.mark, finding.what) for finding in findings]


def absent(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    found = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda n: None if n == name else found(n))


def test_a_healthy_installation_is_one_screen_of_ok(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    output = capsys.readouterr().out
    first, _, *found, _, last = output.splitlines()
    assert first.startswith("convwidgets ") and last == "Nothing is wrong."
    assert len(found) < 22
    assert all(line.startswith("ok  ") for line in found)
    for word in ("Python", "numpy", "Numba", "threads", "compiled code", "page code", "lessons"):
        assert word in output
    assert "native" in output and "JupyterLab" in output and "anywidget" in output


def test_what_is_wrong_comes_with_how_to_mend_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def _broken() -> list[doctor.Finding]:
        raise OSError("the disk is gone")

    monkeypatch.setattr(doctor, "CHECKS", (_broken,))
    assert main(["doctor"]) == 1
    output = capsys.readouterr().out
    assert "!!  broken         OSError: the disk is gone" in output
    assert "mend: " in output and output.endswith("One thing is wrong.\n")


@pytest.mark.parametrize("name", doctor.LIBRARIES)
def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    absent(monkeypatch, name)
    (finding,) = (f for f in doctor._libraries() if f.mark == "!!")
    assert finding.what == name and finding.text == "not installed"
    assert f"install '{name}" in finding.mend or f"install {name}" in finding.mend


def test_a_library_outside_its_range_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "requires", lambda name: ["numpy>=99"])
    (finding,) = (f for f in doctor._libraries() if f.mark == "!!")
    assert "but convwidgets needs numpy>=99" in finding.text
    assert "'numpy>=99'" in finding.mend


def test_without_numba_the_reference_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    absent(monkeypatch, "numba")
    (finding,) = doctor._engine()
    assert finding.mark == "!!" and "NumPy's reference" in finding.text
    assert "numba" in finding.mend


def test_a_compiler_that_crashes_takes_nothing_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ENGINE_PROBE", "import os; os.abort()")
    (finding,) = doctor._engine()
    assert finding.mark == "!!" and "exit code" in finding.text


def test_a_compiler_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ENGINE_PROBE", "import time; time.sleep(60)")
    monkeypatch.setattr(doctor, "ENGINE_SECONDS", 0.5)
    (finding,) = doctor._engine()
    assert finding.mark == "!!" and "no answer in 0.5 s" in finding.text


def test_a_compiler_that_raises_says_its_last_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ENGINE_PROBE", "raise ImportError('llvmlite is too old')")
    (finding,) = doctor._engine()
    assert "ImportError: llvmlite is too old" in finding.text


def test_the_reference_by_choice_is_not_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVWIDGETS_ENGINE", "reference")
    (finding,) = doctor._engine()
    assert finding.mark == "--" and finding.mend == ""


def test_an_unknown_choice_of_engine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVWIDGETS_ENGINE", "fast")
    (finding,) = doctor._engine()
    assert finding.mark == "!!" and "CONVWIDGETS_ENGINE must be" in finding.text


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(doctor.PACKAGE / "static", tmp_path / "static")
    monkeypatch.setattr(doctor, "PACKAGE", tmp_path)
    return tmp_path


def test_the_page_code_is_named_by_its_hash(package: Path) -> None:
    manifest = json.loads((package / "static" / "manifest.json").read_text("utf-8"))
    (finding,) = doctor._page_code()
    assert finding.mark == "ok" and manifest["bundle"] in finding.text


@pytest.mark.parametrize("name", ["manifest.json", "convwidgets.js", "convwidgets.css"])
def test_missing_page_code_is_told(package: Path, name: str) -> None:
    (package / "static" / name).unlink()
    (finding,) = doctor._page_code()
    assert finding.mark == "!!" and "missing" in finding.text and finding.mend


def test_edited_page_code_is_told(package: Path) -> None:
    (package / "static" / "loader.js").write_text("alert(1)")
    (finding,) = doctor._page_code()
    assert finding.mark == "!!" and "not what was built" in finding.text


def test_without_jupyterlab_nothing_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    absent(monkeypatch, "jupyterlab")
    assert lines(doctor._jupyterlab()) == [("--", "JupyterLab")]


def test_without_ipykernel_something_is(monkeypatch: pytest.MonkeyPatch) -> None:
    absent(monkeypatch, "ipykernel")
    assert lines(doctor._jupyterlab()) == [("!!", "JupyterLab")]


def test_a_missing_page_extension_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *_: [str(tmp_path)])
    findings = doctor._extensions()
    assert [f.text for f in findings] == [f"{name} is not installed" for name in doctor.EXTENSIONS]
    assert "anywidget" in findings[0].mend and "jupyterlab-widgets" in findings[1].mend


def test_a_disabled_page_extension_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "jupyterlab_server.config.get_page_config",
        lambda *_: {"disabledExtensions": ["anywidget:plugin"]},
    )
    (finding,) = doctor._extensions()
    assert finding.text == "anywidget is disabled"
    assert "labextension enable anywidget" in finding.mend


def test_the_way_to_install_needs_no_pip_in_this_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    command = doctor.install_command("jupyterlab>=4.6,<5 ipykernel")
    assert command.startswith("python3 -m pip --python ")
    assert command.endswith("install 'jupyterlab>=4.6,<5' ipykernel")
    echoed = subprocess.run(
        ["sh", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, check=True
    )
    assert echoed.stdout.splitlines()[-2:] == ["jupyterlab>=4.6,<5", "ipykernel"]
