"""Where engines usually listen, in order; ``{home}`` and ``{runtime}`` (the user's folder of sockets) stand for the settings'."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

DOCKER = (
    "/var/run/docker.sock",
    "{runtime}/docker.sock",
    "{home}/.docker/run/docker.sock",
    "{home}/.docker/desktop/docker.sock",
)
RUN = "/run/user"
PODMAN = ("{runtime}/podman/podman.sock", "/run/podman/podman.sock")


def paths(patterns: Sequence[str], home: str | PathLike[str], runtime: str | PathLike[str] | None) -> list[str]:
    """``patterns`` for this user. runtime: the folder of sockets, if the environment says it."""
    runtime = runtime or _folder_of_sockets()
    known = [path for path in patterns if runtime or "{runtime}" not in path]
    return [path.format(runtime=runtime, home=home) for path in known]


def _folder_of_sockets() -> str | None:
    """Where systemd has the user's sockets: a session that it did not begin (su, cron) is not told."""
    folder = os.path.join(RUN, str(os.getuid()))
    try:
        return folder if os.getuid() and os.stat(folder).st_uid == os.getuid() else None
    except OSError:
        return None
