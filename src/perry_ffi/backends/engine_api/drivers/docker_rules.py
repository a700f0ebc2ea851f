"""What docker lacks of what can be asked of it, and from which API on it has it.

Tried on dockerd 20.10 (API 1.41), 26.1 (1.45), 28.5 (1.51) and 29 (1.56): each member was sent and looked for in the engine's
document, in the container's cgroup, namespaces, mounts and environment. What is not listed is native.
"""

from __future__ import annotations

from collections.abc import Mapping

from perry_ffi.backends.engine_api.drivers.common_rules import AS_Z, COMMON, NO_CGROUPS, ROOTLESS, SECURITY_OPTIONS
from perry_ffi.backends.rules.rule import Rules, below, each, lacks, lost, partly, spoiled

_ADDRESSES = "from API 1.45 on it takes addresses only"
_PODMAN_S = lacks("only podman knows it")

_SERVICE: Rules = {
    "userns_mode.kept": lacks("its daemon maps the users of all containers alike, and drops it"),
    "userns_mode.own": lacks("its daemon maps the users of all containers alike, and drops it"),
    "dns.words": lost(_ADDRESSES, (1, 45)),
    "storage_opt": spoiled("from API 1.52 on its usual store of images, containerd's, takes it and bounds nothing", (1, 52)),
    "annotations": lacks("its API knows them from 1.43 on", (1, 43)),
    "cdi_devices": lacks("its API knows them from 1.44 on", (1, 44)),
    "healthcheck.start_interval": lacks("its API knows it from 1.44 on", (1, 44)),
    "networks.mac_address": lacks("below API 1.44 only the first network takes one", (1, 44)),
    "networks.gw_priority": lacks("its API knows it from 1.48 on", (1, 48)),
    "networks.interface_name": lacks("its API knows it from 1.49 on", (1, 49)),
    "volumes.subpath": lacks("its API knows it from 1.45 on", (1, 45)),
    "volumes.image": lacks("its API knows it from 1.48 on", (1, 48)),
    "volumes.image.subpath": lacks("its API knows it from 1.48 on", (1, 48)),
    "volumes.anonymous_selinux": lacks(AS_Z),
    "volumes.selinux_beside": lacks("its API cannot say it beside volume.labels and volume.subpath: it is labelled as with z"),
    "volumes.recursive.readonly": lacks("its API knows it from 1.44 on", (1, 44)),
    "tmpfs.podman": lacks("only podman knows it"),
    **each((f"security_opt.{key}" for key in SECURITY_OPTIONS), _PODMAN_S),
}
_CONTAINER: Rules = {
    "dns.words": lost(_ADDRESSES, (1, 45)),
    "volumes.subpath": lacks("its API does not know it", (1, 45)),
    "healthcheck.start_interval": lacks("its API does not know it", (1, 44)),
    "networks.mac_address": lacks("its API sets one only on the first network", (1, 44)),
    **each((f"security_opt.{key}" for key in SECURITY_OPTIONS), _PODMAN_S),
    "tmpfs.podman": lacks("its API does not know it"),
    "volumes.create_host_path.selinux": lacks("its API cannot say it together with selinux"),
    "volumes.selinux": lacks("its API cannot say Z of such a volume"),
}
_NO_CGROUPS = lacks("an engine without root has no control groups here, and drops it (version 2 with systemd gives it some)")
CONDITIONS: Mapping[str, Rules] = {
    ROOTLESS: {"ServiceSpec.rootless.oom_score_adj": lacks("an engine without root takes none below its own, and makes it that")},
    NO_CGROUPS: dict.fromkeys(
        (
            "ServiceSpec.rootless.limits", "ServiceSpec.rootless.cgroup_parent", "ServiceSpec.device_cgroup_rules",
            "ContainerSpec.rootless.limits",
        ),
        _NO_CGROUPS,
    ),
}  # fmt: skip
"""What it lacks besides, by what it runs under: seen on one without root."""
RULES: Rules = {
    **COMMON,
    **below("ServiceSpec", _SERVICE),
    **below("ContainerSpec", _CONTAINER),
    "BuildSpec.platform": partly("a base image that is there already is taken whatever its platform is"),
    "NetworkSpec.enable_ipv4": lacks(
        "from API 1.48 on it can be turned off", (1, 48), alone="its API always gives IPv4 addresses"
    ),
    "NetworkSpec.driver_opts.gateway_mode": lacks("its API knows it from 1.46 on", (1, 46)),
}
