"""Why a container or a network could not be made or started, and what can be done, from the words that engines pass on.

Engines are made of the same libraries, so one table is for all; its words are those of docker 20.10 to 28.5, of podman 4.3 to 5.8
and of the runtimes below them. Groups of a pattern go into the advice by their names.
"""

from __future__ import annotations

import re
from functools import cache

_PLACE = r"(?:\[[^\]\s]*\]|::|[^\s:\[]*):(?P<port>\d+)"
_ROWS = (
    (
        rf"(?:bind for|listen \S+|host port for) {_PLACE}\b.*?already (?:in use|allocated)",
        "something has port {port} already: end it ({engine} ps shows containers, ss -ltnp programs), or publish another port",
    ),
    (r"address already in use|port is already allocated", "something has the port already: end it, or publish another port"),
    (
        rf"listen \S+ {_PLACE}: bind: permission denied|cannot expose privileged port (?P<other>\d+)",
        "port {port} is for root alone: publish one above 1023",
    ),
    (
        r"listen \S+ \S+: bind: cannot assign requested address",
        "this machine has no such address: publish the port on one of its own",
    ),
    (
        r"unable to find (?P<what>user|group) (?P<name>[^:\s]+)",
        "the image has no {what} {name}: give it by its number, or one that the image has",
    ),
    (
        r"executable file .*?not found|command that was not found|exec: .*?no such file or directory",
        "the image has no such program: check command and entrypoint",
    ),
    (r"exec format error", "it is a program for another kind of processor, or a script without #! in its first line"),
    (
        r"exec: .*?(?:permission denied|is a directory)|open executable: permission denied",
        "it is no file that may be run: chmod +x",
    ),
    (r"bind source path does not exist", "create what is to be mounted, or write create_host_path: true"),
    (
        r"mount.*?not a directory|mounting a directory onto a file|mount.*?is a directory",
        "a file goes where a file is, and a folder where a folder is: check both paths of the mount",
    ),
    (
        r"error gathering device information|lstat /dev/\S+: no such file|stat /dev/\S+: no such file",
        "this machine has no such device",
    ),
    (
        r"could not select device driver|unresolvable cdi devices",
        "the engine knows no such devices: install their toolkit on its machine",
    ),
    (
        r"pool overlaps|is already used on the host|subnet \S+ is already used",
        "another network has these addresses: give subnet others",
    ),
    (
        r"non-overlapping IPv4 address pool|all predefined address pools|could not find free subnet",
        "the engine has no addresses left for a network: remove those that nobody uses ({engine} network prune), or give it a subnet",
    ),
    (r"container name \S+ is already in use", "remove the container that has the name, or take container_name away"),
    (r"no space left on device", "make room where the engine keeps its containers"),
)
_DOING = ("start", "create", "connect")


def remedy_of_start(said: str, doing: str, engine: str) -> str | None:
    """What can be done where something was not made or started; None where the words do not tell, or it is another operation.

    said: the engine's words. doing: the operation, as errors have it. engine: whose program shows its containers.
    """
    if doing.partition(" ")[0] not in _DOING:
        return None
    for words, advice in _ROWS:
        if found := _compiled(words).search(said):
            groups = found.groupdict()
            known = {name: value for name, value in groups.items() if value}
            return advice.format(**{"port": known.get("other"), **known}, engine=engine)
    return None


@cache
def _compiled(words: str) -> re.Pattern[str]:
    return re.compile(words, re.IGNORECASE | re.DOTALL)
