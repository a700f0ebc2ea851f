"""From the facts to the findings: every symptom asked, in an order that people can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from perry_ffi import drivers
from perry_ffi.doctor.facts import Facts
from perry_ffi.doctor.finding import Finding
from perry_ffi.doctor.symptoms import configuration, engines, machines, podman, sockets

Symptom = Callable[[Facts], Iterator[Finding]]

SYMPTOMS: tuple[Symptom, ...] = (
    configuration.broken_file,
    configuration.context_names_nothing,
    configuration.context_without_a_server,
    configuration.server_does_not_exist,
    configuration.no_files_for_tls,
    configuration.no_ssh,
    sockets.service_stopped,
    sockets.service_stopped_without_systemd,
    sockets.rootless_docker_stopped,
    sockets.dangling_link,
    sockets.nobody_listens,
    sockets.no_socket,
    sockets.not_in_the_group,
    sockets.group_of_an_older_session,
    sockets.roots_own,
    sockets.silent,
    sockets.inside_a_container,
    podman.runtime_dir,
    podman.no_subids,
    podman.no_idmap_program,
    podman.hybrid_cgroups,
    podman.refuses,
    podman.no_name_server,
    podman.no_networks,
    podman.disk_is_full,
    podman.no_socket_needed,
    podman.health_checks,
    machines.stopped,
    machines.holds_another_engine,
    machines.odd_answer,
    machines.bind_mounts_are_empty,
    machines.apple_is_not_for_this_machine,
    machines.apple_service_stopped,
    machines.no_wsl,
    engines.too_old,
    engines.client_too_old,
    engines.clock_skew,
    engines.disk_is_full,
    engines.containerd_stopped,
    engines.no_plugins,
    engines.no_build_program,
    engines.health_checks,
)
"""All of them. One that is not here is not asked; a test holds that."""

_WEIGHTS = ("error", "warning", "note")


def diagnose(facts: Facts) -> list[Finding]:
    """What is wrong, each finding once: by runtime in the table's order, errors first."""
    found = {(one.id, one.evidence): one for symptom in SYMPTOMS for one in symptom(facts)}
    place = {name: index for index, name in enumerate(drivers.NAMES)}
    return sorted(found.values(), key=lambda one: (place.get(one.runtime, len(place)), _WEIGHTS.index(one.weight)))
