"""Tiers and flags, what they demand, and what they change of a container."""

from __future__ import annotations

from itertools import product
from typing import Any, get_args

import pytest

from perry_ffi.backends.contract.sandbox_records import LEVELS
from perry_ffi.model.workload_values import Tier
from perry_ffi.sandbox.syscalls import GROUPS, PROBED
from perry_ffi.workload.graph import Node
from perry_ffi.workload.policy import HARDENED_CAPABILITIES, Enforcement, changes
from tests.support.workloads import checked

TIERS = get_args(Tier)


def node(policy: Any = None, **more: Any) -> Node:
    return checked({"a": {"policy": policy, **more}}).nodes["a"]


def changed(policy: Any, profile: str | None = "profile", **more: Any) -> dict[str, Any]:
    found = node(policy, **more)
    return changes(found.spec, found.enforcement, profile=profile)


@pytest.mark.parametrize(
    ("tier", "wanted"),
    [
        ("default", Enforcement()),
        ("isolated", Enforcement("isolated", no_network=True)),
        ("hardened", Enforcement("hardened", read_only_root=True, seccomp=True, no_new_privileges=True, pids=512, caps=HARDENED_CAPABILITIES)),
        ("untrusted", Enforcement("untrusted", no_network=True, read_only_root=True, seccomp=True, own_kernel=True,
                                  no_new_privileges=True, pids=64, caps=())),
    ],
)  # fmt: skip
def test_the_floor_of_a_tier(tier: str, wanted: Enforcement) -> None:
    assert node({"tier": tier}).enforcement == wanted


def test_no_policy_is_the_default_one() -> None:
    assert node().enforcement == node({}).enforcement == Enforcement()
    assert changed(None) == {}


def test_flags_add_and_take_nothing_away() -> None:
    flags = ("noNetwork", "readOnlyRoot", "seccomp")
    for tier in TIERS:
        floor = node({"tier": tier}).enforcement
        for given in product([None, False, True], repeat=3):
            policy = {"tier": tier, **{name: value for name, value in zip(flags, given, strict=True) if value is not None}}
            found = node(policy).enforcement
            for member, value in zip(("no_network", "read_only_root", "seccomp"), given, strict=True):
                assert getattr(found, member) == (getattr(floor, member) or bool(value))
            assert (found.own_kernel, found.caps, found.pids) == (floor.own_kernel, floor.caps, floor.pids)


@pytest.mark.parametrize(
    ("policy", "more", "least", "wanted"),
    [
        ({}, {}, "container", "container"),
        ({"tier": "untrusted"}, {}, "gvisor", "own kernel"),
        ({"tier": "untrusted", "isolation": "gvisor"}, {}, "gvisor", "gvisor"),
        ({"tier": "untrusted", "isolation": "microVm"}, {}, "microvm", "microvm"),
        ({"isolation": "gvisor"}, {}, "gvisor", "gvisor"),
        ({"isolation": "container"}, {"isolation_level": "microvm"}, "microvm", "microvm"),
        ({"isolation": "gvisor"}, {"isolation_level": "container"}, "gvisor", "gvisor"),
        ({}, {"runtime": {"type": "microvm"}}, "microvm", "microvm"),
        ({"isolation": "container"}, {"runtime": {"type": "micro-vm"}}, "microvm", "microvm"),
        ({"tier": "untrusted"}, {"runtime": {"type": "oci"}}, "gvisor", "own kernel"),
        ({}, {"runtime": "crun"}, "container", "container"),
    ],
)
def test_the_least_isolation_is_the_strongest_of_what_is_said(policy: Any, more: Any, least: str, wanted: str) -> None:
    found = node(policy, **more).enforcement
    assert (found.least, found.wanted) == (least, wanted)
    assert found.least in LEVELS


def test_what_hardened_changes() -> None:
    assert changed({"tier": "hardened"}) == {
        "read_only": True, "tmpfs": {"/tmp": "mode=1777"}, "seccomp": "profile", "no_new_privileges": True, "pids_limit": 512,
        "privileged": False, "cap_drop": ["ALL"], "cap_add": list(HARDENED_CAPABILITIES),
    }  # fmt: skip


def test_what_untrusted_changes() -> None:
    found = changed({"tier": "untrusted", "user": 1000})
    assert (found["network"], found["networks"], found["cap_add"], found["pids_limit"], found["user"]) == (
        "none",
        [],
        [],
        64,
        "1000",
    )


def test_a_runtime_with_a_kernel_of_its_own_needs_no_profile() -> None:
    assert "seccomp" not in changed({"tier": "untrusted"}, profile=None)


@pytest.mark.parametrize(("own", "wanted"), [(None, 512), (-1, 512), (100, 100), (9999, 512)])
def test_the_lesser_bound_of_processes_holds(own: int | None, wanted: int) -> None:
    assert changed({"tier": "hardened"}, pids_limit=own)["pids_limit"] == wanted


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({}, HARDENED_CAPABILITIES),
        ({"cap_drop": ["chown", "CAP_KILL"]}, ("DAC_OVERRIDE", "FOWNER", "NET_BIND_SERVICE", "SETGID", "SETUID")),
        ({"cap_drop": ["ALL"]}, ()),
        ({"cap_drop": ["ALL"], "cap_add": ["SETUID", "cap_chown"]}, ("CHOWN", "SETUID")),
    ],
)
def test_a_node_may_give_up_more(more: Any, wanted: tuple[str, ...]) -> None:
    assert tuple(changed({"tier": "hardened"}, **more)["cap_add"]) == wanted


@pytest.mark.parametrize(
    "more", [{"tmpfs": {"/tmp": "size=8m"}}, {"volumes": ["/tmp"]}, {"volumes": [{"type": "tmpfs", "target": "/tmp/"}]}]
)
def test_tmp_is_what_the_node_has_there(more: Any) -> None:
    assert changed({"readOnlyRoot": True}, **more)["tmpfs"] == (more.get("tmpfs") or {})


def test_the_profile_has_what_servers_ask_for() -> None:
    """Each is of the start or the ordinary work of a database or a web server that begins as root."""
    allowed = {name for names in GROUPS.values() for name in names} | {name for names in PROBED.values() for name in names}
    needed = {
        "chown", "fchown", "lchown", "fchownat", "chmod", "setuid", "setgid", "setgroups", "setresuid", "setresgid", "capset",
        "kill", "bind", "listen", "accept4", "shmget", "shmat", "semget", "semop", "semctl", "sync_file_range", "fallocate",
        "fdatasync", "io_submit", "io_getevents", "mlock", "mbind", "set_mempolicy", "epoll_pwait", "signalfd4", "timerfd_create",
        "sched_setaffinity", "setpriority", "setrlimit", "prlimit64", "flock", "memfd_create", "madvise", "sendfile", "io_uring_setup",
    }  # fmt: skip
    assert needed <= allowed
