"""Three seconds of dragging a slider with the mouse: time to the picture, and dropped frames.

python -m benchmarks.drag
"""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Locator, Page

from benchmarks.notebook import case, jupyterlab
from benchmarks.table import head, machine, quantile, row

CASES = ((256, 7), (512, 3))
ROUNDS = 3
SECONDS = 3.0
FRAME = 1000 / 60
LOW, HIGH = 1, 8
THUMB = 16


def main() -> None:
    print(machine())
    print(
        head(
            "",
            "moves",
            "changes",
            "pictures",
            "handler to canvas median",
            "p95",
            "worst",
            "frames",
            "long gaps",
            "dropped frames",
        ),
        flush=True,
    )
    with jupyterlab() as (lab, page):
        for size, kernel in CASES:
            with case(lab, page, size, kernel, "page") as cells:
                slider = cells["page"].locator("[data-control=dilation] input[type=range]")
                slider.scroll_into_view_if_needed()
                drag(page, slider, held=True)  # lets the compilers of the page warm up
                page.wait_for_timeout(2000)
                for turn in range(1, ROUNDS + 1):
                    for held in (True, False):
                        what = "drag" if held else "pointer moves, nothing held"
                        report(f"{size}² {kernel}×{kernel} {what} {turn}", drag(page, slider, held))
                        page.wait_for_timeout(2000)
    print(f"\n{machine()}")


def drag(page: Page, slider: Locator, held: bool) -> dict[str, Any]:
    """One value further at each move, to and fro; with no button held, a control."""
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    values = [*range(LOW, HIGH), *range(HIGH, LOW, -1)]

    def place(value: int) -> float:
        share = (value - LOW) / (HIGH - LOW)
        return box["x"] + THUMB / 2 + (box["width"] - THUMB) * share

    now = int(slider.evaluate("slider => Number(slider.value)"))
    page.mouse.move(place(now), middle)
    if held:
        page.mouse.down()
    page.evaluate("measure.startDrag()")
    start = time.perf_counter()
    moves = 0
    while time.perf_counter() - start < SECONDS:
        page.mouse.move(place(values[moves % len(values)]), middle)
        moves += 1
        time.sleep(max(0.0, start + moves * FRAME / 1000 - time.perf_counter()))
    result: dict[str, Any] = page.evaluate("measure.endDrag()")
    if held:
        page.mouse.up()
    return {**result, "moves": moves}


def report(label: str, seen: dict[str, Any]) -> None:
    times, gaps = seen["times"], seen["gaps"]
    due = sum(max(1, round(gap / FRAME)) for gap in gaps)
    numbers = [f"{quantile(times, part):.1f}" if times else "–" for part in (0.5, 0.95, 1.0)]
    long = sum(gap > 1.5 * FRAME for gap in gaps)
    print(
        row(
            label,
            *(str(seen[key]) for key in ("moves", "changes")),
            str(len(times)),
            *numbers,
            str(len(gaps)),
            f"{100 * long / len(gaps):.1f} %",
            f"{100 * (due - len(gaps)) / due:.1f} %",
        ),
        flush=True,
    )


if __name__ == "__main__":
    main()
