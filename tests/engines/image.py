"""The image of the tests: a static busybox and nothing from any registry."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
import urllib.parse
from pathlib import Path

from tests.engines.daemon import EngineMissing, ask, need

IMAGE = "localhost/perry-test:1"
DOCKERFILE = b"""FROM scratch
ADD root.tar /
ENV PATH=/bin
CMD ["sh"]
"""


def busybox() -> Path:
    """The static busybox of this machine."""
    path = Path(need("busybox", "busybox-static"))
    if b"/ld-linux" in path.read_bytes()[:4096]:
        raise EngineMissing(f"{path} is not static (Debian: apt install busybox-static)")
    return path


def add(tar: tarfile.TarFile, name: str, data: bytes, mode: int = 0o644) -> None:
    """A file of a tar archive."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), mode
    tar.addfile(info, io.BytesIO(data))


def root() -> bytes:
    """The files of the image, as a tar file."""
    path = busybox()
    applets = subprocess.run([path, "--list"], check=True, capture_output=True, text=True).stdout.split()
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w") as tar:
        for folder, mode in (("bin", 0o755), ("etc", 0o755), ("tmp", 0o1777), ("home", 0o755)):
            info = tarfile.TarInfo(folder)
            info.type, info.mode = tarfile.DIRTYPE, mode
            tar.addfile(info)
        add(tar, "bin/busybox", path.read_bytes(), 0o755)
        for applet in applets:
            if applet != "busybox":
                info = tarfile.TarInfo(f"bin/{applet}")
                info.type, info.linkname = tarfile.SYMTYPE, "busybox"
                tar.addfile(info)
        add(tar, "etc/passwd", b"root:x:0:0:root:/:/bin/sh\nuser:x:1000:1000:user:/home:/bin/sh\n")
        add(tar, "etc/group", b"root:x:0:\nuser:x:1000:\n")
    return inner.getvalue()


def context() -> bytes:
    """The build context of the image."""
    outer = io.BytesIO()
    with tarfile.open(fileobj=outer, mode="w") as tar:
        add(tar, "Dockerfile", DOCKERFILE)
        add(tar, "root.tar", root())
    return outer.getvalue()


def saved() -> bytes:
    """The image as an engine saves it: what ``load`` takes."""
    files = root()
    layers = {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(files).hexdigest()}"]}
    config = {"Env": ["PATH=/bin"], "Cmd": ["sh"]}
    document = {"architecture": "amd64", "os": "linux", "created": "2026-01-01T00:00:00Z", "config": config, "rootfs": layers}
    described = json.dumps(document).encode()
    name = f"{hashlib.sha256(described).hexdigest()}.json"
    outer = io.BytesIO()
    with tarfile.open(fileobj=outer, mode="w") as tar:
        add(tar, name, described)
        add(tar, "layer.tar", files)
        add(tar, "manifest.json", json.dumps([{"Config": name, "RepoTags": [IMAGE], "Layers": ["layer.tar"]}]).encode())
    return outer.getvalue()


def build(socket: str) -> None:
    """Builds the image on the engine behind ``socket``."""
    status, body = ask(socket, "POST", f"/v1.41/build?t={IMAGE}&rm=1&forcerm=1", context(), "application/x-tar")
    failed = [line for line in body.splitlines() if b'"error"' in line]
    if status != 200 or failed:
        raise RuntimeError(f"the test image could not be built: {status} {failed or body[-500:]!r}")


def remove(socket: str) -> None:
    """Takes the image away again."""
    ask(socket, "DELETE", f"/v1.41/images/{IMAGE}?force=1")


def objects(socket: str) -> dict[str, list[str]]:
    """What the engine holds: names of containers, networks and volumes, and image tags."""
    containers = json.loads(ask(socket, "GET", "/v1.41/containers/json?all=1")[1])
    networks = json.loads(ask(socket, "GET", "/v1.41/networks")[1])
    volumes = json.loads(ask(socket, "GET", "/v1.41/volumes")[1])["Volumes"] or []
    images = json.loads(ask(socket, "GET", "/v1.41/images/json")[1])
    return {
        "containers": sorted(item["Id"] for item in containers),
        "networks": sorted(item["Name"] for item in networks),
        "volumes": sorted(item["Name"] for item in volumes),
        "images": sorted(tag for item in images for tag in item.get("RepoTags") or [item["Id"]]),
    }


def of_project(socket: str, project: str) -> list[tuple[str, str]]:
    """Kind and name of what an engine holds of a project, in the order in which it can be removed."""
    wanted = urllib.parse.quote(json.dumps({"label": [f"com.docker.compose.project={project}"]}))
    containers = json.loads(ask(socket, "GET", f"/v1.41/containers/json?all=1&filters={wanted}")[1])
    networks = json.loads(ask(socket, "GET", f"/v1.41/networks?filters={wanted}")[1])
    volumes = json.loads(ask(socket, "GET", f"/v1.41/volumes?filters={wanted}")[1])["Volumes"] or []
    return [
        *(("containers", item["Id"]) for item in containers),
        *(("networks", item["Name"]) for item in networks),
        *(("volumes", item["Name"]) for item in volumes),
    ]


def remove_project(socket: str, project: str) -> None:
    """Removes what an engine holds of a project."""
    for kind, name in of_project(socket, project):
        ask(socket, "DELETE", f"/v1.41/{kind}/{name}?force=1")
