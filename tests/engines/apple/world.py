"""The engine behind the command line: what it keeps is a file in a folder, and its containers are processes of this machine."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.engines.apple.documents import ROOT
from tests.engines.apple.values import Refused

BUILTIN = "default"


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def full_name(reference: str) -> str:
    """A reference with what it leaves out."""
    name, at, digest = reference.partition("@")
    first, slash, _ = name.partition("/")
    if not slash:
        name = f"docker.io/library/{name}"
    elif "." not in first and ":" not in first and first != "localhost":
        name = f"docker.io/{name}"
    if not at and ":" not in name.rpartition("/")[2]:
        name += ":latest"
    return name + at + digest


class World:
    """The folder. Whoever changes something holds its lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state: dict[str, Any] = {}

    @contextlib.contextmanager
    def changed(self) -> Iterator[dict[str, Any]]:
        """The state, which is written when the block ends well."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._read()
            yield self.state
            self._write()

    def read(self) -> dict[str, Any]:
        with self.changed():
            return self.state

    def _read(self) -> None:
        try:
            self.state = json.loads((self.folder / "state").read_text())
        except FileNotFoundError:
            self.state = {"containers": {}, "networks": {}, "volumes": {}, "images": {}}
            self.add_network(BUILTIN, {"com.apple.container.resource.role": "builtin"}, internal=False)
        for box in self.state["containers"].values():
            if box["state"] != "stopped" and not _lives(box["keeper"]):
                box.update(state="stopped", places=[])

    def _write(self) -> None:
        new = self.folder / "state.new"
        new.write_text(json.dumps(self.state))
        new.rename(self.folder / "state")

    # -- what it keeps ----------------------------------------------------------------------------------

    def box(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] | None = self.state["containers"].get(name)
        if found is None:
            raise Refused(f"container with ID {name} not found")
        return found

    def add_network(self, name: str, labels: dict[str, str], *, internal: bool, subnet: str = "", subnet6: str = "") -> None:
        networks = self.state["networks"]
        taken = {kept["subnet"] for kept in networks.values()}
        free = next(text for number in range(64, 250) if (text := f"192.168.{number}.0/24") not in taken)
        if subnet in taken:
            raise Refused(f"IPv4 subnet {subnet} overlaps an existing network with subnet {subnet}")
        subnet = subnet or free
        networks[name] = {
            "name": name, "labels": labels, "mode": "hostOnly" if internal else "nat", "options": {}, "creationDate": now(),
            "plugin": "container-network-vmnet", "subnet": subnet, "subnet6": subnet6,
            "gateway": ".".join([*subnet.split(".")[:3], "1"]),
        }  # fmt: skip

    def add_volume(self, name: str, labels: dict[str, str], options: dict[str, str]) -> None:
        self.state["volumes"][name] = {
            "name": name, "driver": "local", "format": "ext4", "source": f"{ROOT}volumes/{name}/volume.img",
            "creationDate": now(), "labels": labels, "options": options, "sizeInBytes": 512 << 30,
        }  # fmt: skip
        (self.volumes / name).mkdir(parents=True, exist_ok=True)

    def remove_volume(self, name: str) -> None:
        del self.state["volumes"][name]
        shutil.rmtree(self.volumes / name)

    @property
    def volumes(self) -> Path:
        """Where the files of volumes are, each in a folder."""
        return self.folder / "volumes"

    def add_image(self, reference: str, config: dict[str, Any] | None = None, root: bytes = b"") -> None:
        """root: its files, as a tar file; without them its containers are processes of this machine."""
        name = full_name(reference)
        config = config or {"Cmd": ["sh"], "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"]}
        digest = "sha256:" + hashlib.sha256(json.dumps([name, config], sort_keys=True).encode()).hexdigest()
        files = self.folder / "images" / hashlib.sha256(root).hexdigest() if root else None
        if files is not None:
            with tarfile.open(fileobj=io.BytesIO(root)) as tar:
                tar.extractall(files, filter="fully_trusted")
        self.keep_image(name, digest, config, files)

    def keep_image(self, name: str, digest: str, config: dict[str, Any], files: Path | None) -> None:
        self.state["images"][name] = {
            "name": name, "digest": digest, "created": now(), "config": config, "files": str(files or ""),
        }  # fmt: skip

    def image(self, reference: str) -> dict[str, Any]:
        found: dict[str, Any] | None = self.state["images"].get(full_name(reference))
        if found is None:
            raise Refused(f"image not found: {reference}")
        return found

    def home(self, name: str) -> Path:
        """The folder of a container, which is its root."""
        return self.folder / "containers" / name


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, TypeError):
        return False
    return True
