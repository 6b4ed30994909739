"""What all explorers of a picture have in common: where it comes from and how it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import NDArray

from convwidgets.data.frozen import FrozenArray
from convwidgets.data.images import Image, load, names
from convwidgets.export.page import Part, html
from convwidgets.widgets import _images, _messages, _rules
from convwidgets.widgets._base import VIEW, Explorer
from convwidgets.widgets._traits import Computed, ImageSetting, Setting, SizeSetting

if TYPE_CHECKING:
    from os import PathLike

LARGEST_SIDE = 2048
#: What every saved state of a picture's explorer holds beside the settings.
PICTURE_VIEW = ("display", "unit_range", "position", "pinned", *VIEW, "pictures")


class PictureExplorer(Explorer):
    """The base of the explorers that compute on a picture."""

    ANSWERS: ClassVar[_messages.Handlers] = {**_messages.COMMON, **_messages.PICTURES}

    max_size = SizeSetting(LARGEST_SIDE)
    image = ImageSetting()
    display = Setting(_rules.one_of("auto", "signed", "grey", "clip", "abs", "offset"))
    unit_range = Setting(_rules.switch)
    position = Setting(_rules.cell, echo=False)
    pinned = Setting(_rules.switch)
    pictures = Setting(_rules.some_of(names))
    output = Computed("output")

    def __init__(self, *, max_size: Any, pictures: Any, **values: Any) -> None:
        self._pictures = _images.Pictures()
        offered = names() if pictures is None else pictures
        # First the size, because pictures are fitted to it as they come.
        super().__init__(max_size=max_size, pictures=offered, **values)

    @property
    def pixels(self) -> FrozenArray:
        """The picture that is computed on: float32, H×W or H×W×3, bytes as 0 to 255."""
        return self._held("image").pixels  # type: ignore[no-any-return]

    @property
    def original_image(self) -> FrozenArray:
        """The picture as it came, before it was made smaller."""
        return self._held("image").original  # type: ignore[no-any-return]

    def save_html(self, path: str | PathLike[str], pictures: Sequence[str] = ()) -> Path:
        """Write one HTML file that is as alive as the widget: no kernel, no server, no network.

        Parameters
        ----------
        path : str or path
            Where to write; a file that is there is replaced.
        pictures : sequence of str
            Pictures to carry along for the learner to choose from; those made from a formula are
            always there.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        FileNotFoundError
            In a clone whose page code was not built.
        """
        file = Path(path)
        file.write_text(html(self.TITLE, [self._part(pictures)]), encoding="utf-8")
        return file

    def _picture_summary(self) -> str:
        image = self._held("image")
        size = "×".join(map(str, image.shape))
        return f"image={image.name!r} {size}" if image.name else f"image={size} {image.dtype}"

    def _part(self, pictures: Sequence[str] = ()) -> Part:
        with self._lock:
            offered = list(self._traits["pictures"].validate(self, pictures))
            state = {key: self._traits[key].wire(self._held(key)) for key in self.STATE}
            carried = [*self._shown_images(), *(load(name, self.max_size) for name in offered)]
            self._update_still()
        images = {image.id: _images.portable(image) for image in carried}
        return self._describe(
            {"state": {**state, "pictures": offered}, "images": images, "pictures": offered}
        )

    def _shown_images(self) -> list[Image]:
        kept = self._held("kept")
        return [self._held("image"), *([kept.values["image"]] if kept else [])]

    def _find_image(self, identity: Any) -> Image | None:
        found = (image for image in self._shown_images() if image.id == identity)
        return next(found, None) or self._pictures.get(identity)

    def _known(self, values: Mapping[str, Any]) -> list[NDArray[Any]]:
        return [values["image"].pixels]
