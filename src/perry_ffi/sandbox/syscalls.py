"""What a program under the strict seccomp profile may ask of the kernel, in groups by purpose.

Names are those of syscalls(2). What is in no group is refused with EPERM; what programs probe for and do without is answered
with ENOSYS, so that they take their other way. Nothing here is what an engine's own profile says: those differ between engines
and from version to version.
"""

from __future__ import annotations

from collections.abc import Mapping

GROUPS: Mapping[str, tuple[str, ...]] = {
    "processes: start, end, and who is who; clone(2) is allowed by its flags, ptrace(2) is not": (
        "execve", "execveat", "exit", "exit_group", "fork", "vfork", "wait4", "waitid", "getpid", "getppid", "gettid",
        "getpgid", "getpgrp", "setpgid", "getsid", "setsid", "kill", "tkill", "tgkill", "pidfd_open", "pidfd_send_signal",
        "prctl", "arch_prctl", "set_tid_address", "set_robust_list", "get_robust_list", "rseq", "membarrier",
        "restart_syscall", "uname", "sysinfo", "times", "getrusage", "getcpu",
    ),
    "memory: also what is writable and executable, which compilers at run time need": (
        "brk", "mmap", "munmap", "mremap", "mprotect", "msync", "madvise", "mincore", "mlock", "mlock2", "munlock", "mlockall",
        "munlockall", "memfd_create", "pkey_alloc", "pkey_free", "pkey_mprotect", "remap_file_pages", "mseal",
        "map_shadow_stack",
    ),
    "files: open, read, write": (
        "open", "openat", "openat2", "creat", "close", "close_range", "read", "readv", "pread64", "preadv", "preadv2", "write",
        "writev", "pwrite64", "pwritev", "pwritev2", "lseek", "dup", "dup2", "dup3", "pipe", "pipe2", "fcntl", "flock",
        "ioctl", "truncate", "ftruncate", "fallocate", "fadvise64", "readahead", "sync", "fsync", "fdatasync", "syncfs",
        "sync_file_range", "sendfile", "splice", "tee", "vmsplice", "copy_file_range",
    ),
    "files: names, attributes, directories": (
        "stat", "fstat", "lstat", "newfstatat", "statx", "statfs", "fstatfs", "access", "faccessat", "faccessat2", "getdents",
        "getdents64", "getcwd", "chdir", "fchdir", "mkdir", "mkdirat", "rmdir", "rename", "renameat", "renameat2", "link",
        "linkat", "symlink", "symlinkat", "readlink", "readlinkat", "unlink", "unlinkat", "mknod", "mknodat", "chmod", "fchmod",
        "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "umask", "utime", "utimes", "futimesat", "utimensat",
        "setxattr", "lsetxattr", "fsetxattr", "setxattrat", "getxattr", "lgetxattr", "fgetxattr", "getxattrat", "listxattr",
        "llistxattr", "flistxattr", "listxattrat", "removexattr", "lremovexattr", "fremovexattr", "removexattrat",
    ),
    "files: told of changes, and read beside other work": (
        "inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch", "io_setup", "io_destroy", "io_submit",
        "io_cancel", "io_getevents", "io_pgetevents",
    ),
    "waiting": (
        "poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
        "epoll_pwait2", "eventfd", "eventfd2", "signalfd", "signalfd4", "timerfd_create", "timerfd_settime", "timerfd_gettime",
        "futex", "futex_waitv", "futex_wake", "futex_wait", "futex_requeue", "nanosleep", "clock_nanosleep", "pause",
    ),
    "signals and timers": (
        "rt_sigaction", "rt_sigprocmask", "rt_sigpending", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "rt_sigreturn",
        "rt_sigsuspend", "rt_sigtimedwait", "sigaltstack", "alarm", "getitimer", "setitimer", "timer_create", "timer_delete",
        "timer_getoverrun", "timer_gettime", "timer_settime",
    ),
    "clocks: read": ("time", "gettimeofday", "clock_gettime", "clock_getres"),
    "limits and scheduling: of one's own, as far as the limits of the container go": (
        "getrlimit", "setrlimit", "prlimit64", "getpriority", "setpriority", "ioprio_get", "ioprio_set", "sched_yield",
        "sched_getparam", "sched_setparam", "sched_getscheduler", "sched_setscheduler", "sched_get_priority_max",
        "sched_get_priority_min", "sched_rr_get_interval", "sched_getaffinity", "sched_setaffinity", "sched_getattr",
        "sched_setattr",
    ),
    "users and groups: without capabilities they change nothing": (
        "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "setuid", "setgid", "setreuid",
        "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid", "capget", "capset",
    ),
    "sockets: socket(2) and socketpair(2) are allowed by their family": (
        "bind", "connect", "listen", "accept", "accept4", "getsockname", "getpeername", "getsockopt", "setsockopt", "sendto",
        "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg", "shutdown",
    ),
    "shared memory, semaphores, queues: in the container's own namespace": (
        "shmget", "shmat", "shmdt", "shmctl", "semget", "semop", "semtimedop", "semctl", "msgget", "msgsnd", "msgrcv", "msgctl",
        "mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_notify", "mq_getsetattr",
    ),
    "restricting oneself, and random numbers": (
        "seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "getrandom",
    ),
}  # fmt: skip

PROBED: Mapping[str, tuple[str, ...]] = {
    "a C library falls back to clone(2), whose flags a filter can see": ("clone3",),
    "event loops fall back to epoll": ("io_uring_setup", "io_uring_enter", "io_uring_register"),
    "faults in user space, and memory that even the kernel cannot see": ("userfaultfd", "memfd_secret"),
    "programs of the kernel and its counters": ("bpf", "perf_event_open"),
    "mounts": (
        "open_tree", "open_tree_attr", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "statmount",
        "listmount",
    ),
    "memory of several nodes": (
        "mbind", "get_mempolicy", "set_mempolicy", "set_mempolicy_home_node", "migrate_pages", "move_pages",
    ),
    "files by handle, and other processes": ("name_to_handle_at", "process_madvise", "pidfd_getfd"),
}  # fmt: skip
"""What is answered with ENOSYS, with what a program does without it."""

NEW_NAMESPACES = 0x7E020000
"""Every CLONE_NEW* that is a flag of clone(2): of mounts, cgroups, host names, IPC, users, processes and networks."""
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}
AF_NETLINK, NETLINK_ROUTE = 16, 0
"""Of netlink(7) the one protocol that lists network interfaces."""
PERSONALITIES = (0x0, 0x8, 0x20000, 0x20008, 0xFFFFFFFF)
"""Linux, 32-bit Linux, both with an old version number, and the question which it is; none that makes memory executable."""

__all__ = ["AF_NETLINK", "FAMILIES", "GROUPS", "NETLINK_ROUTE", "NEW_NAMESPACES", "PERSONALITIES", "PROBED"]
