#!/usr/bin/env bash
# Runs a command in a root that debian13-root.sh made: in-debian13.sh ROOT [--bind FOLDER]... [--cd FOLDER] -- COMMAND ...
# A bound folder has the same path inside. Mounts are private to the command; the environment is passed on.
set -euo pipefail

root=$1
shift
binds=() folder=/
while [ "$1" != -- ]; do
    case $1 in
        --bind) binds+=("$2") ;;
        --cd) folder=$2 ;;
        *) echo "in-debian13: $1?" >&2 && exit 64 ;;
    esac
    shift 2
done
shift

if [ -z "${_IN_DEBIAN13:-}" ]; then
    options=()
    for bind in "${binds[@]}"; do options+=(--bind "$bind"); done
    _IN_DEBIAN13=1 exec unshare --mount --propagation private -- "$0" "$root" "${options[@]}" --cd "$folder" -- "$@"
fi
unset _IN_DEBIAN13
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
for bind in "${binds[@]}"; do
    mkdir -p "$root$bind"
    mount --rbind "$bind" "$root$bind"
done
# The shell inside goes to the folder first; chroot itself has no option for it.
exec chroot "$root" /bin/sh -c 'cd "$1" && shift && exec "$@"' sh "$folder" "$@"
