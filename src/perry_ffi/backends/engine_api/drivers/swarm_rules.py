"""What docker lacks of a service that a swarm keeps, and of the networks and volumes of such services.

What is not listed is native. A single container and a build are the engine's own, as ``docker_rules`` has them: they are of the node
that is asked. What no engine of many machines can be told is ``rules.many_machines``.
"""

from __future__ import annotations

from perry_ffi.backends.engine_api.drivers import docker_rules
from perry_ffi.backends.rules import one_machine
from perry_ffi.backends.rules.many_machines import MANY_MACHINES
from perry_ffi.backends.rules.rule import Rules, below, each, emulated, forbids, lacks, partly

_UNKNOWN = "its services do not know it"
_ISOLATES = "its services do not know it, and the container would be kept apart otherwise than the file says: set it in the daemon of each node"
_HOST = "its services do not know it: give the node a generic resource, or run the container by itself on the machine that has it"
_CGROUPS = "its services know cpus, memory and processes alone: use deploy.resources"

_SERVICE: Rules = {
    "privileged": forbids("its services are never privileged: grant what is needed by cap_add"),
    **each(("devices", "gpus", "cdi_devices", "device_cgroup_rules"), forbids(_HOST)),
    **each(("security_opt", "userns_mode.any", "cgroup.any", "ipc.any", "runtime"), forbids(_ISOLATES)),
    **each(
        (
            "cpu_shares", "cpu_quota", "cpu_period", "cpu_rt_period", "cpu_rt_runtime", "cpuset", "mem_swappiness",
            "memswap_limit", "oom_kill_disable", "blkio_config",
        ),
        lacks(_CGROUPS),
    ),
    "oom_score_adj": lacks("its services know it from API 1.46 on", (1, 46)),
    **each(("domainname", "annotations", "storage_opt.any"), lacks(_UNKNOWN)),
    **each(("volumes.subpath", "volumes.image", "volumes.image.subpath", "volumes.recursive.readonly"), forbids(_UNKNOWN)),
    "volumes.cluster": forbids("it needs a driver of the Container Storage Interface, and no such volume is made here"),
    "entrypoint.alone": forbids("without an entrypoint its services do not run the image's command: write the command"),
    "deploy.mode.jobs": emulated(
        "a service whose tasks end: the engine's own jobs run anew after each change of its leader, and take no update"
    ),
}  # fmt: skip
_NETWORK: Rules = {
    "ipam.aux_addresses": lacks("its API drops them for an overlay: give it an ip_range without them"),
    "driver.local": partly("a network of services is an overlay"),
    "driver_opts": lacks(
        "an overlay does not know it", knows={"com.docker.network.driver.mtu": (), "encrypted": ()}
    ),
}  # fmt: skip
_DROPPED = (
    f"{one_machine.PREFIX}.", "ServiceSpec.userns_mode.", "ServiceSpec.security_opt.", "NetworkSpec.driver_opts.",
    "ServiceSpec.networks.", "ServiceSpec.storage_opt", "ServiceSpec.volumes.anonymous_selinux", "ServiceSpec.volumes.selinux_beside",
)  # fmt: skip
"""What docker lacks in containers of its own, and a service either has or is said of anew."""

RULES: Rules = {
    **{name: rule for name, rule in docker_rules.RULES.items() if not name.startswith(_DROPPED)},
    **MANY_MACHINES,
    **below("ServiceSpec", _SERVICE),
    **below("NetworkSpec", _NETWORK),
}
