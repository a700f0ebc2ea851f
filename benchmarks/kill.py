"""``python -m benchmarks.kill [--kills 200] [--seed N] [--graphs]``: kills an ``up`` at random moments, on each engine that is here.

Not a measurement: it ends with 0 if after every kill the next ``up`` converged, or ``down`` left nothing. --graphs: the same with
``runGraph``, where what is done and unchanged must not run again.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

from perry_ffi.service.client import Client
from tests.engines.private import Engine, engines_here
from tests.live import killing, killing_graphs
from tests.live.graph_support import Graphs
from tests.live.stack_support import environ


async def kill(engine: Engine, kills: int, seed: int, *, graphs: bool) -> dict[str, int]:
    """Gives how many processes were killed at work, and how many left something."""
    with tempfile.TemporaryDirectory() as folder:
        client = Client(environ(engine, Path(folder)))
        stacks = Graphs(client, engine, f"pk{secrets.token_hex(4)}", Path(folder))
        try:
            return await (killing_graphs if graphs else killing).rounds(stacks, kills, seed)
        finally:
            await client.aclose()
            await stacks.clean()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="on each engine")
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    parser.add_argument("--graphs", action="store_true", help="runs of a graph instead of stacks")
    options = parser.parse_args()
    with engines_here(("docker", "podman")) as engines:
        for name, engine in engines.engines.items():
            told = asyncio.run(kill(engine, options.kills, options.seed, graphs=options.graphs))
            kept = f"; {told['kept']} jobs that were done were not repeated" if options.graphs else ""
            print(f"{name}: {told['killed']} killed, {told['left']} of them left something; every one was found{kept}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
