"""``python -m benchmarks.churn [--rounds 30] [--services 20] [--burners 2]``: up and down, again and again, on busy engines.

Not a measurement: it ends with 0 if every ``up`` and every ``down`` succeeded, and none left anything.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path
from statistics import median

from perry_ffi.service.client import Client
from tests.engines.private import Engine, engines_here
from tests.live.churning import burning, churn
from tests.live.stack_support import Stacks, environ


async def churn_on(engine: Engine, rounds: int, services: int) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        client = Client(environ(engine, Path(folder)))
        stacks = Stacks(client, engine, f"pc{secrets.token_hex(4)}", Path(folder))
        try:
            return await churn(stacks, rounds, services)
        finally:
            await client.aclose()
            await stacks.clean()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.churn", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30, help="on each engine")
    parser.add_argument("--services", type=int, default=20)
    parser.add_argument("--burners", type=int, default=2, help="processes that keep processors busy meanwhile")
    parser.add_argument("--only", default="docker,podman", help="the engines, with commas")
    options = parser.parse_args()
    with engines_here(tuple(options.only.split(","))) as engines, burning(options.burners):
        for name, engine in engines.engines.items():
            took = asyncio.run(churn_on(engine, options.rounds, options.services))
            print(
                f"{name}: {len(took)} times up and down of {options.services} services, every one succeeded; "
                f"a down took {min(took):.2f} to {max(took):.2f} s, {median(took):.2f} s in the median"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
