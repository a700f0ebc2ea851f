"""Options as nerdctl reads them: which each command has, and which of them take a line of CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

BOOL, TEXT, SLICE, ARRAY = "bool", "text", "slice", "array"
"""A slice is read as CSV, an array is not."""


class Usage(Exception):
    """What the command line says wrongly."""


@dataclass
class Command:
    """A command. kinds: of its options, by name. short: their letters. interspersed: whether options may follow words."""

    kinds: Mapping[str, str]
    short: Mapping[str, str] = field(default_factory=dict)
    interspersed: bool = True


def _kinds(bools: str = "", texts: str = "", slices: str = "", arrays: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for kind, names in ((BOOL, bools), (TEXT, texts), (SLICE, slices), (ARRAY, arrays)):
        found |= dict.fromkeys(names.split(), kind)
    return found


CREATE = Command(
    _kinds(
        bools="tty interactive rm privileged read-only init oom-kill-disable no-healthcheck quiet",
        texts="name pull user workdir stop-signal stop-timeout platform runtime restart memory cpus pids-limit shm-size "
        "hostname domainname ip ip6 mac-address pid ipc uts cgroupns cgroup-parent userns cpuset-cpus cpu-shares cpu-quota cpu-period "
        "cpu-rt-period cpu-rt-runtime memory-reservation memory-swap memory-swappiness oom-score-adj blkio-weight log-driver "
        "health-cmd health-interval health-timeout health-retries health-start-period isolation cidfile",
        slices="network publish ulimit device add-host cap-add cap-drop dns dns-opt dns-search group-add env-file",
        arrays="entrypoint env label volume mount tmpfs security-opt sysctl annotation gpus volumes-from log-opt blkio-weight-device "
        "device-read-bps device-write-bps device-read-iops device-write-iops",
    ),
    {
        "l": "label",
        "e": "env",
        "v": "volume",
        "p": "publish",
        "u": "user",
        "w": "workdir",
        "t": "tty",
        "i": "interactive",
        "m": "memory",
        "h": "hostname",
    },
    interspersed=False,
)
_FORMAT = {"f": "format"}
COMMANDS: dict[str, Command] = {
    "version": Command(_kinds(texts="format"), _FORMAT),
    "info": Command(_kinds(texts="format"), _FORMAT),
    "create": CREATE,
    "start": Command(_kinds("attach interactive"), {"a": "attach"}),
    "stop": Command(_kinds(texts="time signal"), {"t": "time"}),
    "restart": Command(_kinds(texts="time signal"), {"t": "time"}),
    "kill": Command(_kinds(texts="signal"), {"s": "signal"}),
    "pause": Command({}),
    "unpause": Command({}),
    "rename": Command({}),
    "wait": Command({}),
    "rm": Command(_kinds("force volumes"), {"f": "force", "v": "volumes"}),
    "ps": Command(_kinds("all no-trunc quiet", "format", slices="filter"), {"a": "all", "q": "quiet", "f": "filter"}),
    "logs": Command(_kinds("follow timestamps", "tail since until"), {"f": "follow", "t": "timestamps", "n": "tail"}),
    "exec": Command(
        _kinds("interactive tty privileged detach", "workdir user", slices="env-file", arrays="env"),
        {"i": "interactive", "t": "tty", "w": "workdir", "u": "user", "e": "env"}, interspersed=False,
    ),
    "cp": Command(_kinds("follow-link"), {"L": "follow-link"}),
    "stats": Command(_kinds("no-stream no-trunc all", "format"), {"a": "all"}),
    "images": Command(_kinds("no-trunc quiet all", "format", slices="filter"), {"q": "quiet", "a": "all"}),
    "rmi": Command(_kinds("force"), {"f": "force"}),
    "tag": Command({}),
    "pull": Command(_kinds("quiet", slices="platform"), {"q": "quiet"}),
    "push": Command(_kinds("quiet", slices="platform"), {"q": "quiet"}),
    "build": Command(
        _kinds(
            "no-cache pull quiet", "progress iidfile file target network", slices="platform",
            arrays="allow add-host tag build-arg label secret ssh cache-from cache-to build-context",
        ),
        {"t": "tag", "f": "file", "q": "quiet"},
    ),
    "container inspect": Command(_kinds(texts="mode format size"), _FORMAT),
    "container healthcheck": Command({}),
    "image inspect": Command(_kinds(texts="mode format platform"), _FORMAT),
    "network create": Command(_kinds("internal ipv6", "driver ip-range ipam-driver", arrays="gateway label opt subnet ipam-opt")),
    "network rm": Command({}),
    "network ls": Command(_kinds("quiet", "format", slices="filter"), {"q": "quiet"}),
    "network inspect": Command(_kinds(texts="mode format"), _FORMAT),
    "volume create": Command(_kinds(arrays="label")),
    "volume rm": Command(_kinds("force"), {"f": "force"}),
    "volume ls": Command(_kinds("quiet size", "format", slices="filter"), {"q": "quiet"}),
    "volume inspect": Command(_kinds("size", "format"), _FORMAT),
}  # fmt: skip
GROUPS = ("container", "image", "network", "volume")


def split(argv: Sequence[str]) -> tuple[str, dict[str, Any], list[str]]:
    """The command's name, its options and its words. Raises ``Usage``."""
    name, rest = (" ".join(argv[:2]), argv[2:]) if argv[:1] and argv[0] in GROUPS else ("".join(argv[:1]), argv[1:])
    command = COMMANDS.get(name)
    if command is None:
        raise Usage(f'unknown command "{name}" for "nerdctl"' if not name.startswith("-") else f"unknown flag: {name}")
    options, words = _read(command, list(rest))
    return name, options, words


def _read(command: Command, rest: list[str]) -> tuple[dict[str, Any], list[str]]:
    found: dict[str, Any] = {}
    words: list[str] = []
    while rest:
        word = rest.pop(0)
        if word == "--":
            return found, words + rest
        if not word.startswith("-") or word == "-":
            words.append(word)
            if not command.interspersed:
                return found, words + rest
            continue
        name, sign, value = _name_of(command, word)
        if name not in command.kinds:
            raise Usage(f"unknown flag: --{name}")
        kind = command.kinds[name]
        if kind == BOOL:
            found[name] = value != "false" if sign else True
            continue
        if not sign:
            if not rest:
                raise Usage(f"flag needs an argument: --{name}")
            value = rest.pop(0)
        _put(found, name, kind, value)
    return found, words


def _name_of(command: Command, word: str) -> tuple[str, str, str]:
    if word.startswith("--"):
        return word[2:].partition("=")  # type: ignore[return-value]
    letter, value = word[1], word[2:]
    if letter not in command.short:
        raise Usage(f"unknown shorthand flag: {letter!r} in {word}")
    name = command.short[letter]
    bare = command.kinds[name] == BOOL or not value
    return (name, "", "") if bare else (name, "=", value.removeprefix("="))


def _put(found: dict[str, Any], name: str, kind: str, value: str) -> None:
    if kind == TEXT:
        found[name] = value
    elif kind == ARRAY:
        found.setdefault(name, []).append(value)
    else:
        found.setdefault(name, []).extend(fields(value, name))


def fields(value: str, name: str) -> list[str]:
    """One record of CSV, as Go reads it."""
    try:
        rows = list(csv.reader(io.StringIO(value, newline=""), strict=True))
    except csv.Error as error:
        raise Usage(f'invalid argument "{value}" for "--{name}" flag: parse error: {error}') from None
    return rows[0] if rows else []


def mount(value: str) -> dict[str, str]:
    """One ``--mount``: unknown fields are refused."""
    found: dict[str, str] = {}
    names = {"source": "src", "target": "dst", "destination": "dst", "ro": "readonly"}
    for entry in fields(value, "mount"):
        name, _, text = entry.partition("=")
        name = names.get(name, name)
        if not re.fullmatch(r"type|src|dst|readonly|bind-propagation|tmpfs-size|tmpfs-mode", name):
            raise Usage(f"unexpected key '{name}' in '{entry}'")
        found[name] = text
    return found
