"""Three seconds of dragging a slider with the mouse: time to the picture, and dropped frames.

python -m benchmarks.drag
"""

from __future__ import annotations

import contextlib
import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Locator, Page
from websocket import WebSocket, create_connection

from benchmarks.notebook import case, jupyterlab
from benchmarks.table import head, machine, quantile, row

CASES = ((256, 7), (512, 3))
CONTROLS = ("stride", "dilation")
ROUNDS = 2
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
    with jupyterlab() as (lab, page, port):
        for size, kernel in CASES:
            with case(lab, page, size, kernel, "page") as cells:
                name = f"{size}² {kernel}×{kernel}"
                with hand(port) as mouse:
                    for control in CONTROLS:
                        slider = cells["page"].locator(f"[data-control={control}] [type=range]")
                        slider.scroll_into_view_if_needed()
                        drag(page, mouse, slider, held=True)  # warms up the compilers of the page
                        for turn in range(1, ROUNDS + 1):
                            page.wait_for_timeout(1500)
                            seen = drag(page, mouse, slider, held=True)
                            report(f"{name}, {control}, {turn}", seen)
                    page.wait_for_timeout(1500)
                    report(f"{name}, no button held", drag(page, mouse, slider, held=False))
    print(f"\n{machine()}")


@contextlib.contextmanager
def hand(port: int) -> Iterator[WebSocket]:
    """A line to Chromium that sends the mouse's events and does not wait for the page."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
        (target,) = (t for t in json.load(answer) if t["type"] == "page" and "/lab" in t["url"])
    mouse = create_connection(target["webSocketDebuggerUrl"], suppress_origin=True)
    yield mouse
    mouse.close()


def drag(page: Page, mouse: WebSocket, slider: Locator, held: bool) -> dict[str, Any]:
    """One value further at each move, to and fro; with no button held, a control."""
    box = slider.bounding_box()
    assert box is not None
    values = [*range(LOW, HIGH), *range(HIGH, LOW, -1)]

    def send(kind: str, value: int) -> None:
        share = (value - LOW) / (HIGH - LOW)
        event = {
            "type": kind,
            "x": box["x"] + THUMB / 2 + (box["width"] - THUMB) * share,
            "y": box["y"] + box["height"] / 2,
            "button": "left" if held else "none",
            "buttons": int(held),
            "clickCount": int(kind != "mouseMoved"),
        }
        mouse.send(json.dumps({"id": 1, "method": "Input.dispatchMouseEvent", "params": event}))

    if held:
        send("mousePressed", int(slider.evaluate("slider => Number(slider.value)")))
    page.evaluate("measure.startDrag()")
    start = time.perf_counter()
    moves = 0
    while time.perf_counter() - start < SECONDS:
        send("mouseMoved", values[moves % len(values)])
        moves += 1
        time.sleep(max(0.0, start + moves * FRAME / 1000 - time.perf_counter()))
    result: dict[str, Any] = page.evaluate("measure.endDrag()")
    if held:
        send("mouseReleased", values[moves % len(values)])
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
