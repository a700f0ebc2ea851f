"""What only a service's container has, as options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.command_line.arguments import option, options, pairs, record, without_colon

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerSpec
    from perry_ffi.model.service_values import BlkioConfig

_NUMBERS = {
    "cpu-shares": "cpu_shares", "cpu-quota": "cpu_quota", "cpu-period": "cpu_period", "cpu-rt-period": "cpu_rt_period",
    "cpu-rt-runtime": "cpu_rt_runtime", "memory-reservation": "mem_reservation", "memory-swap": "memswap_limit",
    "memory-swappiness": "mem_swappiness", "oom-score-adj": "oom_score_adj",
}  # fmt: skip
_TEXTS = {
    "domainname": "domainname", "pid": "pid", "ipc": "ipc", "uts": "uts", "cgroupns": "cgroup", "cgroup-parent": "cgroup_parent",
    "userns": "userns_mode", "cpuset-cpus": "cpuset",
}  # fmt: skip
_LISTS = {"group-add": "group_add", "dns-opt": "dns_opt", "dns-search": "dns_search"}


def service_words(spec: ContainerSpec) -> list[str]:
    """Nothing for a spec that is no service's."""
    if not hasattr(spec, "volumes_from"):
        return []
    said: Any = spec
    words = [option(flag, getattr(said, name)) for flag, name in _NUMBERS.items() if getattr(said, name) is not None]
    words += [option(flag, getattr(said, name)) for flag, name in _TEXTS.items() if getattr(said, name)]
    for flag, name in _LISTS.items():
        words += [option(flag, record([value], flag)) for value in getattr(said, name)]
    words += ["--tty"] if said.tty else []
    words += ["--oom-kill-disable"] if said.oom_kill_disable else []
    words += _blkio(said.blkio_config) if said.blkio_config else []
    words += pairs("annotation", said.annotations)
    words += options("volumes-from", said.volumes_from)
    if said.logging and said.logging.driver:
        words.append(option("log-driver", said.logging.driver))
    return words + (pairs("log-opt", said.logging.options) if said.logging else [])


def _blkio(config: BlkioConfig) -> Iterable[str]:
    words = [option("blkio-weight", config.weight)] if config.weight else []
    rates: Mapping[str, Mapping[str, int]] = {
        "blkio-weight-device": config.weight_device, "device-read-bps": config.device_read_bps,
        "device-write-bps": config.device_write_bps, "device-read-iops": config.device_read_iops,
        "device-write-iops": config.device_write_iops,
    }  # fmt: skip
    return words + [
        option(flag, f"{without_colon(path, flag)}:{rate}") for flag, found in rates.items() for path, rate in found.items()
    ]


__all__ = ["service_words"]
