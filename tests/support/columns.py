"""The columns of ``docs/attributes.md`` that are written from rules: those of engines that are driven by their programs.

The columns of docker and podman are somebody's words, which tests hold to the rules; what these two declare is more, and goes by
its word alone. Why it is so, ``docs/attributes-engines.md`` says by the name of the capability.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from perry_ffi.backends.contract.capability import Support
from perry_ffi.backends.rules.build import BUILD_DOCUMENT, BUILD_LABELS
from perry_ffi.backends.rules.cluster import CLUSTER_DOCUMENT
from perry_ffi.backends.rules.deploy import DEPLOY, PULL_PERIOD
from perry_ffi.backends.rules.member import Valued
from perry_ffi.backends.rules.network import NETWORK, NETWORK_NAME
from perry_ffi.backends.rules.rule import Rule
from perry_ffi.backends.rules.service import SERVICE
from perry_ffi.backends.rules.volume import VOLUME
from tests.support import declared

WRITTEN = ("nerdctl", "apple/container", "swarm")
SECTIONS = {"ServiceSpec": "services", "NetworkSpec": "networks", "VolumeSpec": "volumes", "BuildSpec": "builds"}
MEMBERS: Mapping[str, object] = {
    **SERVICE, **DEPLOY, **PULL_PERIOD, **NETWORK, **NETWORK_NAME, **VOLUME, **BUILD_DOCUMENT, **BUILD_LABELS, **CLUSTER_DOCUMENT,
}  # fmt: skip
_SHARED = "services.network_mode.host", "services.network_mode.service:", "services.network_mode.container:"
_ADDRESSES = "services.networks.ipv4_address", "services.networks.ipv6_address"
_BLKIO = tuple(
    f"services.blkio_config.{name}"
    for name in ("device_read_bps", "device_write_bps", "device_read_iops", "device_write_iops", "weight_device", "weight")
)
_JOBS = "services.deploy.mode.replicated-job", "services.deploy.mode.global-job"
_LIMITS, _RESERVED = "services.deploy.resources.limits", "services.deploy.resources.reservations"
ROWS: Mapping[str, tuple[str, ...]] = {
    "BuildSpec.additional_contexts": tuple(
        f"builds.additional_contexts.{kind}" for kind in ("a directory", "docker-image://", "service:")
    ),
    "BuildSpec.attestations.provenance": ("builds.provenance",),
    "BuildSpec.attestations.sbom": ("builds.sbom",),
    "BuildSpec.platform": ("builds.one platform",),
    "BuildSpec.platforms.several": ("builds.platforms",),
    "BuildSpec.ssh": ("builds.ssh.default", "builds.ssh.the socket of an agent"),
    "NetworkSpec.driver_opts": ("networks.driver_opts.any other",),
    "NetworkSpec.enable_ipv4": ("networks.enable_ipv4.false",),
    "NetworkSpec.ipam.aux_addresses": ("networks.ipam.config.aux_addresses",),
    "VolumeSpec.driver_opts": ("volumes.driver_opts", "volumes.driver_opts.o.noexec"),
    "VolumeSpec.driver_opts.noexec": ("volumes.driver_opts.o.noexec",),
    "ServiceSpec.blkio_config": _BLKIO,
    "ServiceSpec.cdi_devices": ("services.devices by CDI name",),
    "ServiceSpec.cgroup.any": ("services.cgroup", "services.cgroup_parent"),
    "ServiceSpec.deploy.mode": ("services.deploy.mode.global", *_JOBS),
    "ServiceSpec.deploy.mode.jobs": _JOBS,
    "ServiceSpec.dns": ("services.dns.addresses without a zone",),
    "ServiceSpec.dns.names": ("services.dns.addresses with a zone", "services.dns.words"),
    "ServiceSpec.expose.any": ("services.expose",),
    "ServiceSpec.env_unset": ("services.environment without a value",),
    "ServiceSpec.extra_hosts": ("services.extra_hosts", "services.extra_hosts.host-gateway"),
    "ServiceSpec.gpus": ("services.gpus", f"{_RESERVED}.devices"),
    "ServiceSpec.healthcheck.inherited": ("services.healthcheck.test",),
    "ServiceSpec.init.shared_pid": ("services.init with a pid that is shared",),
    "ServiceSpec.ipc.any": tuple(f"services.ipc.{name}" for name in ("host", "private", "shareable", "none", "service:")),
    "ServiceSpec.ipc.shared": ("services.ipc.host", "services.ipc.service:"),
    "ServiceSpec.isolation": ("services.isolation.other than default",),
    "ServiceSpec.links.default_network": ("services.links",),
    "ServiceSpec.links.external": ("services.external_links",),
    "ServiceSpec.logging": ("services.logging.driver", "services.logging.options"),
    "ServiceSpec.mem_reservation": ("services.mem_reservation", f"{_RESERVED}.memory"),
    "ServiceSpec.memswap_limit.unlimited": ("services.memswap_limit.-1",),
    "ServiceSpec.network.mode": tuple(f"services.network_mode.{name}" for name in ("none", "bridge", "service:", "container:")),
    "ServiceSpec.network.shared": _SHARED,
    "ServiceSpec.networks.addresses": _ADDRESSES,
    "ServiceSpec.networks.mac_addresses": ("services.networks.mac_address", "services.mac_address"),
    "ServiceSpec.networks.names": ("services.networks.aliases",),
    "ServiceSpec.no_new_privileges": ("services.security_opt.no-new-privileges",),
    "ServiceSpec.pid.shared": ("services.pid.host", "services.pid.service:", "services.pid.container:"),
    "ServiceSpec.pids_limit": ("services.pids_limit", f"{_LIMITS}.pids"),
    "ServiceSpec.ports.host_ip": ("services.ports.host_ip", "services.ports.host_ip of IPv6"),
    "ServiceSpec.ports.ipv6": ("services.ports.host_ip of IPv6",),
    "ServiceSpec.ports.range": ("services.ports.several host ports for one of the container",),
    "ServiceSpec.pull_policy.period": tuple(f"services.pull_policy.{word}" for word in ("daily", "weekly", "every_...")),
    "ServiceSpec.restart.any": ("services.restart", "services.deploy.restart_policy.condition"),
    "ServiceSpec.seccomp": ("services.security_opt.seccomp",),
    "ServiceSpec.security_opt": tuple(
        f"services.security_opt.{name}"
        for name in ("apparmor", "label", "systempaths", "mask", "unmask", "proc-opts", "any other")
    ),
    "ServiceSpec.storage_opt.any": ("services.storage_opt",),
    "ServiceSpec.sysctls.domainname": ("services.sysctls",),
    "ServiceSpec.tmpfs.group": ("services.tmpfs.gid",),
    "ServiceSpec.tmpfs.mounted": tuple(f"services.tmpfs.{name}" for name in ("exec", "suid", "dev", "propagation", "uid", "gid")),
    "ServiceSpec.tmpfs.options": tuple(
        f"services.tmpfs.{name}"
        for name in ("nr_inodes", "nr_blocks", "mpol", "sync", "dirsync", "noatime", "nodiratime", "strictatime", "mand")
    ),
    "ServiceSpec.tmpfs.owner": ("services.tmpfs.uid", "services.tmpfs.gid"),
    "ServiceSpec.tmpfs.podman": ("services.tmpfs.U", "services.tmpfs.tmpcopyup"),
    "ServiceSpec.tmpfs.unknown": ("services.tmpfs.any other option",),
    "ServiceSpec.userns_mode.any": tuple(f"services.userns_mode.{name}" for name in ("host", "keep-id", "nomap", "any other")),
    "ServiceSpec.userns_mode.kept": ("services.userns_mode.keep-id", "services.userns_mode.nomap"),
    "ServiceSpec.userns_mode.own": ("services.userns_mode.any other",),
    "ServiceSpec.userns_mode.shared": ("services.userns_mode.host",),
    "ServiceSpec.uts.shared": ("services.uts",),
    "ServiceSpec.volumes.anonymous_nocopy": ("services.volumes.nocopy of an anonymous volume",),
    "ServiceSpec.volumes.anonymous_selinux": ("services.volumes.bind.selinux of a volume",),
    "ServiceSpec.volumes.create_host_path": ("services.volumes.bind.create_host_path",),
    "ServiceSpec.volumes.kept_empty": ("services.volumes.nocopy", "services.volumes.nocopy of an anonymous volume"),
    "ServiceSpec.volumes.labels": ("services.volumes.volume.labels",),
    "ServiceSpec.volumes.recursive": ("services.volumes.bind.recursive.disabled", "services.volumes.bind.recursive.readonly"),
    "ServiceSpec.volumes.recursive.readonly": ("services.volumes.bind.recursive.readonly",),
    "ServiceSpec.volumes.recursive.selinux": ("services.volumes.bind.recursive with selinux",),
    "ServiceSpec.volumes.relabelled": ("services.volumes.selinux", "services.volumes.bind.selinux of a volume"),
    "ServiceSpec.volumes.selinux_beside": ("services.volumes.bind.selinux of a volume",),
    "ServiceSpec.volumes.subpath": ("services.volumes.volume.subpath",),
    "ServiceSpec.volumes_from.any": ("services.volumes_from",),
}
"""The rows that a capability is the whole of, where it is called otherwise there."""


class Part(NamedTuple):
    """What a capability is of a row, in words that follow the word of what becomes of it."""

    rows: tuple[str, ...]
    words: str


PARTS: Mapping[str, Part] = {
    "BuildSpec.labels.names": Part(("builds.labels",), "a label of a name that it cannot have"),
    "NetworkSpec.driver": Part(("networks.driver",), "a `driver` but `bridge`"),
    "NetworkSpec.labels.keys": Part(("networks.labels",), "a name of other signs"),
    "NetworkSpec.labels.names": Part(("networks.labels",), "a name that it cannot have"),
    "NetworkSpec.names": Part(("networks.name",), "a name that it cannot have"),
    "VolumeSpec.driver": Part(("volumes.driver",), "a `driver` but `local`"),
    "VolumeSpec.labels.names": Part(("volumes.labels",), "a name that it cannot have"),
    "ServiceSpec.cpus.part": Part(("services.cpus", f"{_LIMITS}.cpus"), "a part of a processor"),
    "ServiceSpec.expose.sctp": Part(("services.expose",), "SCTP"),
    "ServiceSpec.hostname.parts": Part(("services.hostname",), "one with a blank or a comma"),
    "ServiceSpec.labels.names": Part(("services.labels",), "a name that it cannot have"),
    "ServiceSpec.memory.least": Part(("services.mem_limit", f"{_LIMITS}.memory"), "less than 200 MiB"),
    "ServiceSpec.networks.alias_names": Part(("services.networks.aliases",), "more than one name beside the container's own"),
    "ServiceSpec.networks.aliases": Part(("services.networks.aliases",), "one with a blank"),
    "ServiceSpec.networks.several_addresses": Part(_ADDRESSES, "an address of a container on several networks"),
    "ServiceSpec.ports.first": Part(("services.ports.tcp",), "port 1"),
    "ServiceSpec.volumes.bound": Part(("services.volumes.bind",), "the path has to be on each node"),
    "ServiceSpec.deploy.replicas.everywhere": Part(("services.deploy.replicas",), "with a mode of `global`"),
    "ServiceSpec.entrypoint.alone": Part(("services.entrypoint",), "`[]` without a command"),
    "ServiceSpec.volumes.local": Part(("services.volumes.volume",), "each node has one of its own"),
    "NetworkSpec.driver.local": Part(("networks.driver",), "`bridge` is an overlay, another is refused"),
    "ServiceSpec.stop_signal.number": Part(("services.stop_signal",), "a number beyond 64"),
}
_MAC = "partial: on the first network; on others warned"
OTHERWISE: Mapping[tuple[str, str], str] = {
    ("services.build", "nerdctl"): "see Builds",
    ("services.build", "apple/container"): "see Builds",
    ("services.platform", "nerdctl"): "emulated: the image's platform is compared",
    ("services.networks.mac_address", "nerdctl"): _MAC,
    ("services.configs", "nerdctl"): "yes, see below",
    ("services.healthcheck", "nerdctl"): "emulated where no systemd has the probes run: the library does",
    ("services.healthcheck", "apple/container"): "emulated: the library has the probes run",
    ("services.init with a pid that is shared", "apple/container"): "refused: `pid`",
    ("services.deploy.restart_policy.max_attempts", "nerdctl"): "partial: with `on-failure`, else warned",
    ("services.deploy.restart_policy.max_attempts", "apple/container"): "partial: with `on-failure`, else warned",
    ("services.tmpfs", "apple/container"): "partial: size and mode",
    ("services.configs", "apple/container"): "refused where they are copied, see below",
    ("services.use_api_socket", "nerdctl"): "refused: it has no such API",
    ("services.use_api_socket", "apple/container"): "refused: it has no such API",
    ("networks.driver_opts.mtu", "nerdctl"): "yes; `bridge.name` warned",
    ("networks.driver_opts.mtu", "apple/container"): "warned",
    ("networks.driver_opts.parent", "apple/container"): "warned",
    ("networks.driver_opts.enable_icc", "nerdctl"): "refused, unless they say the default",
    ("networks.driver_opts.enable_icc", "apple/container"): "refused, unless they say the default",
    ("networks.driver_opts.gateway_mode", "nerdctl"): "refused, unless it says the default",
    ("networks.driver_opts.gateway_mode", "apple/container"): "refused, unless it says the default",
    ("networks.driver_opts.encrypted", "nerdctl"): "refused",
    ("networks.driver_opts.encrypted", "apple/container"): "refused",
    ("networks.driver_opts.any other", "nerdctl"): "warned",
    ("configs and secrets.file", "apple/container"): "refused where they are copied: it takes no files before a start",
    ("configs and secrets.uid", "apple/container"): "refused",
    ("services.deploy.mode.global", "swarm"): "yes",
    ("services.deploy.endpoint_mode", "swarm"): "yes",
    ("services.deploy.update_config.failure_action", "swarm"): "yes",
    ("services.deploy.restart_policy.max_attempts", "swarm"): "yes",
    ("services.deploy.restart_policy.delay", "swarm"): "yes",
    ("services.deploy.resources.reservations.cpus", "swarm"): "yes",
    ("services.security_opt.no-new-privileges", "swarm"): "refused",
    ("services.memswap_limit.-1", "swarm"): "warned",
    ("services.init with a pid that is shared", "swarm"): "refused: `pid`",
    ("services.volumes.bind.create_host_path", "swarm"): "partial: nothing is made on a node, the path has to be there",
    ("networks.driver_opts.mtu", "swarm"): "yes; `bridge.name` warned",
    ("networks.driver_opts.parent", "swarm"): "warned",
    ("networks.driver_opts.enable_icc", "swarm"): "refused, unless they say the default",
    ("networks.driver_opts.gateway_mode", "swarm"): "refused, unless it says the default",
    ("networks.driver_opts.encrypted", "swarm"): "yes",
    ("networks.driver_opts.any other", "swarm"): "warned",
    ("configs and secrets.external", "swarm"): "yes: `external`; refused: `driver`, `driver_opts`, `template_driver`",
}
"""Cells, by the first attribute of their row, that rules do not say, or say for other rows at once."""


def places(name: str) -> tuple[str, ...]:
    """The rows that the capability ``name`` is of, or is a part of; none for one that no project asks for."""
    spec, _, member = name.partition(".")
    if spec not in SECTIONS:
        return ()
    return PARTS[name].rows if name in PARTS else ROWS.get(name, (f"{SECTIONS[spec]}.{member}",))


def word(name: str, rule: Rule) -> str:
    """What becomes of a member in a project."""
    if rule.support is not Support.UNSUPPORTED:
        return rule.support.value
    member = MEMBERS.get(name)
    if isinstance(member, Valued):
        return "partial" if rule.knows else "warned"
    return "warned" if getattr(member, "without", True) and not rule.refused else "refused"


def cell(idents: list[str], names: list[str], said: Mapping[str, str], engine: str) -> str:
    """A cell of ``engine``. idents: the row's attributes, names: as the row calls them; said: the first words of the columns of
    docker and podman.
    """
    if found := OTHERWISE.get((idents[0], engine)):
        return found
    found = sorted(declared.FAMILIES[engine].items(), key=lambda item: _STRENGTH.index(word(*item)))
    whole = {ident: _said(name, rule) for name, rule in found if name not in PARTS for ident in places(name)}
    words = [whole.get(ident, _without_rules(said)) for ident in idents]
    parts = {_said(name, rule): ident for name, rule in found if name in PARTS for ident in places(name) if ident in idents}
    rest = [text for text, ident in parts.items() if text.partition(":")[0] != whole.get(ident)]
    return "; ".join([*_grouped(names, words), *rest])


_STRENGTH = ("native", "emulated", "partial", "warned", "refused")


def _said(name: str, rule: Rule) -> str:
    becomes = word(name, rule) + declared.when(rule)
    more = PARTS[name].words if name in PARTS else ", ".join(rule.knows) if word(name, rule) == "partial" else ""
    return f"{becomes}: {more}" if more else becomes


def _without_rules(said: Mapping[str, str]) -> str:
    """What neither docker nor podman does is no engine's to do, and so is what the library does; all else is done."""
    docker, podman = said["docker"], said["podman"]
    return docker if docker in ("–", "see") or (docker == podman and docker != "emulated") else "yes"


def _grouped(names: list[str], words: list[str]) -> list[str]:
    """One word for all, else the commonest, and the others with their names."""
    groups: dict[str, list[str]] = {}
    for name, text in zip(names, words, strict=True):
        groups.setdefault(text, []).append(name)
    first = max(groups, key=lambda text: (len(groups[text]), text == "yes"))
    last = {name: name.rpartition(".")[2] or name for name in names}
    others = (f"{text}: {', '.join(f'`{last[name]}`' for name in found)}" for text, found in groups.items() if text != first)
    return [first, *others]
