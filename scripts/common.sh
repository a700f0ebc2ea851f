# What the commands share; sourced, from any folder. Sets: root, venv.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv
export PIP_DISABLE_PIP_VERSION_CHECK=1

# What private engines are made of, as ``packages_for`` takes it: command:package.
private_engines=(dockerd:docker.io containerd:containerd runc:runc podman:podman catatonit:catatonit iptables:iptables
    ip:iproute2 nft:nftables /usr/lib/podman/netavark:netavark /usr/lib/podman/aardvark-dns:aardvark-dns
    busybox:busybox-static ps:procps)

say() { printf '%s: %s\n' "${command_name:-make}" "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

is_root() { [ "$(id -u)" = 0 ]; }
has() { command -v "$1" >/dev/null 2>&1; }
installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# How many processes test side by side: five for two processors, for tests of engines wait more than they compute; eight at
# most, for each has engines of its own.
workers() {
    local count=$((($(nproc) * 5 + 1) / 2))
    echo $((count < 8 ? count : 8))
}

# Sees to it that Debian packages are there: root installs the missing ones, anybody else is told what to type.
# Services that a package would start where there is no systemd stay off: nothing here needs them.
need_packages() {
    local missing=() package
    [ $# -gt 0 ] || return 0
    has apt-get || fail "needed, but not there: $* (as Debian names them); please install them"
    for package in "$@"; do installed "$package" || missing+=("$package"); done
    [ ${#missing[@]} -gt 0 ] || return 0
    is_root || fail "needed, but not there: ${missing[*]}. Install them with: sudo apt-get install ${missing[*]}"
    say "installing Debian packages: ${missing[*]}"
    apt_quietly update
    if [ -d /run/systemd/system ]; then
        apt_quietly install --no-install-recommends "${missing[@]}"
    else
        RUNLEVEL=1 apt_quietly install --no-install-recommends "${missing[@]}"
    fi
}

# Runs apt-get; what it prints is shown only if it fails.
apt_quietly() {
    local log
    log=$(mktemp)
    if ! DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        rm -f "$log"
        fail "apt-get $* failed"
    fi
    rm -f "$log"
}

# The packages that stand for commands that are not there. Arguments: command:package, or /a/file:package. A command that
# is there from elsewhere (docker-ce, a Rust of one's own) is left as it is.
packages_for() {
    local pair
    for pair in "$@"; do
        has "${pair%:*}" || [ -e "${pair%:*}" ] || printf '%s\n' "${pair#*:}"
    done
}

# One command of a kind at a time in one checkout, so that two builds do not write the same files.
only_one() {
    mkdir -p "$root/build"
    exec 9>"$root/build/.lock"
    flock 9
}

# Whether an argument of pytest's names tests: a path, and not one that belongs to the option before it.
names_tests() {
    local word option=
    for word in "$@"; do
        case $option in
            --ignore | --ignore-glob | --deselect | --rootdir | --confcutdir | --basetemp | --junit-xml | --junitxml | --log-file | -[ckmp]) ;;
            *) [[ $word == -* || ! -e ${word%%::*} ]] || return 0 ;;
        esac
        option=$word
    done
    return 1
}

# Gets what live tests have beside the library: docker compose, which takes turns with it, cosign, which signs and judges for others,
# and gVisor, under which hardened runs run.
get_peers() {
    local suite
    for suite in trixie sid; do
        "$root/scripts/cosign.sh" $suite >/dev/null || say "without cosign of $suite: the tests that sign with it cannot run"
    done
    "$root/scripts/docker-compose.sh" >/dev/null || say "without docker compose: the tests beside it cannot run"
    "$root/scripts/gvisor.sh" >/dev/null || say "without gVisor: hardened runs under it cannot be tried"
}

# A program of a Debian package that is unpacked and not installed; made once, then kept in PERRY_TEST_CACHE, or
# ~/.cache/perry-container-tests. Prints its path. Arguments: its name there, the package, its path in the package, and the suite
# where that is not this machine's own. Needs apt-get.
debian_program() {
    local cache=${PERRY_TEST_CACHE:-$HOME/.cache/perry-container-tests} name=$1 package=$2 path=$3 suite=${4:-}
    mkdir -p "$cache"
    exec 8>"$cache/.$name.lock"
    flock 8
    if ! [ -x "$cache/$name" ]; then
        unpack_work=$(mktemp -d)
        trap 'rm -rf "$unpack_work"' EXIT
        say "unpacking $package of Debian's archive${suite:+ ($suite)} into $cache (once)"
        (cd "$unpack_work" && debian_download "$package" "$suite" && dpkg -x "$package"_*.deb root) >&2
        install -m 755 "$unpack_work/root/$path" "$cache/$name.new"
        mv "$cache/$name.new" "$cache/$name"
    fi
    exec 8>&-
    printf '%s\n' "$cache/$name"
}

# Downloads a package into the working directory, of this machine's suite or of another one of the same archive.
debian_download() {
    local package=$1 suite=$2 mirror options=(-qq)
    if [ -z "$suite" ]; then
        options+=(-o APT::Sandbox::User=root)
        apt-get "${options[@]}" download "$package" || { apt-get "${options[@]}" update && apt-get "${options[@]}" download "$package"; }
        return
    fi
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || fail "apt's configuration names no Debian archive"
    mkdir -p lists/partial cache/archives/partial
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >sources.list
    options+=(-o Dir::Etc::sourcelist="$PWD/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::State::Lists="$PWD/lists" -o Dir::Cache="$PWD/cache" -o APT::Sandbox::User=root)
    apt-get "${options[@]}" update
    apt-get "${options[@]}" download "$package"
}

# The archive that this machine's packages come from.
debian_mirror() {
    apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
        awk '$2 !~ /security/ && $1 ~ /debian\/?$/ {print $1; exit}'
}
