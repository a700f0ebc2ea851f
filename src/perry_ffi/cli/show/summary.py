"""The one line that is left of work that went well: ``shop: 3 started in 6.2 s (db healthy after 3.8 s), http://localhost:18080``."""

from __future__ import annotations

from perry_ffi.cli.show.words import SECONDS_LEAST, one_line, seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from perry_ffi.cli.show.state import State

_TOLD = (
    ("build image", "built", ()),
    ("pull image", "pulled", ()),
    ("push image", "pushed", ()),
    ("create container", "created", ("start container",)),
    ("start container", "started", ()),
    ("create service", "created", ()),
    ("update service", "updated", ()),
    ("scale service", "scaled", ()),
    ("start service", "started", ()),
    ("restart container", "restarted", ()),
    ("restart service", "restarted", ()),
    ("stop container", "stopped", ("start container", "remove container")),
    ("stop service", "stopped", ("start service", "remove service")),
    ("kill container", "killed", ()),
    ("pause container", "paused", ()),
    ("unpause container", "unpaused", ("start container",)),
    ("remove container", "removed", ("start container", "create container")),
    ("remove service", "removed", ()),
)
"""Actions, their words, and the actions beside which they go without saying."""
_WEB = {80: "http", 3000: "http", 5000: "http", 8000: "http", 8080: "http", 8888: "http", 443: "https", 8443: "https"}
"""Ports of containers behind which a browser finds something."""
MOST = 3
"""How many services, or addresses, are named."""


def summary(state: State, now: float, published: Mapping[str, Sequence[str]]) -> str:
    """The line; empty where nothing was done. published: by their services the ports, as ``ps`` has them."""
    counts = state.counts
    told = [
        f"{counts[action]} {word}"
        for action, word, beside in _TOLD
        if counts.get(action) and not any(counts.get(other) for other in beside)
    ]
    if not told:
        return ""
    ready = [
        f"{one_line(name)} {what} after {seconds(took)}" for name, (what, took) in state.ready.items() if took >= SECONDS_LEAST
    ]
    waits = f" ({', '.join(ready[:MOST])}{', …' if len(ready) > MOST else ''})" if ready else ""
    name = f"{one_line(state.project)}: " if state.project else ""
    found = list(dict.fromkeys(address for ports in published.values() for text in ports for address in _address(text)))
    addresses = "".join(f", {address}" for address in found[:MOST]) + (", …" if len(found) > MOST else "")
    return f"{name}{', '.join(told)} in {seconds(now - state.began)}{waits}{addresses}"


def _address(text: str) -> Iterator[str]:
    """Where a published port is reached from here: of ``0.0.0.0:18080->80/tcp`` http://localhost:18080."""
    host, arrow, inside = text.partition("->")
    place, colon, port = host.rpartition(":")
    target, _, protocol = inside.partition("/")
    if not (arrow and colon and port.isdigit() and target.isdigit()) or protocol not in ("", "tcp"):
        return
    place = "localhost" if place in ("0.0.0.0", "[::]", "::", "", "127.0.0.1", "[::1]") else place
    scheme = _WEB.get(int(target))
    yield f"{scheme}://{place}:{port}" if scheme else f"{place}:{port}"
