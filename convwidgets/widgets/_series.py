"""Settings that are a sequence of numbers: a name of a gallery, or the numbers themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from convwidgets.data.frozen import FrozenArray, numbers
from convwidgets.data.signals import Example
from convwidgets.widgets._rules import sequence
from convwidgets.widgets._traits import Setting


@dataclass(frozen=True, eq=False)
class Series:
    """Numbers as they were given: by a name of the gallery, or by values with an empty name."""

    name: str
    values: FrozenArray


class SeriesSetting(Setting):
    """A name of the gallery, or a sequence of finite numbers.

    Parameters
    ----------
    gallery : mapping or collection of str
        The names, with their values where the name alone decides them.
    least, most : int
        How many numbers there may be.
    """

    form = Series

    def __init__(self, gallery: Mapping[str, Example] | Collection[str], least: int, most: int):
        super().__init__(sequence(gallery, least, most))
        self.gallery = gallery

    def accept(self, obj: Any, value: Any) -> Series:
        checked = self.rule(str(self.name), value)
        if not isinstance(checked, str):
            return Series("", checked)
        known = self.gallery[checked].values if isinstance(self.gallery, Mapping) else _NOTHING
        return Series(checked, known)

    def public(self, held: Series) -> str | FrozenArray:
        return held.name or held.values

    def key(self, held: Series) -> Any:
        return held.name, held.values.tobytes()

    def wire(self, held: Series) -> Any:
        return held.name or numbers(held.values)


_NOTHING = FrozenArray(np.zeros(0))
