/* What a hostile program tries, one line an attempt: "NAME works", "NAME EPERM", or what it saw. Built static, run in a sandbox. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif
#ifndef AF_XDP
#define AF_XDP 44
#endif
#ifndef AF_ALG
#define AF_ALG 38
#endif
#define CALL(name) (__NR_##name)

static void say(const char *name, long result)
{
    if (result >= 0)
        printf("%s works\n", name);
    else
        printf("%s %s\n", name, strerrorname_np(errno));
    fflush(stdout);
}

static void try_call(const char *name, long number, long a, long b, long c, long d, long e)
{
    errno = 0;
    say(name, syscall(number, a, b, c, d, e, 0L));
}

/* In a process of its own, for what changes the caller or may not come back. */
static void apart(const char *name, long number, long a, long b, long c, long d)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        errno = 0;
        long got = syscall(number, a, b, c, d, 0L, 0L);
        _exit(got >= 0 ? 0 : errno);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) {
        printf("%s signal %d\n", name, WTERMSIG(status));
        return;
    }
    errno = WEXITSTATUS(status);
    say(name, errno ? -1 : 0);
}

static void mounts(void)
{
    say("mount", mount("none", "/tmp", "tmpfs", 0, ""));
    say("umount", umount2("/tmp", MNT_DETACH));
    say("remount", mount("none", "/", NULL, MS_REMOUNT | MS_BIND, NULL));
    try_call("pivot_root", CALL(pivot_root), (long)"/tmp", (long)"/tmp", 0, 0, 0);
    try_call("fsopen", 430, (long)"tmpfs", 0, 0, 0, 0);
    try_call("move_mount", 429, -1, (long)"", -1, (long)"/tmp", 4);
    try_call("open_tree", 428, AT_FDCWD, (long)"/", 1, 0, 0);
    try_call("chroot", CALL(chroot), (long)"/tmp", 0, 0, 0, 0);
}

static void namespaces(void)
{
    apart("unshare_user", CALL(unshare), CLONE_NEWUSER, 0, 0, 0);
    apart("unshare_mount", CALL(unshare), CLONE_NEWNS, 0, 0, 0);
    apart("unshare_net", CALL(unshare), CLONE_NEWNET, 0, 0, 0);
    apart("unshare_pid", CALL(unshare), CLONE_NEWPID, 0, 0, 0);
    struct { const char *name; long flags; } wanted[] = {
        {"clone_user", CLONE_NEWUSER}, {"clone_net", CLONE_NEWNET}, {"clone_pid", CLONE_NEWPID}, {"clone_mount", CLONE_NEWNS},
        {"clone_cgroup", CLONE_NEWCGROUP}, {"clone_uts", CLONE_NEWUTS}, {"clone_ipc", CLONE_NEWIPC}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        long child = syscall(CALL(clone), wanted[i].flags | SIGCHLD, 0L, 0L, 0L, 0L);
        if (child == 0)
            _exit(0);
        say(wanted[i].name, child);
        if (child > 0)
            waitpid((pid_t)child, NULL, 0);
    }
    uint64_t args[11] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD};
    long child = syscall(435, args, 88L);
    if (child == 0)
        _exit(0);
    say("clone3_user", child);
    int self = open("/proc/self/ns/net", O_RDONLY);
    try_call("setns", CALL(setns), self, CLONE_NEWNET, 0, 0, 0);
}

static void others(void)
{
    int ends[2];
    char byte = 0, seen = 0;
    if (pipe(ends))
        return;
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    say("ptrace_child", ptrace(PTRACE_SEIZE, child, 0, 0));
    struct iovec here = {&seen, 1}, there = {&byte, 1};
    say("process_vm_readv", process_vm_readv(child, &here, 1, &there, 1, 0));
    try_call("pidfd_getfd", 438, (int)syscall(434, (long)child, 0L), 1, 0, 0, 0);
    try_call("kcmp", CALL(kcmp), getpid(), child, 0, 0, 0);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    apart("ptrace_init", CALL(ptrace), PTRACE_SEIZE, 1, 0, 0);
}

static void write_to(const char *name, const char *path, const char *text)
{
    int file = open(path, O_WRONLY);
    say(name, file < 0 ? -1 : write(file, text, strlen(text)));
    if (file >= 0)
        close(file);
}

static void files(void)
{
    write_to("core_pattern", "/proc/sys/kernel/core_pattern", "|/tmp/x");
    write_to("sysctl", "/proc/sys/kernel/hostname", "x");
    write_to("sysrq", "/proc/sysrq-trigger", "h");
    write_to("oom_score_lower", "/proc/self/oom_score_adj", "-1000");
    say("cgroup_write", mkdir("/sys/fs/cgroup/memory/x", 0755) == 0 || mkdir("/sys/fs/cgroup/x", 0755) == 0 ? 0 : -1);
    say("root_write", open("/evil", O_CREAT | O_WRONLY, 0600));
    say("bin_write", open("/bin/evil", O_CREAT | O_WRONLY, 0600));
    say("hosts_write", open("/etc/hosts", O_WRONLY | O_APPEND));
    say("resolv_write", open("/etc/resolv.conf", O_WRONLY | O_APPEND));
    say("hostname_write", open("/etc/hostname", O_WRONLY | O_APPEND));
    say("run_write", open("/run/evil", O_CREAT | O_WRONLY, 0600));
    say("var_tmp_write", open("/var/tmp/evil", O_CREAT | O_WRONLY, 0600));
    say("dev_write", open("/dev/evil", O_CREAT | O_WRONLY, 0600));
    say("tmp_write", open("/tmp/mine", O_CREAT | O_WRONLY, 0700));
    say("mknod_disk", mknod("/tmp/disk", S_IFBLK | 0600, makedev(8, 0)));
    say("mknod_mem", mknod("/tmp/mem", S_IFCHR | 0600, makedev(1, 1)));
    const char *devices[] = {"/dev/mem", "/dev/kvm", "/dev/kmsg", "/dev/fuse", "/dev/sda", "/dev/vda", "/dev/net/tun",
                             "/var/run/docker.sock", "/run/docker.sock", "/run/podman/podman.sock"};
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        printf("open_%s ", devices[i] + 1);
        int file = open(devices[i], O_RDWR);
        printf("%s\n", file >= 0 ? "works" : strerrorname_np(errno));
    }
    struct file_handle *handle = calloc(1, sizeof *handle + 128);
    int id;
    handle->handle_bytes = 128;
    say("name_to_handle_at", name_to_handle_at(AT_FDCWD, "/", handle, &id, 0));
    say("open_by_handle_at", open_by_handle_at(AT_FDCWD, handle, O_RDONLY));
    try_call("fanotify_init", CALL(fanotify_init), 0, 0, 0, 0, 0);
    try_call("quotactl", CALL(quotactl), 0, (long)"/", 0, 0, 0);
}

static void masked(const char *name, const char *path)
{
    /* Masked is: not there, empty, or an empty directory. */
    struct stat found;
    char byte;
    if (stat(path, &found)) {
        printf("%s masked\n", name);
        return;
    }
    if (S_ISDIR(found.st_mode)) {
        DIR *dir = opendir(path);
        int count = 0;
        for (struct dirent *entry; dir && (entry = readdir(dir));)
            count += entry->d_name[0] != '.';
        printf("%s %s\n", name, count ? "readable" : "masked");
        return;
    }
    int file = open(path, O_RDONLY);
    printf("%s %s\n", name, file < 0 || read(file, &byte, 1) <= 0 ? "masked" : "readable");
}

static void family(const char *name, int which, int type, int protocol)
{
    int made = socket(which, type, protocol);
    say(name, made);
    if (made >= 0)
        close(made);
}

static void reach(const char *name, const char *address, int port)
{
    int made = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error = 0;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, address, &to.sin_addr);
    if (connect(made, (struct sockaddr *)&to, sizeof to) && errno == EINPROGRESS) {
        struct pollfd wait = {made, POLLOUT, 0};
        socklen_t size = sizeof error;
        poll(&wait, 1, 1000);
        getsockopt(made, SOL_SOCKET, SO_ERROR, &error, &size);
        errno = error ? error : ETIMEDOUT;
    }
    printf("%s %s\n", name, strerrorname_np(errno));
    close(made);
}

static void sockets(void)
{
    family("raw_socket", AF_INET, SOCK_RAW, IPPROTO_ICMP);
    family("packet_socket", AF_PACKET, SOCK_RAW, 0);
    family("vsock", AF_VSOCK, SOCK_STREAM, 0);
    family("alg", AF_ALG, SOCK_SEQPACKET, 0);
    family("tipc", AF_TIPC, SOCK_STREAM, 0);
    family("kcm", 41, SOCK_DGRAM, 0);
    family("xdp", AF_XDP, SOCK_RAW, 0);
    family("netlink_audit", AF_NETLINK, SOCK_RAW, 9);
    family("netlink_netfilter", AF_NETLINK, SOCK_RAW, 12);
    family("inet_socket", AF_INET, SOCK_STREAM, 0);
    family("inet6_socket", AF_INET6, SOCK_STREAM, 0);
    family("unix_socket", AF_UNIX, SOCK_STREAM, 0);
    family("netlink_route", AF_NETLINK, SOCK_RAW, 0);
    int pair[2];
    say("tipc_pair", socketpair(AF_TIPC, SOCK_STREAM, 0, pair));
    say("unix_pair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    reach("metadata", "169.254.169.254", 80);
    reach("gateway", "172.17.0.1", 22);
    reach("internet", "1.1.1.1", 53);
    struct if_nameindex *names = if_nameindex();
    printf("interfaces");
    for (struct if_nameindex *one = names; one && one->if_index; one++)
        if (strcmp(one->if_name, "lo") == 0 || one->if_name[0] == 'e')
            printf(" %s", one->if_name);
    printf("\n");
}

static void kernel(void)
{
    char buffer[256] = {0};
    try_call("add_key", CALL(add_key), (long)"user", (long)"x", (long)"y", 1, -3);
    try_call("keyctl", CALL(keyctl), 0, -3, 1, 0, 0);
    try_call("request_key", CALL(request_key), (long)"user", (long)"x", 0, -3, 0);
    try_call("bpf", CALL(bpf), 0, (long)buffer, 64, 0, 0);
    try_call("perf_event_open", CALL(perf_event_open), (long)buffer, 0, -1, -1, 0);
    try_call("userfaultfd", CALL(userfaultfd), 1, 0, 0, 0, 0);
    try_call("io_uring_setup", 425, 1, (long)buffer, 0, 0, 0);
    try_call("memfd_secret", 447, 0, 0, 0, 0, 0);
#ifdef __x86_64__
    try_call("modify_ldt", CALL(modify_ldt), 0, (long)buffer, 64, 0, 0);
    try_call("iopl", CALL(iopl), 3, 0, 0, 0, 0);
    try_call("ioperm", CALL(ioperm), 0x60, 1, 1, 0, 0);
#endif
    try_call("kexec_load", CALL(kexec_load), 0, 0, 0, 0, 0);
    try_call("init_module", CALL(init_module), (long)buffer, 8, (long)"", 0, 0);
    try_call("delete_module", CALL(delete_module), (long)"nosuchmodule", 0, 0, 0, 0);
    try_call("reboot", CALL(reboot), 0xfee1dead, 672274793, 0, 0, 0);
    try_call("swapon", CALL(swapon), (long)"/tmp/mine", 0, 0, 0, 0);
    try_call("acct", CALL(acct), (long)"/tmp/mine", 0, 0, 0, 0);
    try_call("syslog", CALL(syslog), 3, (long)buffer, 64, 0, 0);
    try_call("settimeofday", CALL(settimeofday), (long)buffer, 0, 0, 0, 0);
    try_call("sethostname", CALL(sethostname), (long)"x", 1, 0, 0, 0);
    try_call("move_pages", CALL(move_pages), 0, 0, 0, 0, 0);
    try_call("mbind", CALL(mbind), 0, 0, 0, 0, 0);
    try_call("process_madvise", 440, -1, 0, 0, 0, 0);
    try_call("lookup_dcookie", 212, 0, 0, 0, 0, 0);
    say("personality_exec", personality(READ_IMPLIES_EXEC));
    say("personality_read", personality(0xffffffff));
    char push = 'x';
    say("tiocsti", ioctl(0, TIOCSTI, &push));
    say("tiocsti_high", syscall(CALL(ioctl), 0L, 0x100000000L | TIOCSTI, &push));
    int memory = memfd_create("x", 0);
    say("memfd", memory);
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    say("write_exec_memory", page == MAP_FAILED ? -1 : 0);
}

static void setuid_root(void)
{
    /* A program of the image that is setuid root: /suid prints its effective user. */
    int ends[2];
    char seen[32] = {0};
    if (access("/suid", X_OK) || pipe(ends))
        return;
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 1);
        execl("/suid", "suid", "euid", NULL);
        _exit(1);
    }
    close(ends[1]);
    if (read(ends[0], seen, sizeof seen - 1) < 0)
        seen[0] = 0;
    waitpid(child, NULL, 0);
    printf("setuid_root %s\n", strtok(seen, "\n") ? seen : "nothing");
}

static void limit(const char *name, int which)
{
    struct rlimit found;
    getrlimit(which, &found);
    printf("limit_%s %llu %llu\n", name, (unsigned long long)found.rlim_cur, (unsigned long long)found.rlim_max);
}

static void place(const char *path)
{
    struct statvfs found;
    if (statvfs(path, &found) == 0)
        printf("place %s bytes %llu inodes %llu flags%s%s%s%s\n", path, (unsigned long long)found.f_blocks * found.f_frsize,
               (unsigned long long)found.f_files, found.f_flag & ST_RDONLY ? " ro" : "", found.f_flag & ST_NOEXEC ? " noexec" : "",
               found.f_flag & ST_NOSUID ? " nosuid" : "", found.f_flag & ST_NODEV ? " nodev" : "");
}

static void seen(int count, char **paths)
{
    char line[512];
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (!strncmp(line, "Uid", 3) || !strncmp(line, "Gid", 3) || !strncmp(line, "Cap", 3) || !strncmp(line, "NoNewPrivs", 10) ||
            !strncmp(line, "Seccomp:", 8) || !strncmp(line, "Groups", 6))
            printf("status %s", line);
    FILE *map = fopen("/proc/self/uid_map", "r");
    while (map && fgets(line, sizeof line, map))
        printf("uid_map %s", line);
    FILE *groups = fopen("/proc/self/cgroup", "r");
    int open_paths = 0;
    while (groups && fgets(line, sizeof line, groups))
        open_paths += strstr(line, ":/\n") == NULL;
    printf("cgroup_paths %s\n", open_paths ? "shown" : "hidden");
    FILE *version = fopen("/proc/version", "r");
    if (version && fgets(line, sizeof line, version))
        printf("version %s", line);
    limit("nofile", RLIMIT_NOFILE);
    limit("nproc", RLIMIT_NPROC);
    limit("core", RLIMIT_CORE);
    limit("fsize", RLIMIT_FSIZE);
    limit("cpu", RLIMIT_CPU);
    place("/");
    place("/tmp");
    place("/dev/shm");
    for (int i = 0; i < count; i++)
        place(paths[i]);
    printf("terminal %s\n", isatty(0) || isatty(1) ? "yes" : "no");
    printf("pid %d\n", getpid());
}

/* -- floods: each goes on until it is stopped, and says how far it came ---------------------------- */

static void flood_forks(void)
{
    int count = 0, error = 0;
    for (; count < 5000; count++) {
        pid_t child = fork();
        if (child == 0) {
            pause();
            _exit(0);
        }
        if (child < 0) {
            error = errno;
            break;
        }
    }
    printf("forks %d %s\n", count, error ? strerrorname_np(error) : "unbounded");
    fflush(stdout);
}

static void flood_file(const char *path)
{
    static char block[1 << 16];
    unsigned long long total = 0;
    int error = 0;
    signal(SIGXFSZ, SIG_IGN);
    for (int number = 0; number < 64 && total < (4ULL << 30); number++) {
        char name[256];
        snprintf(name, sizeof name, "%s/flood-%d", path, number);
        int file = open(name, O_CREAT | O_WRONLY, 0600);
        if (file < 0) {
            error = errno;
            break;
        }
        ssize_t done;
        while (total < (4ULL << 30) && (done = write(file, block, sizeof block)) > 0)
            total += (unsigned long long)done;
        error = errno;
        close(file);
        if (error != EFBIG)
            break;
    }
    printf("filled %s %llu %s\n", path, total, error ? strerrorname_np(error) : "unbounded");
    fflush(stdout);
}

static void flood_inodes(const char *path)
{
    int count = 0, error = 0;
    for (; count < 2000000; count++) {
        char name[256];
        snprintf(name, sizeof name, "%s/i%d", path, count);
        int file = open(name, O_CREAT | O_WRONLY, 0600);
        if (file < 0) {
            error = errno;
            break;
        }
        close(file);
    }
    printf("inodes %s %d %s\n", path, count, error ? strerrorname_np(error) : "unbounded");
    fflush(stdout);
}

static void flood_memory(int shared)
{
    for (unsigned long long total = 0; total < (8ULL << 30); total += 1 << 20) {
        if (shared) {
            int file = memfd_create("x", 0);
            if (file < 0 || ftruncate(file, 1 << 20))
                break;
            char *page = mmap(NULL, 1 << 20, PROT_WRITE, MAP_SHARED, file, 0);
            if (page == MAP_FAILED)
                break;
            memset(page, 1, 1 << 20);
            close(file);
        } else {
            char *page = malloc(1 << 20);
            if (!page)
                break;
            memset(page, 1, 1 << 20);
        }
    }
    printf("memory unbounded\n");
}

static void flood_output(int to)
{
    static char block[1 << 16];
    memset(block, 'x', sizeof block);
    for (unsigned long long total = 0; total < (1ULL << 30);) {
        ssize_t done = write(to, block, sizeof block);
        if (done <= 0)
            return;
        total += (unsigned long long)done;
    }
}

static void flood_files_open(void)
{
    int count = 0;
    while (count < 100000 && open("/", O_RDONLY) >= 0)
        count++;
    printf("open_files %d %s\n", count, strerrorname_np(errno));
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "attempts";
    if (!strcmp(what, "attempts")) {
        seen(argc - 2, argv + 2);
        mounts();
        namespaces();
        others();
        files();
        masked("kcore", "/proc/kcore");
        masked("keys", "/proc/keys");
        masked("timer_list", "/proc/timer_list");
        masked("firmware", "/sys/firmware");
        masked("interrupts", "/proc/interrupts");
        masked("kallsyms", "/proc/kallsyms");
        masked("sched_debug", "/proc/sched_debug");
        sockets();
        kernel();
        setuid_root();
        printf("done\n");
    } else if (!strcmp(what, "euid")) {
        printf("%d\n", geteuid());
    } else if (!strcmp(what, "forks")) {
        flood_forks();
    } else if (!strcmp(what, "fill")) {
        flood_file(argv[2]);
    } else if (!strcmp(what, "inodes")) {
        flood_inodes(argv[2]);
    } else if (!strcmp(what, "memory")) {
        flood_memory(0);
    } else if (!strcmp(what, "memfd")) {
        flood_memory(1);
    } else if (!strcmp(what, "output")) {
        flood_output(argc > 2 ? atoi(argv[2]) : 1);
    } else if (!strcmp(what, "open")) {
        flood_files_open();
    } else if (!strcmp(what, "sleep")) {
        for (int number = 1; number < 32; number++)
            signal(number, SIG_IGN);
        printf("asleep\n");
        fflush(stdout);
        for (;;)
            pause();
    } else if (!strcmp(what, "spin")) {
        for (;;)
            ;
    }
    return 0;
}
