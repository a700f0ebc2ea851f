"""Runs a command beside private engines: ``python -m tests.engines run [--only docker,podman] -- COMMAND ...``.

The command sees DOCKER_HOST, CONTAINER_HOST, PERRY_TEST_IMAGE and PERRY_TEST_REGISTRY. Its exit status is passed on.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from tests.engines.daemon import EngineMissing
from tests.engines.private import private_engines


def split(words: list[str]) -> tuple[list[str], list[str]]:
    """The words before ``--``, and the command after it."""
    at = words.index("--") if "--" in words else len(words)
    return words[:at], words[at + 1 :]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.engines", description=__doc__)
    parser.add_argument("verb", choices=["run"])
    parser.add_argument("--only", default="docker,podman,registry", help="what to start, with commas")
    own, command = split(sys.argv[1:])
    arguments = parser.parse_args(own)
    if not command:
        parser.error("a command is missing")
    try:
        with private_engines(tuple(arguments.only.split(","))) as engines:
            for name, why in engines.missing.items():
                print(f"without {name}: {why}", file=sys.stderr)
            return subprocess.run(command, env={**os.environ, **engines.environ()}, check=False).returncode
    except EngineMissing as error:
        print(error, file=sys.stderr)
        return 69


if __name__ == "__main__":
    sys.exit(main())
