"""An engine that answers, and with which something will go wrong; and nerdctl, which is no engine by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from perry_ffi.doctor.facts import Answer, Facts, Socket
from perry_ffi.doctor.finding import LITTLE_BYTES, Finding, as_root, install, is_linux, prune, words
from perry_ffi.doctor.products import leading_to

OLDEST = (1, 41)
"""The oldest version of the API that is spoken; a test holds it to what detection asks for."""
SKEW_SECONDS = 5.0
"""Clocks that are further apart make logs and health checks wrong, and registries refuse."""
_CLIENT = re.compile(r"client version [\d.]+ is too old\. Minimum supported API version is ([\d.]+)")
CNI_PLUGINS = ("bridge", "firewall")
CONTAINERD = "/run/containerd/containerd.sock"


def too_old(facts: Facts) -> Iterator[Finding]:
    """It speaks no version of the API that this library speaks."""
    for socket, answer in _answers(facts):
        api = tuple(int(part) for part in answer.api.split(".")) if re.fullmatch(r"\d{1,4}\.\d{1,4}", answer.api) else OLDEST
        if api < OLDEST:
            evidence = (
                f"{socket.path}: {answer.name} {answer.version} speaks API {answer.api}; {OLDEST[0]}.{OLDEST[1]} is the oldest"
            )
            yield Finding(socket.runtime, "engine-too-old", evidence, words(f"update {socket.runtime}"), "unsupported")


def client_too_old(facts: Facts) -> Iterator[Finding]:
    """It speaks no version any more that this library speaks."""
    for socket, answer in _answers(facts):
        if answer.status == 400 and (found := _CLIENT.search(answer.said)):
            evidence = f"{socket.path}: it speaks API {found[1]} and later only"
            yield Finding(socket.runtime, "library-too-old", evidence, words("update this library"), "unsupported")


def clock_skew(facts: Facts) -> Iterator[Finding]:
    """Its clock is another: a virtual machine that slept."""
    for socket, answer in _answers(facts):
        if abs(answer.skew) < SKEW_SECONDS:
            continue
        way = "ahead of" if answer.skew > 0 else "behind"
        product = leading_to(socket.link or socket.path)
        start = f"restart {product.product}" if product else "set the clock of its machine"
        evidence = f"{socket.path}: its clock is {abs(answer.skew):.0f} s {way} this machine's"
        yield Finding(socket.runtime, "clock-skew", evidence, words(start), "ready", "warning")


def disk_is_full(facts: Facts) -> Iterator[Finding]:
    """Nothing can be pulled or written soon."""
    for socket, answer in _answers(facts):
        if answer.free is not None and answer.free < LITTLE_BYTES:
            evidence = f"{answer.root}: {answer.free // 1024**2} MiB are free"
            remedy = prune("podman" if socket.runtime == "podman" else "docker")
            yield Finding(socket.runtime, "disk-full", evidence, remedy, "ready", "warning")


def containerd_stopped(facts: Facts) -> Iterator[Finding]:
    """nerdctl is installed, and what it asks does not run."""
    for socket in facts.of("nerdctl", "missing", "refused"):
        remedy = words("start containerd as root")
        if facts.machine.systemd:
            remedy = as_root(facts, ("systemctl", "enable", "--now", "containerd"), changes="starts containerd")
        yield Finding("nerdctl", "containerd-stopped", f"nerdctl is installed, {socket.path} does not answer", remedy, "stopped")


def no_plugins(facts: Facts) -> Iterator[Finding]:
    """Without these, containers have no network, or no names."""
    missing = [name for name in CNI_PLUGINS if name not in facts.machine.helpers]
    if is_linux(facts.machine) and facts.has("nerdctl") and missing:
        packages = {"": "containernetworking-plugins", "pacman": "cni-plugins", "apk": "cni-plugins", "zypper": "cni-plugins"}
        evidence = f"nerdctl needs the CNI plugins {' and '.join(missing)}, which are in none of the usual folders"
        yield Finding("nerdctl", "no-network-plugins", evidence, install(facts, packages, "the CNI plugins"), "ready", "warning")


def no_build_program(facts: Facts) -> Iterator[Finding]:
    """nerdctl builds with BuildKit's own program."""
    if is_linux(facts.machine) and facts.has("nerdctl") and not facts.has("buildctl"):
        advice = "install BuildKit, and run buildkitd with a containerd worker in nerdctl's namespace"
        yield Finding(
            "nerdctl", "no-buildkit", "buildctl is not on the search path: builds fail", words(advice), "ready", "warning"
        )


def health_checks(facts: Facts) -> Iterator[Finding]:
    """nerdctl has systemd run health checks, for root alone."""
    machine = facts.machine
    if is_linux(machine) and facts.has("nerdctl") and not (machine.systemd and machine.uid == 0):
        why = "for root alone" if machine.systemd else "which does not run here"
        advice = "nothing has to be done for projects and graphs of this library, which probes by itself"
        yield Finding("nerdctl", "health-checks", f"nerdctl has systemd run health checks, {why}", words(advice), "ready", "note")


def _answers(facts: Facts) -> Iterator[tuple[Socket, Answer]]:
    """What answered, each engine once."""
    seen: set[str] = set()
    for socket in facts.sockets:
        if socket.answer is not None and (socket.link or socket.path) not in seen:
            seen.add(socket.link or socket.path)
            yield socket, socket.answer
