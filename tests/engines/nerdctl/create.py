"""``nerdctl create``: from options to a container that is there."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from pathlib import Path
from typing import Any

from tests.engines.nerdctl import environment
from tests.engines.nerdctl.flags import mount
from tests.engines.nerdctl.store import NAME, Document, Store, container, fail, now

_TIMES = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


def create(store: Store, options: dict[str, Any], words: list[str]) -> str:
    """Makes a container, and gives its id."""
    if not words:
        fail("requires at least 1 arg(s), only received 0")
    image, *command = words
    with store.changing() as state:
        known = find_image(state, image)
        if known is None:
            fail(f'image not available: "{image}"')
        found = _document(store, state, options, image, command)
        _copy(store, state["images"][known]["id"], store.place(found["id"]))
        state["containers"][found["id"]] = found
    return str(found["id"])


def find_image(state: Document, reference: str) -> str | None:
    """The name of an image, from its name with or without a tag, or from its id."""
    for name, found in state["images"].items():
        digest = f"{name.rpartition(':')[0]}@{found['digest']}"
        if reference in (name, found["id"], found["id"].removeprefix("sha256:"), digest) or f"{reference}:latest" == name:
            return str(name)
    return None


def _document(store: Store, state: Document, options: dict[str, Any], image: str, command: list[str]) -> Document:
    ident = secrets.token_hex(32)
    name = options.get("name") or f"perry-test-{ident[:5]}"
    if not NAME.match(name):
        fail(f'identifier "{name}" must match pattern ^[a-zA-Z0-9][a-zA-Z0-9_.-]*$: invalid argument')
    for other in state["containers"].values():
        if name == other["name"] or (name == other["made_as"] and other["runs"]):
            fail(f'name-store error\nname "{name}" is already used by ID "{other["id"]}"')
    entry = options.get("entrypoint")
    argv = command or ["sh"] if entry is None else entry + command
    processes = _of_another(state, options.get("pid") or "", "shared container is not running")
    networks = [_of_another(state, name) for name in dict.fromkeys(options.get("network") or ["bridge"])]
    state["subnet"] += 1
    ports = [_port(word, state["subnet"]) for word in options.get("publish", [])]
    _refuse_taken(state, ports)
    return {
        "id": ident, "name": name, "made_as": name, "image": image, "created": now(), "status": "created", "pid": 0, "shim": 0, "exit_code": 0,
        "error": "", "started": "", "finished": "", "stopped": False, "runs": 0, "restarts": 0, "codes": [], "argv": argv,
        "env": {"PATH": "/bin", "HOSTNAME": ident[:12], **environment.given(options)},
        "labels": _labels(options.get("label", [])), "hostname": options.get("hostname") or ident[:12],
        "workdir": options.get("workdir") or "/", "user": options.get("user") or "", "restart": options.get("restart") or "no",
        "log_driver": options.get("log-driver") or "json-file",
        "networks": networks, "pid_mode": processes, "read_only": bool(options.get("read-only")),
        "ports": ports, "number": state["subnet"],
        "mounts": _mounts(store, state, options), "check": _check(options), "health": None, "stop_signal": options.get("stop-signal") or "SIGTERM",
        "stop_timeout": int(options.get("stop-timeout") or 10),
    }  # fmt: skip


def _of_another(state: Document, mode: str, unless_it_runs: str = "") -> str:
    """A namespace as it is kept: another container's by its id."""
    _, colon, name = mode.partition("container:")
    if not colon:
        return mode
    owner = container(state, name)
    if unless_it_runs and owner["status"] != "running":
        fail(unless_it_runs)
    return f"container:{owner['id']}"


def _labels(entries: list[str]) -> dict[str, str]:
    for entry in entries:
        if len(entry) > 4096:
            fail(
                f"label key and value length ({len(entry)} bytes) greater than maximum size (4096 bytes), key: {entry[:10]}: invalid argument"
            )
    return {name: value for name, _, value in (entry.partition("=") for entry in entries) if value}


def _port(word: str, number: int) -> Document:
    match = re.fullmatch(r"(?:(\[[^\]]+\]|[^:\[\]]*):)?(?:(\d*):)?(\d+)(?:/(tcp|udp|sctp))?", word)
    if match is None:
        fail(f"invalid containerPort: {word}")
    first, second, target, protocol = match.groups()
    address, published = (first or "", second) if second is not None else ("", first)
    return {
        "address": address.strip("[]"), "published": int(published or 49153 + number % 1000), "target": int(target),
        "protocol": protocol or "tcp",
    }  # fmt: skip


def _refuse_taken(state: Document, ports: list[Document]) -> None:
    """Ports of those that run are looked at as a container is created."""
    runs = [one for one in state["containers"].values() if one["status"] in ("running", "paused")]
    taken = {(port["published"], port["protocol"]) for one in runs for port in one["ports"]}
    for port in ports:
        if (port["published"], port["protocol"]) in taken:
            fail(
                f"failed to load networking flags: bind for {port['address']}:{port['published']} failed: port is already allocated"
            )


def _check(options: dict[str, Any]) -> Document | None:
    if options.get("no-healthcheck"):
        return {"Test": ["NONE"]}
    if not options.get("health-cmd"):
        return None
    times = {"Interval": "health-interval", "Timeout": "health-timeout", "StartPeriod": "health-start-period"}
    found: Document = {"Test": ["CMD-SHELL", options["health-cmd"]], "Retries": int(options.get("health-retries") or 3)}
    return found | {name: nanoseconds(options[flag]) for name, flag in times.items() if options.get(flag)}


def nanoseconds(text: str) -> int:
    """A duration as Go reads it."""
    parts = re.findall(r"([0-9.]+)(ns|us|ms|s|m|h)", text)
    if "".join(number + unit for number, unit in parts) != text:
        fail(f'invalid argument "{text}": time: invalid duration')
    return round(sum(float(number) * _TIMES[unit] for number, unit in parts))


def _mounts(store: Store, state: Document, options: dict[str, Any]) -> list[Document]:
    found = [_volume_option(store, state, word) for word in options.get("volume", [])]
    found += [_mount_option(store, state, mount(word)) for word in options.get("mount", [])]
    for word in options.get("tmpfs", []):
        target, _, given = word.partition(":")
        found.append({"kind": "tmpfs", "target": target, "options": given, "source": "", "name": "", "read_only": False})
    for other in options.get("volumes-from", []):
        name = other  # It knows no modes: with one it names nothing, and nothing is what is mounted.
        found += [entry for one in state["containers"].values() if name in (one["name"], one["id"]) for entry in one["mounts"]]
    return found


def _volume_option(store: Store, state: Document, word: str) -> Document:
    parts = word.split(":")
    if len(parts) > 3 or not parts[-1]:
        fail(f"failed to parse volume {word}: invalid format")
    if len(parts) == 1:
        return _entry("volume", parts[0], make_volume(store, state, secrets.token_hex(32), {}), store)
    source, target, modes = parts[0], parts[1], parts[2].split(",") if len(parts) == 3 else []
    if source.startswith("/"):
        Path(source).mkdir(parents=True, exist_ok=True)
        return _entry("bind", target, source, store, read_only="ro" in modes)
    return _entry("volume", target, make_volume(store, state, source, {}), store, read_only="ro" in modes)


def _mount_option(store: Store, state: Document, given: dict[str, str]) -> Document:
    kind, source, target = given.get("type", "volume"), given.get("src", ""), given["dst"]
    if kind == "tmpfs":
        size = f"size={given['tmpfs-size']}" if given.get("tmpfs-size") else ""
        return {"kind": "tmpfs", "target": target, "options": size, "source": "", "name": "", "read_only": "readonly" in given}
    if kind == "bind" and not os.path.lexists(source):
        fail(f"failed to stat {json.dumps(source)}: stat {source}: no such file or directory")
    if kind == "volume":
        source = make_volume(store, state, source or secrets.token_hex(32), {})
    return _entry(kind, target, source, store, read_only="readonly" in given)


def _entry(kind: str, target: str, source: str, store: Store, *, read_only: bool = False) -> Document:
    place = str(store.folder / "volumes" / source / "_data") if kind == "volume" else source
    name = source if kind == "volume" else ""
    return {"kind": kind, "target": target, "source": place, "name": name, "read_only": read_only}


def make_volume(store: Store, state: Document, name: str, labels: dict[str, str]) -> str:
    """The volume of that name, made where there is none."""
    if not NAME.match(name):
        fail(f'invalid volume name "{name}": identifier must match pattern')
    if name not in state["volumes"]:
        state["volumes"][name] = {"name": name, "labels": labels}
        (store.folder / "volumes" / name / "_data").mkdir(parents=True, exist_ok=True)
    return name


def _copy(store: Store, image: str, place: Path) -> None:
    """A root file system of its own, whose program is the image's."""
    root, source = place / "rootfs", store.folder / "images" / image.removeprefix("sha256:")
    shutil.copytree(source, root, symlinks=True, copy_function=_link)
    (place / "log").touch()


def _link(source: str, target: str) -> None:
    if os.path.islink(source):
        os.symlink(os.readlink(source), target)
    else:
        os.link(source, target) if os.access(source, os.X_OK) else shutil.copy2(source, target)
