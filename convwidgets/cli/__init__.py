"""The command line.

`convwidgets lab` opens the lessons, `convwidgets doctor` looks for trouble, and `convwidgets warm`
compiles ahead.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from convwidgets import __version__

__all__ = ["main"]


class CommandError(Exception):
    """A command that cannot go on; the message is the one line that the user reads."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``convwidgets``; those of this process if not given.

    Returns
    -------
    int
        The exit code: 0 if all is well, 1 if the command failed or found something wrong.

    Raises
    ------
    SystemExit
        After ``--help`` and ``--version``, and for words that are not understood.

    Examples
    --------
    >>> from convwidgets.cli import main
    >>> main(["doctor"])  # doctest: +SKIP
    0
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    ours, theirs = words, []
    if "--" in words:
        at = words.index("--")
        ours, theirs = words[:at], words[at + 1 :]
    parser = _parser()
    options = parser.parse_args(ours)
    if theirs and options.command != "lab":
        parser.error("only `lab` takes words after --")
    try:
        if options.command == "lab":
            from convwidgets.cli import lab

            return lab.run(options.folder, browser=options.browser, port=options.port, extra=theirs)
        if options.command == "warm":
            from convwidgets.cli import warm

            return warm.run(options.quiet)
        from convwidgets.cli import doctor

        return doctor.run()
    except CommandError as error:
        print(f"convwidgets {options.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="convwidgets",
        description="See, touch and compute convolutional neural networks in JupyterLab.",
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"convwidgets {__version__}",
        help="show the version and exit",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    lab = commands.add_parser(
        "lab",
        help="copy the lessons into a folder and open JupyterLab on the first",
        description="Copy the lessons into FOLDER and open JupyterLab on the first. "
        "A lesson that you changed is never overwritten.",
        epilog="Words after -- go to JupyterLab as they are.",
    )
    lab.add_argument("folder", nargs="?", default="convwidgets-lessons", metavar="FOLDER")
    lab.add_argument(
        "--no-browser", dest="browser", action="store_false", help="only print the address"
    )
    lab.add_argument("--port", type=_port, metavar="N", help="the port to listen on, 0 for any")
    commands.add_parser(
        "doctor",
        help="say what is installed, what is wrong and how to mend it",
        description="Say what is installed, what is wrong and how to mend it. "
        "The exit code is 1 if something is wrong.",
    )
    warm = commands.add_parser(
        "warm",
        help="compile the engine ahead, so that the first pictures need not do without",
        description="Compile the engine ahead, and keep it for every process to come. "
        "The exit code is 1 if that cannot be.",
    )
    warm.add_argument("--quiet", action="store_true", help="say nothing if all is well")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to 65535, got {text!r}")
    return int(text)
