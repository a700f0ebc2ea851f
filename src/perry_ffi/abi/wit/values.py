"""What the contract has for values that a parser reads: of their spellings the one that says everything.

Where that is a text (a port, a device), the contract has a text; where it is an object, a record of the object's members. Keys are
the types that the models declare for what their parsers give.
"""

from __future__ import annotations

from typing import Any

from perry_ffi.abi.wit.definitions import Definition, Part, list_of, object_of, option
from perry_ffi.abi.wit.names import kebab
from perry_ffi.model.build_values import BuildAgent, BuildSecret
from perry_ffi.model.container_values import Attachment, GpuRequest, HealthCheck, Moment
from perry_ffi.model.mounts import Mount
from perry_ffi.model.network_values import Ipam
from perry_ffi.model.ports import Port
from perry_ffi.model.resource_values import Device, Ulimit
from perry_ffi.model.workload_values import PROJECTIONS, Ref, Text

_TEXTS, _MAP = list_of("string"), object_of("string")


def _record(name: str, doc: str, required: dict[str, str] | None = None, /, **optional: str | tuple[str, str]) -> Definition:
    """Members by their names in JSON, each a type, or a type and what it means."""
    wanted = [Part(kebab(member), kind, json=member) for member, kind in (required or {}).items()]
    told = {member: kind if isinstance(kind, tuple) else (kind, "") for member, kind in optional.items()}
    others = [Part(kebab(member), option(kind), doc, json=member) for member, (kind, doc) in told.items()]
    return Definition("record", name, doc, (*wanted, *others))


def _enum(name: str, doc: str, *texts: str) -> Definition:
    return Definition("enum", name, doc, tuple(Part(kebab(text), json=text) for text in texts))


def _text_or(name: str, doc: str, case: str, of: str) -> Definition:
    return Definition("variant", name, doc, (Part("text", "string", form="text"), Part(case, of, form="object")))


_PROJECTIONS = _enum("projection", "What a reference gives of the other node.", *PROJECTIONS)
_PROPAGATIONS = _enum("mount-propagation", "", "shared", "rshared", "slave", "rslave", "private", "rprivate")

DEFINITIONS = (
    _record(
        "health-check", "Times in seconds; what is absent is the image's or the engine's own.",
        test=(_TEXTS, "`NONE`; `CMD`, program and arguments; or `CMD-SHELL` and a line."),
        interval="f64", timeout="f64", retries="u64", start_period="f64", start_interval="f64",
        disable=("bool", "The image's own check is off, whatever else is said."),
    ),
    _record(
        "attachment", "A container's place on one network.",
        aliases=_TEXTS, ipv4_address="string", ipv6_address="string", link_local_ips=_TEXTS, mac_address="string", driver_opts=_MAP,
    ),
    _record(
        "gpu-request", "GPUs: a number of them, or those that are named.",
        count=("s64", "-1: all of them."), driver="string", device_ids=_TEXTS, capabilities=_TEXTS, options=_MAP,
    ),
    _record("subnet", "", subnet="string", ip_range="string", gateway="string", aux_addresses=_MAP),
    _record("ipam", "How a network hands out addresses.", driver="string", config=list_of("subnet"), options=_MAP),
    _record(
        "build-secret", "One of file, environment and content.", {"id": "string"},
        file=("string", "A path on this machine."), environment=("string", "The name of a variable."), content="string",
    ),
    _enum("mount-type", "", "bind", "volume", "tmpfs"),
    _PROPAGATIONS,
    _enum("mount-consistency", "Taken, and without meaning on Linux.", "consistent", "cached", "delegated"),
    _record(
        "bind-options", "", propagation=_PROPAGATIONS.name,
        create_host_path=("bool", "false: a source that is missing is an error. Absent: true."), selinux=("string", "`z` or `Z`."),
    ),
    _record("volume-options", "", nocopy="bool", subpath="string", labels=_MAP),
    _record("tmpfs-options", "", size=("u64", "Bytes."), mode=("u32", "Permission bits.")),
    _record(
        "mount-object", "A mount in parts; of bind, volume and tmpfs the one that is its type.",
        {"type": "mount-type", "target": "string"},
        source=("string", "A path for a bind mount, a name for a volume; absent for an anonymous volume and a tmpfs."),
        read_only="bool", consistency="mount-consistency", bind="bind-options", volume="volume-options", tmpfs="tmpfs-options",
    ),
    _text_or("mount", "`source:target[:options]` or `/target`, or its parts.", "parts", "mount-object"),
    _PROJECTIONS,
    _record(
        "workload-ref", "What is known of another node of the graph.", {"nodeId": "string", "projection": _PROJECTIONS.name},
        port=("string", "The container's side, `5432` or `53/udp`. Absent: the only one it has."),
        name=("string", "Of an output, a dotted path into one that is JSON. Absent: standard output."),
        scheme=("string", "Of a URL. Absent: http."),
    ),
    _text_or("workload-part", "", "ref", "workload-ref"),
    Definition(
        "variant", "workload-value", "Text as it is, a reference, or both put together.",
        (
            Part("text", "string", form="text"),
            Part("ref", "workload-ref", form="object"),
            Part("concat", list_of("workload-part"), form="concat"),
        ),
    ),
)  # fmt: skip

VALUES: dict[Any, str] = {
    bytes: list_of("u8"),
    tuple[str, int]: "string",  # a restart policy
    tuple[int, int]: "string",  # uid:gid
    Port: "string",
    Device: "string",
    Ulimit: "string",
    Moment: "string",
    BuildAgent: "string",
    BuildSecret: "build-secret",
    HealthCheck: "health-check",
    GpuRequest: "gpu-request",
    Ipam: "ipam",
    Mount: "mount",
    list[Attachment]: object_of("attachment"),
    str | Text: "workload-value",
    Ref: "workload-ref",
}

SAYS = {
    "build-spec.ulimits": "`nofile=1024:2048` each.",
    "capability-spec.cmd": "Arguments in place of the image's.",
    "capability-spec.input": "Files that it can read, by absolute path.",
    "capability-spec.network": "`none`, `bridge` for the engine's default network, or the name of one. Absent: `none`.",
    "capability-spec.stdin": "What it reads, then the end of its input.",
    "capability-spec.user": "`uid:gid`, by number. 0 only where it is not the host's. Absent: `65534:65534`.",
    "container-spec.devices": "`/dev/a:/dev/b:rwm` each.",
    "container-spec.memory": "Bytes.",
    "container-spec.networks": "By the network's name.",
    "container-spec.ports": "`8080:80`, `127.0.0.1:8080:80/udp`, or ranges, each.",
    "container-spec.restart": "`no`, `always`, `unless-stopped`, or `on-failure[:retries]`.",
    "container-spec.stop-timeout": "Seconds between the stop signal and the kill; a negative number is without end.",
    "container-spec.tmpfs": "Mount options, such as `size=64m`, by path.",
    "container-spec.ulimits": "`nofile=1024:2048` each.",
    "container-spec.volumes": "",
    "log-options.since": "RFC 3339, seconds since 1970, or a duration back from now such as `10m`.",
    "log-options.tail": "Last lines; negative for all of them.",
    "log-options.until": "As `since`.",
    "resources.memory": "Bytes.",
    "stop-options.timeout": "Seconds until it is killed. Absent: the container's own.",
    "wait-options.timeout": "Seconds until the wait is given up. Absent: without bound.",
    "workload-node.runtime": "Text: an OCI runtime that the engine is configured with.",
}
"""What is told of a member where the model tells of spellings that the contract does not have. By the record, or the one that it
has the member from."""
