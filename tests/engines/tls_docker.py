"""A dockerd of the tests' own that listens on TCP, and takes only clients whose certificate it knows."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.engines import image
from tests.engines.daemon import Daemon, answers, ask, need
from tests.support.certificates import Authority

PORT = 2376


@contextmanager
def tls_docker(
    folder: Path, authority: Authority, port: int = PORT, *, names: str = "DNS:localhost,IP:127.0.0.1", days: int = 2
) -> Iterator[str]:
    """Its socket, for looking at it beside TLS. Its bridge is its own: one without any takes docker0 away, which is another's.

    names: the hosts that its certificate has. days: how long that is valid, fewer than 0: it was.
    """
    dockerd = need("dockerd", "docker.io")
    folder.mkdir(parents=True)
    certificate, key = authority.sign(f"dockerd-{port}", names=names, days=days)
    socket_path = str(folder / "d.sock")
    (folder / "daemon.json").write_text("{}")
    bridge = f"tls{port}"
    tls = ["--tlsverify", "--tlscacert", str(authority.certificate), "--tlscert", str(certificate), "--tlskey", str(key)]
    daemon = Daemon(
        "dockerd-tls",
        [
            dockerd, "-H", f"unix://{socket_path}", "-H", f"tcp://127.0.0.1:{port}", *tls, "--data-root", f"{folder}/data",
            "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/d.pid", "--config-file", f"{folder}/daemon.json",
            "--bridge", bridge, "--iptables=false", "--ip6tables=false",
        ],
        folder, {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"},
    )  # fmt: skip
    _ip("link", "add", bridge, "type", "bridge")
    try:
        _ip("address", "add", f"10.213.{2 + port - PORT}.1/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        daemon.start(lambda: answers(socket_path))
        image.build(socket_path)
        yield socket_path
    finally:
        if answers(socket_path):
            for ident in image.objects(socket_path)["containers"]:
                ask(socket_path, "DELETE", f"/v1.41/containers/{ident}?force=1&v=1")
        daemon.stop()
        _ip("link", "delete", bridge)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
