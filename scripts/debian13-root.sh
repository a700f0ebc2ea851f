#!/usr/bin/env bash
# Makes a Debian 13 root with the Perry compiler, which needs glibc 2.39, and prints its path; made once, then kept.
# Place: PERRY_TEST_CACHE, or ~/.cache/perry-container-tests. Needs root. Other versions: PERRY_VERSION, TYPESCRIPT_VERSION.
command_name=debian13-root
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

cache=${PERRY_TEST_CACHE:-$HOME/.cache/perry-container-tests}
perry=${PERRY_VERSION:-0.5.1182}
typescript=${TYPESCRIPT_VERSION:-5.9.3}
mirror=${PERRY_DEBIAN_MIRROR:-}  # empty: the mirror that debootstrap itself takes
# clang and gcc: what Perry compiles and links with; python3-dev: the library is built for this system's Python.
packages="clang gcc git libc6-dev libssl-dev make nodejs npm python3 python3-dev python3-venv zlib1g-dev"

recipe=$(cat "${BASH_SOURCE[0]}" <(echo "$perry $typescript") | sha256sum | cut -c1-12)
place=$cache/debian13-$recipe

in_root() { chroot "$1" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin "${@:2}"; }

# The machine's own trust and name resolution, so that npm and pip reach what the machine reaches.
lend_network() {
    [ -e /etc/resolv.conf ] && cp -L /etc/resolv.conf "$1/etc/resolv.conf"
    [ -e /etc/ssl/certs/ca-certificates.crt ] && cp -L /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"
    return 0
}

install_compiler() {
    local environment=(NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt) variable
    for variable in http_proxy https_proxy no_proxy npm_config_registry; do
        [ -z "${!variable:-}" ] || environment+=("$variable=${!variable}")
    done
    in_root "$1" "${environment[@]}" npm install --silent --no-fund --no-audit --prefix /opt/perry \
        "@perryts/perry@$perry" "typescript@$typescript" >&2
    ln -s /opt/perry/node_modules/.bin/{perry,tsc} "$1/usr/local/bin/"
    # The compiler unpacks its libraries when it first needs them.
    mkdir "$1/tmp/first"
    printf 'async function main() { console.log("compiled"); }\nmain();\n' >"$1/tmp/first/a.ts"
    in_root "$1" sh -c 'cd /tmp/first && PATH=$PATH:/usr/local/bin perry compile a.ts -o a >/dev/null && ./a' >&2
    rm -r "$1/tmp/first"
}

make_root() {
    is_root || fail "needed: root, for debootstrap and chroot"
    need_packages debootstrap debian-archive-keyring
    say "making a Debian 13 root with Perry $perry in $place (once; takes minutes)"
    local log=$place.log new=$place.new
    rm -rf "$new"
    debootstrap --variant=minbase --include=ca-certificates trixie "$new" ${mirror:+"$mirror"} >"$log" 2>&1 ||
        fail "debootstrap failed: $(tail -3 "$log")"
    lend_network "$new"
    mount -t proc proc "$new/proc"
    trap 'umount "'"$new"'/proc" 2>/dev/null || true' EXIT
    # shellcheck disable=SC2086
    in_root "$new" DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages >>"$log" 2>&1 ||
        fail "packages do not install: $(tail -3 "$log")"
    install_compiler "$new" >>"$log" 2>&1 || fail "the compiler does not install: $(tail -5 "$log")"
    umount "$new/proc"
    trap - EXIT
    rm -rf "$new/var/cache/apt/archives/"*.deb
    mv "$new" "$place"
    rm -f "$log"
}

mkdir -p "$cache"
exec 8>"$cache/.lock"
flock 8
[ -d "$place" ] || make_root
printf '%s\n' "$place"
