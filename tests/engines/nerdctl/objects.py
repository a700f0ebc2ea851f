"""Images, networks, volumes, and what the little engine says of itself."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import secrets
import shutil
import tarfile
from io import BytesIO
from typing import Any

from tests.engines.nerdctl import documents
from tests.engines.nerdctl.create import find_image, make_volume
from tests.engines.nerdctl.store import NAME, Document, Store, fail, now, say

Options = dict[str, Any]
PSEUDO = ("host", "none")


def version(store: Store, options: Options, words: list[str]) -> None:
    server = [{"Name": "containerd", "Version": "v2.4.2", "Details": {"GitCommit": ""}}, {"Name": "runc", "Version": "1.1.15"}]
    client = {"Version": "v2.3.5", "GitCommit": "", "GoVersion": "go1.25", "Os": "linux", "Arch": "amd64", "Components": []}
    print(json.dumps({"Client": client, "Server": {"Components": server}}))


def info(store: Store, options: Options, words: list[str]) -> None:
    with store.changing() as state:
        ident = state["uuid"]
    print(
        json.dumps(
            {
                "ID": ident, "Driver": "overlayfs", "CgroupDriver": "cgroupfs", "CgroupVersion": "1", "OSType": "linux",
                "Architecture": "x86_64", "SecurityOptions": ["name=seccomp,profile=builtin"], "ServerVersion": "v2.4.2",
            }
        )
    )  # fmt: skip


# -- images -----------------------------------------------------------------------------------


def load_image(store: Store, name: str, content: bytes) -> None:
    """Makes an image of a tar file of its files: what tests put there before they begin."""
    ident = hashlib.sha256(content).hexdigest()
    with tarfile.open(fileobj=BytesIO(content)) as tar:
        tar.extractall(store.folder / "images" / ident, filter="fully_trusted")
    with store.changing() as state:
        digest = f"sha256:{hashlib.sha256(content[::-1]).hexdigest()}"
        state["images"][name] = {"id": f"sha256:{ident}", "digest": digest, "created": now(), "size": len(content)}


def images(store: Store, options: Options, words: list[str]) -> None:
    for name, found in store.read()["images"].items():
        print(json.dumps(documents.image_row(name, found)))


def _image(state: Document, word: str) -> str:
    name = find_image(state, word)
    if name is None:
        fail(f"1 errors:\nno such image: {word}")
    return name


def inspect_image(store: Store, options: Options, words: list[str]) -> None:
    state, found = store.read(), []
    for name in (_image(state, word) for word in words):
        same = [other for other, entry in state["images"].items() if entry["id"] == state["images"][name]["id"]]
        found.append(documents.image(name, state["images"][name], sorted(same)))
    print(json.dumps(found, indent=4))


def tag(store: Store, options: Options, words: list[str]) -> None:
    source, target = words
    with store.changing() as state:
        name = find_image(state, source)
        if name is None:
            fail(f'image "docker.io/library/{source}": not found')
        state["images"][target if ":" in target.rpartition("/")[2] else f"{target}:latest"] = dict(state["images"][name])


def remove_image(store: Store, options: Options, words: list[str]) -> None:
    with store.changing() as state:
        for word in words:
            name = _image(state, word)
            running = [one for one in state["containers"].values() if one["image"] == name and one["status"] != "exited"]
            if running and not options.get("force"):
                fail(
                    f"1 errors:\nconflict: unable to delete {word} (must be forced) - image is being used by running container {running[0]['id']}"
                )
            gone = state["images"].pop(name)
            print(f"Untagged: {name}@{gone['digest']}\nDeleted: {gone['id']}")


def pull(store: Store, options: Options, words: list[str]) -> None:
    fail(f'failed to resolve reference "{words[0]}": {words[0]}: not found')


def build(store: Store, options: Options, words: list[str]) -> None:
    fail(
        "no buildkit host is available, tried 2 candidates: unix:///run/buildkit-default/buildkitd.sock, unix:///run/buildkit/buildkitd.sock"
    )


# -- networks ---------------------------------------------------------------------------------


def create_network(store: Store, options: Options, words: list[str]) -> None:
    (name,) = words
    if not NAME.match(name):
        fail(f'invalid network name "{name}": identifier must match pattern')
    for entry in options.get("opt", []):
        if entry.partition("=")[0] not in ("mtu", "parent", "macvlan_mode", "ipvlan_mode"):
            fail(f'unsupported "bridge" network option "{entry.partition("=")[0]}"')
    with store.changing() as state:
        if name in state["networks"] or name in ("bridge", *PSEUDO):
            fail(f"network with name {name} already exists")
        state["subnet"] += 1
        subnets = options.get("subnet") or [f"10.{200 + state['subnet'] % 50}.{state['subnet'] % 250}.0/24"]
        _refuse_overlap(state, subnets)
        labels = {key: value for key, _, value in (item.partition("=") for item in options.get("label", []))}
        gateway = (options.get("gateway") or [""])[0] or str(next(ipaddress.ip_network(subnets[0]).hosts()))
        found = {
            "id": secrets.token_hex(32), "name": name, "driver": options.get("driver") or "bridge", "subnets": subnets, "labels": labels,
            "gateway": gateway, "internal": bool(options.get("internal")), "options": dict(item.split("=", 1) for item in options.get("opt", [])),
        }  # fmt: skip
        state["networks"][name] = found
    print(found["id"])


def _refuse_overlap(state: Document, subnets: list[str]) -> None:
    taken = [ipaddress.ip_network(pool) for found in state["networks"].values() for pool in found["subnets"]]
    for pool in map(ipaddress.ip_network, subnets):
        if any(pool.version == other.version and pool.overlaps(other) for other in taken):  # type: ignore[arg-type]
            fail(f"subnet {pool} overlaps with other one on this address space")


def remove_network(store: Store, options: Options, words: list[str]) -> None:
    with store.changing() as state:
        for word in words:
            name = _network(state, word)
            if name is None:
                say("error", f"no network found matching: {word}")
                fail("no network could be removed")
            running = [one for one in state["containers"].values() if one["status"] in ("running", "paused")]
            users = [one["id"] for one in running if name in one["networks"]]
            if users:
                say("error", f'network "{name}" is in use by container {json.dumps(users)}')
                fail("no network could be removed")
            del state["networks"][name]
            print(name)


def _network(state: Document, word: str) -> str | None:
    """A network's name, from it or from its id."""
    for name, found in state["networks"].items():
        if word in (name, found["id"]) or (len(word) >= 12 and found["id"].startswith(word)):
            return str(name)
    return None


def list_networks(store: Store, options: Options, words: list[str]) -> None:
    state = store.read()
    for found in [*state["networks"].values(), _bridge(state)]:
        labels = ",".join(f"{key}={value}" for key, value in found["labels"].items())
        print(json.dumps({"ID": found["id"][:12], "Name": found["name"], "File": "", "Labels": labels}))
    for name in PSEUDO:
        print(json.dumps({"ID": "", "Name": name, "File": "", "Labels": ""}))


def _bridge(state: Document) -> Document:
    ident = hashlib.sha256(b"bridge").hexdigest()
    return {
        "id": ident, "name": "bridge", "driver": "bridge", "subnets": ["10.4.0.0/24"], "gateway": "10.4.0.1", "options": {},
        "labels": {"nerdctl/default-network": "true"}, "internal": False,
    }  # fmt: skip


def inspect_network(store: Store, options: Options, words: list[str]) -> None:
    state, found, missing = store.read(), [], []
    for name in words:
        known = _bridge(state) if name == "bridge" else state["networks"].get(_network(state, name))
        if known is None:
            missing.append(f"no network found matching: {name}")
        else:
            found.append(documents.network(known))
    if found:
        print(json.dumps(found, indent=4))
    for words_of_it in missing:
        say("error", words_of_it)
    if not found:
        fail("unable to find any network matching the provided request")


# -- volumes ----------------------------------------------------------------------------------


def create_volume(store: Store, options: Options, words: list[str]) -> None:
    name = words[0] if words else secrets.token_hex(32)
    with store.changing() as state:
        if name in state["volumes"]:
            say("warning", f'volume "{name}" already exists and will be returned as-is')
        labels = {key: value for key, _, value in (item.partition("=") for item in options.get("label", []))}
        make_volume(store, state, name, labels)
    print(name)


def remove_volume(store: Store, options: Options, words: list[str]) -> None:
    with store.changing() as state:
        for name in words:
            used = any(entry["name"] == name for one in state["containers"].values() for entry in one["mounts"])
            if used or name not in state["volumes"]:
                say("warning", f'volume "{name}" is in use (failed precondition)' if used else f'volume "{name}": not found')
                fail("some volumes could not be removed")
            del state["volumes"][name]
            shutil.rmtree(store.folder / "volumes" / name, ignore_errors=True)
            print(name)


def list_volumes(store: Store, options: Options, words: list[str]) -> None:
    for name in store.read()["volumes"]:
        print(name if options.get("quiet") else json.dumps({"Name": name, "Driver": "local", "Labels": "", "Scope": "local"}))


def inspect_volume(store: Store, options: Options, words: list[str]) -> None:
    state = store.read()
    found = [documents.volume(state["volumes"][name], str(store.folder)) for name in words if name in state["volumes"]]
    missing = [name for name in words if name not in state["volumes"]]
    print(json.dumps(found, indent=4))
    for name in missing:
        say("warning", f'volume "{name}": not found')
    if missing:
        fail("some volumes could not be inspected")
