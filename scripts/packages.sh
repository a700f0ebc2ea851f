#!/usr/bin/env bash
# make packages: the static form as a wheel, as npm packages and as Debian packages, in dist/. Arguments: which of them (wheel npm debian);
# none: all.
command_name=packages
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
source "$root/scripts/python.sh"

wanted=("$@")
[ $# -gt 0 ] || wanted=(wheel npm debian)
"$root/scripts/static.sh"
[[ " ${wanted[*]} " != *" npm "* ]] || packages=$(packages_for npm:npm)
[[ " ${wanted[*]} " != *" debian "* ]] || packages+=" $(packages_for dh:debhelper dpkg-buildpackage:dpkg-dev patchelf:patchelf)"
# shellcheck disable=SC2086 # names of packages
need_packages ${packages:-}
only_one
prepare_venv
cd "$root"
exec "$venv/bin/python" -m scripts.ship "${wanted[@]}"
