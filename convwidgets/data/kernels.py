"""The gallery of kernels: each built from its factors, with its source beside it.

Kernels are laid on the picture as they are written (cross-correlation): the weight at the right
meets the pixel at the right. So a positive answer of `sobel_x` means: brighter to the right.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convwidgets.data.frozen import FrozenArray

Matrix = NDArray[np.float64]

_DIFFERENCE = np.array([-1.0, 0.0, 1.0])
_BINOMIAL3 = np.array([1.0, 2.0, 1.0])
# Burt and Adelson, "The Laplacian pyramid as a compact image code", 1983.
_BINOMIAL5 = np.array([1.0, 4.0, 6.0, 4.0, 1.0])


def _identity(size: int) -> Matrix:
    one = np.zeros((size, size))
    one[size // 2, size // 2] = 1
    return one


IDENTITY = _identity(3)
BOX3 = np.full((3, 3), 1 / 9)
BOX5 = np.full((5, 5), 1 / 25)
GAUSSIAN3 = np.outer(_BINOMIAL3, _BINOMIAL3) / 16
GAUSSIAN5 = np.outer(_BINOMIAL5, _BINOMIAL5) / 256
# GAUSSIAN3 rounded to two digits, as lecture slides like to print it: the sum is 0.97.
BLUR_ROUNDED = np.array([[0.06, 0.12, 0.06], [0.12, 0.25, 0.12], [0.06, 0.12, 0.06]])
MOTION_BLUR = np.eye(7) / 7

# Sobel and Feldman, 1968; in print: Duda and Hart, "Pattern Classification and Scene Analysis",
# 1973.
SOBEL_X = np.outer(_BINOMIAL3, _DIFFERENCE)
SOBEL_Y = SOBEL_X.T
# Prewitt, "Object enhancement and extraction", 1970.
PREWITT_X = np.outer(np.ones(3), _DIFFERENCE)
PREWITT_Y = PREWITT_X.T
# Scharr, "Optimale Operatoren in der digitalen Bildverarbeitung", Heidelberg, 2000.
SCHARR_X = np.outer([3.0, 10.0, 3.0], _DIFFERENCE)
SCHARR_Y = SCHARR_X.T
EDGE_MIXED = np.outer(_DIFFERENCE, _DIFFERENCE)

LAPLACIAN4 = np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])
_LAPLACIAN_DIAGONAL = np.array([[1.0, 0.0, 1.0], [0.0, -4.0, 0.0], [1.0, 0.0, 1.0]])
LAPLACIAN8 = LAPLACIAN4 + _LAPLACIAN_DIAGONAL
OUTLINE = -LAPLACIAN8

SHARPEN = IDENTITY - LAPLACIAN4
UNSHARP5 = 2 * _identity(5) - GAUSSIAN5
EMBOSS = IDENTITY + np.array([[-2.0, -1.0, 0.0], [-1.0, 0.0, 1.0], [0.0, 1.0, 2.0]])


def gaussian(size: int, sigma: float) -> Matrix:
    """Sample a Gaussian of standard deviation `sigma` pixels, scaled to sum one.

    Examples
    --------
    >>> gaussian(3, 0.85).round(2)[1].tolist()
    [0.12, 0.25, 0.12]
    """
    x = np.arange(size) - (size - 1) / 2
    bell = np.exp(-(x**2) / (2 * sigma**2))
    return _settled(np.outer(bell, bell) / bell.sum() ** 2)


def difference_of_gaussians(size: int, sigma: float, ratio: float = 1.6) -> Matrix:
    """Subtract a wide Gaussian from a narrow one: centre against surround.

    At the ratio of 1.6 it comes closest to the Laplacian of a Gaussian.

    References
    ----------
    D. Marr and E. Hildreth, "Theory of edge detection", Proc. R. Soc. Lond. B 207, 1980.
    """
    return gaussian(size, sigma) - gaussian(size, ratio * sigma)


def gabor(
    size: int = 11,
    wavelength: float = 5.0,
    angle: float = 0.0,
    *,
    sigma: float = 2.2,
    aspect: float = 0.7,
    phase: float = 0.0,
) -> Matrix:
    """Multiply a wave by a bell: what one simple cell of the visual cortex looks for.

    Parameters
    ----------
    size : int
        Rows and columns.
    wavelength : float
        Pixels from crest to crest.
    angle : float
        Degrees by which the wave's direction is turned from the rows towards the columns; at 0
        the bars stand upright.
    sigma : float
        Standard deviation of the bell across the bars, in pixels.
    aspect : float
        The bell's width across the bars, divided by its length along them.
    phase : float
        Degrees: 0 has a crest in the middle, 90 an edge.

    Returns
    -------
    (size, size) ndarray of float64
        Of sum zero (the mean is taken off under the bell) and largest weight one.

    References
    ----------
    J. G. Daugman, "Uncertainty relation for resolution in space, spatial frequency, and
    orientation optimized by two-dimensional visual cortical filters", J. Opt. Soc. Am. A 2, 1985.

    Examples
    --------
    >>> bool(abs(gabor().sum()) < 1e-9)
    True
    """
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    turn = np.radians(angle)
    across = x * np.cos(turn) + y * np.sin(turn)
    along = y * np.cos(turn) - x * np.sin(turn)
    bell = np.exp(-(across**2 + (aspect * along) ** 2) / (2 * sigma**2))
    wave = np.cos(2 * np.pi * across / wavelength - np.radians(phase))
    patch = bell * (wave - np.sum(bell * wave) / np.sum(bell))
    return _settled(patch / np.abs(patch).max())


def _settled(values: Matrix) -> Matrix:
    """Cut the last digits, in which processors' exponentials and cosines differ."""
    return np.round(values, 12)


@dataclass(frozen=True)
class GalleryKernel:
    """A kernel with what to say about it."""

    title: str
    group: str
    text: str
    values: FrozenArray
    aliases: tuple[str, ...] = ()


def _entry(title: str, group: str, values: Matrix, text: str, *aliases: str) -> GalleryKernel:
    # Adding zero turns −0 into 0.
    return GalleryKernel(title, group, text, FrozenArray(values + 0.0), aliases)


GALLERY: dict[str, GalleryKernel] = {
    "identity": _entry(
        "Identity",
        "Basics",
        IDENTITY,
        "One in the middle, nothing around it: each pixel is copied. Move the one to a corner and "
        "the whole picture moves the other way.",
    ),
    "box3": _entry(
        "Box 3 × 3",
        "Smoothing",
        BOX3,
        "The plain mean of nine pixels. Fine texture fades; look closely and edges turn into "
        "little ramps three pixels wide.",
    ),
    "box5": _entry(
        "Box 5 × 5",
        "Smoothing",
        BOX5,
        "The mean of 25 pixels. On the zone plate some rings come back with light and dark "
        "swapped: a box smooths some scales more than finer ones.",
    ),
    "gaussian3": _entry(
        "Gaussian 3 × 3",
        "Smoothing",
        GAUSSIAN3,
        "A mean in which near pixels count more. It is 1 2 1 down times 1 2 1 across, so two "
        "passes of three weights do the work of nine.",
    ),
    "gaussian5": _entry(
        "Gaussian 5 × 5",
        "Smoothing",
        GAUSSIAN5,
        "The 3 × 3 Gaussian applied twice, in one kernel: 1 4 6 4 1 down and across. The finer a "
        "detail, the more it fades.",
    ),
    "motion_blur": _entry(
        "Motion blur",
        "Smoothing",
        MOTION_BLUR,
        "Equal weights on a diagonal, as if the camera had slipped that way. Lines along the "
        "diagonal stay sharp, lines across it fade.",
    ),
    "blur_rounded": _entry(
        "Blur, rounded",
        "Smoothing",
        BLUR_ROUNDED,
        "The 3 × 3 Gaussian rounded to two digits. The weights now add up to 0.97, so the picture "
        "gets darker by three per cent. Normalise brings it back.",
        "blur001",
    ),
    "sobel_x": _entry(
        "Sobel x",
        "Edges",
        SOBEL_X,
        "Right minus left, smoothed from top to bottom. Positive where the picture gets brighter "
        "to the right, negative where it gets darker, zero where it is even.",
    ),
    "sobel_y": _entry(
        "Sobel y",
        "Edges",
        SOBEL_Y,
        "Below minus above, smoothed from left to right: it sees level edges and is blind to "
        "upright ones.",
    ),
    "prewitt_x": _entry(
        "Prewitt x",
        "Edges",
        PREWITT_X,
        "Right minus left with equal weight for all three rows. Compare it with Sobel x: almost "
        "the same picture, three quarters of the gain.",
    ),
    "prewitt_y": _entry(
        "Prewitt y",
        "Edges",
        PREWITT_Y,
        "Below minus above with equal weight for all three columns.",
    ),
    "scharr_x": _entry(
        "Scharr x",
        "Edges",
        SCHARR_X,
        "Like Sobel x with 3 10 3 in place of 1 2 1, chosen so that an edge's direction comes out "
        "right at every angle. The gain is four times Sobel's.",
    ),
    "scharr_y": _entry(
        "Scharr y",
        "Edges",
        SCHARR_Y,
        "Like Sobel y with 3 10 3 in place of 1 2 1.",
    ),
    "edge_mixed": _entry(
        "Mixed difference",
        "Edges",
        EDGE_MIXED,
        "A difference across times a difference down. Straight upright and level edges leave it "
        "cold; it answers to corners and slants, with the sign of the slant.",
        "edge1",
        "edge_1",
    ),
    "outline": _entry(
        "Outline",
        "Edges",
        OUTLINE,
        "Eight times the middle minus its eight neighbours. Both sides of every edge answer, with "
        "opposite signs, whatever the direction.",
        "edge3",
        "edge_3",
    ),
    "laplacian4": _entry(
        "Laplacian, 4 neighbours",
        "Curvature",
        LAPLACIAN4,
        "How far the four neighbours' mean lies above the middle, times four. A steady ramp gives "
        "zero: it takes a bend to wake it.",
        "edge2",
        "edge_2",
    ),
    "laplacian8": _entry(
        "Laplacian, 8 neighbours",
        "Curvature",
        LAPLACIAN8,
        "The diagonal neighbours count as well. It answers up to twice as strongly as the one "
        "with four, and louder to noise: it is the outline kernel with its signs turned round.",
    ),
    "sharpen": _entry(
        "Sharpen",
        "Sharpening",
        SHARPEN,
        "The picture minus its Laplacian. Even areas keep their value, since the weights add up "
        "to one; each edge gets a dark and a bright rim.",
    ),
    "unsharp5": _entry(
        "Unsharp mask 5 × 5",
        "Sharpening",
        UNSHARP5,
        "Twice the picture minus its 5 × 5 Gaussian: what the blur would take away is added once "
        "more.",
    ),
    "emboss": _entry(
        "Emboss",
        "Sharpening",
        EMBOSS,
        "As if light fell on a relief from the upper left. Half a turn changes it, so here one "
        "sees whether the kernel is flipped: ridges turn into grooves.",
    ),
    "dog": _entry(
        "Difference of Gaussians",
        "Vision",
        difference_of_gaussians(9, 1.0),
        "Bright in the centre, dark around it, sum zero: like a ganglion cell of the retina. It "
        "answers to spots of its own size and to edges, not to light as such.",
    ),
    "gabor": _entry(
        "Gabor",
        "Vision",
        gabor(),
        "A few upright bars under a bell: like a simple cell of the visual cortex. It answers to "
        "texture of this direction and this width; turn it and it looks for another.",
    ),
}
_ALIASES = {alias: name for name, entry in GALLERY.items() for alias in entry.aliases}


def kernel(name: str) -> FrozenArray:
    """Return a kernel of the gallery.

    Parameters
    ----------
    name : str
        A name of `kernel_names`, or an alias.

    Returns
    -------
    FrozenArray
        Rows × columns, float64.

    Examples
    --------
    >>> kernel("sobel_x")
    array([[-1.,  0.,  1.],
           [-2.,  0.,  2.],
           [-1.,  0.,  1.]])
    """
    return GALLERY[canonical(name)].values


def kernel_names() -> list[str]:
    """Name every kernel of the gallery."""
    return list(GALLERY)


def canonical(name: str) -> str:
    """Return the gallery's own name for a name or an alias.

    Examples
    --------
    >>> canonical("edge3")
    'outline'
    """
    own = _ALIASES.get(name, name)
    if own not in GALLERY:
        near = get_close_matches(name, [*GALLERY, *_ALIASES], 1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise ValueError(
            f"kernel must be a matrix or one of {', '.join(GALLERY)}, got {name!r}{hint}"
        )
    return own


@dataclass(frozen=True)
class KernelFacts:
    """What a kernel's numbers say before any picture is seen.

    Attributes
    ----------
    total : float
        Sum of the weights: the answer to a picture of ones.
    rank : int or None
        Numerical rank; 1 means separable. None for one matrix for each channel.
    factors : (ndarray, ndarray) or None
        A column and a row whose outer product is the kernel, if it is separable.
    low, high : float
        The least and the greatest answer that inputs in the range can give.
    half_turn : bool
        True if half a turn leaves it as it is: then convolution is cross-correlation.
    """

    total: float
    rank: int | None
    factors: tuple[Matrix, Matrix] | None
    low: float
    high: float
    half_turn: bool


def describe(kernel: ArrayLike, low: float = 0.0, high: float = 255.0) -> KernelFacts:
    """Work out sum, rank, factors and range of a kernel.

    Parameters
    ----------
    kernel : array_like
        Kh×Kw, or C×Kh×Kw.
    low, high : float
        The range of the inputs.

    Returns
    -------
    KernelFacts

    Examples
    --------
    >>> facts = describe(GALLERY["emboss"].values)
    >>> facts.total, facts.rank, facts.low, facts.high
    (1.0, 3, -1020.0, 1275.0)
    """
    values = np.asarray(kernel, np.float64)
    if values.ndim not in (2, 3) or values.size == 0:
        raise ValueError(f"kernel must be Kh×Kw or C×Kh×Kw, got shape {values.shape}")
    positive, negative = values.clip(0), values.clip(None, 0)
    rank, factors = _separation(values) if values.ndim == 2 else (None, None)
    return KernelFacts(
        total=float(values.sum()),
        rank=rank,
        factors=factors,
        low=float(positive.sum() * low + negative.sum() * high),
        high=float(positive.sum() * high + negative.sum() * low),
        half_turn=bool(np.array_equal(values, values[..., ::-1, ::-1])),
    )


def _separation(values: Matrix) -> tuple[int, tuple[Matrix, Matrix] | None]:
    rank = int(np.linalg.matrix_rank(values, tol=1e-9 * np.abs(values).max(initial=0.0)))
    if rank != 1:
        return rank, None
    # The row and the column through the largest weight: readable numbers, unlike singular vectors.
    i, j = np.unravel_index(np.abs(values).argmax(), values.shape)
    return 1, (values[:, j] / values[i, j], values[i].copy())
