"""What nerdctl lacks of what can be asked of it.

Tried on nerdctl 2.3 with containerd 2.4: each option was given and looked for in its documents. What is not listed is native.
"""

from __future__ import annotations

from perry_ffi.backends.engine_api.drivers.common_rules import SECURITY_OPTIONS
from perry_ffi.backends.rules.one_machine import ONE_MACHINE
from perry_ffi.backends.rules.programs import UNNAMED_VOLUMES
from perry_ffi.backends.rules.rule import Rules, below, each, emulated, lacks, partly

_WINDOWS = lacks("only Windows containers have it")
_OPTION = "it has no option for it"
_NO_OPTION = lacks(_OPTION)
_SEVERAL = lacks("of a container on several networks it gives none the address that is asked for")
_ONE_NAME = "it has no names on networks: a container is found by its own name and its host name"
_LABELS = lacks("it parts a label at its first =, and takes none without a name")
_LOG_DRIVERS: dict[str, tuple[str, ...]] = dict.fromkeys(("json-file", "journald", "fluentd", "syslog", "none"), ())

_SERVICE: Rules = {
    **each(("cpu_count", "cpu_percent", "credential_spec", "isolation", "volumes.npipe"), _WINDOWS),
    "volumes.cluster": lacks("only a swarm has it"),
    "init.shared_pid": lacks("an init is the first of a container's own processes, and these are another's"),
    "labels.names": _LABELS,
    "networks.alias_names": lacks(_ONE_NAME),
    "networks.several_addresses": _SEVERAL,
    "networks.link_local_ips": _NO_OPTION,
    "networks.driver_opts": _NO_OPTION,
    "networks.interface_name": _NO_OPTION,
    "networks.gw_priority": _NO_OPTION,
    "networks.mac_address": lacks("only the first network takes one"),
    **each(("links", "links.default_network", "links.external"), lacks("it links no containers")),
    "storage_opt": _NO_OPTION,
    "device_cgroup_rules": _NO_OPTION,
    "cdi_devices": _NO_OPTION,
    "env_unset": lacks("it takes no variable away that the image has"),
    "stdin_open": lacks("what runs in the background has no input there"),
    "userns_mode.kept": lacks("it maps the users of all containers alike"),
    "userns_mode.own": lacks("it maps the users of all containers alike"),
    "healthcheck.start_interval": _NO_OPTION,
    "healthcheck.inherited": lacks("it takes no times for the check of an image"),
    "logging.driver": lacks("it has json-file, journald, fluentd, syslog and none", knows=_LOG_DRIVERS),
    "ports.range": lacks("it does not choose a port from a range"),
    "volumes.subpath": _NO_OPTION,
    "volumes.labels": _NO_OPTION,
    "volumes.image": _NO_OPTION,
    "volumes.kept_empty": _NO_OPTION,
    "volumes.relabelled": lacks("it labels nothing for SELinux"),
    "volumes.recursive": _NO_OPTION,
    "tmpfs.podman": lacks("only podman knows it"),
    "tmpfs.unknown": lacks("no engine knows this option"),
    "pull_policy.period": lacks("it does not tell when an image was pulled: it is pulled where it is missing"),
    **each((f"security_opt.{key}" for key in SECURITY_OPTIONS), lacks("only podman knows it")),
}
_CONTAINER: Rules = {
    "labels.names": _LABELS,
    "platform": emulated("it takes any image that is there: the image's platform is compared first"),
    "healthcheck": emulated("without systemd nothing runs the checks: whoever waits for health runs them"),
    "healthcheck.start_interval": _NO_OPTION,
    "healthcheck.untested": lacks("it takes no times for the check of an image"),
    "isolation_level.microvm": lacks("it isolates with namespaces, not with a machine"),
    "networks.alias_names": lacks(_ONE_NAME),
    "networks.several_addresses": _SEVERAL,
    "networks.link_local_ips": _NO_OPTION,
    "networks.driver_opts": _NO_OPTION,
    "networks.mac_address": lacks("only the first network takes one"),
    "ports.range": lacks("it does not choose a port from {}"),
    "tmpfs.podman": lacks("only podman knows it"),
    "tmpfs.unknown": lacks("no engine knows it"),
    "volumes.subpath": _NO_OPTION,
    "volumes.labels": _NO_OPTION,
    "volumes.kept_empty": _NO_OPTION,
    "volumes.relabelled": lacks("it labels nothing for SELinux"),
    **each((f"security_opt.{key}" for key in SECURITY_OPTIONS), lacks("only podman knows it")),
}
_OPTIONS = ("mtu", "parent", "macvlan_mode", "ipvlan_mode")
RULES: Rules = {
    **ONE_MACHINE,
    **below("ServiceSpec", _SERVICE),
    **below("ContainerSpec", _CONTAINER),
    "NetworkSpec.names": lacks("its networks have names of letters, digits and _.- that begin with a letter or digit"),
    "NetworkSpec.attachable": lacks("it has no swarm networks"),
    "NetworkSpec.enable_ipv4": lacks("its networks always have IPv4 addresses"),
    "NetworkSpec.driver_opts": partly(
        "its drivers know mtu, parent and mode", knows=dict.fromkeys(_OPTIONS, ()), alone="its drivers know mtu, parent and mode"
    ),
    "NetworkSpec.ipam.driver": partly(
        "default and host-local", knows={"default": (), "host-local": ()}, alone="it does not know {}"
    ),
    "NetworkSpec.ipam.options": _NO_OPTION,
    "NetworkSpec.ipam.aux_addresses": _NO_OPTION,
    "LogOptions.runs": partly(
        "it does not tell where a run's log ends: a line without an end goes on in the next run, but for the latest"
    ),
    "DownOptions.volumes": UNNAMED_VOLUMES,
    "LogOptions.characters": partly("it keeps each write as text: a character that is cut between two writes is lost"),
    "LogOptions.order": partly("its two streams come apart: what is followed is told as it comes"),
    "VolumeSpec.driver": lacks("it has volumes of its own only"),
    "VolumeSpec.driver_opts": _NO_OPTION,
    **each((f"{spec}.labels.names" for spec in ("NetworkSpec", "VolumeSpec", "BuildSpec")), _LABELS),
    **below(
        "BuildSpec",
        {
            **each(("platforms", "privileged", "isolation", "shm_size", "ulimits"), lacks("it is not asked of its builder")),
            "platforms.several": lacks("one image is built: for the service's platform, or the engine's own"),
        },
    ),
}
