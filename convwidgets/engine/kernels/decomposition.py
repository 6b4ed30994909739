"""Singular values of a small matrix."""

from __future__ import annotations

import math
from typing import Any

from convwidgets.engine._jit import kernel

SWEEPS = 30


@kernel
def svd(a: Any, u: Any, s: Any, v: Any, work: Any) -> None:
    """Thin singular value decomposition, ``a = (u · s) @ v.T``, by one-sided Jacobi rotations.

    With k the smaller side of `a` and l the larger, `s` holds k values in descending order, `u`
    and `v` have k columns, orthonormal also where a value is zero; `work` is scratch, k rows of
    l + k.

    References
    ----------
    Demmel, J. & Veselić, K. (1992). Jacobi's method is more accurate than QR. SIAM Journal on
    Matrix Analysis and Applications 13, 1204–1245.
    """
    # A row of work is a column of the taller of a and aᵀ, then of the rotations so far.
    k, tall = s.size, a.shape[0] >= a.shape[1]
    length = max(a.shape[0], a.shape[1])
    largest = a.dtype.type(0)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            largest = max(largest, abs(a[i, j]))
    for i in range(k):
        for j in range(length):
            value = a[j, i] if tall else a[i, j]
            work[i, j] = value / largest if largest > 0 else value
        for j in range(k):
            work[i, length + j] = 1 if i == j else 0
    epsilon = _epsilon(a)
    for _ in range(SWEEPS):
        if not _sweep(work, length, epsilon):
            break
    for i in range(k):
        s[i] = math.sqrt(_dot(work[i], work[i], length))
    _sort(work, s)
    nothing = epsilon * s[0]
    for i in range(k):
        if s[i] > nothing:
            for j in range(length):
                work[i, j] /= s[i]
        else:
            _complete(work, i, length)
        s[i] *= largest
        for j in range(length):
            (u if tall else v)[j, i] = work[i, j]
        for j in range(k):
            (v if tall else u)[j, i] = work[i, length + j]


@kernel
def _sweep(work: Any, length: int, epsilon: Any) -> bool:
    """Rotate each pair of rows until they are orthogonal; tell whether any was not."""
    rotated = False
    for i in range(work.shape[0] - 1):
        for j in range(i + 1, work.shape[0]):
            p, q = work[i], work[j]
            pp, qq, pq = _dot(p, p, length), _dot(q, q, length), _dot(p, q, length)
            shorter, longer = math.sqrt(min(pp, qq)), math.sqrt(max(pp, qq))
            # What is left of dependent rows is rounding, which would be rotated for ever.
            if shorter <= epsilon or not abs(pq) > epsilon * shorter * longer:
                continue
            rotated = True
            # The smaller root t of t² + 2·zeta·t = 1.
            zeta = (qq - pp) / (2 * pq)
            tangent = 1 / (abs(zeta) + math.sqrt(1 + zeta * zeta))
            if zeta < 0:
                tangent = -tangent
            cosine = 1 / math.sqrt(1 + tangent * tangent)
            _rotate(p, q, p.dtype.type(cosine), p.dtype.type(cosine * tangent))
    return rotated


@kernel
def _dot(p: Any, q: Any, length: int) -> Any:
    total = p.dtype.type(0)
    for j in range(length):
        total += p[j] * q[j]
    return total


@kernel
def _rotate(p: Any, q: Any, cosine: Any, sine: Any) -> None:
    for j in range(p.size):
        old = p[j]
        p[j] = cosine * old - sine * q[j]
        q[j] = sine * old + cosine * q[j]


@kernel
def _sort(work: Any, s: Any) -> None:
    """Bring rows and values into descending order of the values; equals keep theirs."""
    for i in range(1, s.size):
        at = i
        while at > 0 and s[at] > s[at - 1]:
            s[at], s[at - 1] = s[at - 1], s[at]
            for j in range(work.shape[1]):
                work[at, j], work[at - 1, j] = work[at - 1, j], work[at, j]
            at -= 1


@kernel
def _complete(work: Any, i: int, length: int) -> None:
    """Make row `i` of unit length, orthogonal to those above: what is left of an axis of theirs."""
    axis, most = 0, -1.0
    for j in range(length):
        left = 1.0
        for above in range(i):
            left -= work[above, j] ** 2
        if left > most:
            axis, most = j, left
    for j in range(length):
        work[i, j] = 1 if j == axis else 0
    for above in range(i):
        shadow = _dot(work[i], work[above], length)
        for j in range(length):
            work[i, j] -= shadow * work[above, j]
    size = math.sqrt(_dot(work[i], work[i], length))
    for j in range(length):
        work[i, j] /= size


@kernel
def _epsilon(a: Any) -> Any:
    """Find the distance from 1 to the next number of the array's type."""
    return a.dtype.type(2.0**-23 if a.itemsize == 4 else 2.0**-52)
