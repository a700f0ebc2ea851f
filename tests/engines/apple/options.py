"""The command line of apple/container 1.2: which words each command takes. Data, gathered by hand from its release 1.2.2.

An option has a value, a flag has none; both by their long name, with the letter that stands for it. ``rest``: the command takes
what follows its first word for the words of a program, whatever it begins with.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Command:
    """options and flags: the letter of each, ``""`` where it has none. least, most: how many words stand alone."""

    options: dict[str, str] = field(default_factory=dict)
    flags: dict[str, str] = field(default_factory=dict)
    least: int = 0
    most: int | None = 0
    rest: bool = False


def _many(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "")


_DEBUG = {"debug": "", "help": "h"}
_FORMAT = {"format": ""}
_PROCESS = {**_many("env-file", "gid", "uid", "ulimit"), "env": "e", "user": "u", "cwd": "w", "workdir": "w"}
_PROCESS_FLAGS = {"interactive": "i", "tty": "t"}
_DNS = _many("dns", "dns-domain", "dns-option", "dns-search")
_MANAGEMENT = {
    **_DNS,
    **_many(
        "cap-add", "cap-drop", "cidfile", "entrypoint", "init-image", "kernel-arg", "masked-path", "mount", "name", "network",
        "os", "platform", "publish-socket", "read-only-path", "runtime", "shm-size", "tmpfs",
    ),
    "arch": "a", "kernel": "k", "label": "l", "publish": "p", "volume": "v",
}  # fmt: skip
_MANAGEMENT_FLAGS = {**_many("init", "no-dns", "read-only", "rm", "remove", "rosetta", "ssh", "virtualization"), "detach": "d"}
_FETCH = _many("scheme", "max-concurrent-downloads")
_PLATFORM = {**_many("os", "platform"), "arch": "a"}

_CREATE = Command(
    {**_PROCESS, "cpus": "c", "memory": "m", **_MANAGEMENT, **_FETCH},
    {**_PROCESS_FLAGS, **_MANAGEMENT_FLAGS, **_DEBUG},
    1, None, rest=True,
)  # fmt: skip

COMMANDS: dict[tuple[str, ...], Command] = {
    ("create",): _CREATE,
    ("start",): Command({}, {"attach": "a", "interactive": "i", **_DEBUG}, 1, 1),
    ("stop",): Command({"signal": "s", "time": "t"}, {"all": "a", **_DEBUG}, 0, None),
    ("kill",): Command({"signal": "s"}, {"all": "a", **_DEBUG}, 0, None),
    ("delete",): Command({}, {"all": "a", "force": "f", **_DEBUG}, 0, None),
    ("exec",): Command(_PROCESS, {**_PROCESS_FLAGS, "detach": "d", **_DEBUG}, 2, None, rest=True),
    ("list",): Command(_FORMAT, {"all": "a", "quiet": "q", **_DEBUG}),
    ("inspect",): Command({}, _DEBUG, 1, None),
    ("logs",): Command({"num-lines (has no long name)": "n"}, {"boot": "", "follow": "f", **_DEBUG}, 1, 1),
    ("stats",): Command(_FORMAT, {"no-stream": "", **_DEBUG}, 0, None),
    ("copy",): Command({}, _DEBUG, 2, 2),
    ("build",): Command(
        {
            **_DNS,
            **_many("build-arg", "cache-in", "cache-out", "os", "platform", "progress", "secret", "ssh", "target", "vsock-port"),
            "arch": "a", "cpus": "c", "file": "f", "label": "l", "memory": "m", "output": "o", "tag": "t",
        },
        {"no-cache": "", "pull": "", "quiet": "q", **_DEBUG}, 0, 1,
    ),
    ("image", "list"): Command(_FORMAT, {"quiet": "q", "verbose": "v", **_DEBUG}),
    ("image", "inspect"): Command({}, _DEBUG, 1, None),
    ("image", "delete"): Command({}, {"all": "a", "force": "f", **_DEBUG}, 0, None),
    ("image", "pull"): Command({**_PLATFORM, **_FETCH, "progress": ""}, _DEBUG, 1, 1),
    ("image", "push"): Command({**_PLATFORM, "scheme": "", "progress": ""}, _DEBUG, 1, 1),
    ("image", "tag"): Command({}, _DEBUG, 2, 2),
    ("network", "create"): Command(_many("label", "option", "plugin", "subnet", "subnet-v6"), {"internal": "", **_DEBUG}, 1, 1),
    ("network", "delete"): Command({}, {"all": "a", **_DEBUG}, 0, None),
    ("network", "list"): Command(_FORMAT, {"quiet": "q", **_DEBUG}),
    ("network", "inspect"): Command({}, _DEBUG, 1, None),
    ("volume", "create"): Command({**_many("label", "opt"), "size (has no long name)": "s"}, _DEBUG, 1, 1),
    ("volume", "delete"): Command({}, {"all": "a", **_DEBUG}, 0, None),
    ("volume", "list"): Command(_FORMAT, {"quiet": "q", **_DEBUG}),
    ("volume", "inspect"): Command({}, _DEBUG, 1, None),
    ("registry", "login"): Command({"scheme": "", "username": "u"}, {"password-stdin": "", **_DEBUG}, 1, 1),
    ("system", "status"): Command({**_FORMAT, "prefix": "p"}, _DEBUG),
    ("system", "version"): Command(_FORMAT, _DEBUG),
    ("system", "start"): Command(
        {"app-root": "a", "install-root": "", "log-root": "", "timeout": ""},
        {"enable-kernel-install": "", "disable-kernel-install": "", **_DEBUG},
    ),
}  # fmt: skip
ALIASES = {"rm": "delete", "ls": "list", "cp": "copy"}
