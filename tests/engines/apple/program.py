"""The commands: each takes what the parser read, and prints what the real ones print."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.engines.apple import builder, documents, machine, processes, values
from tests.engines.apple.parser import USAGE_ERROR, Parsed, UsageError, parse
from tests.engines.apple.values import Mount, Refused
from tests.engines.apple.world import BUILTIN, World, full_name, now

FOLDER, DOWN = "FAKE_CONTAINER_HOME", "FAKE_CONTAINER_DOWN"
"""Variables: where the engine keeps everything; the state of its service, where that is down."""
ANONYMOUS = "com.apple.container.resource.anonymous"
_DOWN_WORDS = (
    'internalError: "failed to list containers" (cause: "interrupted: "XPC connection error: Connection invalid"")\n'
    "Ensure container system service has been started with `container system start`."
)
COMMANDS: dict[tuple[str, ...], Callable[[World, Parsed], int | None]] = {}


def main(argv: list[str]) -> int:
    world = World(Path(os.environ[FOLDER]))
    try:
        parsed = parse(argv)
    except UsageError as error:
        print(f"Error: {error}\nUsage: container {' '.join(argv[:1])} [<options>]", file=sys.stderr)
        return USAGE_ERROR
    if DOWN in os.environ and parsed.command != ("system", "status"):
        print(f"Error: {_DOWN_WORDS}", file=sys.stderr)
        return 1
    try:
        return COMMANDS[parsed.command](world, parsed) or 0
    except Refused as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1


def on(*command: str) -> Callable[[Callable[[World, Parsed], int | None]], Callable[[World, Parsed], int | None]]:
    def take(function: Callable[[World, Parsed], int | None]) -> Callable[[World, Parsed], int | None]:
        COMMANDS[command] = function
        return function

    return take


@on("system", "status")
def _status(world: World, parsed: Parsed) -> int:
    state = os.environ.get(DOWN, "running")
    print(documents.compact(documents.status(state)))
    return 0 if state == "running" else 1


# -- containers ---------------------------------------------------------------------------------------


@on("create")
def _create(world: World, parsed: Parsed) -> None:
    name = parsed.one("name") or str(uuid.uuid4())
    if not values.NAME.match(name) or len(name) > 63:
        raise Refused(f"invalid container name: {name}")
    labels, ports = values.labels(parsed.all("label")), values.ports(parsed.all("publish"))
    limits = values.limits(parsed.all("ulimit"))
    memory = values.size(parsed.one("memory", "1G"))
    if memory < values.LEAST_MEMORY:
        raise Refused(f"minimum memory amount allowed is 200 MiB (got {memory} bytes)")
    with world.changed() as state:
        if name in state["containers"]:
            raise Refused(f"container already exists: {name}")
        image = world.image(parsed.words[0])
        mounts = [Mount("tmpfs", "", path, ()) for path in parsed.all("tmpfs")]
        mounts += [_volume(world, values.volume(text)) for text in parsed.all("volume")]
        mounts += [values.mount(text) for text in parsed.all("mount")]
        state["containers"][name] = {
            "state": "stopped", "started": None, "places": [], "keeper": 0, "pid": 0, "starts": 0,
            "removes": bool(parsed.flags & {"rm", "remove"}), "files": image["files"],
            "configuration": {
                "id": name, "image": {"reference": image["name"], "descriptor": documents.descriptor(image["digest"])},
                "labels": labels, "publishedPorts": [documents.port(port) for port in ports], "publishedSockets": [],
                "mounts": [documents.mount(mount, state["volumes"]) for mount in mounts], "sysctls": {},
                "networks": _networks(world, name, parsed), "initProcess": _process(parsed, image["config"], limits),
                "platform": {"architecture": "arm64", "os": "linux"}, "readOnly": "read-only" in parsed.flags,
                "resources": {"cpus": int(parsed.one("cpus", "4")), "memoryInBytes": memory, "cpuOverhead": 1},
                "runtimeHandler": "container-runtime-linux", "rosetta": False, "ssh": False, "virtualization": False,
                "useInit": "init" in parsed.flags, "capAdd": parsed.all("cap-add"), "capDrop": parsed.all("cap-drop"),
                "creationDate": now(),
            },
        }  # fmt: skip
        world.home(name).parent.mkdir(parents=True, exist_ok=True)
        machine.copy(Path(image["files"]), world.home(name)) if image["files"] else world.home(name).mkdir()
    print(name)


def _volume(world: World, mount: Mount) -> Mount:
    if mount.kind == "virtiofs":
        if not os.path.exists(mount.source):
            raise Refused(f"path '{mount.source}' does not exist")
        return mount
    name = mount.source or str(uuid.uuid4())
    if name not in world.state["volumes"]:
        world.add_volume(name, {} if mount.source else {ANONYMOUS: ""}, {})
    return mount._replace(source=name)


def _networks(world: World, name: str, parsed: Parsed) -> list[dict[str, Any]]:
    wanted = [values.network(text) for text in parsed.all("network")] or [(BUILTIN, "")]
    if "none" in parsed.all("network"):
        if len(wanted) > 1:
            raise Refused("no other networks may be created along with network none")
        return []
    for network, _ in wanted:
        if network not in world.state["networks"]:
            raise Refused(f"no network for id {network}")
    return [
        {"network": network, "options": {"hostname": name, "mtu": 1280} | ({"macAddress": mac} if mac else {})}
        for network, mac in wanted
    ]


def _variables(parsed: Parsed) -> dict[str, str]:
    """Those of files, then those of options."""
    lines: list[str] = []
    for path in parsed.all("env-file"):
        try:
            lines += values.file_of_variables(Path(path).read_bytes().decode())
        except OSError:
            raise Refused(f"failed to read envfile at {path}") from None
        except UnicodeDecodeError:
            raise Refused(f"env file {path} contains invalid utf8 bytes") from None
    return values.environment([*lines, *parsed.all("env")], dict(os.environ))


def _process(parsed: Parsed, config: dict[str, Any], limits: dict[str, tuple[str, str]]) -> dict[str, Any]:
    entrypoint = parsed.one("entrypoint")
    head = [entrypoint] if entrypoint else config.get("Entrypoint") or []
    words = [*head, *(parsed.words[1:] or ([] if entrypoint else config.get("Cmd") or []))]
    if not words:
        raise Refused("command/entrypoint not specified for container process")
    env = dict(text.partition("=")[::2] for text in config.get("Env") or [])
    env |= _variables(parsed)
    return {
        "executable": words[0], "arguments": words[1:], "environment": [f"{key}={value}" for key, value in env.items()],
        "workingDirectory": parsed.one("workdir") or config.get("WorkingDir") or "/", "terminal": "tty" in parsed.flags,
        "user": documents.user(parsed.one("user") or config.get("User", "")), "supplementalGroups": [],
        "rlimits": [{"limit": f"RLIMIT_{name.upper()}", "soft": soft, "hard": hard} for name, (soft, hard) in limits.items()],
    }  # fmt: skip


@on("start")
def _start(world: World, parsed: Parsed) -> int:
    attach = bool(parsed.flags & {"attach", "interactive"})
    code = processes.start(world, parsed.words[0], attach=attach)
    if not attach:
        print(parsed.words[0])
    return code


@on("stop")
def _stop(world: World, parsed: Parsed) -> None:
    number = processes.number_of(parsed.one("signal", "SIGTERM"))
    for name in parsed.words:
        processes.stop(world, name, number, int(parsed.one("time", "5")))
        print(name)


@on("kill")
def _kill(world: World, parsed: Parsed) -> None:
    number = processes.number_of(parsed.one("signal", "KILL"))
    for name in parsed.words:
        box = world.read()["containers"].get(name)
        if box is None:
            raise Refused(f"container with ID {name} not found")
        if box["state"] != "running":
            raise Refused(f'invalidState: "container {name} is not running"')
        processes.send(box, number)
        if number == 9:
            processes.stop(world, name, number, 0)
        print(name)


@on("delete")
def _delete(world: World, parsed: Parsed) -> None:
    for name in parsed.words:
        with world.changed():
            box = world.box(name)
            if box["state"] != "stopped" and "force" not in parsed.flags:
                raise Refused(f'invalidState: "container {name} is {box["state"]} and can not be deleted"')
        processes.stop(world, name, 9, 0)
        with world.changed():
            if name in world.state["containers"]:
                processes.remove(world, name)
        print(name)


@on("list")
def _list(world: World, parsed: Parsed) -> None:
    boxes = world.read()["containers"].values()
    print(documents.compact([documents.container(box) for box in boxes if "all" in parsed.flags or box["state"] == "running"]))


def _inspected(kind: str, found: dict[str, Any], names: list[str], write: Callable[[Any], Any]) -> None:
    missing = sorted({name for name in names if name not in found})
    if missing:
        raise Refused(f"{kind} not found: {', '.join(missing)}")
    print(documents.pretty([write(found[name]) for name in dict.fromkeys(names)]))


@on("inspect")
def _inspect(world: World, parsed: Parsed) -> None:
    _inspected("container", world.read()["containers"], parsed.words, documents.container)


@on("logs")
def _logs(world: World, parsed: Parsed) -> None:
    name = parsed.words[0]
    with world.changed():
        world.box(name)
    path = world.home(name).parent / f"{name}.log"
    data = path.read_bytes() if path.exists() else b""
    if not data:
        return
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise Refused('internalError: "failed to convert container logs to utf8"') from None
    print(text.strip("\n"))


@on("copy")
def _copy(world: World, parsed: Parsed) -> None:
    source, target = parsed.words
    name, _, path = target.partition(":")
    box = world.read()["containers"].get(name)
    if box is None:
        raise Refused(f"container with ID {name} not found")
    if box["state"] != "running":
        raise Refused(f"container {name} is not running")
    place = Path(f"{world.home(name)}{path}")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(Path(source).read_bytes())
    print(target)


@on("exec")
def _exec(world: World, parsed: Parsed) -> int:
    name, *words = parsed.words
    box = world.read()["containers"].get(name)
    if box is None:
        raise Refused(f"container not found: {name}")
    if box["state"] != "running":
        raise Refused(f"container {name} is not running")
    env = processes.environment(box["configuration"]["initProcess"]["environment"])
    env |= _variables(parsed)
    root, interactive = world.home(name), "interactive" in parsed.flags
    if box["files"]:
        process = box["configuration"]["initProcess"]
        workdir, user = parsed.one("workdir") or process["workingDirectory"], parsed.one("user") or machine.user_of(process)
        return machine.run_inside(box, root, words, env, workdir, user, stdin=interactive)
    stdin = None if interactive else subprocess.DEVNULL
    try:
        return subprocess.run(processes.inside(words, root), cwd=root, env=env, stdin=stdin, check=False).returncode
    except OSError as error:
        raise Refused(f'internalError: "failed to exec process {error}"') from None


@on("stats")
def _stats(world: World, parsed: Parsed) -> None:
    boxes = world.read()["containers"]
    for name in parsed.words:
        if name not in boxes:
            raise Refused(f"no such container: {name}")
    print(documents.compact([documents.stats(name) for name in parsed.words if boxes[name]["state"] == "running"]))


# -- networks, volumes, images ------------------------------------------------------------------------


@on("network", "create")
def _network_create(world: World, parsed: Parsed) -> None:
    name, labels = parsed.words[0], values.network_labels(parsed.all("label"))
    if not values.NETWORK.match(name) or name == "none":
        raise Refused(f"network {name} is not a valid name")
    with world.changed() as state:
        if name in state["networks"]:
            raise Refused(f"network {name} already exists")
        internal = "internal" in parsed.flags
        world.add_network(name, labels, internal=internal, subnet=parsed.one("subnet"), subnet6=parsed.one("subnet-v6"))
    print(name)


@on("network", "delete")
def _network_delete(world: World, parsed: Parsed) -> None:
    name = parsed.words[0]
    with world.changed() as state:
        if name not in state["networks"]:
            raise Refused(f'failed to delete one or more networks: ["{name}"]')
        users = [
            box["configuration"]["id"]
            for box in state["containers"].values()
            if any(item["network"] == name for item in box["configuration"]["networks"])
        ]
        if users:
            print(f"cannot delete subnet {name} with referring containers: {', '.join(users)}", file=sys.stderr)
            raise Refused(f'delete failed for one or more networks: ["{name}"]')
        del state["networks"][name]
    print(name)


@on("network", "list")
def _network_list(world: World, parsed: Parsed) -> None:
    print(documents.compact([documents.network(kept) for kept in world.read()["networks"].values()]))


@on("network", "inspect")
def _network_inspect(world: World, parsed: Parsed) -> None:
    _inspected("network", world.read()["networks"], parsed.words, documents.network)


@on("volume", "create")
def _volume_create(world: World, parsed: Parsed) -> None:
    name = parsed.words[0]
    if not values.VOLUME.match(name):
        raise Refused(f"invalid volume name '{name}'")
    with world.changed() as state:
        if name in state["volumes"]:
            raise Refused(f"volume '{name}' already exists")
        world.add_volume(name, values.entries(parsed.all("label")), values.entries(parsed.all("opt")))
    print(name)


@on("volume", "delete")
def _volume_delete(world: World, parsed: Parsed) -> None:
    name = parsed.words[0]
    with world.changed() as state:
        if name not in state["volumes"]:
            raise Refused(f'failed to delete one or more volumes: ["{name}"]')
        sources = {item["source"] for box in state["containers"].values() for item in box["configuration"]["mounts"]}
        if state["volumes"][name]["source"] in sources:
            words = f"volume '{name}' is currently in use and cannot be accessed by another container, or deleted"
            print(words, file=sys.stderr)
            raise Refused(f'delete failed for one or more volumes: ["{name}"]')
        world.remove_volume(name)
    print(name)


@on("volume", "list")
def _volume_list(world: World, parsed: Parsed) -> None:
    print(documents.compact([documents.volume(kept) for kept in world.read()["volumes"].values()]))


@on("volume", "inspect")
def _volume_inspect(world: World, parsed: Parsed) -> None:
    _inspected("volume", world.read()["volumes"], parsed.words, documents.volume)


@on("image", "list")
def _image_list(world: World, parsed: Parsed) -> None:
    print(documents.compact([documents.image(kept) for kept in world.read()["images"].values()]))


@on("image", "inspect")
def _image_inspect(world: World, parsed: Parsed) -> None:
    found = {reference: world.read()["images"].get(full_name(reference)) for reference in parsed.words}
    _inspected("image", {name: kept for name, kept in found.items() if kept}, parsed.words, documents.image)


@on("image", "delete")
def _image_delete(world: World, parsed: Parsed) -> None:
    with world.changed() as state:
        for reference in parsed.words:
            if full_name(reference) not in state["images"]:
                raise Refused(f'failed to delete one or more images: ["{reference}"]')
            del state["images"][full_name(reference)]
            print(full_name(reference))


@on("image", "tag")
def _image_tag(world: World, parsed: Parsed) -> None:
    source, target = parsed.words
    with world.changed() as state:
        state["images"][full_name(target)] = {**world.image(source), "name": full_name(target)}
    print(target)


@on("image", "pull")
def _image_pull(world: World, parsed: Parsed) -> None:
    with world.changed():
        world.image(parsed.words[0])  # Its registry holds what it holds itself.


@on("image", "push")
def _image_push(world: World, parsed: Parsed) -> None:
    with world.changed():
        world.image(parsed.words[0])
    print(full_name(parsed.words[0]))


@on("build")
def _build(world: World, parsed: Parsed) -> int:
    text = Path(parsed.one("file")).read_text()
    if builder.of_files(world, text):
        return _build_files(world, parsed, text)
    lines = text.splitlines()
    config: dict[str, Any] = {"Labels": values.environment(parsed.all("label"), {}), "Cmd": ["sh"], "Env": []}
    for number, line in enumerate(lines, 1):
        word, _, rest = line.strip().partition(" ")
        print(f"#{number} {line}", file=sys.stderr)
        if word == "RUN" and subprocess.run(["sh", "-c", rest], stdout=sys.stderr, check=False).returncode:
            print(f'Error: unknown: "failed to solve: process "/bin/sh -c {rest}" did not complete"', file=sys.stderr)
            return 1
        if word == "ENV":
            config["Env"].append(rest)
    with world.changed():
        for tag in parsed.all("tag"):
            world.add_image(tag, config)
    print("\n".join(full_name(tag) for tag in parsed.all("tag")))
    return 0


def _build_files(world: World, parsed: Parsed, text: str) -> int:
    given = dict(value.removeprefix("id=").split(",src=", 1) for value in parsed.all("secret"))
    labels = values.environment(parsed.all("label"), {})
    digest, config, files = builder.build(world, text, labels, {name: Path(path) for name, path in given.items()})
    with world.changed():
        for tag in parsed.all("tag"):
            world.keep_image(full_name(tag), digest, config, files)
    print("\n".join(full_name(tag) for tag in parsed.all("tag")))
    return 0
