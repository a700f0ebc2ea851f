"""The command line: a command is found, its options are read, and what goes wrong ends it with 1 and a line of its log."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from tests.engines.nerdctl import copying, objects, verbs
from tests.engines.nerdctl.flags import Usage, split
from tests.engines.nerdctl.store import Failure, Store, say

RUN: dict[str, Any] = {
    "version": objects.version, "info": objects.info, "create": verbs.made, "start": verbs.start, "stop": verbs.stop,
    "restart": verbs.restart, "kill": verbs.kill, "pause": verbs.pause, "unpause": verbs.unpause, "rename": verbs.rename,
    "wait": verbs.wait, "rm": verbs.remove, "ps": verbs.ps, "logs": verbs.logs, "exec": verbs.execute, "cp": copying.copy,
    "stats": verbs.stats, "images": objects.images, "rmi": objects.remove_image, "tag": objects.tag, "pull": objects.pull,
    "push": objects.pull, "build": objects.build, "container inspect": verbs.inspect, "container healthcheck": verbs.healthcheck,
    "image inspect": objects.inspect_image, "network create": objects.create_network, "network rm": objects.remove_network,
    "network ls": objects.list_networks, "network inspect": objects.inspect_network, "volume create": objects.create_volume,
    "volume rm": objects.remove_volume, "volume ls": objects.list_volumes, "volume inspect": objects.inspect_volume,
}  # fmt: skip
DOWN = "PERRY_STANDIN_DOWN"
"""Set, there is no containerd."""
WITHOUT_WORDS = ("version", "info", "ps", "images", "network ls", "volume ls", "volume create")


def main(folder: str) -> None:
    """One call of the program."""
    try:
        name, options, words = split(sys.argv[1:])
        if not words and name not in WITHOUT_WORDS:
            raise Failure("requires at least 1 arg(s), only received 0")
        if os.environ.get(DOWN):
            address = os.environ.get("CONTAINERD_ADDRESS") or "/run/containerd/containerd.sock"
            raise Failure(f'cannot access containerd socket "{address}": no such file or directory')
        RUN[name](Store(Path(folder)), options, words)
        sys.stdout.flush()
    except (Usage, Failure) as error:
        sys.stdout.flush()
        say("fatal", str(error))
        sys.exit(1)


__all__ = ["DOWN", "main"]
