"""Each member of a container lands in a service's, is said beside it, or is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.backends.engine_api.swarm.container import BESIDE, LANDS, container_part, log_driver, resources
from perry_ffi.errors import Unsupported
from perry_ffi.model.service import ServiceSpec
from perry_ffi.model.verify import VerifyPolicy

OLD, NEW = (1, 41), (1, 46)


def part(api: tuple[int, int] = NEW, **members: Any) -> dict[str, Any]:
    return container_part(ServiceSpec.model_validate({"image": "bb:1", **members}), api)


LANDING: dict[str, tuple[Any, dict[str, Any]]] = {
    "env": ({"A": "{{x"}, {"Env": ['A={{"{{"}}x']}),
    "env_unset": (["A"], {"Env": ["A"]}),
    "cmd": (["a", "b"], {"Args": ["a", "b"]}),
    "entrypoint": (["a"], {"Command": ["a"]}),
    "labels": ({"a": "b"}, {"Labels": {"a": "b"}}),
    "read_only": (True, {"ReadOnly": True}),
    "user": ("1:2", {"User": "1:2"}),
    "workdir": ("/w", {"Dir": "/w"}),
    "cap_add": (["NET_ADMIN"], {"CapabilityAdd": ["NET_ADMIN"]}),
    "cap_drop": (["ALL"], {"CapabilityDrop": ["ALL"]}),
    "no_new_privileges": (True, {"Privileges": {"NoNewPrivileges": True}}),
    "hostname": ("h-{{x}}", {"Hostname": 'h-{{"{{"}}x}}'}),
    "healthcheck": (
        {"test": "x", "interval": "1s", "start_interval": "2s"},
        {"Healthcheck": {"Test": ["CMD-SHELL", "x"], "Interval": 10**9, "StartInterval": 2 * 10**9}},
    ),
    "extra_hosts": (["a:1.2.3.4", "b:[::1]"], {"Hosts": ["1.2.3.4 a", "::1 b"]}),
    "dns": (["1.1.1.1"], {"DNSConfig": {"Nameservers": ["1.1.1.1"]}}),
    "dns_opt": (["ndots:1"], {"DNSConfig": {"Options": ["ndots:1"]}}),
    "dns_search": (["x.org"], {"DNSConfig": {"Search": ["x.org"]}}),
    "init": (False, {"Init": False}),
    "stop_signal": ("SIGINT", {"StopSignal": "SIGINT"}),
    "stop_timeout": (0, {"StopGracePeriod": 0}),
    "ulimits": ({"nofile": {"soft": 1, "hard": 2}}, {"Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 2}]}),
    "sysctls": ({"net.x": "1"}, {"Sysctls": {"net.x": "1"}}),
    "group_add": (["5"], {"Groups": ["5"]}),
    "tty": (True, {"TTY": True}),
    "stdin_open": (True, {"OpenStdin": True}),
    "credential_spec": ("config://c", {"Privileges": {"CredentialSpec": {"Config": "c"}}}),
    "isolation": ("hyperv", {"Isolation": "hyperv"}),
    "oom_score_adj": (5, {"OomScoreAdj": 5}),
    "shm_size": (
        4096,
        {"Mounts": [{"Type": "tmpfs", "Target": "/dev/shm", "TmpfsOptions": {"SizeBytes": 4096, "Mode": 0o1777}}]},
    ),
    "tmpfs": ({"/t": ""}, {"Mounts": [{"Type": "tmpfs", "Target": "/t"}]}),
    "volumes": (["vv:/v"], {"Mounts": [{"Type": "volume", "Source": "vv", "Target": "/v"}]}),
}
ELSEWHERE = {"image", "memory", "cpus", "pids_limit", "mem_reservation", "logging"}
"""In every part, or in another part of the definition."""


@pytest.mark.parametrize("member", LANDING)
def test_where_a_member_lands(member: str) -> None:
    value, lands = LANDING[member]
    assert part(**{member: value}) == {"Image": "bb:1", **lands}


def test_no_member_is_left_out_of_these_tables() -> None:
    assert set(LANDING) | ELSEWHERE == LANDS
    assert not LANDS & BESIDE and set(ServiceSpec.model_fields) >= LANDS | BESIDE


GIVEN: dict[str, Any] = {
    "rm": True, "privileged": True, "seccomp": "unconfined", "devices": ["/dev/null"], "runtime": "runsc",
    "gpus": "all", "security_opt": ["label=disable"], "domainname": "d", "stdin_once": True, "pid": "host", "ipc": "host",
    "uts": "host", "cgroup": "host", "cgroup_parent": "c", "userns_mode": "host", "cpu_count": 1, "cpu_percent": 5,
    "cpu_shares": 5, "cpu_quota": 5000, "cpu_period": 5000, "cpu_rt_period": 5, "cpu_rt_runtime": 5, "cpuset": "0",
    "mem_swappiness": 5, "memswap_limit": -1, "oom_kill_disable": True, "blkio_config": {"weight": 10},
    "device_cgroup_rules": ["c 1:3 mr"], "cdi_devices": ["a.b/c=d"], "storage_opt": {"size": "1G"}, "annotations": {"a": "b"},
    "mac_address": "02:00:00:00:00:01", "volumes_from": ["cc"],
}  # fmt: skip


def test_every_other_member_is_refused_by_name() -> None:
    others = set(ServiceSpec.model_fields) - LANDS - BESIDE - {"verify"}
    assert others == set(GIVEN)
    for member, value in GIVEN.items():
        with pytest.raises(Unsupported) as caught:
            part(**{member: value})
        assert caught.value.details["member"] == f"ServiceSpec.{member}"


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"no_new_privileges": True}, "no_new_privileges"),
        ({"healthcheck": {"start_interval": "1s"}}, "healthcheck.start_interval"),
        ({"oom_score_adj": 5}, "oom_score_adj"),
        (
            {"volumes": [{"type": "volume", "source": "vv", "target": "/v", "volume": {"subpath": "s"}}]},
            "volumes[0].volume.subpath",
        ),
        ({"tmpfs": {"/t": "exec"}}, "tmpfs[/t]"),
    ],
)
def test_what_an_old_api_would_drop_in_silence_is_refused(members: dict[str, Any], named: str) -> None:
    with pytest.raises(Unsupported) as caught:
        part(OLD, **members)
    assert caught.value.details["member"] == f"ServiceSpec.{named}"
    part(NEW, **members)


def test_an_image_that_is_to_be_verified_was_not_by_an_engine() -> None:
    with pytest.raises(Unsupported):
        container_part(ServiceSpec.model_construct(image="bb:1", verify=VerifyPolicy.model_construct()), NEW)


def test_a_machine_of_its_own_is_no_container() -> None:
    with pytest.raises(Unsupported):
        part(isolation_level="microvm")
    assert part(isolation_level="container") == {"Image": "bb:1"}


def test_an_empty_entrypoint_is_not_the_images() -> None:
    assert part(entrypoint=[], cmd=["x"])["Command"] == [""] and "Command" not in part(cmd=["x"])


def test_a_grace_without_end_is_the_longest() -> None:
    assert 2**62 < part(stop_timeout=-1)["StopGracePeriod"] < 2**63


def test_limits_and_the_log() -> None:
    spec = ServiceSpec.model_validate({
        "image": "bb", "cpus": 0.5, "memory": "64m", "pids_limit": 9, "logging": {"driver": "json-file", "options": {"max-size": "1m"}},
    })  # fmt: skip
    assert resources(spec) == {"NanoCPUs": 5 * 10**8, "MemoryBytes": 64 << 20, "Pids": 9}
    assert log_driver(spec) == {"Name": "json-file", "Options": {"max-size": "1m"}}
    none = ServiceSpec.model_validate({"image": "bb", "pids_limit": -1})
    assert resources(none) == {} and log_driver(none) == {}
