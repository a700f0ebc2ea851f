"""An ssh server of the tests' own: its keys, its port on the loopback, one user's key that it takes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.engines.daemon import Daemon, listens, need

PORT = 2222


@dataclass(frozen=True)
class Sshd:
    """A running server. folder: below it are the keys ``id`` (taken) and ``stranger`` (not), and ``known_hosts``."""

    folder: Path
    port: int

    def configure(self, home: Path, *, key: str = "id", known: str = "known_hosts") -> dict[str, str]:
        """A PATH whose ssh has this configuration: ssh itself reads the one of the user's entry, whatever HOME says.

        known: the list of known hosts, ``none`` for an empty one, ``changed`` for one that has another key.
        """
        lines = [
            f"IdentityFile {self.folder / key}", "IdentitiesOnly yes", "IdentityAgent none",
            f"UserKnownHostsFile {self.folder / known}", "GlobalKnownHostsFile /dev/null",
        ]  # fmt: skip
        (home / "config").write_text("\n".join(lines) + "\n")
        ssh = home / "ssh"
        ssh.write_text(f'#!/bin/sh\nexec {need("ssh", "openssh-client")} -F {home / "config"} "$@"\n')
        ssh.chmod(0o755)
        return {"PATH": f"{home}:{os.environ['PATH']}"}


@contextmanager
def sshd(folder: Path, port: int = PORT, *more: str) -> Iterator[Sshd]:
    """Serves the user of the tests. more: lines of its configuration."""
    program = need("sshd", "openssh-server")
    folder.mkdir(mode=0o700, exist_ok=True)
    for name in ("host", "id", "stranger"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    (folder / "taken").write_bytes((folder / "id.pub").read_bytes())
    for known, key in (("known_hosts", "host"), ("changed", "stranger")):
        host_key = " ".join((folder / f"{key}.pub").read_text().split()[:2])
        (folder / known).write_text("".join(f"[{name}]:{port} {host_key}\n" for name in ("127.0.0.1", "localhost", "::1")))
    os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
    lines = [
        f"Port {port}", "ListenAddress 127.0.0.1", "ListenAddress ::1", f"HostKey {folder}/host", f"AuthorizedKeysFile {folder}/taken",
        f"PidFile {folder}/pid", "UsePAM no", "StrictModes no", "PasswordAuthentication no",
        "KbdInteractiveAuthentication no", "PermitRootLogin prohibit-password", *more,
    ]  # fmt: skip
    (folder / "config").write_text("\n".join(lines) + "\n")
    daemon = Daemon("sshd", [program, "-D", "-e", "-f", str(folder / "config")], folder)
    daemon.start(lambda: listens(port), seconds=20)
    try:
        yield Sshd(folder, port)
    finally:
        daemon.stop()
