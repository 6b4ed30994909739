"""`convwidgets warm`: the engine compiled ahead, so that no first call has to do without."""

from __future__ import annotations

import time

from convwidgets import engine
from convwidgets.cli import CommandError


def run(quiet: bool) -> int:
    """Compile what is not compiled yet, and say in one line what came of it.

    Parameters
    ----------
    quiet : bool
        Say nothing if all is well.

    Returns
    -------
    int
        0: the next process finds compiled code.

    Raises
    ------
    CommandError
        If it will not.
    """
    before = engine.status()
    if before.setting == "reference":
        raise CommandError("the engine is set to reference, which takes no compiled code")
    start = time.perf_counter()
    engine.warm_up()
    seconds = time.perf_counter() - start
    status = engine.status()
    if status.problem:
        raise CommandError(f"compiled code cannot be had: {status.problem}")
    if status.cache is None:
        raise CommandError(
            "compiled, but not kept: no folder that is yours alone can be written; "
            "set CONVWIDGETS_CACHE to one"
        )
    if not quiet:
        how = f"compiled in {seconds:.0f} s" if before.cache is None else "was compiled already"
        print(f"convwidgets warm: the engine {how}, and is kept in {status.cache}")
    return 0
