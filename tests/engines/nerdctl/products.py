"""Programs of products whose machine holds containerd: they say what the real ones were seen to say, and lead to the stand-in.

What runs "inside" has no variable and no folder of whoever calls it, as in a machine. ``turn_off`` stops the machine.
"""

from __future__ import annotations

from pathlib import Path

_INSIDE = 'exec /usr/bin/env -i PATH="$PATH" HOME=/ {nerdctl}'
_LIMA = """
case "$1 $2" in
"list --json")
  test -e {off} && status=Stopped || status=Running
  echo '{{"name":"default","hostname":"lima-default","status":"'$status'","dir":"/h/.lima/default","vmType":"qemu","arch":"x86_64",'\
'"cpus":4,"memory":4294967296,"disk":107374182400,"sshLocalPort":60022,"protected":false}}';;
"shell --workdir=/")
  test "$3 $4" = "default nerdctl" || {{ echo 'level=fatal msg="instance '$3' does not exist"' >&2; exit 1; }}
  test -e {off} && exit 0
  shift 4; cd /; {inside} "$@";;
*) echo "level=fatal msg=\\"unknown command: $*\\"" >&2; exit 1;;
esac
"""
_COLIMA = """
case "$1 $2" in
"list --json")
  test -e {off} && status=Stopped || status=Running
  echo '{{"name":"default","status":"'$status'","arch":"x86_64","cpus":2,"memory":2147483648,"disk":107374182400,"runtime":"containerd"}}';;
"nerdctl --profile=default")
  test -e {off} && {{ echo 'level=fatal msg="colima is not running"' >&2; exit 1; }}
  shift 2; test "$1" = "--" && shift; cd /; {inside} "$@";;
*) echo "Error: unknown command: $*" >&2; exit 1;;
esac
"""
_FINCH = """
if test "$1 $2" = "vm status"; then test -e {off} && echo Stopped || echo Running; exit; fi
test -e {off} && {{ echo 'level=fatal msg="instance \\"finch\\" is stopped, run `finch vm start` to start the instance"' >&2; exit 1; }}
if test "$1" = version; then
  printf 'Client:\\n Version:\\tv1.18.0\\n nerdctl:\\n  Version:\\tv2.3.5\\n\\nServer:\\n containerd:\\n  Version:\\tv2.4.2\\n'; exit
fi
command=$1
for word; do shift; test "$word" = "--debug" -a "$command" != exec || set -- "$@" "$word"; done
cd /; {inside} "$@"
"""
_RDCTL = """
test "$*" = "api /v1/backend_state" || exit 1
test -e {off} && {{ echo 'Error: Get "http://127.0.0.1:6107/v1/backend_state": dial tcp 127.0.0.1:6107: connect: connection refused' >&2; exit 1; }}
echo '{{"vmState":"DISABLED","locked":false}}'
"""
_RANCHER = """
test -e {off} && {{ echo "Rancher Desktop is not running. Please start Rancher Desktop to use nerdctl"; exit 0; }}
cd /; {inside} "$@"
"""
_PROGRAMS = {
    "lima": {"bin/limactl": _LIMA}, "colima": {"bin/colima": _COLIMA}, "finch": {"bin/finch": _FINCH},
    "rancher-desktop": {"bin/rdctl": _RDCTL, ".rd/bin/nerdctl": _RANCHER},
}  # fmt: skip
PLATFORM = {"finch": "darwin"}
"""Where a product is there that is not on Linux."""


def install(product: str, home: Path, nerdctl: Path) -> Path:
    """Puts the product's programs below ``home``; gives their folder, for the search path. nerdctl: what they lead to."""
    for name, script in _PROGRAMS[product].items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n" + script.format(off=home / "off", inside=_INSIDE.format(nerdctl=nerdctl)))
        path.chmod(0o755)
    return home / "bin"


def turn_off(home: Path) -> None:
    """The machine does not run any more."""
    (home / "off").touch()


__all__ = ["PLATFORM", "install", "turn_off"]
