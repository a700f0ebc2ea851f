# Finds a container engine for the demo, or installs one; sourced after common.sh, with temporary set.

netavark=/usr/lib/podman/netavark
private_podman=
pause_before=

# The engines that the library finds, in its order.
answering_engines() {
    "$venv/bin/python" "$root/examples/hello_ctypes.py" "$root/build/libperry_container.so" | sed -n 's/: answers, .*//p'
}

# Sees to it that one engine answers. A podman that was installed for the demo, and any podman where there is no systemd,
# gets a configuration and a storage of its own: the defaults ask for systemd's cgroups, and for limits that machines
# without it seldom grant.
choose_engine() {
    local found
    pause_before=$(pause_process)
    if has podman && ! podman_serves && ! [ -d /run/systemd/system ]; then begin_private_podman; fi
    found=$(answering_engines)
    if [ -z "$found" ]; then
        is_root || fail "no container engine answers. Install one with: sudo apt-get install podman"
        say "no container engine answers: taking podman from the distribution's packages"
        need_packages podman "$(best_runtime)"
        begin_private_podman
        found=$(answering_engines)
        [ -n "$found" ] || fail "podman is installed but does not answer; 'podman info' says why"
    fi
    say "engines that answer:" $found
    if [ -n "$private_podman" ] && grep -qx docker <<<"$found"; then export PERRY_CONTAINER_BACKEND=docker; fi
}

# Whether a podman that is not ours to configure is asked: one that already listens.
podman_serves() {
    [ -n "${CONTAINER_HOST:-}" ] || [ -S /run/podman/podman.sock ] || [ -S "${XDG_RUNTIME_DIR:-/nowhere}/podman/podman.sock" ]
}

# crun is the smaller one, but it refuses the mixture of the two versions of cgroups.
best_runtime() {
    if [ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ] && [ -d /sys/fs/cgroup/unified ]; then echo runc; else echo crun; fi
}

begin_private_podman() {
    local runtime nofile missing
    private_podman=$temporary/podman
    mkdir -p "$private_podman/run"
    if is_root; then
        mapfile -t missing < <(packages_for "$(best_runtime):$(best_runtime)" "$netavark:netavark" \
            "${netavark%/*}/aardvark-dns:aardvark-dns" iptables:iptables)
        need_packages "${missing[@]}"
    fi
    for runtime in "$(best_runtime)" crun runc; do has "$runtime" && break; done
    nofile=$(ulimit -Hn)
    [ "$nofile" != unlimited ] || nofile=1048576
    cat >"$private_podman/containers.conf" <<CONF
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "$runtime"
tmp_dir = "$private_podman/tmp"
static_dir = "$private_podman/root/libpod"
volume_path = "$private_podman/root/volumes"
[containers]
default_ulimits = ["nofile=$nofile:$nofile", "nproc=4096:4096"]
log_driver = "k8s-file"
[network]
network_config_dir = "$private_podman/networks"
CONF
    [ ! -x "$netavark" ] || echo 'network_backend = "netavark"' >>"$private_podman/containers.conf"
    cat >"$private_podman/storage.conf" <<CONF
[storage]
driver = "overlay"
graphroot = "$private_podman/root"
rootless_storage_path = "$private_podman/root"
runroot = "$private_podman/run"
CONF
    export CONTAINERS_CONF=$private_podman/containers.conf CONTAINERS_STORAGE_CONF=$private_podman/storage.conf
    say "giving podman a configuration and a storage of its own in $private_podman"
}

# Ends podman's processes among those whose files in /proc are given, at once, so that they do not call podman again.
end_podman_processes() {
    local file process
    for file in "$@"; do
        process=${file%/*}
        case $(cat "$process/comm" 2>/dev/null) in podman | conmon | catatonit) ;; *) continue ;; esac
        kill -KILL "${process#/proc/}" 2>/dev/null || continue
        for _ in $(seq 50); do
            [ -n "$({ tr -d '\0' <"$process/cmdline"; } 2>/dev/null)" ] || break
            sleep 0.1
        done
    done
}

# Podman keeps a conmon for five minutes after an exec, for a client that might still ask for its exit code. The demo's
# container is gone, nobody will: those with its name among their arguments end now.
end_conmon() {
    end_podman_processes $(grep -slzx -e "$1" /proc/[0-9]*/cmdline)
}

# The process with which podman holds a normal user's name space open, if this user has one.
pause_process() {
    local file
    for file in $(grep -slzx catatonit /proc/[0-9]*/cmdline); do
        if [ -O "$file" ] && grep -qszx -e -P "$file"; then echo "$file"; fi
    done
}

end_podman() {
    if [ -n "$private_podman" ]; then
        is_root || podman unshare rm -rf "$private_podman/root" 2>/dev/null || true
        end_podman_processes $(grep -slzx -e "CONTAINERS_CONF=$private_podman/containers.conf" /proc/[0-9]*/environ)
        ! is_root || umount "$private_podman/root/overlay" 2>/dev/null || true
    elif ! is_root && [ -z "$pause_before" ] && [ -n "$(pause_process)" ]; then
        podman system migrate >/dev/null 2>&1 || true
    fi
}
