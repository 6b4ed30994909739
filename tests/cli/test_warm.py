from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from convwidgets import engine
from convwidgets.cli import main
from convwidgets.engine import _cache, native


def told(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    """Have `engine.status` say something else from the second time on."""
    real = engine.status
    answers = iter([real()])
    monkeypatch.setattr(
        engine, "status", lambda: next(answers, None) or dataclasses.replace(real(), **changes)
    )


def test_the_engine_is_kept_and_it_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["warm"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    (line,) = captured.out.splitlines()
    assert line.startswith("convwidgets warm: the engine ") and "is kept in" in line
    assert all(_cache.find(number) for number in native.NUMBERS)
    assert main(["warm"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert "was compiled already" in line


def test_it_can_be_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["warm", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_the_reference_needs_no_warmth(capsys: pytest.CaptureFixture[str]) -> None:
    with engine.use("reference"):
        assert main(["warm"]) == 1
    assert "set to reference" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"problem": "Numba is not installed"}, "cannot be had: Numba is not installed"),
        ({"cache": None}, "compiled, but not kept: no folder"),
    ],
)
def test_what_came_to_nothing_is_told_in_a_line(
    changes: dict[str, object],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    told(monkeypatch, **changes)
    assert main(["warm", "--quiet"]) == 1
    captured = capsys.readouterr()
    assert captured.out == "" and len(captured.err.splitlines()) == 1
    assert captured.err.startswith("convwidgets warm: ") and words in captured.err


def test_doctor_tells_whose_the_code_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from convwidgets.cli import doctor

    finding = doctor._compiled_code(str(tmp_path))
    assert finding.mark == "ok" and f"kB in {tmp_path}, which belongs to " in finding.text
    monkeypatch.setattr(_cache, "places", lambda: [tmp_path / "a", tmp_path / "b"])
    finding = doctor._compiled_code(None)
    assert finding.mark == "!!" and "CONVWIDGETS_CACHE" in finding.mend
    assert f"{tmp_path / 'a'} or {tmp_path / 'b'}" in finding.text
