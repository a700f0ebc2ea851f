"""Which members of a service docker and podman honour, and from which API on.

Tried on dockerd 20.10 (API 1.41) and podman 4.3 (its compatible API): each member was sent and looked for in the
engine's document, in the container's cgroup, namespaces, mounts and environment. What is not listed is native.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perry_ffi.backends.contract.capability import Capabilities, Capability, Support
from perry_ffi.backends.engine_api.flavour import ApiVersion, Flavour
from perry_ffi.model.service_members import PREFIX


@dataclass(frozen=True)
class Rule:
    """An exception; ``since``: it holds only below that API version."""

    support: Support
    reason: str
    since: ApiVersion | None = None


def _lacks(reason: str, since: ApiVersion | None = None) -> Rule:
    return Rule(Support.UNSUPPORTED, reason, since)


_WINDOWS = _lacks("only Windows containers have it")
_NO_OPTION = _lacks("no engine knows this option")
_NOT_TOGETHER = _lacks("its API cannot say it together with bind.recursive")
_AS_Z = "its API cannot say it of an anonymous volume: that is labelled as with z"
_SHARED_PID = _lacks("an init is the first of a container's own processes, and these are another's")
_DOCKER: Mapping[str, Rule] = {
    "init.shared_pid": _SHARED_PID,
    "userns_mode.kept": _lacks("its daemon maps the users of all containers alike, and drops it"),
    "userns_mode.own": _lacks("its daemon maps the users of all containers alike, and drops it"),
    "cpu_count": _WINDOWS,
    "cpu_percent": _WINDOWS,
    "credential_spec": _WINDOWS,
    "isolation": _WINDOWS,
    "volumes.npipe": _WINDOWS,
    "volumes.cluster": _lacks("only a swarm has it"),
    "annotations": _lacks("its API knows them from 1.43 on", (1, 43)),
    "cdi_devices": _lacks("its API knows them from 1.44 on", (1, 44)),
    "healthcheck.start_interval": _lacks("its API knows it from 1.44 on", (1, 44)),
    "networks.mac_address": _lacks("below API 1.44 only the first network takes one", (1, 44)),
    "networks.gw_priority": _lacks("its API knows it from 1.48 on", (1, 48)),
    "networks.interface_name": _lacks("its API knows it from 1.49 on", (1, 49)),
    "volumes.subpath": _lacks("its API knows it from 1.45 on", (1, 45)),
    "volumes.image": _lacks("its API knows it from 1.48 on", (1, 48)),
    "volumes.image.subpath": _lacks("its API knows it from 1.48 on", (1, 48)),
    "volumes.anonymous_selinux": _lacks(_AS_Z),
    "volumes.selinux_beside": _lacks("its API cannot say it beside volume.labels and volume.subpath: it is labelled as with z"),
    "volumes.recursive.readonly": _lacks("its API knows it from 1.44 on", (1, 44)),
    "volumes.recursive.selinux": _NOT_TOGETHER,
    "tmpfs.podman": _lacks("only podman knows it"),
    "tmpfs.unknown": _NO_OPTION,
    **{f"security_opt.{key}": _lacks("only podman knows it") for key in ("mask", "unmask", "proc-opts")},
}
_DROPS = "its API drops it"
_PODMAN: Mapping[str, Rule] = {
    "init.shared_pid": _SHARED_PID,
    **dict.fromkeys(("cpu_count", "cpu_percent", "credential_spec", "isolation", "volumes.npipe"), _WINDOWS),
    "volumes.cluster": _lacks("only a swarm has it"),
    "domainname": _lacks(_DROPS),
    "sysctls.domainname": _lacks("it sets no domain name, and its API refuses this parameter"),
    "labels.names": _lacks("its API parts a label at its first =, and takes none without a name"),
    "stop_signal.number": _lacks("it knows the signals 1 to 64"),
    "dns.names": _lacks("its API takes addresses only"),
    "networks.aliases": _lacks("its name server parts names at blanks and commas"),
    "dns": Rule(Support.PARTIAL, "up to 4.3 its containers ask these servers alone, and find no service by its name"),
    "extra_hosts.host-gateway": Rule(Support.EMULATED, "the address is looked up before: its API would take the word"),
    "env_unset": _lacks("its API cannot take a variable of the image away"),
    "cgroup": _lacks("its API drops it: the engine's configuration decides"),
    "memswap_limit.unlimited": _lacks("its API makes it twice the memory"),
    "blkio_config.weight": Rule(Support.PARTIAL, "where the kernel cannot weigh it is dropped without a word"),
    "annotations": _lacks(_DROPS),
    "mac_address": _lacks("its API takes one only for a network of the user's own"),
    "gpus": _lacks("its API drops device requests"),
    "cdi_devices": _lacks("its API drops device requests"),
    "device_cgroup_rules": _lacks(_DROPS),
    "runtime": _lacks("its API drops the choice of a runtime"),
    "logging.driver": _lacks("it has json-file, k8s-file, journald, passthrough and none"),
    "logging.options": _lacks("its drivers know max-size, path and, journald alone, tag"),
    "links": Rule(Support.EMULATED, "the linked service gets the alias on the networks that both join"),
    "links.default_network": _lacks("its API refuses links, and its default network has no names"),
    "links.external": _lacks("its API refuses links to containers that are not of the project"),
    "healthcheck.start_interval": _lacks("its API does not know it"),
    "healthcheck.inherited": _lacks("its API drops a health check without a test: the image's own stays as it is"),
    "expose.sctp": _lacks("it exposes TCP and UDP only"),
    "ports.ipv6": Rule(Support.PARTIAL, "it is reached where the container's network has IPv6, and by ::1 it is not"),
    "ports.range": Rule(Support.PARTIAL, "its API cannot choose: replica N takes the Nth port of the range"),
    "networks.link_local_ips": _lacks(_DROPS),
    "networks.driver_opts": _lacks(_DROPS),
    "networks.interface_name": _lacks(_DROPS),
    "networks.gw_priority": _lacks(_DROPS),
    "volumes.subpath": _lacks(_DROPS),
    "volumes.image.subpath": _lacks(_DROPS),
    "volumes.labels": _lacks(_DROPS),
    "volumes.anonymous_nocopy": _lacks(_DROPS),
    "volumes.anonymous_selinux": _lacks(_AS_Z),
    "volumes.recursive.readonly": _lacks(_DROPS),
    "volumes.recursive.selinux": _NOT_TOGETHER,
    "tmpfs.options": _lacks("its API does not know it"),
    "tmpfs.unknown": _NO_OPTION,
    "tmpfs.owner": _lacks("it makes root or the container's own user the owner: write both by number, in user and here"),
    "tmpfs.group": Rule(Support.PARTIAL, "the owner's group is the container's user's: write both by number, in user and here"),
    "volumes.create_host_path": Rule(
        Support.EMULATED, "its API creates a missing source: the source is looked for before, on this machine"
    ),
}
_RULES: Mapping[str, Mapping[str, Rule]] = {"docker": _DOCKER, "podman": _PODMAN}


def service_capabilities(flavour: Flavour, api: ApiVersion | None = None) -> Capabilities:
    """What an engine declares of the members of a ServiceSpec; without ``api`` what depends on it is partial."""
    found: dict[str, Capability] = {}
    for name, rule in _RULES[flavour].items():
        if api is None and rule.since is not None:
            found[PREFIX + name] = Capability(Support.PARTIAL, rule.reason)
        elif api is None or rule.since is None or api < rule.since:
            found[PREFIX + name] = Capability(rule.support, rule.reason)
    return Capabilities(found)
