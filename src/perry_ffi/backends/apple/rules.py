"""What apple/container lacks of what can be asked of it, with the reason for each.

Read in the sources of release 1.2; nothing was tried on a Mac (docs/apple.md says what that leaves open). What is not listed is
native.
"""

from __future__ import annotations

from perry_ffi.backends.rules.one_machine import ONE_MACHINE
from perry_ffi.backends.rules.programs import UNNAMED_VOLUMES
from perry_ffi.backends.rules.rule import Rules, below, each, emulated, lacks, partly

_NO_OPTION = lacks("it has no option for it")
_MACHINE = lacks("each container has a machine of its own, and shares nothing with another or with this one")
_CGROUP = lacks("a container has the processors and the memory of its machine, and no other limit")
_PRIVILEGE = lacks("it has no option for it: what a process may do is its capabilities, in a machine of its own")
_NAMES = lacks("its networks have names of small letters, digits and ._- that begin and end with a letter or digit, at most 63")
_KEYS = lacks("it takes labels of networks with names of small letters, digits and .-/ only")
_WINDOWS = lacks("only Windows containers have it")

_BOTH: Rules = {
    "privileged": _PRIVILEGE,
    "devices": lacks("no device of this machine is given to another one"),
    "gpus": lacks("no device of this machine is given to another one"),
    "seccomp": _PRIVILEGE,
    "no_new_privileges": _PRIVILEGE,
    "security_opt": _PRIVILEGE,
    "network.shared": _MACHINE,
    "pids_limit": _CGROUP,
    "hostname": lacks("a container's name is its host name"),
    "hostname.parts": lacks("a container's name is its host name"),
    "extra_hosts": emulated("the library writes each container's file of names, a moment after its start"),
    "sysctls": _NO_OPTION,
    "runtime": lacks("it has one runtime"),
    "networks.addresses": lacks("it chooses every address"),
    "networks.link_local_ips": _NO_OPTION,
    "networks.driver_opts": _NO_OPTION,
    "networks.aliases": lacks("a file of names parts them at blanks"),
    "networks.names": emulated("the library writes each container's file of names, a moment after its start"),
    "ports.range": lacks("it does not choose a port from {}"),
    "ports.sctp": lacks("it publishes TCP and UDP only"),
    "ports.first": lacks("it takes no port 1"),
    "volumes.propagation": lacks("nothing that is mounted later is seen in another machine"),
    "volumes.subpath": _NO_OPTION,
    "volumes.labels": _NO_OPTION,
    "volumes.kept_empty": emulated("its volumes are never filled from the image"),
    "volumes.relabelled": lacks("nothing is labelled for SELinux"),
    "tmpfs.unknown": lacks("no engine knows it"),
    "tmpfs.podman": lacks("only podman knows it"),
    "tmpfs.options": lacks("it takes a size and a mode"),
    "tmpfs.owner": lacks("root is the owner"),
    "restart.any": partly("it is started again by this library, as long as the process lives that started it"),
    "cpus.part": partly("a machine has whole processors: a part of one is one"),
    "memory.least": partly("a machine has 200 MiB at least, and gets them"),
    "healthcheck.start_interval": lacks("whoever waits for health looks as often as it likes"),
    "dns.names": lacks("it takes addresses only"),
}
_CONTAINER: Rules = {
    **_BOTH,
    "labels.names": lacks("it parts a label at its first =, and takes none without a name"),
    "healthcheck": emulated("nothing runs the checks: whoever waits for health runs them"),
    "healthcheck.of_the_image": lacks("the check of an image is not looked at"),
    "healthcheck.untested": lacks("the check of an image is not looked at"),
    "volumes.nocopy": emulated("its volumes are never filled from the image"),
}
_SERVICE: Rules = {
    **_BOTH,
    **each(("cpu_count", "cpu_percent", "credential_spec", "isolation", "volumes.npipe"), _WINDOWS),
    **each(("pid.shared", "ipc.shared", "uts.shared", "userns_mode.shared", "userns_mode.kept", "userns_mode.own"), _MACHINE),
    **each(
        (
            "cpu_shares",
            "cpu_quota",
            "cpu_period",
            "cpu_rt_period",
            "cpu_rt_runtime",
            "cpuset",
            "mem_reservation",
            "mem_swappiness",
            "memswap_limit",
            "memswap_limit.unlimited",
            "oom_score_adj",
            "oom_kill_disable",
            "blkio_config",
            "cgroup",
            "cgroup_parent",
            "device_cgroup_rules",
        ),
        _CGROUP,
    ),
    "cdi_devices": lacks("no device of this machine is given to another one"),
    "volumes_from.any": lacks("a volume is of one machine at a time"),
    "domainname": _NO_OPTION,
    "sysctls.domainname": _NO_OPTION,
    "group_add": _NO_OPTION,
    "env_unset": lacks("it takes no variable away that the image has"),
    "stop_signal.number": lacks("it knows the signals 1 to 64"),
    "annotations": _NO_OPTION,
    "storage_opt": _NO_OPTION,
    "logging": lacks("it has one log, of its own form"),
    "logging.driver": lacks("it has one log, of its own form"),
    "logging.options": lacks("it has one log, of its own form"),
    "links": lacks("it links no containers"),
    "links.default_network": lacks("it links no containers"),
    "links.external": lacks("it links no containers"),
    "labels.names": lacks("it takes no label without a name"),
    "networks.interface_name": _NO_OPTION,
    "networks.gw_priority": _NO_OPTION,
    "volumes.image": _NO_OPTION,
    "volumes.cluster": lacks("only a swarm has it"),
    "volumes.image.subpath": _NO_OPTION,
    "volumes.anonymous_nocopy": emulated("its volumes are never filled from the image"),
    "volumes.anonymous_selinux": lacks("nothing is labelled for SELinux"),
    "volumes.selinux_beside": lacks("nothing is labelled for SELinux"),
    "volumes.recursive": _NO_OPTION,
    "volumes.recursive.readonly": _NO_OPTION,
    "healthcheck.inherited": lacks("the check of an image is not looked at"),
    "tmpfs.group": lacks("root is the owner"),
    "expose.sctp": lacks("it publishes TCP and UDP only"),
    "pull_policy.period": lacks("it does not tell when an image was pulled: it is pulled where it is missing"),
}
RULES: Rules = {
    **ONE_MACHINE,
    **below("ServiceSpec", _SERVICE),
    **below("ContainerSpec", _CONTAINER),
    "NetworkSpec.names": _NAMES,
    "NetworkSpec.labels.keys": _KEYS,
    "NetworkSpec.labels.names": _KEYS,
    "NetworkSpec.driver": lacks("it has networks of its own only"),
    "NetworkSpec.driver_opts": lacks("its networks have no options"),
    "NetworkSpec.attachable": lacks("it has no swarm networks"),
    "NetworkSpec.enable_ipv4": lacks("its networks always have IPv4 addresses"),
    "NetworkSpec.ipam.driver": lacks("it hands out the addresses itself"),
    "NetworkSpec.ipam.options": lacks("it hands out the addresses itself"),
    "NetworkSpec.ipam.aux_addresses": lacks("it hands out the addresses itself"),
    "VolumeSpec.driver": lacks("it has volumes of its own only"),
    "VolumeSpec.labels.names": lacks("it takes no label without a name"),
    "DownOptions.volumes": UNNAMED_VOLUMES,
    "LogOptions.since": lacks("its log has no times"),
    "LogOptions.until": lacks("its log has no times"),
    "LogOptions.streams": partly("it keeps both streams as one: all of it is told as standard output"),
    "LogOptions.runs": partly("it empties the log at each start: there is the latest run alone"),
    "LogOptions.timestamps": partly("its log has no times: a line has the time of the start of its run, or that of its reading"),
    **below(
        "BuildSpec",
        {
            **each(
                (
                    "additional_contexts", "cache_from", "cache_to", "entitlements", "extra_hosts", "isolation", "network",
                    "privileged", "shm_size", "ulimits", "platforms",
                ),
                _NO_OPTION,
            ),
            "platforms.several": lacks("one image is built: for the service's platform, or the engine's own"),
            "labels.names": lacks("it takes no label without a name"),
        },
    ),
}  # fmt: skip
