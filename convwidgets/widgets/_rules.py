"""What a setting may be: each rule checks one value and says by name what is wrong with it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection
from difflib import get_close_matches
from typing import Any

import numpy as np

from convwidgets.data.frozen import FrozenArray

Rule = Callable[[str, Any], Any]

LARGEST_KERNEL = 15


def whole(low: int, high: int) -> Rule:
    """Allow the whole numbers from `low` to `high`."""
    words = f"a whole number from {low} to {high}"

    def rule(name: str, value: Any) -> int:
        number = _index(value)
        if number is None:
            raise TypeError(_refusal(name, words, value))
        if not low <= number <= high:
            raise ValueError(_refusal(name, words, value))
        return number

    return rule


def shift(reach: int) -> Rule:
    """Allow two whole numbers of either sign: down and to the right."""
    each = whole(-reach, reach)
    words = f"two whole numbers from {-reach} to {reach}"

    def rule(name: str, value: Any) -> tuple[int, int]:
        down, right = _two(name, words, value)
        return each(name, down), each(name, right)

    return rule


def cell(name: str, value: Any) -> tuple[int, int] | None:
    """Allow a row and a column, or None."""
    if value is None:
        return None
    words = "None or the row and column of an output cell"
    row, column = (_index(number) for number in _two(name, words, value))
    if row is None or column is None:
        raise TypeError(_refusal(name, words, value))
    if row < 0 or column < 0:
        raise ValueError(_refusal(name, words, value))
    return row, column


def number(name: str, value: Any) -> float:
    """Allow any finite number."""
    words = "a finite number"
    if isinstance(value, (bool, np.bool_, str)):
        raise TypeError(_refusal(name, words, value))
    try:
        real = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(_refusal(name, words, value)) from error
    if not abs(real) <= float(np.finfo(np.float32).max):
        raise ValueError(_refusal(name, words, value))
    return real


def between(low: float, high: float) -> Rule:
    """Allow the numbers from `low` to `high`."""

    def rule(name: str, value: Any) -> float:
        real = number(name, value)
        if not low <= real <= high:
            raise ValueError(_refusal(name, f"a number from {low:g} to {high:g}", value))
        return real

    return rule


def switch(name: str, value: Any) -> bool:
    """Allow True and False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(_refusal(name, "True or False", value))
    return bool(value)


def one_of(*words: str) -> Rule:
    """Allow these words."""

    def rule(name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise TypeError(_refusal(name, _either(words), value))
        if value not in words:
            raise ValueError(_refusal(name, _either(words), value))
        return str(value)

    return rule


def padding(*words: str, high: int) -> Rule:
    """Allow these words and the whole numbers from 0 to `high`."""
    rule_text = f"{', '.join(map(repr, words))} or a whole number from 0 to {high}"

    def rule(name: str, value: Any) -> str | int:
        if isinstance(value, str) and value in words:
            return value
        number = _index(value)
        if number is None and not isinstance(value, str):
            raise TypeError(_refusal(name, rule_text, value))
        if number is None or not 0 <= number <= high:
            raise ValueError(_refusal(name, rule_text, value))
        return number

    return rule


def some_of(allowed: Callable[[], Collection[str]]) -> Rule:
    """Allow a list of these words, each once."""

    def rule(name: str, value: Any) -> tuple[str, ...]:
        words = allowed()
        if isinstance(value, str) or not isinstance(value, Collection):
            raise TypeError(_refusal(name, f"a list of {_either(words)}", value))
        for word in value:
            if not isinstance(word, str) or word not in words:
                raise ValueError(_refusal(name, f"a list of {_either(words)}", word))
        return tuple(dict.fromkeys(value))

    return rule


def steps(low: float, high: float, step: float) -> Rule:
    """Allow the multiples of `step` from `low` to `high`."""
    words = f"a multiple of {step:g} from {low:g} to {high:g}"

    def rule(name: str, value: Any) -> float:
        real = number(name, value)
        if not low <= real <= high or real % step:
            raise ValueError(_refusal(name, words, value))
        return real

    return rule


def index(name: str, value: Any) -> int | None:
    """Allow the place of an output value, counted from 0, or None."""
    words = "None or the place of an output value, counted from 0"
    found = _index(value)
    if value is not None and found is None:
        raise TypeError(_refusal(name, words, value))
    if found is not None and found < 0:
        raise ValueError(_refusal(name, words, value))
    return found


def sequence(gallery: Collection[str], least: int, most: int) -> Rule:
    """Allow these names, and `least` to `most` finite numbers."""
    words = f"{', '.join(map(repr, gallery))}, or from {least} to {most} numbers"

    def rule(name: str, value: Any) -> str | FrozenArray:
        if isinstance(value, str):
            if value in gallery:
                return value
            near = get_close_matches(value, gallery, 1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise ValueError(_refusal(name, words, value) + hint)
        try:
            array = np.asarray(value)
        except (TypeError, ValueError) as error:
            raise TypeError(_refusal(name, words, value)) from error
        if array.dtype.kind not in "buif":
            raise TypeError(_refusal(name, words, value))
        if array.ndim != 1 or not least <= array.size <= most:
            raise ValueError(f"{name} must be {words}, got shape {array.shape}")
        finite = array.astype(np.float64)
        if not np.all(np.abs(finite) <= np.finfo(np.float32).max):
            raise ValueError(f"{name} must hold finite numbers, got {value!r:.60}")
        return FrozenArray(finite + 0.0)

    return rule


def matrix(name: str, value: Any) -> FrozenArray:
    """Allow Kh×Kw finite numbers, or 3×Kh×Kw: one matrix for each channel."""
    words = f"a gallery name, or Kh×Kw or 3×Kh×Kw numbers with sides from 1 to {LARGEST_KERNEL}"
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise TypeError(_refusal(name, words, value)) from error
    if array.dtype.kind not in "buif":
        raise TypeError(_refusal(name, words, value))
    sides = array.shape[-2:]
    planes = array.shape[:-2]
    if (
        planes not in ((), (3,))
        or len(sides) < 2
        or not all(1 <= n <= LARGEST_KERNEL for n in sides)
    ):
        raise ValueError(f"{name} must be {words}, got shape {array.shape}")
    weights = array.astype(np.float64)
    if not np.all(np.abs(weights) <= np.finfo(np.float32).max):
        raise ValueError(f"{name} must hold finite numbers, got {_short(value)}")
    return FrozenArray(weights + 0.0)


def _index(value: Any) -> int | None:
    if isinstance(value, (bool, np.bool_)):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def _two(name: str, words: str, value: Any) -> tuple[Any, Any]:
    try:
        first, second = value
    except TypeError as error:
        raise TypeError(_refusal(name, words, value)) from error
    except ValueError as error:
        raise ValueError(_refusal(name, words, value)) from error
    return first, second


def _either(words: Collection[str]) -> str:
    *most, last = map(repr, words)
    return f"{', '.join(most)} or {last}" if most else last


def _refusal(name: str, words: str, value: Any) -> str:
    return f"{name} must be {words}, got {_short(value)}"


def _short(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:59]}…"
