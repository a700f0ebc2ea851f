"""Interrupts a program at random moments: ``python -m tests.support.interrupts [--rounds N] [--within SECONDS] -- COMMAND ...``.

Every round starts the command anew and sends it one SIGINT. It has to end with 130, be it by the signal itself, or with the
status that it has when nobody interrupts it, and to say nothing that Python says of an exception. What a round begins with is
up to ``--before``, a shell command.
"""

from __future__ import annotations

import argparse
import collections
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from tests.engines.__main__ import split

INTERRUPTED = (130, -signal.SIGINT)
"""A shell shows 130 for both."""
UNSEEMLY = ("Traceback", "Exception ignored", "KeyboardInterrupt", "Fatal Python error", "CancelledError")
SECONDS = 120


def interrupted(
    command: Sequence[str],
    rounds: int,
    within: float,
    before: Callable[[], object] = lambda: None,
    own: int | None = None,
    **options: Any,
) -> collections.Counter[int]:
    """How often each status came. Raises AssertionError with what was said where a round went wrong.

    own: the status that the command has when nobody interrupts it; else it is run for that, and has to end.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # As in the background of a script; what is started from here would inherit it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if own is None:
        before()
        own = subprocess.run(command, capture_output=True, timeout=SECONDS, **options).returncode
    found: collections.Counter[int] = collections.Counter()
    for number in range(rounds):
        before()
        # Every part of the time has its turn.
        at = within * (number + random.random()) / rounds
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        try:
            time.sleep(at)
            process.send_signal(signal.SIGINT)
            out, said = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
        words = (out + said).decode("utf-8", "replace")
        assert process.returncode in (own, *INTERRUPTED), f"status {process.returncode} after {at:.3f} s: {words}"
        assert not any(word in words for word in UNSEEMLY), f"after {at:.3f} s: {words}"
        found[process.returncode] += 1
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.support.interrupts", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--within", type=float, default=1.0, metavar="SECONDS")
    parser.add_argument("--before", metavar="SHELL COMMAND")
    parser.add_argument("--own", type=int, metavar="STATUS", help="of a command that does not end by itself")
    own, command = split(sys.argv[1:])
    arguments = parser.parse_args(own)
    if not command:
        parser.error("a command is missing")

    def before() -> None:
        if arguments.before:
            subprocess.run(arguments.before, shell=True, check=True, capture_output=True)

    try:
        found = interrupted(command, arguments.rounds, arguments.within, before, arguments.own)
    except AssertionError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{arguments.rounds} interrupts: " + ", ".join(f"{number} × status {status}" for status, number in found.most_common()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
