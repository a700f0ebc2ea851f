"""How many tests ran on each runtime, and how many were skipped, from a report of pytest: ``python -m tests.support.counts REPORT``.

REPORT is a junit document (``pytest --junitxml``) or what ``pytest -rA`` printed; several are added up. A test belongs to the
runtime that its parameters name, whole or before an ``@`` (``docker@trixie``); one that names none is counted as ``none``. Which
runtime a skipped test is of only the junit document says: pytest prints where it was skipped, and not which test.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

from perry_ffi import drivers

RUNTIMES = (*drivers.NAMES, "apple")
"""What a parameter may be called; ``apple`` is short for the name with a slash."""
NONE = "none"
_LINE = re.compile(r"^(PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS) (\S+::.*)$", re.MULTILINE)
_OUTCOMES = {
    "PASSED": "passed",
    "FAILED": "failed",
    "ERROR": "failed",
    "SKIPPED": "skipped",
    "XFAIL": "skipped",
    "XPASS": "passed",
}
OUTCOMES = ("passed", "failed", "skipped")


def outcomes(report: str) -> Iterator[tuple[str, str]]:
    """(test with its parameters, outcome) of each test of a report. Raises ValueError for a text that is none."""
    if report.lstrip().startswith("<"):
        yield from _of_junit(report)
        return
    lines = _LINE.findall(report)
    if not lines:
        raise ValueError("it is neither a junit document nor what pytest -rA prints: no test is in it")
    for word, said in lines:
        yield said.partition(" - ")[0], _OUTCOMES[word]


def _of_junit(report: str) -> Iterator[tuple[str, str]]:
    for case in ElementTree.fromstring(report).iter("testcase"):
        kinds = {child.tag for child in case}
        outcome = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        yield case.get("name", ""), outcome


def runtime(test: str) -> str:
    """The runtime of a test, by its parameters: those of ``test_x[nerdctl-a]``."""
    found = re.search(r"\[(.*)\]$", test)
    for word in re.split(r"-(?!desktop)", found[1]) if found else ():
        name = word.partition("@")[0]
        if name in RUNTIMES:
            return "apple/container" if name == "apple" else name
    return NONE


def counted(reports: Iterable[str]) -> dict[str, Counter[str]]:
    """By runtime, how many tests had which outcome, in the order of the table of engines."""
    found: dict[str, Counter[str]] = {}
    for report in reports:
        for test, outcome in outcomes(report):
            found.setdefault(runtime(test), Counter())[outcome] += 1
    return {name: found[name] for name in (*drivers.NAMES, NONE) if name in found}


def table(counts: dict[str, Counter[str]]) -> str:
    """For the README."""
    rows = ["| runtime | " + " | ".join(OUTCOMES) + " |", "|---" * (1 + len(OUTCOMES)) + "|"]
    rows += [f"| {name} | " + " | ".join(str(of[outcome]) for outcome in OUTCOMES) + " |" for name, of in counts.items()]
    return "\n".join(rows)


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        print(table(counted(Path(argument).read_text() for argument in arguments)))
    except (OSError, ValueError, ElementTree.ParseError) as error:
        print(f"{' '.join(arguments)}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
