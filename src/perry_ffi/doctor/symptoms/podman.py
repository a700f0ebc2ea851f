"""Podman on Linux: what it says when it refuses to work for this user."""

from __future__ import annotations

import re
from collections.abc import Iterator

from perry_ffi.doctor import podman_info
from perry_ffi.doctor.facts import Facts
from perry_ffi.doctor.finding import LITTLE_BYTES, Finding, as_root, command, install, is_linux, prune, words

QUESTION = ("podman", "info", "--format", "json")
KEY = " ".join(QUESTION)
_RUNTIME_DIR = re.compile(r"XDG_RUNTIME_DIR directory .* is not owned|/run/user/\d+: permission denied", re.IGNORECASE)
_NO_IDS = re.compile(r"no sub[ug]id ranges found|cannot find UID/GID for user", re.IGNORECASE)
_NO_IDMAP = re.compile(r"new[ug]idmap.*(?:not found|no such file)", re.IGNORECASE)
_HYBRID = re.compile(r"cgroups in hybrid mode not supported", re.IGNORECASE)
_LOG = re.compile(r'\blevel=\w+ msg="((?:[^"\\]|\\.)*)"')
_RANGE = "100000-165535"


def no_socket_needed(facts: Facts) -> Iterator[Finding]:
    """Podman without a service: this library starts one, other programs need one."""
    if is_linux(facts.machine) and facts.has("podman") and not facts.listens("podman"):
        advice = "nothing has to be done: the library starts a service of its own"
        argv = ("systemctl", "--user", "enable", "--now", "podman.socket")
        changes = "gives other programs of this user a socket of podman's"
        remedy = command(*argv, changes=changes, advice=advice) if facts.machine.systemd else words(advice)
        yield Finding("podman", "no-socket", "podman is installed, and no socket of it is there", remedy, "ready", "note")


def runtime_dir(facts: Facts) -> Iterator[Finding]:
    """The user's folder of sockets is another user's, or not there: a session of su, or of a service."""
    if refusal := _refusal(facts, _RUNTIME_DIR):
        changes = "keeps this user's services, and the folder of their sockets, without a session"
        advice = "where the session was begun by su: begin it with su -l"
        remedy = command("loginctl", "enable-linger", facts.machine.user, changes=changes, advice=advice)
        yield Finding("podman", "runtime-dir", f"podman says: {refusal}", remedy)


def no_subids(facts: Facts) -> Iterator[Finding]:
    """The user has no range of ids that the users of a container could be."""
    refusal = _refusal(facts, _NO_IDS)
    if not refusal and not (facts.has("podman") and facts.machine.subids is False and facts.machine.uid):
        return
    user = facts.machine.user
    evidence = f"podman says: {refusal}" if refusal else f"/etc/subuid and /etc/subgid have no line for {user}"
    ranges = ("usermod", "--add-subuids", _RANGE, "--add-subgids", _RANGE, user)
    remedy = as_root(facts, ranges, changes=f"gives {user} the ids {_RANGE} for containers", advice="then podman system migrate")
    works = podman_info.read(facts.said.get(KEY)) is not None  # with one id, that of the user
    yield Finding("podman", "no-subids", evidence, remedy, weight="warning" if works else "error")


def no_idmap_program(facts: Facts) -> Iterator[Finding]:
    """What gives a user's containers their ids is not installed."""
    if refusal := _refusal(facts, _NO_IDMAP):
        packages = {"apt-get": "uidmap", "dnf": "shadow-utils", "zypper": "shadow", "apk": "shadow-uidmap", "pacman": "shadow"}
        yield Finding("podman", "no-newuidmap", f"podman says: {refusal}", install(facts, packages, "newuidmap and newgidmap"))


def hybrid_cgroups(facts: Facts) -> Iterator[Finding]:
    """crun does without the mixture of both versions of cgroups."""
    if refusal := _refusal(facts, _HYBRID):
        advice = 'use runc: runtime="runc" under [engine] in ~/.config/containers/containers.conf'
        yield Finding("podman", "hybrid-cgroups", f"podman says: {refusal}", words(advice))


def refuses(facts: Facts) -> Iterator[Finding]:
    """Whatever else it says: told as it is."""
    said = facts.said.get(KEY)
    known = (_RUNTIME_DIR, _NO_IDS, _NO_IDMAP, _HYBRID)
    if said is None or podman_info.read(said) is not None or any(pattern.search(said.stderr) for pattern in known):
        return
    yield Finding("podman", "refuses", f"{' '.join(said.argv)}: {said.words}", words("mend what podman says"))


def no_name_server(facts: Facts) -> Iterator[Finding]:
    """Without these, containers of a network do not find each other by name."""
    info = podman_info.read(facts.said.get(KEY))
    if info is None or podman_info.member(info, "host", "networkBackend") != "netavark":
        return
    missing = [name for name in ("netavark", "aardvark-dns") if name not in facts.machine.helpers]
    if missing:
        evidence = f"podman's networks are netavark's, and {' and '.join(missing)} cannot be found"
        remedy = install(facts, {"": " ".join(missing)}, " and ".join(missing))
        yield Finding("podman", "no-name-server", evidence, remedy, "ready", "warning")


def no_networks(facts: Facts) -> Iterator[Finding]:
    """Without netavark it takes the CNI plugins; without these too, only the host's network can be had."""
    info = podman_info.read(facts.said.get(KEY))
    if info is None or podman_info.member(info, "host", "networkBackend") != "cni" or "bridge" in facts.machine.helpers:
        return
    evidence = "neither netavark nor the CNI plugin bridge can be found, and podman makes networks by one of them"
    remedy = install(facts, {"": "netavark aardvark-dns"}, "netavark and aardvark-dns")
    yield Finding("podman", "no-networks", evidence, remedy, "ready", "warning")


def disk_is_full(facts: Facts) -> Iterator[Finding]:
    """Nothing can be pulled or written soon; of a podman without a socket, for another one tells it there."""
    free = podman_info.free_bytes(facts.said.get(KEY))
    if free is not None and free < LITTLE_BYTES and not facts.listens("podman"):
        evidence = (
            f"{podman_info.member(podman_info.read(facts.said.get(KEY)), 'store', 'graphRoot')}: {free // 1024**2} MiB are free"
        )
        yield Finding("podman", "disk-full", evidence, prune("podman"), "ready", "warning")


def health_checks(facts: Facts) -> Iterator[Finding]:
    """Nobody but this library runs health checks where systemd does not run: podman's timers are systemd's."""
    if is_linux(facts.machine) and facts.has("podman") and not facts.machine.systemd:
        evidence = "podman has systemd run health checks, which does not run here"
        advice = "nothing has to be done for projects and graphs of this library, which probes by itself"
        yield Finding("podman", "health-checks", evidence, words(advice), "ready", "note")


def _refusal(facts: Facts, pattern: re.Pattern[str]) -> str:
    """The line of what podman said that the pattern finds."""
    said = facts.said.get(KEY)
    lines = said.stderr.splitlines() if said is not None else []
    return next((_told(line) for line in lines if pattern.search(line)), "")


def _told(line: str) -> str:
    """What a line says, without what a log writes around it."""
    found = _LOG.search(line)
    return (re.sub(r"\\(.)", r"\1", found[1]) if found else line.strip())[:300]
