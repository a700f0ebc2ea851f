"""A socket of docker's that cannot be used: it is not there, leads nowhere, nobody listens, or this user may not."""

from __future__ import annotations

from collections.abc import Iterator

from perry_ffi.doctor.facts import Facts, Socket
from perry_ffi.doctor.finding import Finding, Remedy, Weight, as_root, command, is_linux, words
from perry_ffi.doctor.products import leading_to, start_of

SYSTEM = ("/var/run/docker.sock", "/run/docker.sock")
_GROUP_IS_ROOT = "whoever may use this socket is as good as root on this machine"


def service_stopped(facts: Facts) -> Iterator[Finding]:
    """dockerd is installed, its socket is not there, systemd keeps services."""
    if _is_down(facts) and facts.machine.systemd:
        changes = "starts Docker's service, now and at every start of the system"
        yield Finding(
            "docker", "service-stopped", f"{SYSTEM[0]} does not exist, {facts.programs['dockerd']} is installed",
            as_root(facts, ("systemctl", "enable", "--now", "docker"), changes=changes), "stopped", _weight(facts, "docker"),
        )  # fmt: skip


def service_stopped_without_systemd(facts: Facts) -> Iterator[Finding]:
    """The same where something else keeps services."""
    if not _is_down(facts) or facts.machine.systemd or facts.machine.container:
        return
    evidence = f"{SYSTEM[0]} does not exist, {facts.programs['dockerd']} is installed, systemd does not run"
    if facts.has("rc-service"):
        remedy = as_root(facts, ("rc-service", "docker", "start"), changes="starts Docker's service")
    elif facts.has("service"):
        remedy = as_root(facts, ("service", "docker", "start"), changes="starts Docker's service", advice=_wsl(facts))
    else:
        remedy = words("start dockerd as root, in whichever way this system starts services")
    yield Finding("docker", "service-stopped", evidence, remedy, "stopped", _weight(facts, "docker"))


def inside_a_container(facts: Facts) -> Iterator[Finding]:
    """This process is in a container, and no socket answers in it."""
    if facts.machine.container and not any(socket.state == "listening" for socket in facts.sockets):
        advice = "give the container the host's socket: -v /var/run/docker.sock:/var/run/docker.sock"
        evidence = f"this process runs in a container, and {SYSTEM[0]} does not answer in it"
        weight: Weight = "warning" if facts.has("podman") else _weight(facts, "docker")
        yield Finding("docker", "inside-a-container", evidence, words(advice), "absent", weight)


def dangling_link(facts: Facts) -> Iterator[Finding]:
    """A link to the socket of a product that does not run, or is not there any more."""
    for socket in facts.of("docker", "dangling"):
        product = leading_to(socket.link)
        others = [other.path for other in facts.sockets if other.state == "listening"]
        if product is not None and facts.has(product.program):
            remedy = command(*start_of(product, socket.link), changes=f"starts {product.product}")
        else:
            gone = f"{product.product} made it, and is not installed; " if product else ""
            other = f"; {others[0]} answers" if others else ""
            remedy = as_root(
                facts, ("rm", "--", socket.path), changes="removes the link", advice=f"{gone}the link is of no use{other}"
            )
        weight = "warning" if others and not facts.is_named("docker") else _weight(facts, "docker", socket)
        yield Finding(
            "docker",
            "dangling-link",
            f"{socket.path} is a link to {socket.link}, which does not exist",
            remedy,
            "stopped",
            weight,
        )


def nobody_listens(facts: Facts) -> Iterator[Finding]:
    """The socket is left of a program that has died."""
    for socket in (*facts.of("docker", "refused"), *facts.of("podman", "refused")):
        yield Finding(
            socket.runtime, "nobody-listens", f"{_named(socket)} refuses connections: nothing listens there", _restart(facts, socket),
            "stopped", _weight(facts, socket.runtime, socket),
        )  # fmt: skip


def no_socket(facts: Facts) -> Iterator[Finding]:
    """Another kind of file is where the socket should be: docker makes a folder of a path that it is told to mount."""
    for socket in facts.sockets:
        if socket.state == "no-socket":
            yield Finding(
                socket.runtime, "no-socket", f"{_named(socket)} is a file or a folder, and no socket",
                words(f"remove {socket.path}, then restart {socket.runtime}"), "broken", _weight(facts, socket.runtime, socket),
            )  # fmt: skip


def not_in_the_group(facts: Facts) -> Iterator[Finding]:
    """The socket's group may use it, and the user is not of it."""
    machine = facts.machine
    for socket in _denied(facts):
        if not _group_may(socket) or socket.group in machine.listed_groups or socket.group in machine.groups:
            continue
        yield Finding(
            socket.runtime, "not-in-group", f"{_seen(socket)}; {machine.user} is not in the group {socket.group}",
            as_root(
                facts, ("usermod", "-aG", socket.group, machine.user), advice="then log out and in again",
                changes=f"adds {machine.user} to the group {socket.group}: {_GROUP_IS_ROOT}",
            ), "denied", _weight(facts, socket.runtime, socket),
        )  # fmt: skip


def group_of_an_older_session(facts: Facts) -> Iterator[Finding]:
    """The user is in the group by now, and this process is older than that."""
    machine = facts.machine
    for socket in _denied(facts):
        if _group_may(socket) and socket.group in machine.listed_groups and socket.group not in machine.groups:
            evidence = f"{_seen(socket)}; {machine.user} is in it, this process is not"
            advice = "or log out and in again; a running editor or service keeps its old groups until it is started anew"
            remedy = command("newgrp", socket.group, changes="opens a shell with the group", advice=advice, by_hand=True)
            yield Finding(
                socket.runtime, "group-of-older-session", evidence, remedy, "denied", _weight(facts, socket.runtime, socket)
            )


def roots_own(facts: Facts) -> Iterator[Finding]:
    """No group may use the socket but root's."""
    for socket in _denied(facts):
        if _group_may(socket):
            continue
        if facts.has("dockerd-rootless-setuptool.sh"):
            remedy = command("dockerd-rootless-setuptool.sh", "install", changes="sets up a Docker of this user's own")
        else:
            remedy = words("use a rootless engine (podman), or run as a user who may open the socket")
        yield Finding(socket.runtime, "root-only", _seen(socket), remedy, "denied", _weight(facts, socket.runtime, socket))


def rootless_docker_stopped(facts: Facts) -> Iterator[Finding]:
    """A Docker of the user's own is set up and does not run."""
    path = f"{facts.machine.runtime_dir}/docker.sock"
    if "docker.service" in facts.machine.units and any(socket.path == path for socket in facts.of("docker", "missing")):
        evidence = f"{path} does not exist, the user's unit docker.service does"
        remedy = command("systemctl", "--user", "start", "docker", changes="starts this user's Docker")
        weight = _weight(facts, "docker")
        yield Finding("docker", "rootless-stopped", evidence, remedy, "stopped", weight)


def silent(facts: Facts) -> Iterator[Finding]:
    """Something listens, and says nothing, or nothing that an engine says."""
    for socket in facts.sockets:
        if socket.state in ("silent", "odd"):
            what = "does not answer in time" if socket.state == "silent" else f"does not answer as an engine: {socket.error}"
            yield Finding(
                socket.runtime, f"{socket.state}-answer", f"{_named(socket)} {what}", _restart(facts, socket), "broken",
                _weight(facts, socket.runtime, socket),
            )  # fmt: skip


# -- what they share --------------------------------------------------------------------------------


def _weight(facts: Facts, runtime: str, socket: Socket | None = None) -> Weight:
    """A usual place counts for little where something names another one, and one of several sockets where another answers."""
    if facts.is_named(runtime) and (socket is None or not socket.named_by):
        return "note"
    return "warning" if facts.listens(runtime) else "error"


def _is_down(facts: Facts) -> bool:
    """The system's dockerd is installed and has no socket, and no other one answers."""
    there = [socket for socket in facts.of("docker") if socket.path in SYSTEM and socket.state != "missing"]
    return is_linux(facts.machine) and facts.has("dockerd") and not there and not facts.listens("docker")


def _wsl(facts: Facts) -> str:
    if facts.machine.wsl != 2:
        return ""
    return "or have systemd start it: [boot] systemd=true in /etc/wsl.conf, then wsl --shutdown in Windows"


def _denied(facts: Facts) -> list[Socket]:
    """The sockets that this user may not open; of a path and its link the first."""
    return [socket for socket in facts.sockets if socket.state == "denied"]


def _group_may(socket: Socket) -> bool:
    return socket.group not in ("", "root", "wheel") and bool(socket.mode & 0o020)


def _named(socket: Socket) -> str:
    return f"{socket.path} ({socket.named_by})" if socket.named_by else socket.path


def _seen(socket: Socket) -> str:
    whose = f", mode {socket.mode:04o}, group {socket.group}" if socket.group else ""
    return f"no permission to use {_named(socket)}{whose}"


def _restart(facts: Facts, socket: Socket) -> Remedy:
    """What starts whatever should listen there."""
    if (product := leading_to(socket.path)) is not None and facts.has(product.program):
        return command(*start_of(product, socket.path), changes=f"starts {product.product}")
    own = bool(facts.machine.runtime_dir) and socket.path.startswith(f"{facts.machine.runtime_dir}/")
    unit = "podman.socket" if socket.runtime == "podman" else socket.runtime
    if not facts.machine.systemd:
        return words(f"start {socket.runtime} again")
    if own:
        return command("systemctl", "--user", "restart", unit, changes=f"restarts this user's {unit}")
    log = f"journalctl -u {unit} -n 30 says why it ended"
    return as_root(facts, ("systemctl", "restart", unit), changes=f"restarts the service {unit}", advice=log)
