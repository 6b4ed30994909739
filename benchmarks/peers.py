"""One library in a process of its own, told over its standard input what to do and time.

python -m benchmarks.peers LIBRARY THREADS

Each line is one request in JSON, each answered by one line:
`{"prepare": {…a case…}, "save": "output.npy"}` computes a case once and keeps the answer as
(maps, rows, columns); `{"milliseconds": 60, "cadence": false}` times calls of the last one.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TextIO

import numpy as np

Call = Callable[[], Any]

#: A slider's move, and how long the processor rests between two at least.
FRAME_SECONDS = 0.016
IDLE_SECONDS = 0.010
#: Enough of a call that takes this long, however few there were.
PATIENCE_SECONDS = 0.6


@dataclass(frozen=True)
class Case:
    """A convolution or pooling of a square picture in float32."""

    group: str
    name: str
    kind: str = "convolve"  # or "max" or "average"
    size: int = 512
    channels: int = 1
    filters: int = 1
    kernel: int = 3
    stride: int = 1
    dilation: int = 1
    weights: str = "random"  # or "gabor", "box" or "gaussian"

    @property
    def pad(self) -> int:
        return self.dilation * (self.kernel - 1) // 2 if self.kind == "convolve" else 0

    def arrays(self) -> tuple[Any, Any]:
        """The picture (C, H, W) and the filters (O, C, K, K); pooling leaves these alone."""
        random = np.random.default_rng(1)
        x = random.random((self.channels, self.size, self.size), np.float32)
        w = random.uniform(-1, 1, (self.filters, self.channels, self.kernel, self.kernel))
        at = np.arange(self.kernel) - self.kernel // 2
        bell = np.exp(-0.5 * (at / (self.kernel / 6)) ** 2)
        if self.weights == "box":
            w[:] = 1 / self.kernel**2
        elif self.weights == "gaussian":
            w[:] = np.outer(bell, bell) / bell.sum() ** 2
        elif self.weights == "gabor":
            angles = np.arange(self.filters)[:, None, None, None] * np.pi / self.filters
            along = np.cos(angles) * at + np.sin(angles) * at[:, None]
            w[:] = np.outer(bell, bell) * np.cos(2 * np.pi * along / (self.kernel / 3))
        return x, w.astype(np.float32)

    def dilated(self, w: Any) -> Any:
        """The same filters with zeros between their cells, for who has no dilation."""
        reach = self.dilation * (self.kernel - 1) + 1
        stuffed = np.zeros((*w.shape[:2], reach, reach), w.dtype)
        stuffed[:, :, :: self.dilation, :: self.dilation] = w
        return stuffed


class Unsupported(Exception):  # noqa: N818  # an answer, not an error
    """The library has no such operation, and no loop of a few lines makes it."""


def ours(threads: int) -> Callable[[Case], Call]:
    os.environ["CONVWIDGETS_ENGINE"] = "native"
    from convwidgets.engine import avg_pool2d, conv2d, max_pool2d, native

    if native.warm_up() != "native":
        raise RuntimeError(native.status().problem)

    def prepare(case: Case) -> Call:
        x, w = case.arrays()
        if case.kind == "max":
            return lambda: max_pool2d(x, case.kernel, stride=case.stride)
        if case.kind == "average":
            return lambda: avg_pool2d(x, case.kernel, stride=case.stride)
        if case.channels == case.filters == 1:
            x, w = x[0], w[0, 0]
        options: dict[str, Any] = {"stride": case.stride, "dilation": case.dilation}
        return lambda: conv2d(x, w, padding=case.pad, **options)

    return prepare


def numpy_copy(threads: int) -> Callable[[Case], Call]:
    """The floor: as many cells as the larger of input and output, into an array that is there."""

    def prepare(case: Case) -> Call:
        cells = case.size**2 * max(case.channels, case.filters // case.stride**2)
        source, target = np.ones(cells, np.float32), np.ones(cells, np.float32)
        return lambda: np.copyto(target, source)

    return prepare


def opencv(threads: int, reuse: bool = False) -> Callable[[Case], Call]:
    import cv2

    cv2.setNumThreads(threads)
    zeros = {"borderType": cv2.BORDER_CONSTANT}

    def prepare(case: Case) -> Call:
        x, w = case.arrays()
        s = case.stride
        if reuse and (case.kind != "convolve" or case.filters > 1 or s > 1):
            raise Unsupported
        if case.kind != "convolve" and case.channels > 1:
            raise Unsupported
        if case.kind == "max":
            window = np.ones((case.kernel, case.kernel), np.uint8)
            return lambda: cv2.dilate(x[0], window, anchor=(0, 0))[::s, ::s]
        if case.kind == "average":
            first = case.kernel // 2
            shape = (case.kernel, case.kernel)
            return lambda: cv2.blur(x[0], shape)[first:-first:s, first:-first:s]
        if case.channels > 1:
            raise Unsupported
        kernels = case.dilated(w)[:, 0]
        if case.filters > 1:

            def bank() -> Any:
                y = np.empty((case.filters, case.size, case.size), np.float32)
                for kernel, plane in zip(kernels, y, strict=True):
                    cv2.filter2D(x[0], -1, kernel, dst=plane, **zeros)
                return y

            return bank
        if reuse:
            y = np.empty_like(x[0])
            return lambda: cv2.filter2D(x[0], -1, kernels[0], dst=y, **zeros)
        return lambda: cv2.filter2D(x[0], -1, kernels[0], **zeros)[::s, ::s]

    return prepare


def opencv_reuse(threads: int) -> Callable[[Case], Call]:
    return opencv(threads, reuse=True)


def opencv_named(threads: int) -> Callable[[Case], Call]:
    """What OpenCV has for the two kernels that have a name."""
    import cv2

    cv2.setNumThreads(threads)
    zeros = {"borderType": cv2.BORDER_CONSTANT}

    def prepare(case: Case) -> Call:
        x, w = case.arrays()
        if case.weights == "box":
            return lambda: cv2.boxFilter(x[0], -1, (case.kernel, case.kernel), **zeros)
        if case.weights == "gaussian":
            line = w[0, 0].sum(0)
            return lambda: cv2.sepFilter2D(x[0], -1, line, line, **zeros)
        raise Unsupported

    return prepare


def torch(threads: int, channels_last: bool = False) -> Callable[[Case], Call]:
    import torch
    from torch.nn import functional

    torch.set_num_threads(threads)

    def prepare(case: Case) -> Call:
        if channels_last and case.channels == 1:
            raise Unsupported
        memory = torch.channels_last if channels_last else torch.contiguous_format
        arrays = case.arrays()
        x = torch.from_numpy(arrays[0])[None].contiguous(memory_format=memory)
        w = torch.from_numpy(arrays[1]).contiguous(memory_format=memory)
        pools: dict[str, Any] = {"max": functional.max_pool2d, "average": functional.avg_pool2d}
        pool = pools.get(case.kind)

        @torch.no_grad()
        def call() -> Any:
            if pool:
                return pool(x, case.kernel, case.stride)
            return functional.conv2d(x, w, None, case.stride, case.pad, case.dilation)

        return call

    return prepare


def torch_channels_last(threads: int) -> Callable[[Case], Call]:
    return torch(threads, channels_last=True)


def tensorflow(threads: int) -> Callable[[Case], Call]:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf

    tf.config.set_visible_devices([], "GPU")
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)

    def prepare(case: Case) -> Call:
        arrays = case.arrays()
        x = tf.constant(arrays[0].transpose(1, 2, 0)[None])
        w = tf.constant(arrays[1].transpose(2, 3, 1, 0))
        window, s, d = case.kernel, case.stride, case.dilation
        if case.kind == "max":
            return lambda: tf.nn.max_pool2d(x, window, s, "VALID")
        if case.kind == "average":
            return lambda: tf.nn.avg_pool2d(x, window, s, "VALID")
        pads = [case.pad, case.pad]
        padding: Any = "SAME" if s == 1 else [[0, 0], pads, pads, [0, 0]]
        return lambda: tf.nn.conv2d(x, w, s, padding, dilations=d)

    return prepare


def scipy_ndimage(threads: int) -> Callable[[Case], Call]:
    from scipy import ndimage

    def prepare(case: Case) -> Call:
        x, w = case.arrays()
        s = case.stride
        if case.channels > 1 or case.filters > 1:
            raise Unsupported
        if case.kind == "max":
            window = case.kernel
            return lambda: ndimage.maximum_filter(x[0], window, origin=-(window // 2))[::s, ::s]
        if case.kind == "average":
            first = case.kernel // 2
            return lambda: ndimage.uniform_filter(x[0], case.kernel)[first:-first:s, first:-first:s]
        kernel = case.dilated(w)[0, 0]
        return lambda: ndimage.correlate(x[0], kernel, mode="constant")[::s, ::s]

    return prepare


def scipy_fft(threads: int) -> Callable[[Case], Call]:
    from scipy import signal

    def prepare(case: Case) -> Call:
        x, w = case.arrays()
        s = case.stride
        if case.kind != "convolve":
            raise Unsupported
        flipped = case.dilated(w)[:, :, ::-1, ::-1]
        # "same" would want the picture once for each filter.
        inner = slice(case.pad, case.pad + case.size, s)

        def call() -> Any:
            y = signal.fftconvolve(x[None], flipped, axes=(2, 3))[:, :, inner, inner]
            return y[:, 0] if case.channels == 1 else y.sum(1)

        return call

    return prepare


def scikit_image(threads: int) -> Callable[[Case], Call]:
    from skimage.measure import block_reduce

    def prepare(case: Case) -> Call:
        x, _ = case.arrays()
        if case.kind == "convolve" or case.kernel != case.stride:
            raise Unsupported
        reduce = np.max if case.kind == "max" else np.mean
        return lambda: block_reduce(x, (1, case.kernel, case.kernel), reduce)

    return prepare


OURS = "convwidgets"
COPY = "NumPy copy"
LIBRARIES: dict[str, Callable[[int], Callable[[Case], Call]]] = {
    OURS: ours,
    COPY: numpy_copy,
    "OpenCV": opencv,
    "OpenCV, `dst=`": opencv_reuse,
    "OpenCV `boxFilter`, `sepFilter2D`": opencv_named,
    "torch": torch,
    "torch channels-last": torch_channels_last,
    "TensorFlow": tensorflow,
    "scipy.ndimage": scipy_ndimage,
    "`fftconvolve`": scipy_fft,
    "`block_reduce`": scikit_image,
}


def as_maps(case: Case, library: str, y: Any) -> Any:
    """A library's answer as (maps, rows, columns)."""
    y = np.asarray(y)
    if library == "TensorFlow":
        y = y.transpose(0, 3, 1, 2)
    return y.reshape(-1, *y.shape[-2:])


def time_calls(call: Call, seconds: float, cadence: bool) -> list[float]:
    """Milliseconds of each call, back to back or one in a frame."""
    times: list[float] = []
    begin = time.perf_counter()
    warm = False
    while True:
        start = time.perf_counter()
        y = call()  # kept until the next, as a user keeps it
        end = time.perf_counter()
        took = end - start
        if warm or took > PATIENCE_SECONDS / 6:
            times.append(1000 * took)
        warm = True
        spent = end - begin
        if times and (spent > PATIENCE_SECONDS or (spent > seconds and len(times) > 2)):
            break
        if cadence:
            time.sleep(max(IDLE_SECONDS, FRAME_SECONDS - took))
    del y
    return times


def serve(library: str, threads: int, requests: TextIO, answers: TextIO) -> None:
    def answer(**what: Any) -> None:
        print(json.dumps(what), file=answers, flush=True)

    if hasattr(os, "sched_setaffinity"):
        # For whoever counts processors instead of being told.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    try:
        prepare = LIBRARIES[library](threads)
    except ImportError as error:
        answer(missing=str(error))
        return
    answer(ready=True)
    call: Call | None = None
    for line in requests:
        request = json.loads(line)
        if "prepare" not in request:
            assert call is not None, "a case comes before its calls"
            answer(times=time_calls(call, request["milliseconds"] / 1000, request["cadence"]))
            continue
        case = Case(**request["prepare"])
        try:
            call = prepare(case)
        except Unsupported:
            answer(supported=False)
            continue
        if library != COPY and request.get("save"):
            np.save(request["save"], as_maps(case, library, call()))
        answer(supported=True)


if __name__ == "__main__":
    # A library that prints must not talk into the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(sys.argv[1], int(sys.argv[2]), sys.stdin, answers)
