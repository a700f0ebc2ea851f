"""How a dockerd of the tests is called, with a containerd of its own: all that it has lies below one folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tests.engines.daemon import need

_CONTAINERD = """version = 2
root = "{folder}/cd/root"
state = "{folder}/cd/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "{folder}/cd/c.sock"
[ttrpc]
  address = "{folder}/cd/c.ttrpc"
"""


def configure(folder: Path, configuration: Mapping[str, object]) -> None:
    """Writes the files of both; ``configuration`` is daemon.json's."""
    (folder / "cd.toml").write_text(_CONTAINERD.format(folder=folder))
    (folder / "daemon.json").write_text(json.dumps(configuration))


def docker_socket(folder: Path) -> Path:
    return folder / "d.sock"


def docker_pid(folder: Path) -> Path:
    """What a dockerd that was killed leaves behind."""
    return folder / "d.pid"


def containerd_socket(folder: Path) -> Path:
    return folder / "cd" / "c.sock"


def containerd_words(folder: Path) -> list[str]:
    return [need("containerd", "containerd"), "--config", f"{folder}/cd.toml"]


def dockerd_words(folder: Path) -> list[str]:
    need("iptables", "iptables")
    return [
        need("dockerd", "docker.io"), "-H", f"unix://{docker_socket(folder)}", "--data-root", f"{folder}/data",
        "--exec-root", f"{folder}/exec", "--pidfile", str(docker_pid(folder)), "--config-file", f"{folder}/daemon.json",
        "--containerd", str(containerd_socket(folder)),
    ]  # fmt: skip
