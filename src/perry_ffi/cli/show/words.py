"""The words of progress: what is done while it is done, and once it has been; bytes and seconds as people read them."""

from __future__ import annotations

from perry_ffi.cli.terminal import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_VERBS = {
    "pull": ("pulling", "pulled"),
    "build": ("building", "built"),
    "push": ("pushing", "pushed"),
    "verify": ("verifying", "verified"),
    "create": ("creating", "created"),
    "update": ("updating", "updated"),
    "scale": ("scaling", "scaled"),
    "start": ("starting", "started"),
    "stop": ("stopping", "stopped"),
    "restart": ("restarting", "restarted"),
    "pause": ("pausing", "paused"),
    "unpause": ("unpausing", "unpaused"),
    "kill": ("killing", "killed"),
    "remove": ("removing", "removed"),
    "rename": ("renaming", "renamed"),
    "disconnect": ("taking off a network", "taken off a network"),
    "copy": ("copying files into", "files copied into"),
    "run": ("running a hook in", "hook run in"),
    "delay": ("pausing before the next one", "paused before the next one"),
}
"""By the first word of an action."""
_REACHED = {
    "healthy": ("waiting for health", "healthy"),
    "completed": ("waiting for its end", "completed"),
    "ready": ("waiting until it is ready", "ready"),
    "started": ("waiting until it has started", "started"),
    "serving": ("waiting until it serves", "serving"),
}
SECONDS_LEAST = 0.05
"""What took less is not told of."""
_NEEDS = {
    "healthy": "to be healthy",
    "completed": "to complete",
    "ready": "to be ready",
    "started": "to start",
    "serving": "to serve",
}

_BOOKKEEPING = ("---> Running in ", "Removing intermediate container ", "Removed intermediate container ")
"""How builders of steps speak of their containers."""


def doing(action: str) -> str:
    """What is being done, of an action of a plan: ``creating``."""
    verb = action.partition(" ")[0]
    return _VERBS[verb][0] if verb in _VERBS else action


def done(action: str) -> str:
    """What has been done: ``created``."""
    verb = action.partition(" ")[0]
    return _VERBS[verb][1] if verb in _VERBS else f"{action}: done"


def until(condition: str) -> str:
    """What is waited for, of a container."""
    return _REACHED.get(condition, (f"waiting until it is {one_line(condition)}",))[0]


def reached(condition: str) -> str:
    """What it is then."""
    return _REACHED.get(condition, ("", one_line(condition)))[1]


def waits_for(needs: Mapping[str, str]) -> str:
    """Of a service that cannot go on: the services that it waits for, and until when."""
    told = [
        f"{one_line(name)} {_NEEDS.get(condition) or f'to be {one_line(condition)}'}" for name, condition in sorted(needs.items())
    ]
    return f"waits for {' and '.join(told[:2])}" + (f" and {len(told) - 2} more" if len(told) > 2 else "") if told else ""


def probe_words(probe: Mapping[str, Any]) -> str:
    """``3 of 10 probes failed: connection refused``."""
    failed, retries = probe.get("failed", 0), probe.get("retries", 0)
    said = one_line(str(probe.get("output") or ""))
    if failed > retries:  # Those of the start period count for nothing.
        told = f"{failed} probes failed"
    else:
        told = f"{failed} of {retries} probes failed"
    return f"{told}: {said}" if said else f"{told} (exit code {probe.get('exitCode')})"


def size(count: float) -> str:
    """Bytes: ``12.3 MB``."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def seconds(count: float) -> str:
    """``3.8 s``, ``2 min 5 s``."""
    if count < 100:
        return f"{max(count, 0.0):.1f} s"
    minutes, rest = divmod(int(count), 60)
    return f"{minutes} min {rest} s" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def one_line(text: str) -> str:
    """Words of a program as one line that moves no cursor."""
    from perry_ffi.cli.explain import without_sequences

    parts = [part for part in without_sequences(text).replace("\r", "\n").splitlines() if part.strip()]
    return plain(parts[-1].replace("\t", " ")).strip() if parts else ""


def is_bookkeeping(line: str) -> bool:
    """Whether a line of a build names a container or an image between steps, and nothing else."""
    words = line.strip()
    arrow, _, rest = words.partition(" ")
    return words.startswith(_BOOKKEEPING) or (arrow in ("-->", "--->") and " " not in rest)
