"""What docker and podman lack alike."""

from __future__ import annotations

from perry_ffi.backends.rules.one_machine import ONE_MACHINE
from perry_ffi.backends.rules.rule import Rules, below, each, emulated, lacks

_WINDOWS = lacks("only Windows containers have it")
SECURITY_OPTIONS = ("mask", "unmask", "proc-opts")
"""Security options that not every engine has; the others are told apart as they are read."""
AS_Z = "its API cannot say it of an anonymous volume: that is labelled as with z"

ROOTLESS, ROOTLESS_V1, NO_CGROUPS = "rootless", "rootless on cgroups 1", "rootless without cgroups"
"""What an engine may run under."""

COMMON: Rules = {
    **ONE_MACHINE,
    **below(
        "ServiceSpec",
        {
            **each(("cpu_count", "cpu_percent", "credential_spec", "isolation", "volumes.npipe"), _WINDOWS),
            "init.shared_pid": lacks("an init is the first of a container's own processes, and these are another's"),
            "volumes.cluster": lacks("only a swarm has it"),
            "volumes.recursive.selinux": lacks("its API cannot say it together with bind.recursive"),
            "tmpfs.unknown": lacks("no engine knows this option"),
        },
    ),
    **below(
        "BuildSpec",
        {
            **each(
                ("cache_to", "platforms", "entitlements", "privileged", "isolation"),
                lacks("the engine's build API does not know it", alone="its build API does not know it"),
            ),
            "platforms.several": lacks("one image is built: for the service's platform, or the engine's own"),
            **each(("attestations.provenance", "attestations.sbom"), lacks("only BuildKit attests its images")),
            "additional_contexts": emulated("each context becomes a stage of the Dockerfile"),
        },
    ),
    **below(
        "ContainerSpec",
        {
            "isolation_level.microvm": lacks("it isolates with namespaces, not with a machine"),
            "tmpfs.unknown": lacks("no engine knows it"),
        },
    ),
}
