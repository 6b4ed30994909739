"""The kinds of traits that widgets are made of.

Each keeps a checked value and knows its three faces: what Python reads (`public`), what the page
is sent (`wire`), and what a saved state holds (`save`). For most settings all are the value itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from traitlets import TraitError, TraitType

from convwidgets.data.frozen import FrozenArray, numbers
from convwidgets.data.images import Image, load
from convwidgets.data.kernels import canonical, kernel
from convwidgets.widgets import _images
from convwidgets.widgets._rules import Rule, matrix, whole

if TYPE_CHECKING:
    from convwidgets.widgets._base import Explorer


class SettingValueError(TraitError, ValueError):
    """A value that breaks a rule. Being a TraitError, it undoes what is held with it."""


class SettingTypeError(TraitError, TypeError):
    """A value of the wrong type. Being a TraitError, it undoes what is held with it."""


def refusal(error: Exception) -> TraitError:
    """Make an engine's or a rule's error one that traits undo."""
    if isinstance(error, TraitError):
        return error
    kind = SettingTypeError if isinstance(error, TypeError) else SettingValueError
    return kind(str(error))


class Setting(TraitType[Any, Any]):
    """A synced setting: checked by a rule, alone and together with the widget's other settings.

    Parameters
    ----------
    rule : callable
        Takes the setting's name and a value, returns the value to keep or raises ValueError or
        TypeError.
    echo : bool
        False for what a page writes many times a second.
    """

    #: What is kept, where that differs from what Python reads.
    form: type | None = None

    def __init__(self, rule: Rule, echo: bool = True) -> None:
        super().__init__()
        self.rule = rule
        self.metadata = {
            "sync": True,
            "echo_update": echo,
            "to_json": lambda _, widget: self.wire(self.held(widget)),
            "from_json": lambda value, widget: self.receive(widget, value),
        }

    def accept(self, obj: Explorer, value: Any) -> Any:
        """Return what to keep for a value that Python or the page assigns."""
        return self.rule(str(self.name), value)

    def public(self, held: Any) -> Any:
        """Return what Python reads."""
        return held

    def key(self, held: Any) -> Any:
        """Return what equal values, and only they, have in common."""
        return held

    def wire(self, held: Any) -> Any:
        """Return what the page is sent: plain JSON."""
        return list(held) if isinstance(held, tuple) else held

    def unwire(self, obj: Explorer, value: Any) -> Any:
        """Return the value to assign for what the page sent."""
        return value

    def receive(self, obj: Explorer, value: Any) -> Any:
        """Return the checked value for what the page sent."""
        try:
            return self.validate(obj, self.unwire(obj, value))
        except (TypeError, ValueError) as error:
            raise refusal(error) from error

    def save(self, held: Any) -> Any:
        """Return what a saved state holds: plain JSON."""
        return self.wire(held)

    def restore(self, value: Any) -> Any:
        """Return the value to assign for what a saved state holds."""
        return value

    def held(self, obj: Explorer) -> Any:
        """Return what is kept."""
        return obj._trait_values[str(self.name)]

    def validate(self, obj: Explorer, value: Any) -> Any:
        """Check a value by itself."""
        if self.form and isinstance(value, self.form):
            return value
        try:
            return self.accept(obj, value)
        except (TypeError, ValueError) as error:
            raise refusal(error) from error

    def _cross_validate(self, obj: Any, value: Any) -> Any:
        held = self.validate(obj, value)
        obj._check({str(self.name): held})
        return held

    def get(self, obj: Any, cls: Any = None) -> Any:
        """Return what Python reads."""
        return self.public(self.held(obj))

    def set(self, obj: Any, value: Any) -> None:
        """Keep a value, and tell the observers if it is another."""
        name = str(self.name)
        with obj._lock:
            new = self._validate(obj, value)
            fresh = name not in obj._trait_values
            old = None if fresh else self.held(obj)
            if fresh or self.key(old) != self.key(new):
                obj._trait_values[name] = new
                obj._notify_trait(name, None if fresh else self.public(old), self.public(new))


@dataclass(frozen=True, eq=False)
class Kernel:
    """A kernel as it was given: by a name of the gallery, or by its values with an empty name."""

    name: str
    values: FrozenArray


class KernelSetting(Setting):
    """A name of the gallery, or a matrix."""

    form = Kernel

    def __init__(self) -> None:
        super().__init__(matrix)

    def accept(self, obj: Explorer, value: Any) -> Kernel:
        if isinstance(value, str):
            name = canonical(value)
            return Kernel(name, kernel(name))
        return Kernel("", self.rule(str(self.name), value))

    def public(self, held: Kernel) -> str | FrozenArray:
        return held.name or held.values

    def key(self, held: Kernel) -> Any:
        return held.name, held.values.shape, held.values.tobytes()

    def wire(self, held: Kernel) -> Any:
        return held.name or numbers(held.values)


class ImageSetting(Setting):
    """A picture; the page is sent its description, and asks for the pixels by its id."""

    form = Image

    def __init__(self) -> None:
        super().__init__(lambda _, value: value)

    def accept(self, obj: Explorer, value: Any) -> Image:
        present: Image | None = obj._trait_values.get(str(self.name))
        # A chain of widgets assigns the same array again and again.
        if present and value is present.array:
            return present
        return load(value, obj._trait_values["max_size"])

    def public(self, held: Image) -> str | FrozenArray:
        return held.name or held.array

    def key(self, held: Image) -> Any:
        return held.name, held.label, held.id

    def wire(self, held: Image) -> Any:
        return _images.descriptor(held)

    def unwire(self, obj: Explorer, value: Any) -> Image:
        return _images.find(value, obj._pictures, obj._trait_values["max_size"])

    def save(self, held: Image) -> Any:
        return _images.save(held)

    def restore(self, value: Any) -> Any:
        return _images.restore(value)

    def set(self, obj: Any, value: Any) -> None:
        with obj._lock:
            super().set(obj, value)
            obj._pictures.remember(self.held(obj))


class SizeSetting(Setting):
    """The longest side a picture may have; the widget's picture follows it."""

    def __init__(self, high: int) -> None:
        super().__init__(whole(1, high))

    def _cross_validate(self, obj: Any, value: Any) -> Any:
        size = self.validate(obj, value)
        obj._check({"image": obj._held("image").fit(size)})
        return size

    def set(self, obj: Any, value: Any) -> None:
        with obj._lock:
            super().set(obj, value)
            image = obj._trait_values.get("image")
            if image:
                obj.set_trait("image", image.fit(self.held(obj)))


@dataclass(frozen=True, eq=False)
class Kept:
    """The settings of a result that was kept, with the traits that know their faces."""

    traits: Mapping[str, Setting]
    values: Mapping[str, Any]

    def face(self, name: str) -> dict[str, Any]:
        """Return one face of all settings."""
        return {key: getattr(trait, name)(self.values[key]) for key, trait in self.traits.items()}


class KeptSetting(Setting):
    """The settings of a result that was kept for comparison, or None."""

    form = Kept

    def __init__(self) -> None:
        super().__init__(lambda _, value: value)

    def accept(self, obj: Explorer, value: Any) -> Kept | None:
        if value is None:
            return None
        traits = obj._parts()
        _expect_keys(value, traits)
        values = {key: trait.validate(obj, value[key]) for key, trait in traits.items()}
        obj._geometry(values)
        return Kept(traits, values)

    def public(self, held: Kept | None) -> Any:
        return held and held.face("public")

    def key(self, held: Kept | None) -> Any:
        return held and held.face("key")

    def wire(self, held: Kept | None) -> Any:
        return held and held.face("wire")

    def save(self, held: Kept | None) -> Any:
        return held and held.face("save")

    def unwire(self, obj: Explorer, value: Any) -> Any:
        if value is None:
            return None
        traits = obj._parts()
        _expect_keys(value, traits)
        return {key: trait.unwire(obj, value[key]) for key, trait in traits.items()}

    def restore(self, value: Any) -> Any:
        if not isinstance(value, Mapping) or not isinstance(value.get("image"), Mapping):
            return value
        return {**value, "image": _images.restore(value["image"])}


def _expect_keys(value: Any, traits: Mapping[str, Setting]) -> None:
    if not isinstance(value, Mapping):
        raise SettingTypeError(f"kept must be None or a mapping of settings, got {value!r:.60}")
    for key in traits:
        if key not in value:
            raise SettingValueError(f"kept must hold every setting, {key!r} is missing")
    for key in value:
        if key not in traits:
            raise SettingValueError(f"kept must hold settings alone, got {key!r:.60}")


class Computed(TraitType[Any, Any]):
    """A result that follows from the settings: worked out when it is read or observed."""

    def __init__(self, part: str) -> None:
        super().__init__()
        self.part = part

    def get(self, obj: Any, cls: Any = None) -> Any:
        """Return the result for the present settings."""
        return obj._result().array(self.part)

    def set(self, obj: Any, value: Any) -> None:
        """Refuse."""
        raise SettingTypeError(
            f"{self.name} is computed from the settings and cannot be assigned; "
            f"to feed it to another widget, use dlink((a, {self.name!r}), (b, 'image'))"
        )
