"""``HostConfig.Tmpfs``: the same directory on both engines, empty and, where nothing else is said, not executable."""

from __future__ import annotations

from perry_ffi.backends.engine_api.flavour import Flavour
from perry_ffi.backends.engine_api.requests.honoured import refuse_part
from perry_ffi.backends.rules.tmpfs import Kind, for_own_user, kind, parsed


def tmpfs_options(options: str, user: str | None, flavour: Flavour, member: str) -> str:
    """The options of one tmpfs as the engine takes them; user: of the container. Raises Unsupported for one that it lacks.

    Podman left alone copies what the image has at that place, takes no option twice, and lets its files be run.
    """
    options = for_own_user(options, user) if flavour == "podman" else options
    refuse_part("tmpfs", options, member, flavour)
    wanted = parsed(options)
    if flavour == "docker":
        return ",".join(word for word in wanted.values() if word != "notmpcopyup")
    kept = {about: word for about, word in wanted.items() if kind(about, word) is not Kind.MOOT}
    return ",".join(({"exec": "noexec", "tmpcopyup": "notmpcopyup"} | kept).values())
