"""What becomes of each attempt of ``sandbox_probe.c`` in a sandbox: the same on docker and podman, and in docs/sandbox.md."""

from __future__ import annotations

REFUSED = {"EPERM", "EACCES", "EROFS", "ENOSYS", "ENOENT", "EINVAL"}
_EPERM, _NOSYS, _GONE = frozenset({"EPERM"}), frozenset({"ENOSYS"}), frozenset({"ENOENT"})
_SHUT = frozenset({"EACCES", "EROFS", "EPERM", "ENOENT"})
_DARK = frozenset({"ENETUNREACH"})
_MASKED = frozenset({"masked"})
_WORKS = frozenset({"works"})


def _each(names: str, found: frozenset[str]) -> dict[str, frozenset[str]]:
    return dict.fromkeys(names.split(), found)


STOPPED: dict[str, frozenset[str]] = {
    **_each("mount umount remount pivot_root chroot", _EPERM),
    **_each("fsopen move_mount open_tree", _NOSYS),
    **_each("unshare_user unshare_mount unshare_net unshare_pid setns", _EPERM),
    **_each("clone_user clone_net clone_pid clone_mount clone_cgroup clone_uts clone_ipc", _EPERM),
    **_each("clone3_user pidfd_getfd", _NOSYS),
    **_each("ptrace_child ptrace_init process_vm_readv kcmp", _EPERM),
    **_each("core_pattern sysctl sysrq oom_score_lower cgroup_write", _SHUT),
    **_each("root_write bin_write run_write var_tmp_write dev_write", _SHUT),
    **_each("hosts_write resolv_write hostname_write", _SHUT),
    **_each("mknod_disk mknod_mem", _EPERM),
    **_each("open_dev/mem open_dev/kvm open_dev/kmsg open_dev/fuse open_dev/sda open_dev/vda open_dev/net/tun", _GONE),
    **_each("open_var/run/docker.sock open_run/docker.sock open_run/podman/podman.sock", _GONE),
    **_each("name_to_handle_at", _NOSYS),
    **_each("open_by_handle_at fanotify_init quotactl lookup_dcookie", _EPERM),
    **_each("kcore keys timer_list firmware interrupts kallsyms sched_debug", _MASKED),
    **_each("raw_socket packet_socket vsock alg tipc kcm xdp netlink_audit netlink_netfilter tipc_pair", _EPERM),
    **_each("metadata gateway internet", _DARK),
    **_each("add_key keyctl request_key", _EPERM),
    **_each("bpf perf_event_open userfaultfd io_uring_setup memfd_secret", _NOSYS),
    **_each("modify_ldt iopl ioperm", _EPERM),
    **_each("kexec_load init_module delete_module reboot swapon acct syslog settimeofday sethostname", _EPERM),
    **_each("move_pages mbind process_madvise", _NOSYS),
    **_each("personality_exec", _EPERM),
    **_each("tiocsti tiocsti_high", frozenset({"ENOTTY"})),
}
WORKS: dict[str, frozenset[str]] = {
    **_each("tmp_write inet_socket inet6_socket unix_socket unix_pair netlink_route personality_read", _WORKS),
    **_each("memfd write_exec_memory", _WORKS),
}
"""What programs need, and so does not stop anybody."""
TABLE = {**STOPPED, **WORKS}

_INSIDE = """
    unshare_user unshare_mount unshare_net unshare_pid clone_user clone_net clone_pid clone_mount clone_cgroup clone_uts clone_ipc
    clone3_user ptrace_child ptrace_init process_vm_readv oom_score_lower mknod_disk mknod_mem open_dev/fuse open_dev/net/tun
    add_key keyctl request_key syslog io_uring_setup mbind move_pages acct
"""
INSIDE_GVISOR = frozenset(_INSIDE.split())
"""What works under gVisor is done by its own kernel, to its own kernel: the host sees nothing of it."""

__all__ = ["INSIDE_GVISOR", "REFUSED", "STOPPED", "TABLE", "WORKS"]
