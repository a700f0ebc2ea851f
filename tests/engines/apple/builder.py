"""Builds from images with files: the few instructions that tests need, each carried out over files of their own.

What was built once from the same lines is not built again, as its builder's cache has it. Other instructions are refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets as random
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.engines import namespaces
from tests.engines.apple import machine
from tests.engines.apple.values import Refused, environment
from tests.engines.apple.world import World, full_name

_TAKEN = ("RUN", "ENV", "LABEL", "CMD")


def of_files(world: World, text: str) -> bool:
    """Whether the first image of a Dockerfile is one with files."""
    word, _, name = next(iter(_lines(text)), "").partition(" ")
    kept = world.read()["images"].get(full_name(name.strip()))
    return word == "FROM" and kept is not None and bool(kept["files"])


def build(world: World, text: str, labels: Mapping[str, str], given: Mapping[str, Path]) -> tuple[str, dict[str, Any], Path]:
    """The digest, the configuration and the files of what is built. given: by id, the file of each secret."""
    first, *lines = _lines(text)
    with world.changed():
        base = world.image(first.partition(" ")[2].strip())
    config = json.loads(json.dumps(base["config"])) | {"Labels": dict(labels)}
    for line in lines:
        _note(config, line)
    key = hashlib.sha256(json.dumps([base["digest"], lines, labels], sort_keys=True).encode()).hexdigest()
    files = world.folder / "images" / key
    if not files.exists():
        fresh = files.with_name(random.token_hex(8))
        machine.copy(Path(base["files"]), fresh)
        for number, line in enumerate(lines, 1):
            print(f"#{number} {line}", file=sys.stderr, flush=True)
            if line.startswith("RUN ") and _run(fresh, line[4:], config, given):
                raise Refused(f'unknown: "failed to solve: process "/bin/sh -c {line[4:]}" did not complete"')
        fresh.rename(files)
    return f"sha256:{key}", config, files


def _lines(text: str) -> list[str]:
    lines = (line.strip() for line in text.replace("\\\n", " ").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _note(config: dict[str, Any], line: str) -> None:
    """What an instruction says of containers."""
    word, _, rest = line.partition(" ")
    if word not in _TAKEN:
        raise Refused(f"the stand-in builds without {word}")
    if word == "ENV":
        config["Env"] = [*config.get("Env", []), rest]
    elif word == "LABEL":
        config["Labels"] |= environment([rest], {})
    elif word == "CMD":
        config["Cmd"] = json.loads(rest)


def _run(root: Path, rest: str, config: Mapping[str, Any], given: Mapping[str, Path]) -> int:
    mounts: dict[str, Path] = {}
    while rest.startswith("--mount=type=secret,"):
        option, _, rest = rest.partition(" ")
        fields = dict(field.partition("=")[::2] for field in option.removeprefix("--mount=").split(","))
        if fields["id"] in given:
            mounts[fields.get("target", f"/run/secrets/{fields['id']}")] = given[fields["id"]]
    holder = os.fork()
    if holder == 0:
        _be_step(root, rest, dict(text.partition("=")[::2] for text in config.get("Env", [])), mounts)
    return os.waitstatus_to_exitcode(os.waitpid(holder, 0)[1])


def _be_step(root: Path, command: str, env: Mapping[str, str], mounts: Mapping[str, Path]) -> None:
    try:
        namespaces.unshare()
        namespaces.devices(root / "dev")
        for target, source in mounts.items():
            namespaces.bind(source, root / target.lstrip("/"), read_only=True)
        pid = os.fork()
        if pid == 0:
            os.dup2(2, 1)
            os.chroot(root)
            os._exit(namespaces.execute(["/bin/sh", "-c", command], env, "/", ""))
        os._exit(min(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xFF, 255))
    finally:
        os._exit(1)
