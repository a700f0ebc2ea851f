"""What podman lacks of what can be asked of it, and from which release of its own on it has it.

Tried on podman 4.3, 5.4 and 5.8 (their compatible API): each member was sent and looked for in the engine's document, in the
container's cgroup, namespaces, mounts and environment. What is not listed is native. A release is the first that was tried.
"""

from __future__ import annotations

from collections.abc import Mapping

from perry_ffi.backends.contract.capability import Support
from perry_ffi.backends.engine_api.drivers.common_rules import AS_Z, COMMON, ROOTLESS, ROOTLESS_V1
from perry_ffi.backends.rules.network_options import PODMAN as NETWORK_OPTIONS
from perry_ffi.backends.rules.rule import Rule, Rules, below, each, emulated, lacks, partly

_DROPS = "its API drops it"
_DROPS_THEM = "its API drops them"
_LOG_DRIVERS: dict[str, tuple[str, ...]] = dict.fromkeys(("json-file", "k8s-file", "journald", "none", "passthrough"), ())
_LOG_OPTIONS: dict[str, tuple[str, ...]] = {"max-size": (), "path": (), "tag": ("journald",)}

_HOST_NAME = Rule(
    Support.UNSUPPORTED, "from 5.0 on and before 5.8 its name server ends at a host name with a blank or a comma, for its whole network",
    since=(5, 8), until=(5, 0),
)  # fmt: skip

_LABELS = lacks("its API parts a label at its first =, and takes none without a name")

_SERVICE: Rules = {
    "hostname.parts": _HOST_NAME,
    "domainname": lacks(_DROPS),
    "sysctls.domainname": lacks("it sets no domain name, and its API refuses this parameter"),
    "labels.names": _LABELS,
    "stop_signal.number": lacks("it knows the signals 1 to 64"),
    "dns.names": lacks("its API takes addresses only"),
    "networks.aliases": lacks("its name server parts names at blanks and commas"),
    "dns": partly("up to 4.3 its containers ask these servers alone, and find no service by its name", (4, 4)),
    "extra_hosts.host-gateway": emulated("the address is looked up before: its API would take the word"),
    "cgroup": lacks("its API drops it before 5.8: the engine's configuration decides", (5, 8)),
    "memswap_limit.unlimited": lacks("its API makes it twice the memory"),
    "blkio_config.weight": partly("where the kernel cannot weigh it is dropped without a word"),
    "annotations": lacks("its API drops them before 5.4", (5, 4)),
    "mac_address": lacks("its API takes one only for a network of the user's own"),
    "gpus": lacks("its API drops device requests"),
    "cdi_devices": lacks("its API drops device requests before 5.4", (5, 4)),
    "device_cgroup_rules": lacks("its API drops them before 5.4", (5, 4)),
    "runtime": lacks("its API drops the choice of a runtime"),
    "logging.driver": lacks("it has json-file, k8s-file, journald, passthrough and none", knows=_LOG_DRIVERS),
    "logging.options": lacks("its drivers know max-size, path and, journald alone, tag", knows=_LOG_OPTIONS),
    "links": emulated("the linked service gets the alias on the networks that both join"),
    "links.default_network": lacks("its API refuses links, and its default network has no names"),
    "links.external": lacks("its API refuses links to containers that are not of the project"),
    "healthcheck.start_interval": lacks("its API does not know it"),
    "healthcheck.inherited": lacks("its API drops a health check without a test: the image's own stays as it is"),
    "expose.sctp": lacks("before 5.4 it exposes TCP and UDP only", (5, 4)),
    "ports.ipv6": partly("it is reached where the container's network has IPv6, and by ::1 it is not"),
    "ports.range": partly("its API cannot choose: replica N takes the Nth port of the range"),
    "networks.link_local_ips": lacks(_DROPS),
    "networks.driver_opts": lacks(_DROPS),
    "networks.interface_name": lacks(_DROPS),
    "networks.gw_priority": lacks(_DROPS),
    "volumes.subpath": lacks(_DROPS),
    "volumes.image.subpath": lacks(_DROPS),
    "volumes.labels": lacks(_DROPS),
    "volumes.anonymous_nocopy": lacks(_DROPS),
    "volumes.anonymous_selinux": lacks(AS_Z),
    "volumes.recursive.readonly": lacks(_DROPS),
    "tmpfs.options": lacks("its API does not know it"),
    "tmpfs.owner": lacks("it makes root or the container's own user the owner: write both by number, in user and here"),
    "tmpfs.group": partly("the owner's group is the container's user's: write both by number, in user and here"),
    "volumes.create_host_path": emulated("its API creates a missing source: the source is looked for before, on this machine"),
    "pull_policy.period": lacks("its API does not tell when an image was pulled: it is pulled where it is missing"),
}
_CONTAINER: Rules = {
    "hostname.parts": _HOST_NAME,
    "labels.names": _LABELS,
    "gpus": lacks("its API ignores device requests"),
    "runtime": lacks("its API ignores the choice of a runtime"),
    "platform": emulated("its API takes any image that is there: the image's platform is compared first"),
    "healthcheck": emulated("without systemd nothing runs the checks: whoever waits for health runs them"),
    "healthcheck.start_interval": lacks("its API does not know it"),
    "ports.range": lacks("its API cannot choose a port from {}"),
    "volumes.create_host_path": lacks("its API always creates a missing source"),
    "volumes.subpath": lacks("its API does not know it"),
    "volumes.nocopy": lacks(_DROPS),
    "volumes.labels": lacks(_DROPS),
    "networks.link_local_ips": lacks(_DROPS),
    "networks.driver_opts": lacks(_DROPS),
    "networks.aliases": lacks("its name server parts names at blanks and commas"),
    "healthcheck.untested": lacks("its API drops a health check without a test"),
    "tmpfs.options": lacks("its API does not know it"),
    "tmpfs.owner": lacks("it makes root or the container's own user the owner, by their numbers"),
    "dns.names": lacks("its API takes addresses only"),
    "ulimits": emulated("its API takes a list in place of all defaults: nofile and nproc are added to it"),
}
_ULIMITS = lacks("its API drops them of an engine without root before 5.8", (5, 8))
_LIMITS = lacks("an engine without root drops it on cgroups of version 1")
CONDITIONS: Mapping[str, Rules] = {
    ROOTLESS: {"ServiceSpec.rootless.ulimits": _ULIMITS, "ContainerSpec.rootless.ulimits": _ULIMITS},
    ROOTLESS_V1: {"ServiceSpec.rootless.limits": _LIMITS, "ContainerSpec.rootless.limits": _LIMITS},
}
"""What it lacks besides, by what it runs under."""
RULES: Rules = {
    **COMMON,
    **below("ServiceSpec", _SERVICE),
    **below("ContainerSpec", _CONTAINER),
    "BuildSpec.ssh": lacks("its API takes no ssh agent"),
    "BuildSpec.network": lacks(
        "its API builds on the host's network whatever it is told; only host is taken",
        alone="its API builds on the host's network whatever it is told",
    ),
    "NetworkSpec.names": lacks("its networks have names of letters, digits and _.- that begin with a letter or digit"),
    "NetworkSpec.attachable": lacks("it has no swarm networks"),
    "NetworkSpec.enable_ipv4": partly("it cannot be turned off", alone="its API always gives IPv4 addresses"),
    "NetworkSpec.driver_opts": partly(
        "its API knows mtu, the bridge's name, parent and mode", knows=dict.fromkeys(NETWORK_OPTIONS, ()), alone=_DROPS
    ),
    "NetworkSpec.ipam.driver": partly(
        "default and host-local", knows={"default": (), "host-local": ()}, alone="its API drops {}"
    ),
    "NetworkSpec.ipam.options": lacks(_DROPS_THEM),
    "NetworkSpec.ipam.aux_addresses": lacks(_DROPS_THEM),
    "VolumeSpec.driver_opts.noexec": lacks("its containers may run what is on the volume, noexec or not"),
    **each((f"{spec}.labels.names" for spec in ("NetworkSpec", "VolumeSpec", "BuildSpec")), _LABELS),
}
