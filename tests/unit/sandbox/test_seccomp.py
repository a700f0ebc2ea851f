"""The strict profile is what its groups say, and its groups are calls that there are."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.sandbox.seccomp import ARCHITECTURES, document, strict
from perry_ffi.sandbox.syscalls import GROUPS, NEW_NAMESPACES, PROBED
from tests.support.profiles import texts

ALLOWED = {name for names in GROUPS.values() for name in names}
ASKED = {name for names in PROBED.values() for name in names}
BY_ARGUMENT = {"clone", "socket", "socketpair", "personality"}
# Newer than the headers of Debian 12.
NEWER = {
    "fchmodat2", "map_shadow_stack", "futex_wake", "futex_wait", "futex_requeue", "mseal", "setxattrat", "getxattrat", "listxattrat",
    "removexattrat", "open_tree_attr", "statmount", "listmount",
}  # fmt: skip
HEADERS = [Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), Path("/usr/include/asm-generic/unistd.h")]
# What takes hold of other processes, of the kernel, of mounts, of devices or of time.
NEVER = {
    "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "unshare", "setns", "mount", "umount2", "pivot_root", "chroot",
    "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff", "acct",
    "syslog", "add_key", "request_key", "keyctl", "iopl", "ioperm", "modify_ldt", "open_by_handle_at", "fanotify_init",
    "quotactl", "quotactl_fd", "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "sethostname", "setdomainname",
    "lookup_dcookie", "vhangup", "nfsservctl", "uselib", "ustat", "sysfs", "_sysctl", "create_module", "get_kernel_syms",
    "query_module",
}  # fmt: skip


def rules(profile: dict[str, Any], action: str) -> list[dict[str, Any]]:
    return [rule for rule in profile["syscalls"] if rule["action"] == action]


def test_a_call_stands_in_one_place() -> None:
    counted = Counter(name for groups in (GROUPS, PROBED) for names in groups.values() for name in names)
    assert [name for name, count in counted.items() if count > 1] == []
    assert not BY_ARGUMENT & (ALLOWED | ASKED)
    assert not NEVER & ALLOWED


def test_calls_are_named_as_the_kernel_names_them() -> None:
    present = [path for path in HEADERS if path.exists()]
    if not present:
        pytest.skip("the kernel's headers are not installed")
    known = {name for path in present for name in re.findall(r"#define __NR(?:3264)?_(\w+)", path.read_text())}
    known |= {"fadvise64", "newfstatat"}
    assert (ALLOWED | ASKED | BY_ARGUMENT) - known <= NEWER


@pytest.mark.parametrize("architecture", ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"])
def test_the_profile_is_what_the_groups_say(architecture: str) -> None:
    profile = document(architecture)
    assert (profile["defaultAction"], profile["defaultErrnoRet"]) == ("SCMP_ACT_ERRNO", 1)
    assert profile["architectures"] == [architecture], "none of 32 bits"
    allowed = rules(profile, "SCMP_ACT_ALLOW")
    assert {name for rule in allowed if "args" not in rule for name in rule["names"]} == ALLOWED
    assert {name for rule in allowed if "args" in rule for name in rule["names"]} == BY_ARGUMENT
    refused = rules(profile, "SCMP_ACT_ERRNO")
    assert {name for rule in refused for name in rule["names"]} == ASKED
    assert {rule["errnoRet"] for rule in refused} == {38}
    assert len(allowed) + len(refused) == len(profile["syscalls"])


def test_a_new_namespace_is_no_flag_that_is_allowed() -> None:
    (clone,) = [rule for rule in document("SCMP_ARCH_X86_64")["syscalls"] if rule["names"] == ["clone"]]
    assert clone["args"] == [{"index": 0, "value": NEW_NAMESPACES, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]
    flags = {"NEWNS": 0x20000, "NEWCGROUP": 0x2000000, "NEWUTS": 0x4000000, "NEWIPC": 0x8000000, "NEWUSER": 0x10000000,
             "NEWPID": 0x20000000, "NEWNET": 0x40000000}  # fmt: skip
    assert all(NEW_NAMESPACES & flag for flag in flags.values()) and sum(flags.values()) == NEW_NAMESPACES


def test_only_families_that_stay_on_the_network() -> None:
    found = [rule["args"] for rule in document("SCMP_ARCH_X86_64")["syscalls"] if rule["names"] == ["socket"]]
    families = {args[0]["value"]: [(arg["index"], arg["value"]) for arg in args[1:]] for args in found}
    assert families == {1: [], 2: [], 10: [], 16: [(2, 0)]}


def test_no_personality_makes_memory_executable() -> None:
    values = [r["args"][0]["value"] for r in document("SCMP_ARCH_X86_64")["syscalls"] if r["names"] == ["personality"]]
    assert not any(value & 0x0400000 for value in values if value != 0xFFFFFFFF)


def test_each_machine_that_is_known_has_one() -> None:
    for name, architecture in ARCHITECTURES.items():
        found = strict(name)
        assert found is not None and json.loads(found.text) == document(architecture)
    assert strict("riscv64") is None and strict("386") is None


def test_what_is_checked_in_to_be_read_is_the_profile() -> None:
    assert {path: path.read_text() for path in texts()} == texts()
