"""References between nodes: what is known as soon as a graph is planned, and what only when others have started or ended. Pure.

By name and not by address, wherever an engine has names on networks: a container that is restarted gets another address, and
whoever had the old one would keep it.

A value that came from a sensitive output is put into the environment or the command of a container, where whoever may inspect the
container sees it, as they see any variable; nothing here, and no label, error or event, has it in the clear.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any, NoReturn

from perry_ffi.errors import NotFound, ServiceStartupFailed
from perry_ffi.model.values import is_number
from perry_ffi.model.values import scalar as plain_text
from perry_ffi.model.workload_values import Ref, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from perry_ffi.model.workload import Output, WorkloadNode
    from perry_ffi.model.workload_values import Value
    from perry_ffi.workload.graph import Graph, Node

STATIC = frozenset(("host", "endpoint", "internalUrl"))
"""Known when planned; the others are late: a container's name tells its try, and one that is reused may be of any."""
ADDRESSES = frozenset(("host", "endpoint", "internalUrl", "ip"))
"""What is of use on a network that both nodes are on."""
PUBLISHED = frozenset(("hostEndpoint", "hostUrl"))
PORTS = frozenset(("endpoint", "internalUrl", "hostEndpoint", "hostUrl"))
OF_JOBS = frozenset(("output", "exitCode"))
_DIGITS = 16
"""Hex digits of a digest in a label."""


def values(node: WorkloadNode) -> Iterator[tuple[tuple[str | int, ...], Value]]:
    """Every value of a node that may hold references, with the way to it (``("env", "URL")``, ``("cmd", 0)``)."""
    for name, value in node.env.items():
        yield ("env", name), value
    for member in ("cmd", "entrypoint"):
        for index, value in enumerate(getattr(node, member) or ()):
            yield (member, index), value


def placed(node: WorkloadNode) -> Iterator[tuple[tuple[str | int, ...], Ref]]:
    """Every reference of a node, with the way to it."""
    for path, value in values(node):
        if isinstance(value, Text):
            for index, part in enumerate(value.parts):
                if isinstance(part, Ref):
                    yield (path if value.bare else (*path, "concat", index)), part


def is_late(ref: Ref) -> bool:
    """Whether it is only known when its node has started or ended."""
    return ref.projection not in STATIC


# -- known when planned --------------------------------------------------------------------------------


def static(graph: Graph, value: Value) -> Value:
    """``value`` with everything put in that is known now. Text, if that is all of it."""
    if not isinstance(value, Text):
        return value
    parts = [_static(graph, part) if isinstance(part, Ref) and not is_late(part) else part for part in value.parts]
    return Text(tuple(parts)) if any(isinstance(part, Ref) for part in parts) else "".join(map(str, parts))


def _static(graph: Graph, ref: Ref) -> str:
    return ref.node if ref.projection == "host" else endpoint(ref, ref.node, port(graph.nodes[ref.node].spec, ref))


def endpoint(ref: Ref, host: str, number: int | str) -> str:
    """``host:port``, or the URL of it where the reference asks for one. host: a name or an address."""
    where = f"[{host}]:{number}" if ":" in host else f"{host}:{number}"
    return f"{ref.scheme or 'http'}://{where}" if ref.projection in ("internalUrl", "hostUrl") else where


def published(ref: Ref, address: str, number: int | str) -> str:
    """What a late ``hostEndpoint`` or ``hostUrl`` is, of what the engine published: one of all addresses is reached by this machine's."""
    return endpoint(ref, {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address), number)


# -- ports ---------------------------------------------------------------------------------------------


def ports(node: WorkloadNode, *, published_only: bool = False) -> list[str]:
    """The ports of a node's container that others may name: ``5432``, ``53/udp``; in order, each once."""
    found = [_port(str(entry.target), entry.protocol) for entry in node.ports]
    for text in () if published_only else node.expose:
        numbers, _, protocol = text.partition("/")
        low, _, high = numbers.partition("-")
        found += [_port(str(number), protocol) for number in range(int(low), int(high or low) + 1)]
    return list(dict.fromkeys(found))


def _port(number: str, protocol: str) -> str:
    return number if protocol in ("", "tcp") else f"{number}/{protocol}"


def asked_port(node: WorkloadNode, ref: Ref) -> str | None:
    """The port that a reference means, as ``ports`` has it: its own, or the only one that is there; None where that is not one."""
    if ref.port is not None:
        return ref.port
    there = ports(node, published_only=ref.projection in PUBLISHED)
    return there[0] if len(there) == 1 else None


def port(node: WorkloadNode, ref: Ref) -> int:
    """The same as a number, in a graph that was checked."""
    found = asked_port(node, ref)
    assert found is not None, "a reference without a port is refused where there is more than one"
    return int(found.partition("/")[0])


# -- known when others have started or ended -----------------------------------------------------------


def late(graph: Graph, node: Node) -> tuple[Ref, ...]:
    """What has to be known of other nodes before the container of this one is created, each once; ports are said."""
    return tuple(dict.fromkeys(with_port(graph, ref) for _, ref in placed(node.spec) if is_late(ref)))


def with_port(graph: Graph, ref: Ref) -> Ref:
    """The reference with the port that it means."""
    if ref.projection not in PORTS or ref.port is not None:
        return ref
    return Ref(ref.node, ref.projection, asked_port(graph.nodes[ref.node].spec, ref), ref.name, ref.scheme)


def resolved(graph: Graph, value: Value, known: Mapping[Ref, str]) -> str:
    """``value`` as text. known: what the references of ``late`` have become."""
    found = static(graph, value)
    if not isinstance(found, Text):
        return found
    return "".join(known[with_port(graph, part)] if isinstance(part, Ref) else part for part in found.parts)


def output_of(graph: Graph, ref: Ref) -> tuple[str | None, Output | None]:
    """The output that a reference means: its name and how it is declared; (None, None) for the standard output."""
    if ref.name is None:
        return None, None
    name = ref.name.partition(".")[0]
    return name, graph.nodes[ref.node].outputs[name]


def is_sensitive(graph: Graph, ref: Ref) -> bool:
    """Whether its value must be told nowhere: of a sensitive output, or of the standard output where that is one."""
    if ref.projection != "output":
        return False
    _, output = output_of(graph, ref)
    declared = graph.nodes[ref.node].outputs.values()
    return output.sensitive if output else any(each.sensitive and each.source == "stdout" for each in declared)


def output_text(graph: Graph, ref: Ref, text: str) -> str:
    """What of an output's ``text`` a reference means: all of it, or the member that its dotted path leads to.

    A scalar of JSON is its text (``true``, ``7``), null is empty, an object or a list is compact JSON. Raises NotFound, and
    ServiceStartupFailed where it is no JSON; neither shows the output.
    """
    name, output = output_of(graph, ref)
    _, *steps = (ref.name or "").split(".")
    if output is None or not output.json_ or not steps:
        return text
    where = f"nodes.{ref.node}.outputs.{name}"
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ServiceStartupFailed(f"{where}: it is no JSON", node=ref.node, path=where, reason="no JSON") from None
    for at, step in enumerate(steps):
        value = _member(value, step, f"{where}: the JSON has no {'.'.join(steps[: at + 1])!r}", where)
    return scalar(value)


def _refuse_constant(name: str) -> NoReturn:
    """NaN and Infinity, which JSON does not have."""
    raise ValueError(name)


def _member(value: Any, step: str, missing: str, where: str) -> Any:
    if isinstance(value, dict) and step in value:
        return value[step]
    if isinstance(value, list) and step.isascii() and step.isdigit() and len(step) < 10 and int(step) < len(value):
        return value[int(step)]
    raise NotFound(missing, path=where)


def scalar(value: Any) -> str:
    """A JSON value as the text of a variable, as Compose has it: a whole number without a fraction, however it was written."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return plain_text(value) if is_number(value) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# -- what of them a label may tell ---------------------------------------------------------------------


def digests(graph: Graph, node: Node, known: Mapping[Ref, str]) -> dict[str, str]:
    """For each node whose late values were put in, a digest of them: whether they are the same again, and nothing else.

    The key is the place where they stand, so that equal values look different in other places. It is no secret: who may read
    labels may read the environment, which has the values.
    """
    found: dict[str, Any] = {}
    for ref in late(graph, node):
        key = f"{graph.name}/{node.name}/{ref.node}".encode()
        mac = found.setdefault(ref.node, hmac.new(key, digestmod=hashlib.sha256))
        mac.update(json.dumps([ref.projection, ref.port, ref.name, known[ref]]).encode())
    return {name: mac.hexdigest()[:_DIGITS] for name, mac in found.items()}


def nodes_of(refs: Iterable[Ref]) -> list[str]:
    """The nodes that some references are of, each once."""
    return list(dict.fromkeys(ref.node for ref in refs))


__all__ = [
    "ADDRESSES", "OF_JOBS", "PORTS", "PUBLISHED", "STATIC", "asked_port", "digests", "endpoint", "is_late",
    "is_sensitive", "late", "nodes_of", "output_of", "output_text", "placed", "port", "ports", "published", "resolved", "scalar",
    "static", "values", "with_port",
]  # fmt: skip
